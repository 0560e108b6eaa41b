//! What results are shown on: its width, its characters and its colours.

use std::io::IsTerminal as _;

use crate::args::Color;

/// Columns where there is no terminal.
const PLAIN_WIDTH: usize = 100;
/// The least and the most columns that are used of a terminal.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=180;

/// The properties of a screen that reports depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns.
    pub(crate) width: usize,
    /// Whether there are block and line characters.
    pub(crate) unicode: bool,
    /// Whether there are colours.
    pub(crate) colour: bool,
}

/// What a piece of text is, as far as its look goes. Meaning never depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// A title.
    Title,
    /// What the eye may skip.
    Faint,
    /// Execution memory.
    Execution,
    /// Storage memory.
    Storage,
    /// Something went wrong.
    Alarm,
    /// Something went well.
    Good,
}

impl Screen {
    /// A file or a pipe: the same on every machine.
    pub(crate) const PLAIN: Self = Self { width: PLAIN_WIDTH, unicode: false, colour: false };

    /// Standard output.
    pub(crate) fn stdout(color: Color) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let colour = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !dumb && set("NO_COLOR").is_none(),
        };
        if !terminal {
            return Self { colour, ..Self::PLAIN };
        }
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let utf8 = locale.is_none_or(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
        let width = terminal_size::terminal_size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
        Self { width: width.clamp(*WIDTHS.start(), *WIDTHS.end()), unicode: utf8 && !dumb, colour }
    }

    /// A text in the colour of its kind.
    pub(crate) fn paint(&self, ink: Ink, text: &str) -> String {
        if !self.colour || text.trim().is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Title => "1",
            Ink::Faint => "2",
            Ink::Execution => "34",
            Ink::Storage => "33",
            Ink::Alarm => "1;31",
            Ink::Good => "32",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// One of two spellings: with and without special characters.
    pub(crate) fn either<T>(&self, unicode: T, ascii: T) -> T {
        if self.unicode { unicode } else { ascii }
    }
}

/// A name on one line: control characters are shown escaped, and what is too long ends in `..`.
pub(crate) fn name(text: &str, width: usize) -> String {
    let escape = |c: char| if c.is_control() { c.escape_debug().collect() } else { c.to_string() };
    let safe: String = text.chars().map(escape).collect();
    match safe.char_indices().nth(width) {
        None => safe,
        Some(_) => safe.chars().take(width.saturating_sub(2)).chain("..".chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_screen() {
        assert_eq!(name("a\x1b[2J\nb", 40), "a\\u{1b}[2J\\nb");
        assert_eq!(name("a long name", 8), "a long..");
        assert_eq!(name("exactly8", 8), "exactly8");
    }
}

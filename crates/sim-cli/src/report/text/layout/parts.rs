//! The parts of a process one by one: size, formula, keys, and where the rule stands.

use std::io::{self, Write};

use experiments::human;
use experiments::layout::{Part, ProcessLayout};

use super::super::header::wrap;
use crate::screen::{Ink, Screen, name};

/// Columns of a name with its indent, of MiB and of bytes.
const NAME: usize = 25;
const MIB: usize = 8;
const BYTES: usize = 15;
const TEXT: usize = NAME + MIB + BYTES + 3;

pub(super) fn write(process: &ProcessLayout, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let title = format!("{:<NAME$} {:>MIB$} {:>BYTES$} {}", "part", "MiB", "bytes", "how it comes about");
    writeln!(out, "{title}")?;
    writeln!(out, "{}", screen.either("─", "-").repeat(screen.width))?;
    rows(&process.container, 0, screen, out)?;
    for part in process.page.iter().chain(&process.python_worker_limit) {
        rows(part, 0, screen, out)?;
    }
    Ok(())
}

fn rows(part: &Part, depth: usize, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let width = screen.width.saturating_sub(TEXT).max(20);
    let title = format!("{:indent$}{}", "", part.name.replace('_', " "), indent = depth);
    let tenths = (u128::from(part.bytes) * 10 + (1 << 19)) >> 20;
    let mib = format!("{}.{}", tenths / 10, tenths % 10);
    let ground = format!("{:?}", part.ground).to_lowercase();
    let mut lines: Vec<(String, bool)> = plain(&part.formula, width);
    for setting in &part.settings {
        let value = setting.value.as_deref().map_or_else(|| "not set".to_owned(), |value| name(value, 60));
        let by = match &setting.set_in {
            Some(layer) => name(layer, 40),
            None if setting.value.is_some() => "default".to_owned(),
            None => String::new(),
        };
        let by = if by.is_empty() { by } else { format!(" ({by})") };
        lines.extend(faint(&format!("{} = {value}{by}", setting.key), width));
    }
    lines.extend(faint(&format!("{ground}: {}", part.source), width));
    if !part.holds.is_empty() {
        lines.extend(faint(&format!("holds {}", part.holds), width));
    }
    for (at, (text, is_faint)) in lines.iter().enumerate() {
        let text = if *is_faint { screen.paint(Ink::Faint, text) } else { text.clone() };
        let line = match at {
            0 => format!("{title:<NAME$} {mib:>MIB$} {:>BYTES$} {text}", human::grouped(part.bytes)),
            _ => format!("{:TEXT$}{text}", ""),
        };
        writeln!(out, "{}", line.trim_end())?;
    }
    part.parts.iter().try_for_each(|inner| rows(inner, depth + 1, screen, out))
}

fn plain(text: &str, width: usize) -> Vec<(String, bool)> {
    wrap(text, width).into_iter().map(|line| (line, false)).collect()
}

fn faint(text: &str, width: usize) -> Vec<(String, bool)> {
    wrap(text, width).into_iter().map(|line| (line, true)).collect()
}

//! A container to scale: each part is a bar that starts where the one before it ends.

use std::io::{self, Write};

use experiments::human;
use experiments::layout::Part;

use crate::screen::{Ink, Screen};

/// Columns of the longest name with its indent, of a size, and of its share of the whole.
const NAME: usize = 27;
const SIZE: usize = 10;
const SHARE: usize = 6;

/// A bar: the columns that it covers, or the column that it is too small for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bar {
    start: usize,
    end: usize,
    small: bool,
}

impl Bar {
    /// The columns of `bytes` after `before`, where `total` bytes are `columns` wide.
    fn of(before: u64, bytes: u64, total: u64, columns: usize) -> Self {
        let column = |bytes: u64| {
            let scaled = u128::from(bytes.min(total)) * columns as u128 * 2 / u128::from(total.max(1));
            usize::try_from(scaled.div_ceil(2)).unwrap_or(columns)
        };
        let (start, end) = (column(before), column(before.saturating_add(bytes)));
        let start = start.min(columns.saturating_sub(1));
        Self { start, end, small: end <= start }
    }
}

pub(super) fn write(container: &Part, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let columns = screen.width.saturating_sub(NAME + SIZE + SHARE + 3).max(10);
    let scale = Scale { total: container.bytes, columns };
    rows(container, 0, 0, scale, screen, out)
}

#[derive(Clone, Copy, Debug)]
struct Scale {
    total: u64,
    columns: usize,
}

fn rows(
    part: &Part,
    depth: usize,
    before: u64,
    scale: Scale,
    screen: Screen,
    out: &mut impl Write,
) -> io::Result<()> {
    let bar = Bar::of(before, part.bytes, scale.total, scale.columns);
    let full = screen.either("█", "#");
    let drawn = match (bar.small, part.bytes) {
        (_, 0) => String::new(),
        (true, _) => screen.either("·", ".").to_owned(),
        (false, _) => full.repeat(bar.end - bar.start),
    };
    let ink = match part.name {
        "execution" | "off_heap_execution" => Ink::Execution,
        "storage_region" | "off_heap_storage_region" => Ink::Storage,
        _ => Ink::Faint,
    };
    let title = format!("{:indent$}{}", "", part.name.replace('_', " "), indent = depth * 2);
    let line = format!(
        "{title:<NAME$} {:>SIZE$} {:>SHARE$} {}{}",
        human::bytes(part.bytes),
        share(part.bytes, scale.total),
        " ".repeat(if drawn.is_empty() { 0 } else { bar.start }),
        screen.paint(ink, &drawn)
    );
    writeln!(out, "{}", line.trim_end())?;
    let mut before = before;
    for inner in &part.parts {
        rows(inner, depth + 1, before, scale, screen, out)?;
        before = before.saturating_add(inner.bytes);
    }
    Ok(())
}

/// A share of the whole: `26.5%`.
fn share(bytes: u64, total: u64) -> String {
    let total = u128::from(total.max(1));
    let tenths = (u128::from(bytes) * 2000 + total) / (total * 2);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_touch_and_the_last_ends_at_the_end() {
        let sizes = [300, 290, 434, 384];
        let total = sizes.iter().sum();
        let mut before = 0;
        let mut last = 0;
        for size in sizes {
            let bar = Bar::of(before, size, total, 60);
            assert_eq!((bar.start, bar.small), (last, false));
            (before, last) = (before + size, bar.end);
        }
        assert_eq!(last, 60);
    }

    #[test]
    fn shares_are_rounded() {
        assert_eq!(
            [share(1, 3), share(2, 3), share(3, 3), share(0, 0)],
            ["33.3%", "66.7%", "100.0%", "0.0%"]
        );
    }

    #[test]
    fn what_is_smaller_than_a_column_says_so() {
        assert!(Bar::of(0, 1, 1_000_000, 60).small);
        assert!(Bar::of(1_000_000, 1, 1_000_001, 60).start < 60);
        assert_eq!(Bar::of(0, 0, 0, 60), Bar { start: 0, end: 0, small: true });
    }
}

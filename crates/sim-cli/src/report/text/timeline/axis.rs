//! The axis of time: ticks at round times, labelled where there is room.

use std::io::{self, Write};

use super::columns::Span;
use super::line;
use crate::screen::{Ink, Screen};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// The least columns between two ticks.
const APART: u64 = 12;

/// Writes the axis with its ticks, and their labels below.
pub(super) fn write(span: &Span, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let (rule, tick, corner) = screen.either(('─', '┬', '└'), ('-', '+', '+'));
    let mut marks = vec![rule; span.columns];
    let mut labels = String::new();
    for (column, label) in ticks(span) {
        marks[column] = tick;
        let gap = column.checked_sub(labels.chars().count());
        // A label that would touch the one before, or the edge, is left out.
        if let Some(gap) = gap.filter(|_| column + label.len() <= span.columns) {
            labels.push_str(&" ".repeat(gap));
            labels.push_str(&label);
        }
    }
    let faint = |cell| (cell, Some(Ink::Faint));
    line::write(screen, out, "0", corner, marks.into_iter().map(faint))?;
    line::write(screen, out, "", ' ', labels.chars().map(faint))
}

/// Columns of the ticks with their labels. The first is at 0.
fn ticks(span: &Span) -> Vec<(usize, String)> {
    let least = u128::from(span.end_ns) * u128::from(APART) / span.columns as u128;
    let step = step(u64::try_from(least).unwrap_or(u64::MAX));
    let times =
        std::iter::successors(Some(0_u64), |at| at.checked_add(step)).take_while(|at| *at <= span.end_ns);
    times.map(|at| (span.column_of(at), label(at, step))).collect()
}

/// The least round time that is not below `least`.
fn step(least: u64) -> u64 {
    let decades = [1, 10, 100].into_iter().flat_map(|decade| [1, 2, 5].map(|n| n * decade * MS));
    let sixties = |unit: u64| [1, 2, 5, 10, 20, 30].map(|n| n * unit);
    let steps = decades.chain(sixties(SECOND)).chain(sixties(MINUTE)).chain([1, 2, 6, 12].map(|n| n * HOUR));
    steps
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or_else(|| least.div_ceil(24 * HOUR).saturating_mul(24 * HOUR))
}

fn label(at: u64, step: u64) -> String {
    match (at, step) {
        (0, _) => "0".to_owned(),
        (_, 0..SECOND) if at < SECOND => format!("{} ms", at / MS),
        (_, 0..SECOND) => format!("{}.{} s", at / SECOND, at % SECOND / (100 * MS)),
        (_, SECOND..MINUTE) if at < MINUTE => format!("{} s", at / SECOND),
        (_, SECOND..MINUTE) => format!("{}:{:02} min", at / MINUTE, at % MINUTE / SECOND),
        (_, MINUTE..HOUR) if at < HOUR => format!("{} min", at / MINUTE),
        _ => format!("{}:{:02} h", at / HOUR, at % HOUR / MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(end_ns: u64) -> Vec<String> {
        ticks(&Span { end_ns, columns: 60 }).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(45 * MS), ["0", "10 ms", "20 ms", "30 ms", "40 ms"]);
        assert_eq!(labels(12 * SECOND), ["0", "5 s", "10 s"]);
        assert_eq!(labels(2_200 * MS), ["0", "500 ms", "1.0 s", "1.5 s", "2.0 s"]);
        assert_eq!(labels(90 * SECOND), ["0", "20 s", "40 s", "1:00 min", "1:20 min"]);
        assert_eq!(labels(3 * HOUR), ["0", "1:00 h", "2:00 h", "3:00 h"]);
        assert_eq!(labels(1), ["0"]);
    }
}

//! A line of the drawing: its label in the margin, then a character a column.

use std::io::{self, Write};

use super::MARGIN;
use crate::screen::{Ink, Screen};

/// Writes a line; neighbours of one ink are painted together.
pub(super) fn write(
    screen: Screen,
    out: &mut impl Write,
    label: &str,
    edge: char,
    cells: impl Iterator<Item = (char, Option<Ink>)>,
) -> io::Result<()> {
    let mut runs: Vec<(String, Option<Ink>)> = Vec::new();
    for (cell, ink) in cells {
        match runs.last_mut() {
            Some((run, last)) if *last == ink => run.push(cell),
            _ => runs.push((cell.to_string(), ink)),
        }
    }
    if let Some((last, _)) = runs.last_mut() {
        last.truncate(last.trim_end().len());
    }
    let paint =
        |(run, ink): &(String, Option<Ink>)| ink.map_or_else(|| run.clone(), |ink| screen.paint(ink, run));
    let text: String = runs.iter().map(paint).collect();
    let margin = format!("{label:>width$} {edge}", width = MARGIN - 2);
    writeln!(out, "{}", format!("{}{text}", screen.paint(Ink::Faint, &margin)).trim_end())
}

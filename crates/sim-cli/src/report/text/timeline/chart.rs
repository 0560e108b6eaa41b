//! One panel: the pools of one executor and mode.

use std::io::{self, Write};

use experiments::human;
use sim_core::ids::ExecutorId;
use sim_core::memory::MemoryMode;
use sim_core::observe::{Mark, PoolSample, Timeline};

use super::columns::{self, IsKind, Span};
use super::{MARGIN, axis};
use crate::screen::{Ink, Screen};

/// Steps of a cell: there are block characters in eighths.
const EIGHTHS: u64 = 8;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) struct Panel<'t> {
    pub(super) timeline: &'t Timeline,
    pub(super) executor: ExecutorId,
    pub(super) mode: MemoryMode,
    pub(super) span: Span,
    pub(super) height: u64,
    pub(super) screen: Screen,
}

impl Panel<'_> {
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let samples = &self.timeline.executors[self.executor.index()];
        let columns = columns::fullest(samples, self.mode, &self.span);
        let top = columns.iter().map(|pool| (pool.execution_pool + pool.storage_pool).0).max().unwrap_or(0);
        let shapes: Vec<Shape> = columns.iter().map(|pool| Shape::of(pool, top, self.height)).collect();
        for row in (0..self.height).rev() {
            let label = if row + 1 == self.height { human::bytes(top) } else { String::new() };
            let cells = shapes.iter().map(|shape| shape.cell(row, self.screen));
            self.line(out, &label, self.screen.either('│', '|'), cells)?;
        }
        self.axis(out)?;
        let kinds: [(&str, IsKind); 4] = [
            ("spills", |mark| matches!(mark, Mark::Spill(..))),
            ("evictions", |mark| matches!(mark, Mark::Eviction(..))),
            ("refused", |mark| matches!(mark, Mark::Refused(_))),
            ("OUT OF MEM", |mark| matches!(mark, Mark::OutOfMemory(_))),
        ];
        for (title, is_kind) in kinds {
            let counts = columns::marks(self.timeline, self.executor, &self.span, is_kind);
            let ink = if title == "OUT OF MEM" { Ink::Alarm } else { Ink::Title };
            self.counts(out, title, ink, &counts)?;
        }
        self.counts(out, "waiting", Ink::Title, &columns::waiting(samples, &self.span))
    }

    /// A line with its label in the margin; neighbours of one ink are painted together.
    fn line(
        &self,
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
        let text: String = runs
            .iter()
            .map(|(run, ink)| ink.map_or_else(|| run.clone(), |ink| self.screen.paint(ink, run)))
            .collect();
        let margin = format!("{label:>width$} {edge}", width = MARGIN - 2);
        writeln!(out, "{}", format!("{}{text}", self.screen.paint(Ink::Faint, &margin)).trim_end())
    }

    fn axis(&self, out: &mut impl Write) -> io::Result<()> {
        let ticks = axis::ticks(&self.span);
        let (line, tick, corner) = self.screen.either(('─', '┬', '└'), ('-', '+', '+'));
        let mut rule = vec![line; self.span.columns];
        let mut labels = String::new();
        for (column, label) in ticks {
            rule[column] = tick;
            let gap = column.checked_sub(labels.chars().count());
            // A label that would touch the one before, or the edge, is left out.
            if let Some(gap) = gap.filter(|_| column + label.len() <= self.span.columns) {
                labels.push_str(&" ".repeat(gap));
                labels.push_str(&label);
            }
        }
        self.line(out, "0", corner, rule.into_iter().map(|cell| (cell, Some(Ink::Faint))))?;
        self.line(out, "", ' ', labels.chars().map(|cell| (cell, Some(Ink::Faint))))
    }

    /// A row of digits, left out where nothing happened; `+` is more than 9.
    fn counts(&self, out: &mut impl Write, title: &str, ink: Ink, counts: &[u64]) -> io::Result<()> {
        if counts.iter().all(|count| *count == 0) {
            return Ok(());
        }
        let digit = |count: u64| match count {
            0 => ' ',
            1..=9 => char::from(b'0' + count as u8),
            _ => '+',
        };
        self.line(out, title, ' ', counts.iter().map(|count| (digit(*count), Some(ink))))
    }
}

/// A column in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    /// From below, in eighths of a cell.
    execution: u64,
    /// The first cell of storage, from below; the height where there is none.
    storage_from: u64,
    /// The cell of the boundary.
    boundary: u64,
}

impl Shape {
    /// What holds anything shows at least its smallest sign; storage is rounded to whole cells, execution gives way.
    fn of(pool: &PoolSample, top: u64, height: u64) -> Self {
        let scaled = |bytes: u64, steps: u64| {
            let exact =
                (u128::from(bytes) * u128::from(steps) + u128::from(top) / 2) / u128::from(top.max(1));
            (exact as u64).max(u64::from(bytes > 0))
        };
        let storage = scaled(pool.storage_used.0, height).min(height);
        let storage_from = height - storage;
        let room = storage_from.max(u64::from(pool.execution_used.0 > 0)) * EIGHTHS;
        // The boundary lies between two cells: it is drawn in the upper one unless storage has it.
        let level = scaled(pool.execution_pool.0, height).min(height);
        Self {
            execution: scaled(pool.execution_used.0, height * EIGHTHS).min(room),
            storage_from,
            boundary: if level < storage_from { level } else { level.saturating_sub(1) },
        }
    }

    fn cell(&self, row: u64, screen: Screen) -> (char, Option<Ink>) {
        let eighths = self.execution.saturating_sub(row * EIGHTHS).min(EIGHTHS);
        if eighths > 0 {
            let cell = match (screen.unicode, eighths) {
                (true, _) => BLOCKS[eighths as usize],
                (false, 4..) => '#',
                (false, _) => '_',
            };
            (cell, Some(Ink::Execution))
        } else if row >= self.storage_from {
            (screen.either('░', ':'), Some(Ink::Storage))
        } else if row == self.boundary {
            (screen.either('╌', '-'), Some(Ink::Faint))
        } else {
            (' ', None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::Bytes;

    fn column(execution: u64, execution_pool: u64, storage: u64, unicode: bool) -> String {
        let pool = PoolSample {
            execution_used: Bytes(execution),
            execution_pool: Bytes(execution_pool),
            storage_used: Bytes(storage),
            storage_pool: Bytes(1000 - execution_pool),
            active_tasks: 0,
        };
        let shape = Shape::of(&pool, 1000, 5);
        let screen = Screen { unicode, ..Screen::PLAIN };
        (0..5).map(|row| shape.cell(row, screen).0).collect()
    }

    /// Pools of 1000 bytes in five cells of 200, read from below.
    #[test]
    fn execution_grows_from_below_and_storage_from_above() {
        assert_eq!(column(0, 400, 0, false), "  -  ");
        assert_eq!(column(200, 400, 200, false), "# - :");
        assert_eq!(column(200, 400, 600, false), "#-:::");
        assert_eq!(column(250, 400, 1, false), "#_- :");
        assert_eq!(column(500, 500, 500, false), "##:::");
        assert_eq!(column(275, 400, 0, true), "█▃╌  ");
        assert_eq!(column(1, 400, 999, false), "_::::");
    }
}

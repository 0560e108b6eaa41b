//! One panel: the pools of one executor and mode.

use std::io::{self, Write};

use experiments::human;
use sim_core::observe::PoolSample;

use super::columns::Span;
use super::{axis, line};
use crate::screen::{Ink, Screen};

/// Steps of a cell: there are block characters in eighths.
const EIGHTHS: u64 = 8;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws columns of pools, and the axis of time below them.
pub(super) fn write(
    columns: &[PoolSample],
    height: u64,
    span: &Span,
    screen: Screen,
    out: &mut impl Write,
) -> io::Result<()> {
    let top = columns.iter().map(|pool| (pool.execution_pool + pool.storage_pool).0).max().unwrap_or(0);
    let shapes: Vec<Shape> = columns.iter().map(|pool| Shape::of(pool, top, height)).collect();
    for row in (0..height).rev() {
        let label = if row + 1 == height { human::bytes(top) } else { String::new() };
        let cells = shapes.iter().map(|shape| shape.cell(row, screen));
        line::write(screen, out, &label, screen.either('│', '|'), cells)?;
    }
    axis::write(span, screen, out)
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

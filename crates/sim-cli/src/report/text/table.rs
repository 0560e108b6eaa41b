//! Tables without a frame: a rule under the titles, numbers to the right.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table as Comfy};

use crate::screen::Screen;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// A table on its way.
pub(super) struct Table(Comfy);

impl Table {
    pub(super) fn new(screen: Screen, columns: &[(&str, Side)]) -> Self {
        let mut table = Comfy::new();
        let rule = screen.either('─', '-');
        table.load_style(NOTHING.header_separator(LineStyle::new(rule, rule, rule, rule)));
        table.set_header(columns.iter().map(|(title, _)| *title));
        for (column, (_, side)) in table.column_iter_mut().zip(columns) {
            column.set_cell_alignment(match side {
                Side::Left => CellAlignment::Left,
                Side::Right => CellAlignment::Right,
            });
        }
        Self(table)
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.add_row(cells.into_iter().collect::<Vec<String>>());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its lines, without blanks at their ends.
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

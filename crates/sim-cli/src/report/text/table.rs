//! Tables without a frame: a rule under the titles, numbers to the right, no column in which nothing stands.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table as Comfy};

use crate::screen::Screen;

/// What stands for nothing.
pub(super) const NOTHING_THERE: &str = "-";

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// A table on its way.
pub(super) struct Table<'t> {
    screen: Screen,
    columns: Vec<(&'t str, Side)>,
    rows: Vec<Vec<String>>,
}

impl<'t> Table<'t> {
    pub(super) fn new(screen: Screen, columns: impl IntoIterator<Item = (&'t str, Side)>) -> Self {
        Self { screen, columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its lines, without blanks at their ends.
    pub(super) fn lines(&self) -> Vec<String> {
        let says = |at: usize| self.rows.iter().any(|row| !["", NOTHING_THERE].contains(&row[at].as_str()));
        let kept: Vec<usize> = (0..self.columns.len()).filter(|at| says(*at)).collect();
        let mut table = Comfy::new();
        let rule = self.screen.either('─', '-');
        let text = ContentLineStyle::none().junction(' ');
        let style = NOTHING.header_lines(text).content_lines(text);
        table.load_style(style.header_separator(LineStyle::none().fill(rule).junction(rule)));
        table.set_header(kept.iter().map(|at| self.columns[*at].0));
        for row in &self.rows {
            table.add_row(kept.iter().map(|at| row[*at].as_str()));
        }
        for (column, at) in table.column_iter_mut().zip(&kept) {
            column.set_padding((0, 1));
            column.set_cell_alignment(match self.columns[*at].1 {
                Side::Left => CellAlignment::Left,
                Side::Right => CellAlignment::Right,
            });
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_in_which_nothing_stands_is_left_out() {
        let columns = [("stage", Side::Left), ("spilled", Side::Right), ("took", Side::Right)];
        let mut table = Table::new(Screen::PLAIN, columns);
        table.row(["sort", "-", "1 s"].map(str::to_owned));
        table.row(["join", "-", "12 s"].map(str::to_owned));
        assert_eq!(table.lines(), ["stage  took", "------------", "sort    1 s", "join   12 s"]);
    }
}

//! Reading a sorter's output: its own rows merged with those of its spill files.
//!
//! Spark: `UnsafeExternalSorter.SpillableIterator`, `UnsafeSorterSpillMerger`. What matters for memory is how far the
//! rows that are still in memory have been read when another consumer asks for them.

use crate::memory::task::Page;

/// How the rows in memory lie among those of the spill files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeOrder {
    /// Spread evenly: the input came in no order.
    #[default]
    Interleaved,
    /// After all of them: the input came sorted.
    Last,
}

/// Where the iterator over the rows in memory stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    order: MergeOrder,
    in_memory: u64,
    spilled: u64,
    /// Rows that the reader was given.
    output: u64,
    /// Rows in memory that were loaded by the time they were spilled.
    loaded_at_spill: Option<u64>,
    /// The page under the cursor, where it outlived the spill.
    pub(super) last_page: Option<Page>,
}

impl Reading {
    pub(super) fn new(order: MergeOrder, in_memory: u64, spilled: u64) -> Self {
        Self { order, in_memory, spilled, output: 0, loaded_at_spill: None, last_page: None }
    }

    /// Rows in memory that were loaded so far. A merge loads the first row of each of its inputs as it starts.
    pub(super) fn loaded(&self) -> u64 {
        let (total, in_memory) = (self.in_memory + self.spilled, self.in_memory);
        let given = match self.order {
            _ if total == 0 => 0,
            MergeOrder::Interleaved => {
                (u128::from(self.output) * u128::from(in_memory) / u128::from(total)) as u64
            }
            MergeOrder::Last => self.output.saturating_sub(self.spilled),
        };
        let ahead = u64::from(self.spilled > 0);
        given.max(ahead).min(in_memory)
    }

    /// Rows in memory that were not loaded yet.
    pub(super) fn unread(&self) -> u64 {
        self.in_memory - self.loaded()
    }

    /// Whether the rows in memory were spilled while they were read.
    pub(super) fn has_spilled(&self) -> bool {
        self.loaded_at_spill.is_some()
    }

    /// They are spilled, all but the page under the cursor.
    pub(super) fn spilled(&mut self, last_page: Option<Page>) {
        self.loaded_at_spill = Some(self.loaded());
        self.last_page = last_page;
    }

    /// `rows` more rows are given; returns the page that was under the cursor once it has moved on.
    pub(super) fn advance(&mut self, rows: u64) -> Option<Page> {
        self.output = (self.output + rows).min(self.in_memory + self.spilled);
        let moved_on = self.loaded_at_spill.is_some_and(|loaded| self.loaded() > loaded);
        if moved_on { self.last_page.take() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_loads_one_row_ahead() {
        let mut alone = Reading::new(MergeOrder::Last, 10, 0);
        assert_eq!((alone.loaded(), alone.unread()), (0, 10));
        alone.advance(3);
        assert_eq!((alone.loaded(), alone.unread()), (3, 7));
        let mut merged = Reading::new(MergeOrder::Last, 10, 20);
        assert_eq!(merged.loaded(), 1);
        merged.advance(20);
        assert_eq!(merged.loaded(), 1, "all given rows came from files");
        let mut spread = Reading::new(MergeOrder::Interleaved, 10, 20);
        spread.advance(15);
        assert_eq!(spread.loaded(), 5);
    }
}

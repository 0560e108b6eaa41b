//! The row buffer of joins and windows: the rows of one key or frame.
//!
//! Spark: `ExternalAppendOnlyUnsafeRowArray.scala`. Rows are plain heap objects that no pool sees until there are too
//! many of them; then all move to an (unsorted) [sorter](UnsafeExternalSorter).

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use super::{UnsafeExternalSorter, UnsafeSorterConf};
use crate::memory::task::{Acquired, ExecutionMemory};
use crate::units::Bytes;

/// How a buffer is set up: `spark.sql.<operator>.buffer.*`.
#[derive(Clone, Copy, Debug)]
pub struct RowArrayConf {
    /// `..in.memory.threshold`: rows kept as plain objects.
    pub in_memory_threshold: u64,
    /// `..spill.threshold`: rows that the sorter holds before it is forced to spill.
    pub spill_threshold: u64,
    /// 4.1 `..spill.size.threshold`.
    pub spill_bytes: Bytes,
    /// See [`UnsafeSorterConf::counts_page_bytes`].
    pub counts_page_bytes: bool,
}

impl RowArrayConf {
    /// Windows, session windows and cartesian products.
    #[must_use]
    pub fn window() -> Self {
        Self {
            in_memory_threshold: 4096,
            spill_threshold: i32::MAX as u64,
            spill_bytes: Bytes::MAX,
            counts_page_bytes: false,
        }
    }

    /// Sort-merge joins: in effect never out of the heap.
    #[must_use]
    pub fn sort_merge_join() -> Self {
        Self { in_memory_threshold: 2_147_483_632, ..Self::window() }
    }

    fn sorter(&self) -> UnsafeExternalSorter {
        UnsafeExternalSorter::new(UnsafeSorterConf {
            initial_records: 1024,
            radix: false,
            force_spill_records: self.spill_threshold,
            force_spill_bytes: self.spill_bytes,
            counts_page_bytes: self.counts_page_bytes,
            ..UnsafeSorterConf::default()
        })
    }
}

/// The row buffer of joins and windows: plain objects up to a threshold, then a sorter. [`Machine::free`] clears it for the next key.
#[derive(Clone, Debug)]
pub struct ExternalAppendOnlyUnsafeRowArray {
    conf: RowArrayConf,
    rows: u64,
    sorter: Option<UnsafeExternalSorter>,
    /// Rows that have yet to move into the sorter.
    moving: Rows,
    metrics: ConsumerMetrics,
}

impl ExternalAppendOnlyUnsafeRowArray {
    /// An empty buffer.
    #[must_use]
    pub fn new(conf: RowArrayConf) -> Self {
        let moving = Rows { count: 0, bytes_each: Bytes::ZERO };
        Self { conf, rows: 0, sorter: None, moving, metrics: ConsumerMetrics::default() }
    }
}

impl Machine for ExternalAppendOnlyUnsafeRowArray {
    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, books: &mut Books<'_, M>) -> Need {
        if self.sorter.is_none() {
            let room = rows.count.min(self.conf.in_memory_threshold.saturating_sub(self.rows));
            self.rows += room;
            rows.count -= room;
            if rows.count == 0 {
                return Need::Nothing;
            }
            self.moving = Rows { count: self.rows, ..*rows };
        }
        let conf = self.conf;
        let sorter = self.sorter.get_or_insert_with(|| conf.sorter());
        // Once all have moved, whatever the sorter was about to do concerns the new rows.
        if self.moving.count > 0 {
            let need = sorter.insert(&mut self.moving, books);
            if need != Need::Nothing {
                return need;
            }
        }
        sorter.insert(rows, books)
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        self.sorter.as_mut().expect("the sorter has asked").granted(acquired, books)
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        self.sorter.as_ref().map_or(SpillWrite::default(), |sorter| sorter.spill_write(trigger))
    }

    fn spill<M: ExecutionMemory>(
        &mut self,
        asked: Bytes,
        trigger: Trigger,
        books: &mut Books<'_, M>,
    ) -> Spilled {
        match &mut self.sorter {
            Some(sorter) => sorter.spill(asked, trigger, books),
            None => Spilled::Freed(Bytes::ZERO),
        }
    }

    fn start_reading<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        if let Some(sorter) = &mut self.sorter {
            sorter.start_reading(books);
        }
    }

    fn read<M: ExecutionMemory>(&mut self, rows: u64, books: &mut Books<'_, M>) {
        if let Some(sorter) = &mut self.sorter {
            sorter.read(rows, books);
        }
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.metrics = self.metrics();
        if let Some(mut sorter) = self.sorter.take() {
            sorter.free(books);
        }
        self.rows = 0;
        self.moving.count = 0;
    }

    /// Its peak is in no metric; its spills are.
    fn metrics(&self) -> ConsumerMetrics {
        let current = self.sorter.as_ref().map_or(ConsumerMetrics::default(), Machine::metrics);
        ConsumerMetrics {
            memory_bytes_spilled: self.metrics.memory_bytes_spilled + current.memory_bytes_spilled,
            data_bytes_spilled: self.metrics.data_bytes_spilled + current.data_bytes_spilled,
            peak_memory: Bytes::ZERO,
            spills: self.metrics.spills + current.spills,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    fn buffer(in_memory_threshold: u64, spill_threshold: u64) -> Driven {
        let conf = RowArrayConf { in_memory_threshold, spill_threshold, ..RowArrayConf::window() };
        Driven::open(ExternalAppendOnlyUnsafeRowArray::new(conf), 1 << 20, 1 << 30)
    }

    #[test]
    fn rows_are_unseen_until_there_are_too_many() {
        let mut rows = buffer(100, 1000);
        rows.insert(100, 60).unwrap();
        assert_eq!(rows.memory.0, 1 << 30);
        rows.insert(1, 60).unwrap();
        assert_eq!(rows.memory.0, (1 << 30) - (1 << 20) - 16 * 1024, "a page and an array of 2048 words");
        rows.free();
        assert_eq!(rows.memory.0, 1 << 30);
        rows.insert(100, 60).unwrap();
        assert_eq!(rows.memory.0, 1 << 30, "it starts again for the next key");
    }

    #[test]
    fn all_rows_move_before_the_sorter_is_forced() {
        let mut rows = buffer(20, 10);
        rows.insert(21, 60).unwrap();
        assert_eq!(rows.spills, [10, 10]);
    }
}

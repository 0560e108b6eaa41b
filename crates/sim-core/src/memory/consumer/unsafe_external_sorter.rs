//! The sorter of SQL: sorts, sort-merge joins, windows, the fallback of hash aggregation.
//!
//! Spark: `UnsafeExternalSorter.java`, `UnsafeInMemorySorter.java`. Records lie in pages (4 bytes of length, then the
//! row), a pointer array holds 16 bytes a record and, for radix sort, as much again to sort into.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Page, Request};
use crate::units::Bytes;

/// How a sorter is set up.
#[derive(Clone, Copy, Debug)]
pub struct UnsafeSorterConf {
    /// Records that the first array is made for; the array has twice as many words (SQL sorts: 4096, row buffers 1024).
    pub initial_records: u64,
    /// Radix sort: half of the array is usable; otherwise two thirds.
    pub radix: bool,
    /// `spark.shuffle.spill.numElementsForceSpillThreshold` (or the operator's own key).
    pub force_spill_records: u64,
    /// 4.1 `..spill.maxSizeInBytesForSpillThreshold`: spills once it uses this much.
    pub force_spill_bytes: Bytes,
    /// 4.x keeps a count of page bytes for the peak, which an iterator spill forgets to lower; 3.5 measures at spills.
    pub counts_page_bytes: bool,
}

impl Default for UnsafeSorterConf {
    fn default() -> Self {
        Self {
            initial_records: 4096,
            radix: true,
            force_spill_records: i32::MAX as u64,
            force_spill_bytes: Bytes::MAX,
            counts_page_bytes: false,
        }
    }
}

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct UnsafeExternalSorter {
    conf: UnsafeSorterConf,
    array: Option<Page>,
    /// Words of the array that records may use; a record needs two.
    usable: u64,
    pages: Vec<Page>,
    page_bytes: Bytes,
    left_in_page: Bytes,
    records: u64,
    data_bytes: Bytes,
    asking: Asking,
    step: InsertStep,
    reading: Option<Reading>,
    metrics: ConsumerMetrics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Nothing,
    FirstArray,
    DoubleArray,
    Page,
}

/// Where the insertion of the record that needs memory stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InsertStep {
    Start,
    Array,
    Page,
    ArrayAgain,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    rows_left: u64,
}

/// Bytes before a record in its page: its length.
const RECORD_HEADER: Bytes = Bytes(4);

impl UnsafeExternalSorter {
    /// A sorter that has not asked for its first array yet: the first insert does.
    #[must_use]
    pub fn new(conf: UnsafeSorterConf) -> Self {
        Self {
            conf,
            array: None,
            usable: 0,
            pages: Vec::new(),
            page_bytes: Bytes::ZERO,
            left_in_page: Bytes::ZERO,
            records: 0,
            data_bytes: Bytes::ZERO,
            asking: Asking::Nothing,
            step: InsertStep::Start,
            reading: None,
            metrics: ConsumerMetrics::default(),
        }
    }

    /// Pages and array.
    #[must_use]
    pub fn memory_usage(&self) -> Bytes {
        self.page_bytes + self.array.map_or(Bytes::ZERO, |array| array.size)
    }

    fn update_peak(&mut self) {
        self.metrics.peak_memory = self.metrics.peak_memory.max(self.memory_usage());
    }

    fn set_array<M: ExecutionMemory>(&mut self, array: Page, books: &mut Books<'_, M>) {
        if let Some(old) = self.array.replace(array) {
            books.free_page(old);
        }
        let words = array.size.0 / 8;
        self.usable = if self.conf.radix { words / 2 } else { (words as f64 / 1.5) as u64 };
    }

    fn has_room_in_array(&self) -> bool {
        self.records * 2 + 1 < self.usable
    }

    fn ask_for_array(&mut self) -> Need {
        let words = if self.records == 0 {
            self.asking = Asking::FirstArray;
            self.conf.initial_records * 2
        } else {
            self.asking = Asking::DoubleArray;
            self.array.map_or(0, |array| array.size.0 / 8 * 2)
        };
        Need::Memory(Request::Array(words))
    }

    /// Rows that fit as things are.
    fn room(&self, rows: &Rows) -> u64 {
        let in_array = self.usable.saturating_sub(self.records * 2) / 2;
        let in_page = match self.pages.len() {
            0 => 0,
            _ => self.left_in_page.0 / (rows.bytes_each + RECORD_HEADER).0,
        };
        let before_forced = self.conf.force_spill_records.saturating_sub(self.records);
        rows.count.min(in_array).min(in_page).min(before_forced)
    }

    fn append(&mut self, rows: &mut Rows, count: u64) {
        self.left_in_page -= (rows.bytes_each + RECORD_HEADER) * count;
        self.records += count;
        self.data_bytes += rows.bytes_each * count;
        rows.count -= count;
    }

    fn free_pages<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Bytes {
        let mut freed = Bytes::ZERO;
        for page in self.pages.drain(..) {
            books.free_page(page);
            freed += page.size;
        }
        self.page_bytes = Bytes::ZERO;
        self.left_in_page = Bytes::ZERO;
        freed
    }
}

impl Machine for UnsafeExternalSorter {
    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        loop {
            match self.step {
                InsertStep::Start => {
                    let room = self.room(rows);
                    self.append(rows, room);
                    if rows.count == 0 {
                        return Need::Nothing;
                    }
                    let too_many = self.records >= self.conf.force_spill_records;
                    if self.records > 0 && (too_many || self.memory_usage() >= self.conf.force_spill_bytes) {
                        return Need::SpillItself;
                    }
                    self.step = InsertStep::Array;
                }
                InsertStep::Array if self.has_room_in_array() => self.step = InsertStep::Page,
                InsertStep::ArrayAgain if self.has_room_in_array() => {
                    self.append(rows, 1);
                    self.step = InsertStep::Start;
                }
                InsertStep::Array | InsertStep::ArrayAgain => return self.ask_for_array(),
                InsertStep::Page => {
                    let required = rows.bytes_each + RECORD_HEADER;
                    if !self.pages.is_empty() && required <= self.left_in_page {
                        self.step = InsertStep::ArrayAgain;
                    } else {
                        self.asking = Asking::Page;
                        return Need::Memory(Request::Page(required));
                    }
                }
            }
        }
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        let asked = std::mem::replace(&mut self.asking, Asking::Nothing);
        match (asked, acquired) {
            (Asking::FirstArray, Acquired::Page(array)) => self.set_array(array, books),
            // The request made the sorter spill itself: it starts over with a first array.
            (Asking::DoubleArray, Acquired::Page(array)) if self.records == 0 => books.free_page(array),
            (Asking::DoubleArray, Acquired::Page(array)) => self.set_array(array, books),
            (Asking::DoubleArray, Acquired::OutOfMemory { .. }) if self.records == 0 => {}
            (Asking::Page, Acquired::Page(page)) => {
                self.pages.push(page);
                self.page_bytes += page.size;
                self.left_in_page = page.size;
                self.step = InsertStep::ArrayAgain;
            }
            (_, failed) => return Err(Failure::of(failed)),
        }
        Ok(())
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        match (trigger, &self.reading) {
            (Trigger::Itself, _) => SpillWrite { rows: self.records, bytes: self.data_bytes },
            (Trigger::Other, Some(reading)) if reading.rows_left > 0 && !self.pages.is_empty() => {
                let bytes = u128::from(self.data_bytes.0) * u128::from(reading.rows_left)
                    / u128::from(self.records.max(1));
                SpillWrite { rows: reading.rows_left, bytes: Bytes(bytes as u64) }
            }
            (Trigger::Other, _) => SpillWrite::default(),
        }
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, trigger: Trigger, books: &mut Books<'_, M>) -> Spilled {
        let written = self.spill_write(trigger);
        if written.rows == 0 {
            return Spilled::Freed(Bytes::ZERO);
        }
        self.update_peak();
        self.metrics.spills += 1;
        self.metrics.data_bytes_spilled += written.bytes;
        // The array is freed too but only pages are reported.
        let freed = self.free_pages(books);
        if let Some(array) = self.array.take() {
            books.free_page(array);
        }
        self.usable = 0;
        self.records = 0;
        self.data_bytes = Bytes::ZERO;
        self.metrics.memory_bytes_spilled += freed;
        Spilled::Freed(freed)
    }

    fn start_reading(&mut self) {
        self.reading = Some(Reading { rows_left: self.records });
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.update_peak();
        self.free_pages(books);
        if let Some(array) = self.array.take() {
            books.free_page(array);
        }
    }

    fn metrics(&self) -> ConsumerMetrics {
        ConsumerMetrics { peak_memory: self.metrics.peak_memory.max(self.memory_usage()), ..self.metrics }
    }
}

//! The sorter of SQL: sorts, sort-merge joins, windows, the fallback of hash aggregation.
//!
//! Spark: `UnsafeExternalSorter.java`, `UnsafeInMemorySorter.java`. Records lie in pages (4 bytes of length, then the
//! row), a pointer array holds 16 bytes a record and, for radix sort, as much again to sort into.
//!
//! An operator that reports its peak (`SortExec`) takes it when it starts to read: see [`Machine::finish`].

use super::unsafe_sorter_reading::{MergeOrder, Reading};
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
    /// `spark.shuffle.spill.numElementsForceSpillThreshold` (or the operator's own key). Sorters of keys and values
    /// (those of aggregations) are never forced: leave both thresholds at their defaults.
    pub force_spill_records: u64,
    /// 4.1 `..spill.maxSizeInBytesForSpillThreshold`: spills once it uses this much.
    pub force_spill_bytes: Bytes,
    /// 4.x keeps a count of page bytes for the peak, which an iterator spill forgets to lower; 3.5 measures at spills.
    pub counts_page_bytes: bool,
    /// How its rows in memory lie among the spilled ones when it is read.
    pub merge_order: MergeOrder,
    /// Whether the operator reports its peak: object hash aggregations do not.
    pub reports_peak: bool,
}

impl Default for UnsafeSorterConf {
    fn default() -> Self {
        Self {
            initial_records: 4096,
            radix: true,
            force_spill_records: i32::MAX as u64,
            force_spill_bytes: Bytes::MAX,
            counts_page_bytes: false,
            merge_order: MergeOrder::default(),
            reports_peak: true,
        }
    }
}

/// The sorter of SQL: records in pages, 16 bytes of pointer array each, doubled for radix sort.
#[derive(Clone, Debug)]
pub struct UnsafeExternalSorter {
    conf: UnsafeSorterConf,
    array: Option<Page>,
    /// Words of the array that records may use; a record needs two.
    usable: u64,
    pages: Vec<DataPage>,
    page_bytes: Bytes,
    left_in_page: Bytes,
    records: u64,
    /// Records in spill files.
    spilled: u64,
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
    /// The array would be above the largest page: only a spill makes room.
    Spill,
    Array,
    Page,
    ArrayAgain,
}

/// A page and the records that begin in it.
#[derive(Clone, Copy, Debug)]
struct DataPage {
    page: Page,
    records: u64,
}

/// Bytes before a record in its page: its length.
const RECORD_HEADER: Bytes = Bytes(4);

impl UnsafeExternalSorter {
    /// A sorter that has not acquired its first array yet.
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
            spilled: 0,
            data_bytes: Bytes::ZERO,
            asking: Asking::Nothing,
            step: InsertStep::Start,
            reading: None,
            metrics: ConsumerMetrics::default(),
        }
    }

    /// Pages and array, as it counts them.
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

    fn is_forced_to_spill(&self) -> bool {
        self.records > 0
            && (self.records >= self.conf.force_spill_records
                || self.memory_usage() >= self.conf.force_spill_bytes)
    }

    fn append(&mut self, rows: &mut Rows, count: u64) {
        if let Some(page) = self.pages.last_mut() {
            page.records += count;
            self.left_in_page -= (rows.bytes_each + RECORD_HEADER) * count;
        }
        self.records += count;
        self.data_bytes += rows.bytes_each * count;
        rows.count -= count;
    }

    fn free_pages<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Bytes {
        let mut freed = Bytes::ZERO;
        for DataPage { page, .. } in self.pages.drain(..) {
            books.free_page(page);
            freed += page.size;
        }
        self.page_bytes = Bytes::ZERO;
        self.left_in_page = Bytes::ZERO;
        freed
    }

    fn free_array<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Bytes {
        self.usable = 0;
        let Some(array) = self.array.take() else { return Bytes::ZERO };
        books.free_page(array);
        array.size
    }

    /// Rows and bytes that a spill writes while the sorter is read: what is in memory and unread.
    fn unread(&self) -> SpillWrite {
        let Some(reading) = self.reading.filter(|reading| !reading.has_spilled()) else {
            return SpillWrite::default();
        };
        let rows = reading.unread();
        let bytes = u128::from(self.data_bytes.0) * u128::from(rows) / u128::from(self.records.max(1));
        SpillWrite { rows, bytes: Bytes(bytes as u64) }
    }

    /// `SpillableIterator.spill`: all pages but the one under the cursor, and the array. It counts both.
    fn spill_iterator<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Bytes {
        let written = self.unread();
        let Some(reading) = self.reading.as_mut().filter(|reading| !reading.has_spilled()) else {
            return Bytes::ZERO;
        };
        let mut before_cursor = reading.loaded();
        let mut last_page = None;
        let mut freed = Bytes::ZERO;
        for DataPage { page, records } in self.pages.drain(..) {
            if before_cursor > 0 && before_cursor <= records {
                last_page = Some(page);
            } else {
                books.free_page(page);
                freed += page.size;
            }
            before_cursor = before_cursor.saturating_sub(records);
        }
        reading.spilled(last_page);
        if !self.conf.counts_page_bytes {
            self.page_bytes = last_page.map_or(Bytes::ZERO, |page| page.size);
        }
        freed += self.free_array(books);
        self.count_spill(written, freed);
        freed
    }

    fn count_spill(&mut self, written: SpillWrite, freed: Bytes) {
        self.metrics.spills += u64::from(written.rows > 0);
        self.metrics.data_bytes_spilled += written.bytes;
        self.metrics.memory_bytes_spilled += freed;
    }
}

impl Machine for UnsafeExternalSorter {
    fn open(&mut self) -> Need {
        if self.array.is_some() {
            self.update_peak();
            return Need::Nothing;
        }
        self.ask_for_array()
    }

    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        loop {
            match self.step {
                InsertStep::Start => {
                    if !self.is_forced_to_spill() {
                        let room = self.room(rows);
                        self.append(rows, room);
                    }
                    if rows.count == 0 {
                        return Need::Nothing;
                    }
                    if self.is_forced_to_spill() {
                        return Need::SpillItself;
                    }
                    self.step = InsertStep::Array;
                }
                InsertStep::Spill => {
                    self.step = InsertStep::Array;
                    return Need::SpillItself;
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
            (Asking::DoubleArray, Acquired::TooLargePage(_)) => self.step = InsertStep::Spill,
            (Asking::Page, Acquired::Page(page)) => {
                self.pages.push(DataPage { page, records: 0 });
                self.page_bytes += page.size;
                self.left_in_page = page.size;
                self.step = InsertStep::ArrayAgain;
            }
            (_, failed) => return Err(Failure::of(failed)),
        }
        Ok(())
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        match trigger {
            Trigger::Itself | Trigger::Decision => SpillWrite { rows: self.records, bytes: self.data_bytes },
            Trigger::Other => self.unread(),
        }
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, trigger: Trigger, books: &mut Books<'_, M>) -> Spilled {
        if trigger == Trigger::Other {
            return Spilled::Freed(self.spill_iterator(books));
        }
        if self.records == 0 {
            return Spilled::Freed(Bytes::ZERO);
        }
        let written = self.spill_write(trigger);
        self.update_peak();
        // The array is freed too but only pages are reported.
        let freed = self.free_pages(books);
        self.free_array(books);
        self.spilled += self.records;
        self.records = 0;
        self.data_bytes = Bytes::ZERO;
        self.count_spill(written, freed);
        Spilled::Freed(freed)
    }

    /// `getSortedIterator` is called with the last row: from then on others can make it spill what is unread. The
    /// operator (`SortExec`) asks for the peak right after.
    fn finish<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Need {
        self.start_reading(books);
        self.update_peak();
        Need::Nothing
    }

    fn start_reading<M: ExecutionMemory>(&mut self, _: &mut Books<'_, M>) {
        let reading = || Reading::new(self.conf.merge_order, self.records, self.spilled);
        self.reading.get_or_insert_with(reading);
    }

    fn read<M: ExecutionMemory>(&mut self, rows: u64, books: &mut Books<'_, M>) {
        if let Some(page) = self.reading.as_mut().and_then(|reading| reading.advance(rows)) {
            books.free_page(page);
            if !self.conf.counts_page_bytes {
                self.page_bytes = Bytes::ZERO;
            }
        }
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.update_peak();
        if let Some(page) = self.reading.as_mut().and_then(|reading| reading.last_page.take()) {
            books.free_page(page);
        }
        self.free_pages(books);
        self.free_array(books);
    }

    fn metrics(&self) -> ConsumerMetrics {
        let peak_memory = match self.conf.reports_peak {
            true => self.metrics.peak_memory.max(self.memory_usage()),
            false => Bytes::ZERO,
        };
        ConsumerMetrics { peak_memory, ..self.metrics }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    fn sorter(conf: UnsafeSorterConf) -> UnsafeExternalSorter {
        UnsafeExternalSorter::new(conf)
    }

    /// A sort of real Spark: 375,090 rows of 128 bytes, half of a pool of 75,852,895 bytes, pages of 2,097,136 bytes.
    #[test]
    fn a_sort_spills_its_pages_when_the_next_one_is_refused() {
        let mut sort = Driven::open(sorter(UnsafeSorterConf::default()), 2_097_136, 37_926_447);
        assert_eq!(sort.memory.0, 37_926_447 - 65_536, "the array of 8192 words is there before any row");
        assert_eq!(sort.insert(375_090, 128), Ok(375_090));
        // 14 pages of 15,887 records and an array of 8 MiB; the 15th page is refused.
        assert_eq!(sort.spills, [14 * 15_887]);
        assert_eq!(sort.metrics().peak_memory, Bytes(14 * 2_097_136 + (8 << 20)));
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(29_359_904));
        sort.free();
        assert_eq!(sort.memory.0, 37_926_447, "all was given back");
    }

    #[test]
    fn others_get_what_is_unread_once_and_the_page_under_the_cursor_later() {
        let conf = UnsafeSorterConf { initial_records: 64, ..UnsafeSorterConf::default() };
        let mut sort = Driven::open(sorter(conf), 1024, 1 << 20);
        sort.insert(64, 28).unwrap();
        // Two pages of 32 records and an array of 2048 bytes.
        assert_eq!(sort.spill(1, Trigger::Other), 0, "nobody reads it yet");
        sort.start_reading();
        sort.read(10);
        assert_eq!(sort.spill(1, Trigger::Other), 1024 + 2048);
        assert_eq!(sort.spills, [54]);
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(3072), "here the array counts");
        assert_eq!(sort.spill(1, Trigger::Other), 0, "a second time there is nothing");
        let before = sort.memory.0;
        sort.read(1);
        assert_eq!(sort.memory.0 - before, 1024);
        // 3.5 measures the peak when it is asked, 4.1 never forgets the two pages.
        assert_eq!(sort.metrics().peak_memory, Bytes(1024));
    }

    #[test]
    fn the_peak_is_that_of_the_time_when_all_rows_were_in() {
        let conf = UnsafeSorterConf { initial_records: 64, ..UnsafeSorterConf::default() };
        let mut sort = Driven::open(sorter(conf), 1024, 1 << 20);
        sort.insert(64, 28).unwrap();
        sort.finish().unwrap();
        assert_eq!(sort.spill(1, Trigger::Other), 1024 + 2048 + 1024, "no row of it was read");
        let peak = sort.metrics().peak_memory;
        assert_eq!(peak, Bytes(2 * 1024 + 2048), "a spill for another takes nothing off it");
    }

    #[test]
    fn a_peak_that_is_not_reported_leaves_the_spills() {
        let conf = UnsafeSorterConf { reports_peak: false, ..UnsafeSorterConf::default() };
        let mut sort = Driven::open(sorter(conf), 1024, 65_536 + 1024);
        sort.insert(64, 28).unwrap();
        assert_eq!(sort.metrics().peak_memory, Bytes::ZERO);
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(1024));
    }

    #[test]
    fn the_thresholds_of_rows_and_bytes_force_a_spill() {
        let rows = UnsafeSorterConf { force_spill_records: 10, ..UnsafeSorterConf::default() };
        let mut sort = Driven::open(sorter(rows), 4096, 1 << 20);
        sort.insert(25, 12).unwrap();
        assert_eq!(sort.spills, [10, 10]);
        // An array of 65,536 bytes and a page: with the second page, at 73,728 bytes, every row after it spills.
        let bytes = UnsafeSorterConf { force_spill_bytes: Bytes(73_728), ..UnsafeSorterConf::default() };
        let mut sort = Driven::open(sorter(bytes), 4096, 1 << 20);
        sort.insert(258, 12).unwrap();
        assert_eq!(sort.spills, [257]);
    }

    #[test]
    fn an_array_above_the_largest_page_is_a_reason_to_spill() {
        let mut sort = Driven::open(sorter(UnsafeSorterConf::default()), 64 << 20, 1 << 50);
        assert_eq!(sort.insert(1_000_000_000, 28), Ok(1_000_000_000));
        // The largest array has 2^30 words; doubled it would be 8 bytes too large.
        assert_eq!(sort.spills, [1 << 28; 3]);
    }
}

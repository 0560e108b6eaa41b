//! The sorter of the serialized shuffle: records are sorted by partition as bytes.
//!
//! Spark: `ShuffleExternalSorter.java`, `ShuffleInMemorySorter.java`, `UnsafeShuffleWriter.java`. Records lie in pages
//! as in the [sorter of SQL](super::UnsafeExternalSorter), the pointer array holds 8 bytes a record. Unlike there, a
//! spill takes a new array before it is over, and can fail for it.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Page, Request};
use crate::units::Bytes;

/// How a sorter is set up.
#[derive(Clone, Copy, Debug)]
pub struct ShuffleSorterConf {
    /// `spark.shuffle.sort.initialBufferSize`: words of the first array.
    pub initial_words: u64,
    /// `spark.shuffle.sort.useRadixSort`: half of the array is usable; otherwise two thirds.
    pub radix: bool,
    /// `spark.shuffle.spill.numElementsForceSpillThreshold`.
    pub force_spill_records: u64,
    /// 4.1 `spark.shuffle.spill.maxSizeInBytesForSpillThreshold`: spills once it uses this much.
    pub force_spill_bytes: Bytes,
}

impl Default for ShuffleSorterConf {
    fn default() -> Self {
        Self {
            initial_words: 4096,
            radix: true,
            force_spill_records: i32::MAX as u64,
            force_spill_bytes: Bytes::MAX,
        }
    }
}

/// The sorter of the serialized shuffle: records in pages, 8 bytes of pointer array each, doubled for radix sort.
#[derive(Clone, Debug)]
pub struct ShuffleExternalSorter {
    conf: ShuffleSorterConf,
    array: Option<Page>,
    /// Records that the array takes.
    usable: u64,
    pages: Vec<Page>,
    page_bytes: Bytes,
    left_in_page: Bytes,
    records: u64,
    data_bytes: Bytes,
    asking: Asking,
    must_spill: bool,
    /// Page bytes that the spill on its way has freed.
    freed: Bytes,
    written: SpillWrite,
    metrics: ConsumerMetrics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Nothing,
    FirstArray,
    DoubleArray,
    Page,
}

/// Bytes before a record in its page: its length.
const RECORD_HEADER: Bytes = Bytes(4);

impl ShuffleExternalSorter {
    /// Largest page it takes, whatever the task's page size: pointers have 27 bits for the offset in a page.
    pub const MAXIMUM_PAGE_SIZE: Bytes = Bytes::mib(128);

    /// A sorter that has not acquired its first array yet.
    #[must_use]
    pub fn new(conf: ShuffleSorterConf) -> Self {
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
            must_spill: false,
            freed: Bytes::ZERO,
            written: SpillWrite::default(),
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

    fn has_room_in_array(&self) -> bool {
        self.records < self.usable
    }

    fn set_array<M: ExecutionMemory>(&mut self, array: Page, books: &mut Books<'_, M>) {
        if let Some(old) = self.array.replace(array) {
            books.free_page(old);
        }
        let words = array.size.0 / 8;
        self.usable = if self.conf.radix { words / 2 } else { (words as f64 / 1.5) as u64 };
    }

    fn free_array<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.usable = 0;
        if let Some(array) = self.array.take() {
            books.free_page(array);
        }
    }

    fn free_pages<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Bytes {
        self.update_peak();
        self.pages.drain(..).for_each(|page| books.free_page(page));
        self.left_in_page = Bytes::ZERO;
        std::mem::take(&mut self.page_bytes)
    }

    fn ask(&mut self, asking: Asking, request: Request) -> Need {
        self.asking = asking;
        Need::Memory(request)
    }

    fn is_forced_to_spill(&self) -> bool {
        self.records > 0
            && (self.records >= self.conf.force_spill_records
                || self.memory_usage() >= self.conf.force_spill_bytes)
    }

    /// Rows that fit as things are.
    fn room(&self, rows: &Rows) -> u64 {
        if self.is_forced_to_spill() {
            return 0;
        }
        let in_page = match self.pages.len() {
            0 => 0,
            _ => self.left_in_page.0 / (rows.bytes_each + RECORD_HEADER).0,
        };
        let in_array = self.usable.saturating_sub(self.records);
        let before_forced = self.conf.force_spill_records.saturating_sub(self.records);
        rows.count.min(in_array).min(in_page).min(before_forced)
    }

    fn append(&mut self, rows: &mut Rows, count: u64) {
        self.left_in_page -= (rows.bytes_each + RECORD_HEADER) * count;
        self.records += count;
        self.data_bytes += rows.bytes_each * count;
        rows.count -= count;
    }

    fn count_spill(&mut self) {
        self.metrics.spills += 1;
        self.metrics.data_bytes_spilled += self.written.bytes;
        self.metrics.memory_bytes_spilled += self.freed;
    }
}

impl Machine for ShuffleExternalSorter {
    fn open(&mut self) -> Need {
        if self.array.is_some() {
            self.update_peak();
            return Need::Nothing;
        }
        self.ask(Asking::FirstArray, Request::Array(self.conf.initial_words))
    }

    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        let room = self.room(rows);
        if room > 0 {
            self.append(rows, room);
        }
        if rows.count == 0 {
            return Need::Nothing;
        }
        if self.is_forced_to_spill() || std::mem::take(&mut self.must_spill) {
            return Need::SpillItself;
        }
        if !self.has_room_in_array() {
            let words = self.memory_usage() - self.page_bytes;
            return self.ask(Asking::DoubleArray, Request::Array(words.0 / 8 * 2));
        }
        self.ask(Asking::Page, Request::Page(rows.bytes_each + RECORD_HEADER))
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        match (std::mem::replace(&mut self.asking, Asking::Nothing), acquired) {
            (Asking::FirstArray, Acquired::Page(array)) => self.set_array(array, books),
            // The request made the sorter spill itself: there is room in its new array.
            (Asking::DoubleArray, Acquired::Page(array)) if self.has_room_in_array() => {
                books.free_page(array);
            }
            (Asking::DoubleArray, Acquired::Page(array)) => self.set_array(array, books),
            (Asking::DoubleArray, Acquired::OutOfMemory { .. }) if self.has_room_in_array() => {}
            (Asking::DoubleArray, Acquired::TooLargePage(_)) => self.must_spill = true,
            (Asking::Page, Acquired::Page(page)) => {
                self.pages.push(page);
                self.page_bytes += page.size;
                self.left_in_page = page.size;
            }
            (_, failed) => return Err(Failure::of(failed)),
        }
        Ok(())
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        match trigger {
            Trigger::Itself | Trigger::Decision => SpillWrite { rows: self.records, bytes: self.data_bytes },
            Trigger::Other => SpillWrite::default(),
        }
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, trigger: Trigger, books: &mut Books<'_, M>) -> Spilled {
        self.written = self.spill_write(trigger);
        if self.written.rows == 0 {
            return Spilled::Freed(Bytes::ZERO);
        }
        self.freed = self.free_pages(books);
        self.free_array(books);
        self.records = 0;
        self.data_bytes = Bytes::ZERO;
        Spilled::NeedsArray(self.conf.initial_words)
    }

    fn spill_granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<Bytes, Failure> {
        let Acquired::Page(array) = acquired else { return Err(Failure::of(acquired)) };
        self.set_array(array, books);
        self.count_spill();
        Ok(self.freed)
    }

    /// `closeAndGetSpills`: the rest is written. After a spill it counts as one more spill file, though not as memory
    /// spilled; without one it is the map output itself.
    fn finish<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Need {
        if self.metrics.spills > 0 && self.records > 0 {
            self.written = self.spill_write(Trigger::Itself);
            self.freed = Bytes::ZERO;
            self.count_spill();
        }
        self.records = 0;
        self.data_bytes = Bytes::ZERO;
        self.free(books);
        Need::Nothing
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.free_pages(books);
        self.free_array(books);
    }

    fn metrics(&self) -> ConsumerMetrics {
        ConsumerMetrics { peak_memory: self.metrics.peak_memory.max(self.memory_usage()), ..self.metrics }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    fn open(limit: u64) -> Driven {
        let conf = ShuffleSorterConf { initial_words: 64, ..ShuffleSorterConf::default() };
        Driven::open(ShuffleExternalSorter::new(conf), 4096, limit)
    }

    #[test]
    fn the_array_doubles_while_the_old_one_is_held() {
        let mut sort = open(6000);
        // 64 records fill 1024 bytes of array; 2048 more are not there beside a page of 4096.
        sort.insert(65, 8).unwrap();
        assert_eq!(sort.spills, [64]);
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(4096), "the array does not count");
        assert_eq!(sort.metrics().peak_memory, Bytes(4096 + 1024));
        sort.finish().unwrap();
        assert_eq!((sort.metrics().spills, sort.memory.0), (2, 6000), "the rest is one more file");
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(4096));
    }

    #[test]
    fn nobody_else_makes_it_spill() {
        let mut sort = open(10_000);
        sort.insert(10, 8).unwrap();
        assert_eq!(sort.spill(1, Trigger::Other), 0);
    }

    #[test]
    fn a_spill_that_finds_no_array_fails_the_task() {
        let mut sort = open(10_000);
        let mut sorter = ShuffleExternalSorter::new(ShuffleSorterConf::default());
        let books = &mut Books { tmm: &mut sort.task.tmm, memory: &mut sort.memory, id: sort.id };
        let refused = Acquired::OutOfMemory { required: Bytes(32_768), got: Bytes(100) };
        assert_eq!(sorter.spill_granted(refused, books), Err(Failure::of(refused)));
        assert_eq!(sorter.metrics(), ConsumerMetrics::default(), "it is not counted");
    }
}

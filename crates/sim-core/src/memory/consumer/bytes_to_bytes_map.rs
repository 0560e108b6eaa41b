//! The hash map of bytes: under hash aggregations, and by itself as the general hashed relation of a join.
//!
//! Spark: `BytesToBytesMap.java`, `UnsafeHashedRelation` in `HashedRelation.scala`. Entries lie in pages (their two
//! lengths, key, value and a link), an array holds 16 bytes a slot and doubles when half of the slots are taken. The
//! old array is held until the new one is there; where that is refused the map is full.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Page, Request};
use crate::units::Bytes;

/// Most slots of a map.
const MAX_CAPACITY: u64 = 1 << 29;
/// Fewest slots of a map.
const MIN_CAPACITY: u64 = 64;
/// Bytes of an entry besides key and value: two lengths and a link.
const ENTRY_OVERHEAD: Bytes = Bytes(16);
/// Bytes at the start of a page: the number of its entries.
const PAGE_HEADER: Bytes = Bytes(4);

/// How a map is set up.
#[derive(Clone, Copy, Debug)]
pub struct BytesMapConf {
    /// Slots asked for; made a power of two from 64 to 2^29.
    pub initial_capacity: u64,
    /// Entries under one key: only the first one takes a slot.
    pub rows_per_key: u64,
}

impl BytesMapConf {
    /// The general hashed relation of a join on an executor: a size hint of 64 keys.
    #[must_use]
    pub fn hashed_relation(rows_per_key: u64) -> Self {
        // `sizeEstimate * 1.5 + 1`
        Self { initial_capacity: 97, rows_per_key }
    }
}

/// The hash map of bytes, by itself the general hashed relation of a join. Its rows are entries, `bytes_each` those of key and value together.
#[derive(Clone, Debug)]
pub struct BytesToBytesMap {
    conf: BytesMapConf,
    array: Option<Page>,
    capacity: u64,
    can_grow_array: bool,
    keys: u64,
    values: u64,
    data_bytes: Bytes,
    pages: Vec<DataPage>,
    page_bytes: Bytes,
    left_in_page: Bytes,
    asking: Asking,
    /// An entry is in but the array has to grow before the next one.
    in_hand: bool,
    full: bool,
    cursor: Option<Cursor>,
    peak: Bytes,
}

/// A page and the entries in it.
#[derive(Clone, Copy, Debug)]
struct DataPage {
    page: Page,
    entries: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Nothing,
    FirstArray,
    DoubleArray,
    Page,
}

/// A destructive iteration: pages are freed as soon as they are read.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// Whether the first of the pages is the one being read.
    in_page: bool,
    left_in_page: u64,
    left: u64,
}

impl BytesToBytesMap {
    /// An empty map that has not acquired its array yet.
    #[must_use]
    pub fn new(conf: BytesMapConf) -> Self {
        Self {
            conf,
            array: None,
            capacity: 0,
            can_grow_array: true,
            keys: 0,
            values: 0,
            data_bytes: Bytes::ZERO,
            pages: Vec::new(),
            page_bytes: Bytes::ZERO,
            left_in_page: Bytes::ZERO,
            asking: Asking::Nothing,
            in_hand: false,
            full: false,
            cursor: None,
            peak: Bytes::ZERO,
        }
    }

    /// Pages and array (`getTotalMemoryConsumption`).
    #[must_use]
    pub fn total_memory_consumption(&self) -> Bytes {
        self.page_bytes + self.array.map_or(Bytes::ZERO, |array| array.size)
    }

    /// Number of pages that hold entries.
    #[must_use]
    pub fn data_pages(&self) -> usize {
        self.pages.len()
    }

    /// Entries in it.
    #[must_use]
    pub fn values(&self) -> u64 {
        self.values
    }

    /// What a spill of all entries writes.
    pub(super) fn contents(&self) -> SpillWrite {
        SpillWrite { rows: self.values, bytes: self.data_bytes }
    }

    /// Entries of `bytes_each` that it takes without acquiring anything.
    pub(super) fn room(&self, bytes_each: Bytes) -> u64 {
        if self.is_full() {
            return 0;
        }
        let in_page = match self.pages.len() {
            0 => 0,
            _ => self.left_in_page.0 / (bytes_each + ENTRY_OVERHEAD).0,
        };
        in_page.min(self.entries_before_growth())
    }

    fn growth_threshold(&self) -> u64 {
        self.capacity / 2
    }

    fn is_full(&self) -> bool {
        self.full || self.keys == MAX_CAPACITY || !self.can_grow_array && self.keys >= self.growth_threshold()
    }

    /// Entries before the one whose key makes the array grow.
    fn entries_before_growth(&self) -> u64 {
        if self.capacity == MAX_CAPACITY {
            return (MAX_CAPACITY * self.conf.rows_per_key).saturating_sub(self.values);
        }
        ((self.growth_threshold() - 1) * self.conf.rows_per_key).saturating_sub(self.values)
    }

    fn append(&mut self, count: u64, bytes_each: Bytes) {
        self.left_in_page -= (bytes_each + ENTRY_OVERHEAD) * count;
        self.values += count;
        self.keys = self.values.div_ceil(self.conf.rows_per_key);
        self.data_bytes += bytes_each * count;
        self.pages.last_mut().expect("an entry lies in a page").entries += count;
    }

    fn update_peak(&mut self) {
        self.peak = self.peak.max(self.total_memory_consumption());
    }

    fn ask(&mut self, asking: Asking, request: Request) -> Need {
        self.asking = asking;
        Need::Memory(request)
    }

    fn ask_for_array(&mut self, asking: Asking, capacity: u64) -> Need {
        self.ask(asking, Request::Array(capacity * 2))
    }

    fn initial_capacity(&self) -> u64 {
        self.conf.initial_capacity.min(MAX_CAPACITY).next_power_of_two().max(MIN_CAPACITY)
    }

    fn free_array<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        if let Some(array) = self.array.take() {
            books.free_page(array);
        }
    }

    fn free_page<M: ExecutionMemory>(&mut self, at: usize, books: &mut Books<'_, M>) -> Bytes {
        let DataPage { page, .. } = self.pages.remove(at);
        self.page_bytes -= page.size;
        books.free_page(page);
        page.size
    }

    /// `reset`: gives everything back; returns the words of the array to start again with, for
    /// [`restarted`](Self::restarted).
    pub(super) fn reset<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> u64 {
        self.update_peak();
        self.free_array(books);
        while let Some(last) = self.pages.len().checked_sub(1) {
            self.free_page(last, books);
        }
        *self = Self { peak: self.peak, ..Self::new(self.conf) };
        self.initial_capacity() * 2
    }

    /// The first array after a [`reset`](Self::reset).
    pub(super) fn restarted(&mut self, array: Page) {
        self.array = Some(array);
        self.capacity = self.initial_capacity();
    }

    fn next_page<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Option<Cursor> {
        let mut cursor = self.cursor?;
        if cursor.in_page {
            self.free_page(0, books);
        }
        cursor.in_page = !self.pages.is_empty();
        // What is in no page any more comes from files.
        cursor.left_in_page = self.pages.first().map_or(cursor.left, |page| page.entries);
        self.cursor = Some(cursor);
        self.cursor
    }
}

impl Machine for BytesToBytesMap {
    fn open(&mut self) -> Need {
        if self.array.is_some() {
            return Need::Nothing;
        }
        self.ask_for_array(Asking::FirstArray, self.initial_capacity())
    }

    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        loop {
            if std::mem::take(&mut self.in_hand) {
                rows.count -= 1;
            }
            let room = self.room(rows.bytes_each).min(rows.count);
            if room > 0 {
                self.append(room, rows.bytes_each);
                rows.count -= room;
            }
            if rows.count == 0 {
                return Need::Nothing;
            }
            if self.is_full() {
                return Need::Fail(Failure::HashMap);
            }
            let entry = rows.bytes_each + ENTRY_OVERHEAD;
            if self.pages.is_empty() || entry > self.left_in_page {
                return self.ask(Asking::Page, Request::Page(entry + PAGE_HEADER));
            }
            self.append(1, rows.bytes_each);
            self.in_hand = true;
            if self.capacity < MAX_CAPACITY {
                return self.ask_for_array(Asking::DoubleArray, self.capacity * 2);
            }
        }
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        match (std::mem::replace(&mut self.asking, Asking::Nothing), acquired) {
            (Asking::FirstArray, Acquired::Page(array)) => self.restarted(array),
            (Asking::DoubleArray, Acquired::Page(array)) => {
                self.free_array(books);
                self.array = Some(array);
                self.capacity *= 2;
            }
            (Asking::DoubleArray, Acquired::OutOfMemory { .. }) => self.can_grow_array = false,
            (Asking::Page, Acquired::Page(page)) => {
                self.pages.push(DataPage { page, entries: 0 });
                self.page_bytes += page.size;
                self.left_in_page = page.size - PAGE_HEADER;
            }
            (Asking::Page, Acquired::OutOfMemory { .. }) => self.full = true,
            (_, failed) => return Err(Failure::of(failed)),
        }
        Ok(())
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        let Some(cursor) = self.cursor.filter(|_| trigger == Trigger::Other && self.pages.len() != 1) else {
            return SpillWrite::default();
        };
        let rows = self.pages.iter().skip(usize::from(cursor.in_page)).map(|page| page.entries).sum();
        let bytes = u128::from(self.data_bytes.0) * u128::from(rows) / u128::from(self.values.max(1));
        SpillWrite { rows, bytes: Bytes(bytes as u64) }
    }

    /// `MapIterator.spill`: pages from the end, never the one being read. No metric counts it.
    fn spill<M: ExecutionMemory>(
        &mut self,
        asked: Bytes,
        trigger: Trigger,
        books: &mut Books<'_, M>,
    ) -> Spilled {
        let mut freed = Bytes::ZERO;
        let Some(cursor) = self.cursor.filter(|_| trigger == Trigger::Other && self.pages.len() != 1) else {
            return Spilled::Freed(freed);
        };
        self.update_peak();
        while self.pages.len() > usize::from(cursor.in_page) && (freed.is_zero() || freed < asked) {
            freed += self.free_page(self.pages.len() - 1, books);
        }
        Spilled::Freed(freed)
    }

    /// Starts a destructive iteration: the array is of no use any more.
    fn start_reading<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.update_peak();
        self.free_array(books);
        self.cursor = Some(Cursor { in_page: false, left_in_page: 0, left: self.values });
    }

    fn read<M: ExecutionMemory>(&mut self, rows: u64, books: &mut Books<'_, M>) {
        let Some(mut cursor) = self.cursor else { return };
        let mut rows = rows.min(cursor.left);
        while rows > 0 {
            if cursor.left_in_page == 0
                && let Some(next) = self.next_page(books)
            {
                cursor = next;
            }
            let read = rows.min(cursor.left_in_page);
            cursor.left_in_page -= read;
            cursor.left -= read;
            rows -= read;
            self.cursor = Some(cursor);
        }
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.update_peak();
        self.free_array(books);
        while !self.pages.is_empty() {
            self.free_page(0, books);
        }
    }

    fn metrics(&self) -> ConsumerMetrics {
        let peak_memory = self.peak.max(self.total_memory_consumption());
        ConsumerMetrics { peak_memory, ..ConsumerMetrics::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    fn open(page_size: u64, limit: u64) -> Driven {
        let conf = BytesMapConf { initial_capacity: 1, rows_per_key: 1 };
        Driven::open(BytesToBytesMap::new(conf), page_size, limit)
    }

    #[test]
    fn a_map_that_cannot_double_takes_no_more_keys() {
        // 64 slots in 1024 bytes, a page of 4096; 2048 more are not there when half of the slots are taken.
        let mut map = open(4096, 6000);
        assert_eq!(map.insert(500, 16), Err(Failure::HashMap));
        let values = match map.task.consumer(map.id) {
            super::super::Consumer::BytesToBytesMap(map) => map.values(),
            _ => unreachable!(),
        };
        assert_eq!(values, 32);
        assert_eq!(map.metrics().peak_memory, Bytes(1024 + 4096));
    }

    #[test]
    fn while_it_is_read_others_get_its_last_pages() {
        // 32 bytes an entry: 31 in a page of 1024 with its header of 4.
        let mut map = open(1024, 1 << 20);
        map.insert(310, 16).unwrap();
        assert_eq!(map.spill(5000, Trigger::Other), 0, "nobody reads it yet");
        let held = (1 << 20) - map.memory.0;
        map.start_reading();
        map.read(100);
        // The array of 1024 slots is gone, three of ten pages are read, one is being read.
        assert_eq!((1 << 20) - map.memory.0, held - 16 * 1024 - 3 * 1024);
        assert_eq!(map.spill(2000, Trigger::Other), 2048);
        assert_eq!(map.spill(1 << 20, Trigger::Other), 4 * 1024);
        assert_eq!(map.metrics().memory_bytes_spilled, Bytes::ZERO, "no metric counts it");
        map.read(210);
        assert_eq!(map.memory.0, 1 << 20);
    }

    #[test]
    fn only_the_first_entry_of_a_key_takes_a_slot() {
        let conf = BytesMapConf { initial_capacity: 64, rows_per_key: 10 };
        let mut map = Driven::open(BytesToBytesMap::new(conf), 1 << 20, 1 << 30);
        map.insert(310, 16).unwrap();
        assert_eq!(map.memory.0, (1 << 30) - (1 << 20) - 1024, "31 keys fit 64 slots");
        map.insert(1, 16).unwrap();
        assert_eq!(map.memory.0, (1 << 30) - (1 << 20) - 2048);
    }
}

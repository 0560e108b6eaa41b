//! The hashed relation of joins with one long key.
//!
//! Spark: `LongToUnsafeRowMap` in `HashedRelation.scala`. One array of slots and one page of rows, both plain heap
//! memory that is accounted for; each doubles by holding old and new together, and neither can spill.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Request};
use crate::units::Bytes;

/// Most words of the page, and of the array that still grows.
const MAX_WORDS: u64 = 1 << 30;
/// Words of the first page.
const FIRST_PAGE_WORDS: u64 = 1 << 17;
/// Bytes after each row: the address of the next one under the same key.
const LINK: Bytes = Bytes(8);
/// A key range below this many is always made dense: it fits the first cache.
const SMALL_RANGE: u64 = 1024;

/// How a map is set up.
#[derive(Clone, Copy, Debug)]
pub struct LongMapConf {
    /// Keys expected; a hashed relation on an executor says 64.
    pub capacity: u64,
    /// Rows under one key: only the first one takes a slot.
    pub rows_per_key: u64,
    /// Largest key minus smallest: with few gaps the array is made dense at the end.
    pub key_range: u64,
}

/// The hashed relation of joins with one long key: an array of slots and one page of rows, neither of which spills.
#[derive(Clone, Debug)]
pub struct LongToUnsafeRowMap {
    conf: LongMapConf,
    array_words: u64,
    page_words: u64,
    used: Bytes,
    keys: u64,
    values: u64,
    asking: Option<Asking>,
    in_hand: bool,
    is_dense: bool,
}

/// What is asked for, with the words it will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    First { array_words: u64 },
    Page(u64),
    Array(u64),
    Dense(u64),
}

impl LongToUnsafeRowMap {
    /// A map that has acquired nothing yet.
    #[must_use]
    pub fn new(conf: LongMapConf) -> Self {
        Self {
            conf,
            array_words: 0,
            page_words: 0,
            used: Bytes::ZERO,
            keys: 0,
            values: 0,
            asking: None,
            in_hand: false,
            is_dense: false,
        }
    }

    /// Page and array (`getTotalMemoryConsumption`); SQL metric `data size of build side`.
    #[must_use]
    pub fn total_memory_consumption(&self) -> Bytes {
        Bytes((self.array_words + self.page_words) * 8)
    }

    fn ask(&mut self, asking: Asking) -> Need {
        self.asking = Some(asking);
        Need::Memory(Request::Memory(asking.bytes()))
    }

    /// Rows before the one whose key makes the array grow.
    fn rows_before_growth(&self) -> u64 {
        if self.array_words >= MAX_WORDS {
            return u64::MAX;
        }
        (self.array_words / 4 * self.conf.rows_per_key).saturating_sub(self.values)
    }

    fn append(&mut self, count: u64, stored: Bytes) {
        self.used += stored * count;
        self.values += count;
        self.keys = self.values.div_ceil(self.conf.rows_per_key);
    }
}

impl Asking {
    fn bytes(self) -> Bytes {
        let words = match self {
            Self::First { array_words } => array_words + FIRST_PAGE_WORDS,
            Self::Page(words) | Self::Array(words) | Self::Dense(words) => words,
        };
        Bytes(words * 8)
    }
}

impl Machine for LongToUnsafeRowMap {
    fn open(&mut self) -> Need {
        if self.page_words > 0 {
            return Need::Nothing;
        }
        self.ask(Asking::First { array_words: self.conf.capacity.next_power_of_two() * 2 })
    }

    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        if std::mem::take(&mut self.in_hand) {
            rows.count -= 1;
        }
        let stored = rows.bytes_each + LINK;
        let in_page = (Bytes(self.page_words * 8) - self.used).0 / stored.0;
        let room = rows.count.min(in_page).min(self.rows_before_growth());
        self.append(room, stored);
        rows.count -= room;
        if rows.count == 0 {
            return Need::Nothing;
        }
        if room == in_page {
            let needed = (self.used + stored).0.div_ceil(8);
            if needed > MAX_WORDS {
                return Need::Fail(Failure::TooLargePage(Bytes(needed * 8)));
            }
            return self.ask(Asking::Page(needed.max((self.page_words * 2).min(MAX_WORDS))));
        }
        self.append(1, stored);
        self.in_hand = true;
        self.ask(Asking::Array(self.array_words * 2))
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        let Acquired::Bytes(got) = acquired else { return Err(Failure::of(acquired)) };
        let asking = self.asking.take().expect("memory was asked for");
        if got < asking.bytes() {
            books.free_memory(got);
            return match asking {
                // It stays as it is.
                Asking::Dense(_) => Ok(()),
                _ => Err(Failure::HashRelation { needed: asking.bytes(), got }),
            };
        }
        let old_words = match asking {
            Asking::First { array_words } => {
                (self.array_words, self.page_words) = (array_words, FIRST_PAGE_WORDS);
                return Ok(());
            }
            Asking::Page(words) => std::mem::replace(&mut self.page_words, words),
            Asking::Array(words) | Asking::Dense(words) => std::mem::replace(&mut self.array_words, words),
        };
        books.free_memory(Bytes(old_words * 8));
        Ok(())
    }

    fn spill_write(&self, _: Trigger) -> SpillWrite {
        SpillWrite::default()
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, _: Trigger, _: &mut Books<'_, M>) -> Spilled {
        Spilled::Freed(Bytes::ZERO)
    }

    /// `optimize`: an array with one slot for each key of the range, if that is not larger.
    fn finish<M: ExecutionMemory>(&mut self, _: &mut Books<'_, M>) -> Need {
        let range = self.conf.key_range;
        if self.is_dense || range >= self.array_words.max(SMALL_RANGE) {
            return Need::Nothing;
        }
        self.is_dense = true;
        self.ask(Asking::Dense(range + 1))
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        for words in [&mut self.page_words, &mut self.array_words] {
            if *words > 0 {
                books.free_memory(Bytes(std::mem::take(words) * 8));
            }
        }
    }

    fn metrics(&self) -> ConsumerMetrics {
        // No metric counts it.
        ConsumerMetrics::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    const MAP: LongMapConf = LongMapConf { capacity: 64, rows_per_key: 1, key_range: u64::MAX >> 1 };

    #[test]
    fn the_array_doubles_at_a_quarter_and_the_page_when_it_is_full() {
        let mut map = Driven::open(LongToUnsafeRowMap::new(MAP), 0, 1 << 30);
        let held = |map: &Driven| (1 << 30) - map.memory.0;
        assert_eq!(held(&map), 1024 + (1 << 20));
        // 128 words of array: the 33rd key is one too many.
        map.insert(32, 24).unwrap();
        assert_eq!(held(&map), 1024 + (1 << 20));
        map.insert(1, 24).unwrap();
        assert_eq!(held(&map), 2048 + (1 << 20));
        // 32 bytes a row: 32,768 rows fill the first page and a quarter of 2^17 words of array.
        map.insert(32_735, 24).unwrap();
        assert_eq!(held(&map), (1 << 20) + (1 << 20));
        map.insert(1, 24).unwrap();
        assert_eq!(held(&map), (2 << 20) + (2 << 20));
        map.free();
        assert_eq!(held(&map), 0);
    }

    #[test]
    fn a_map_that_cannot_double_fails_with_both_numbers() {
        let mut map = Driven::open(LongToUnsafeRowMap::new(MAP), 0, 1024 + (1 << 20) + 100);
        let failure = map.insert(33, 24).unwrap_err();
        let text = "Can't acquire 2048 bytes memory to build hash relation, got 100 bytes.";
        assert_eq!(failure.to_string(), text);
    }

    #[test]
    fn keys_without_gaps_become_dense() {
        let conf = LongMapConf { capacity: 1024, rows_per_key: 1, key_range: 999 };
        let mut map = Driven::open(LongToUnsafeRowMap::new(conf), 0, 1 << 30);
        map.insert(1000, 24).unwrap();
        map.finish().unwrap();
        assert_eq!((1 << 30) - map.memory.0, (1 << 20) + 8000);
    }
}

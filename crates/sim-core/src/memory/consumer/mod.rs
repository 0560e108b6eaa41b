//! Memory consumers: how a sorter, a hash map, a hashed relation grows, spills and reports itself.
//!
//! Each consumer is a small state machine with Spark's constants. It never acquires memory itself: it says what it
//! [needs](Need) and is told what it [got](Machine::granted), so that time can pass in between. Work is done per
//! page, array doubling or check, never per record. [`TaskConsumers`] drives the consumers of one task through its
//! [`TaskMemoryManager`].

#[macro_use]
mod any;
mod black_box;
mod bytes_to_bytes_map;
mod external_append_only_unsafe_row_array;
mod failure;
mod groups;
mod hash_aggregation;
mod hybrid_row_queue;
mod long_to_unsafe_row_map;
mod row_based_key_value_batch;
mod setup;
mod shuffle_external_sorter;
mod shuffle_writer;
mod spillable;
mod task_consumers;
#[cfg(test)]
mod testing;
mod unsafe_external_sorter;
mod unsafe_sorter_reading;

pub use any::Consumer;
pub use black_box::BlackBox;
pub use bytes_to_bytes_map::{BytesMapConf, BytesToBytesMap};
pub use external_append_only_unsafe_row_array::{ExternalAppendOnlyUnsafeRowArray, RowArrayConf};
pub use failure::{ErrorTexts, Failure, FailureText};
pub use groups::Groups;
pub use hash_aggregation::{HashAggregation, HashAggregationConf};
pub use hybrid_row_queue::HybridRowQueue;
pub use long_to_unsafe_row_map::{LongMapConf, LongToUnsafeRowMap};
pub use row_based_key_value_batch::RowBasedKeyValueBatch;
pub use setup::{ConsumerConf, ConsumerSetup};
pub use shuffle_external_sorter::{ShuffleExternalSorter, ShuffleSorterConf};
pub use shuffle_writer::{ShuffleDependency, ShuffleWriter};
pub use spillable::{Check, ForcedSpill, Spillable, SpillableConf};
pub use task_consumers::{Progress, TaskConsumers};
pub use unsafe_external_sorter::{UnsafeExternalSorter, UnsafeSorterConf};
pub use unsafe_sorter_reading::MergeOrder;

use super::task::{Acquired, ExecutionMemory, Page, Request, TaskMemoryManager};
use crate::ids::ConsumerId;
use crate::units::Bytes;

/// Records of one size that are to be inserted: the head of what is left.
///
/// For sorters, queues and row buffers a row is a record; for maps it is an entry, for a hash aggregation an input row
/// of a group of that size, for a [`Spillable`] an element that lets the estimate grow by so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many.
    pub count: u64,
    /// Bytes of each, as the consumer stores it: for maps key and value together, for sorters of keys and values (an
    /// aggregation's) 4 more for the length of the key.
    pub bytes_each: Bytes,
}

/// What a consumer needs before it can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: all rows are in.
    Nothing,
    /// Memory; the answer comes through [`Machine::granted`].
    Memory(Request),
    /// To spill itself, by its own decision (a threshold was crossed).
    SpillItself,
    /// It cannot go on: the task fails.
    Fail(Failure),
}

/// Who makes a consumer spill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// It does itself: it asked for more than there is.
    Itself,
    /// It does itself without having asked: it crossed a threshold, or its operator changes to sorting.
    Decision,
    /// Another consumer of its task did.
    Other,
}

/// What a spill writes: time passes while it is written and the memory is still held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpillWrite {
    /// Records.
    pub rows: u64,
    /// Bytes of the records, before serialization and compression.
    pub bytes: Bytes,
}

/// How the releasing half of a spill went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spilled {
    /// It has freed this much; zero when it could not.
    Freed(Bytes),
    /// All is freed but it needs an array before it can report; answered through [`Machine::spill_granted`].
    NeedsArray(u64),
}

/// What the task metrics and the SQL metrics say of one consumer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerMetrics {
    /// `Memory Bytes Spilled` of it.
    pub memory_bytes_spilled: Bytes,
    /// Bytes of its records that went to disk (before serialization and compression).
    pub data_bytes_spilled: Bytes,
    /// `Peak Execution Memory` of it.
    pub peak_memory: Bytes,
    /// Spill files.
    pub spills: u64,
}

/// A consumer's access to the books of its task: freeing never blocks.
pub struct Books<'a, M> {
    /// The task's memory manager.
    pub tmm: &'a mut TaskMemoryManager,
    /// What grants memory.
    pub memory: &'a mut M,
    /// The consumer.
    pub id: ConsumerId,
}

impl<M: ExecutionMemory> Books<'_, M> {
    /// Gives a page or array back.
    pub fn free_page(&mut self, page: Page) {
        self.tmm.free_page(self.memory, self.id, page);
    }

    /// Gives plain memory back.
    pub fn free_memory(&mut self, bytes: Bytes) {
        self.tmm.free_memory(self.memory, self.id, bytes);
    }
}

/// A consumer as a state machine.
pub trait Machine {
    /// What its constructor acquires; asked again until it needs nothing.
    fn open(&mut self) -> Need {
        Need::Nothing
    }

    /// Inserts as many of `rows` as need no memory, takes them off `rows`, and says what the next one needs.
    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, books: &mut Books<'_, M>) -> Need;

    /// The answer to [`Need::Memory`].
    ///
    /// # Errors
    /// Where the consumer cannot do without.
    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure>;

    /// What a spill would write now; nothing where it cannot spill.
    fn spill_write(&self, trigger: Trigger) -> SpillWrite;

    /// The end of a spill: what was written is released.
    fn spill<M: ExecutionMemory>(
        &mut self,
        asked: Bytes,
        trigger: Trigger,
        books: &mut Books<'_, M>,
    ) -> Spilled;

    /// The answer to [`Spilled::NeedsArray`]; what the spill has freed in all.
    ///
    /// # Errors
    /// Where the array could not be had: the spill, and with it the request that caused it, fails.
    fn spill_granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        _books: &mut Books<'_, M>,
    ) -> Result<Bytes, Failure> {
        Err(Failure::of(acquired))
    }

    /// All rows are in: what its output needs (a dense array, a last spill) is asked for like an insert, until it
    /// needs nothing.
    fn finish<M: ExecutionMemory>(&mut self, _books: &mut Books<'_, M>) -> Need {
        Need::Nothing
    }

    /// Its output is read from here on; others can then make some consumers spill what is still unread.
    fn start_reading<M: ExecutionMemory>(&mut self, _books: &mut Books<'_, M>) {}

    /// `rows` more rows of its output were read.
    fn read<M: ExecutionMemory>(&mut self, _rows: u64, _books: &mut Books<'_, M>) {}

    /// It is done with: everything is given back.
    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>);

    /// What the metrics say, now.
    fn metrics(&self) -> ConsumerMetrics;
}

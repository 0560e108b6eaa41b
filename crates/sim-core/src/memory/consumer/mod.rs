//! Memory consumers: how a sorter, a hash map, a hashed relation grows, spills and reports itself.
//!
//! Each consumer is a small state machine with Spark's constants. It never acquires memory itself: it says what it
//! [needs](Need) and is told what it [got](Machine::granted), so that time can pass in between. Work is done per
//! page, array doubling or check, never per record. [`TaskConsumers`] drives the consumers of one task through its
//! [`TaskMemoryManager`](super::TaskMemoryManager).

mod setup;
mod task_consumers;
mod unsafe_external_sorter;

pub use setup::{ConsumerConf, ConsumerSetup};
pub use task_consumers::{Consumer, Progress, TaskConsumers};
pub use unsafe_external_sorter::{UnsafeExternalSorter, UnsafeSorterConf};

use super::task::{Acquired, ExecutionMemory, Page, Request, TaskMemoryManager};
use crate::ids::ConsumerId;
use crate::units::Bytes;

/// Records of one size that are to be inserted: the head of what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many.
    pub count: u64,
    /// Bytes of each, as the consumer stores it (for maps key and value together).
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

/// Why a consumer fails its task. All of these are `OutOfMemoryError`s that fail the task alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `UNABLE_TO_ACQUIRE_MEMORY`: `Unable to acquire <required> bytes of memory, got <got>.`
    UnableToAcquire {
        /// What was indispensable.
        required: Bytes,
        /// What there was.
        got: Bytes,
    },
    /// `POINTER_ARRAY_OUT_OF_MEMORY`: a new sort array would be smaller than the old one.
    PointerArray,
    /// `AGGREGATE_OUT_OF_MEMORY`: the aggregation map does not take a row even when empty.
    Aggregation,
    /// `Can't acquire <needed> bytes memory to build hash relation, got <got> bytes`: a long-key hashed relation.
    HashRelation {
        /// What was indispensable.
        needed: Bytes,
        /// What there was.
        got: Bytes,
    },
    /// `There is not enough memory to build hash map`: a general hashed relation.
    HashMap,
    /// `Cannot allocate a page of N bytes.`
    TooLargePage(Bytes),
    /// `Have already allocated a maximum of 8192 pages`.
    TooManyPages,
    /// Its entry in the pool was taken away while it waited.
    Orphaned,
}

/// Who makes a consumer spill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// It does itself: it asked for more than there is, or crossed a threshold.
    Itself,
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

    /// All rows are in: what its output needs (sorting, merging, a dense array) is asked for like an insert.
    fn finish<M: ExecutionMemory>(&mut self, _books: &mut Books<'_, M>) -> Need {
        Need::Nothing
    }

    /// Its output is read from here on; others can then make some consumers spill what is still unread.
    fn start_reading(&mut self) {}

    /// `rows` more rows of its output were read.
    fn read<M: ExecutionMemory>(&mut self, _rows: u64, _books: &mut Books<'_, M>) {}

    /// It is done with: everything is given back.
    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>);

    /// What the metrics say, now.
    fn metrics(&self) -> ConsumerMetrics;
}

impl Failure {
    /// The failure that an acquisition ended with.
    ///
    /// # Panics
    /// Where it did not fail.
    #[must_use]
    pub fn of(acquired: Acquired) -> Self {
        match acquired {
            Acquired::OutOfMemory { required, got } => Self::UnableToAcquire { required, got },
            Acquired::TooLargePage(bytes) => Self::TooLargePage(bytes),
            Acquired::TooManyPages => Self::TooManyPages,
            Acquired::Orphaned | Acquired::SpillFailed(_) => Self::Orphaned,
            Acquired::Bytes(_) | Acquired::Page(_) => panic!("memory was acquired: {acquired:?}"),
        }
    }
}

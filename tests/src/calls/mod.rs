//! What can be asked of one executor's memory, and everything that can be seen of the answer.
//!
//! A [`Call`] is one operation of one task; a [`Step`] is what came of it. `sim-core` ([`Subject`]) and the
//! [reference](crate::reference) speak this language, so that property tests, exhaustive worlds and fuzzing compare
//! them through one function, [`compare()`].

mod compare;
mod setup;
mod step;
mod subject;

pub use compare::{Difference, compare, steps};
pub use setup::{Setup, SpillPolicy, WhileSpilling};
pub use step::{BlockState, Event, PoolState, Reply, Share, State, Step, TaskState};
pub use subject::Subject;

use arbitrary::Unstructured;
use proptest::strategy::{BoxedStrategy, Strategy};
use sim_core::ids::RddId;
use sim_core::memory::MemoryMode;

/// Tasks that run at once.
pub const TASKS: u8 = 4;
/// Blocks: six of each of two RDDs, and four of no RDD.
pub const BLOCKS: u8 = 16;
/// Consumers of each task: four on the heap, one off it.
pub const CONSUMERS: u8 = 5;

macro_rules! drawn {
    ($($(#[$doc:meta])* $name:ident($number:ty) in $low:expr, $high:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $number);

        impl $name {
            const DRAWN: std::ops::RangeInclusive<$number> = $low..=$high;
        }

        impl<'a> arbitrary::Arbitrary<'a> for $name {
            fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
                input.int_in_range(Self::DRAWN).map($name)
            }
        }

        impl proptest::arbitrary::Arbitrary for $name {
            type Parameters = ();
            type Strategy = BoxedStrategy<Self>;
            fn arbitrary_with((): ()) -> Self::Strategy {
                Self::DRAWN.prop_map($name).boxed()
            }
        }
    )*};
}

drawn! {
    /// A task, numbered as its slot.
    Task(u8) in 0, TASKS - 1;
    /// A block.
    Block(u8) in 0, BLOCKS - 1;
    /// A consumer of a task.
    Consumer(u8) in 0, CONSUMERS - 1;
    /// Quarters of what a task holds: nothing, a part, all or more than that.
    Quarters(u8) in 0, 5;
    /// Which of the pages that a consumer holds, counted round.
    PageAt(u8) in 0, 7;
    /// How often the allocator of the JVM fails before it allocates a page.
    Failures(u8) in 0, 2;
    /// Elements of a partition.
    Elements(u8) in 0, 40;
    /// Bytes of one element.
    PerElement(u8) in 0, 30;
}

/// Bytes; never none, which no caller of Spark asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u32);

impl Size {
    /// Pools are of 1000 bytes: a third of the sizes is below 10, a third below 100, a third below 700.
    fn drawn(number: u16) -> Self {
        let below = [10, 100, 700][usize::from(number % 3)];
        Self(1 + u32::from(number) / 3 % (below - 1))
    }
}

impl<'a> arbitrary::Arbitrary<'a> for Size {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        u16::arbitrary(input).map(Self::drawn)
    }
}

impl proptest::arbitrary::Arbitrary for Size {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        proptest::num::u16::ANY.prop_map(Self::drawn).boxed()
    }
}

impl Block {
    /// The RDD that the block is a partition of.
    #[must_use]
    pub fn rdd(self) -> Option<RddId> {
        (self.0 < 12).then_some(RddId(u32::from(self.0) / 6))
    }
}

impl Consumer {
    /// The mode of its memory.
    #[must_use]
    pub fn mode(self) -> MemoryMode {
        if self.0 + 1 == CONSUMERS { MemoryMode::OffHeap } else { MemoryMode::OnHeap }
    }
}

/// Where a memory call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum Mode {
    /// The heap.
    #[proptest(weight = 4)]
    On,
    /// Outside of it.
    Off,
}

impl From<Mode> for MemoryMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::On => Self::OnHeap,
            Mode::Off => Self::OffHeap,
        }
    }
}

/// Whether a block that memory does not keep goes to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum Disk {
    /// It is forgotten.
    No,
    /// It is written.
    Yes,
}

/// What the writer of a block does with its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum Afterwards {
    /// Gives it back.
    #[proptest(weight = 3)]
    Unlock,
    /// Goes on reading the block.
    Read,
}

/// One operation. Tasks that wait cannot call; others can act on what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
#[expect(missing_docs, reason = "the fields say what the types say")]
pub enum Call {
    /// `MemoryManager.acquireExecutionMemory`: may wait.
    #[proptest(weight = 6)]
    AcquireExecution { task: Task, bytes: Size, mode: Mode },
    /// `MemoryManager.releaseExecutionMemory`, also of nothing, of more than is held and of a task that waits.
    #[proptest(weight = 3)]
    ReleaseExecution { task: Task, part: Quarters, mode: Mode },
    /// `TaskMemoryManager` of the task: `MemoryConsumer.acquireMemory`; may spill and wait.
    #[proptest(weight = 5)]
    AcquireMemory { task: Task, consumer: Consumer, bytes: Size },
    /// `MemoryConsumer.freeMemory` of at most what the consumer holds outside of its pages.
    FreeMemory { task: Task, consumer: Consumer, bytes: Size },
    /// `MemoryConsumer.allocatePage`; may spill and wait.
    #[proptest(weight = 3)]
    AllocatePage { task: Task, consumer: Consumer, required: Size, failures: Failures },
    /// `MemoryConsumer.freePage`.
    FreePage { task: Task, consumer: Consumer, at: PageAt },
    /// `MemoryConsumer.spill` of its own accord.
    Spill { task: Task, consumer: Consumer },
    /// `BlockManager.putBytes`.
    #[proptest(weight = 5)]
    Put { task: Task, block: Block, bytes: Size, mode: Mode, disk: Disk, afterwards: Afterwards },
    /// `BlockManager.putIterator`: unrolling. The precise size is that of the elements and `extra`.
    #[proptest(weight = 4)]
    PutIterator {
        task: Task,
        block: Block,
        elements: Elements,
        per_element: PerElement,
        extra: Size,
        disk: Disk,
    },
    /// A block on disk is put into memory again.
    #[proptest(weight = 2)]
    Load { task: Task, block: Block },
    /// `MemoryStore.reserveUnrollMemoryForThisTask`.
    ReserveUnroll { task: Task, block: Block, bytes: Size, mode: Mode },
    /// `MemoryStore.releaseUnrollMemoryForThisTask`.
    ReleaseUnroll { task: Task, bytes: Size, mode: Mode },
    /// A read: counts as an access.
    #[proptest(weight = 2)]
    Get { task: Task, block: Block },
    /// `BlockManager.removeBlock`.
    Remove { task: Task, block: Block },
    /// `BlockInfoManager.lockForReading` without waiting.
    LockForReading { task: Task, block: Block },
    /// `BlockInfoManager.lockForWriting` without waiting.
    LockForWriting { task: Task, block: Block },
    /// `BlockInfoManager.unlock` by a task that holds a lock on the block.
    Unlock { task: Task, block: Block },
    /// `MemoryStore.evictBlocksToFreeSpace`.
    Evict { block: Option<Block>, bytes: Size, mode: Mode },
    /// A waiting task is interrupted.
    Kill { task: Task },
    /// The end of a task, in the order of `Task.run` and `TaskRunner.run`.
    #[proptest(weight = 2)]
    EndTask { task: Task },
}

//! What can be seen of a call: its reply, what happened on the way, and the state that it leaves.

use sim_core::memory::MemoryMode;

use super::{Block, Consumer, Task};

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing to tell.
    Ok,
    /// This many bytes were granted, released or freed.
    Bytes(u64),
    /// A page or array with its number in the task's page table.
    Page {
        /// Its number.
        number: u16,
        /// Its size.
        size: u64,
    },
    /// The task waits; an [`Event::Done`] tells the end of the call.
    Waits,
    /// The task waits already, in another call.
    Busy,
    /// `SparkOutOfMemoryError`.
    OutOfMemory,
    /// `NoSuchElementException`: its entry was removed while it waited.
    Orphaned,
    /// `InterruptedException`.
    Interrupted,
    /// The block is in memory.
    Stored,
    /// The block is on disk alone.
    OnDisk,
    /// There is no room; the block is nowhere.
    NoSpace,
    /// The block is there already.
    Exists,
    /// The block (or the page) is not there.
    Absent,
    /// A lock is in the way.
    Locked,
    /// There was nothing that the call could act on.
    Nothing,
}

/// How a task stands in its pool just after a decision on its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Bytes that the task holds.
    pub held: u64,
    /// Active tasks: the N of 1/2N..1/N.
    pub active: u64,
    /// The execution pool as it is: the lower bound is a 2Nth of it.
    pub pool_size: u64,
    /// The execution pool as it could be: the upper bound is an Nth of it.
    pub max_pool_size: u64,
    /// Bytes of the pool that nobody holds.
    pub free: u64,
}

/// What happened on the way, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say what the types say")]
pub enum Event {
    /// A request for execution memory was answered.
    Granted { task: Task, mode: MemoryMode, asked: u64, granted: u64, share: Share },
    /// A request for execution memory has to wait.
    Waits { task: Task, mode: MemoryMode, asked: u64, share: Share },
    /// A block left memory. `storage_used` is what storage held before.
    Evicted { block: Block, bytes: u64, mode: MemoryMode, to_disk: bool, storage_used: u64 },
    /// A request for storage or unroll memory was answered.
    Storage { bytes: u64, granted: bool },
    /// A consumer was asked to spill; `None` for an I/O error.
    Spilled { task: Task, consumer: Consumer, asked: u64, trigger: Consumer, freed: Option<u64> },
    /// The call of a task that waited has ended.
    Done { task: Task, reply: Reply },
}

/// The pools of one mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as Spark's")]
pub struct PoolState {
    pub execution_used: u64,
    pub execution_pool: u64,
    pub storage_used: u64,
    pub storage_pool: u64,
    pub active_tasks: u64,
}

/// What one task has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskState {
    /// By mode: execution memory, `None` where the task is not active.
    pub held: [Option<u64>; 2],
    /// By mode: unroll memory.
    pub unroll: [u64; 2],
    /// By consumer: bytes that it uses.
    pub used: Vec<u64>,
    /// It waits for execution memory.
    pub waits: bool,
}

/// One block that is in memory, on disk or locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockState {
    /// Which.
    pub block: Block,
    /// Bytes in memory and their mode.
    pub in_memory: Option<(u64, MemoryMode)>,
    /// It is on disk.
    pub on_disk: bool,
    /// Who writes it.
    pub writer: Option<Task>,
    /// Who reads it, one entry a lock.
    pub readers: Vec<Task>,
}

/// Everything that can be seen between two calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// By mode.
    pub pools: [PoolState; 2],
    /// By task.
    pub tasks: Vec<TaskState>,
    /// By block, those that are somewhere.
    pub blocks: Vec<BlockState>,
    /// The blocks in memory, the least recently used first.
    pub access_order: Vec<Block>,
}

impl State {
    /// What is known of a block.
    #[must_use]
    pub fn block(&self, block: Block) -> Option<&BlockState> {
        self.blocks.iter().find(|other| other.block == block)
    }

    /// What is known of a task.
    #[must_use]
    pub fn task(&self, task: Task) -> &TaskState {
        &self.tasks[usize::from(task.0)]
    }

    /// The tasks that wait.
    pub fn waiting(&self) -> impl Iterator<Item = Task> + '_ {
        (0..).zip(&self.tasks).filter(|(_, state)| state.waits).map(|(task, _)| Task(task))
    }
}

/// One call and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What the call returned.
    pub reply: Reply,
    /// What happened on the way.
    pub events: Vec<Event>,
    /// What it left.
    pub state: State,
}

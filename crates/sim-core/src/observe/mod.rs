//! Watching a run. An observer sees every event and cannot change anything; pairs of observers are observers.

mod counters;
mod fingerprint;
mod journal;
mod timeline;

pub use counters::{Counters, ExecutorCounters, RddCounters, StageCounters, TaskEnd, TaskRow};
pub use fingerprint::Fingerprint;
pub use journal::{Journal, JournalEntry, Moment};
pub use timeline::{Mark, PoolSample, Sample, Timeline};

use crate::ids::{ExecutorId, JobId, RddId, StageId};
use crate::memory::{MemoryMode, UnifiedMemoryManager};
use crate::outcome::{Cause, ExecutorLoss, Holder, LossReason};
use crate::storage::Dropped;
use crate::units::{Bytes, SimTime};

/// One attempt of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptInfo {
    /// Its stage.
    pub stage: StageId,
    /// Which attempt of the stage it is of: 0 for the first one.
    pub stage_attempt: u32,
    /// Its task's index in the stage.
    pub index: u32,
    /// 0 for the first attempt of its task in that attempt of the stage.
    pub attempt: u32,
    /// Where it runs.
    pub executor: ExecutorId,
    /// Which of the executor's slots it takes.
    pub slot: u32,
    /// When it was launched.
    pub launched: SimTime,
}

/// Where a partition of a cached RDD was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockSource {
    /// The executor's memory.
    Memory,
    /// The executor's disk.
    Disk,
    /// Another executor.
    Remote,
    /// Nowhere: it is computed.
    Computed,
    /// Its RDD was unpersisted: it is computed and not stored. Neither a hit nor a miss.
    Unpersisted,
}

/// Whose request evicts a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvictedFor {
    /// Execution memory: a consumer grows.
    Execution,
    /// Storage memory: another block is unrolled or stored.
    Storage,
}

/// What happened. Times of waiting and writing are parts of [`TaskMetrics`].
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The driver submitted a job.
    JobSubmitted(JobId),
    /// A job ended; whether it succeeded.
    JobEnded(JobId, bool),
    /// The tasks of a stage can run.
    StageSubmitted(StageId),
    /// A stage needs not run: its shuffle was written before.
    StageSkipped(StageId),
    /// Every task of a stage has succeeded, or it was aborted.
    StageEnded(StageId, bool),
    /// A task was given a slot.
    AttemptLaunched(&'a AttemptInfo),
    /// An attempt waits for the pool.
    AttemptWaits(&'a AttemptInfo),
    /// An attempt ended.
    AttemptEnded(&'a AttemptInfo, &'a TaskMetrics, End<'a>),
    /// A consumer begins to write a spill: rows, bytes of the records, bytes on disk.
    Spilling {
        /// Who.
        attempt: &'a AttemptInfo,
        /// Which consumer.
        consumer: &'static str,
        /// Records.
        rows: u64,
        /// Bytes of the records.
        bytes: Bytes,
        /// Bytes that go to disk.
        disk_bytes: Bytes,
    },
    /// A block was dropped from memory.
    Evicted {
        /// Where.
        executor: ExecutorId,
        /// What.
        dropped: &'a Dropped,
        /// Whose request it was.
        by: &'a AttemptInfo,
        /// What the memory was for.
        reason: EvictedFor,
    },
    /// A partition of a cached RDD was asked for.
    BlockRead {
        /// By whom.
        attempt: &'a AttemptInfo,
        /// Which RDD.
        rdd: RddId,
        /// Which partition.
        partition: u32,
        /// Where it was.
        source: BlockSource,
    },
    /// A partition was stored, in memory or (bytes of memory are zero) on disk alone.
    BlockStored {
        /// By whom.
        attempt: &'a AttemptInfo,
        /// Which RDD.
        rdd: RddId,
        /// Which partition.
        partition: u32,
        /// Bytes in memory.
        memory: Bytes,
        /// Bytes on disk.
        disk: Bytes,
    },
    /// A partition did not fit into memory.
    BlockRefused {
        /// By whom.
        attempt: &'a AttemptInfo,
        /// Which RDD.
        rdd: RddId,
        /// Which partition.
        partition: u32,
    },
    /// The driver unpersisted an RDD.
    Unpersisted(RddId),
    /// An executor registered that was not there from the beginning.
    ExecutorAdded(ExecutorId),
    /// An executor was lost, and why. The ends of its attempts and its lost blocks follow.
    ExecutorRemoved(ExecutorId, &'a LossReason),
    /// The cluster manager was asked for an executor in place of one that was lost.
    ExecutorRequested {
        /// The one to come.
        executor: ExecutorId,
        /// The lost one.
        instead_of: ExecutorId,
    },
    /// A task of a running stage had succeeded and has to run once more, as its map output was lost (`Resubmitted`).
    TaskResubmitted {
        /// Its stage.
        stage: StageId,
        /// Its index.
        index: u32,
        /// Who had its map output.
        executor: ExecutorId,
    },
    /// A partition was on an executor that was lost (Spark tells of `BlockManagerRemoved` alone).
    BlockLost {
        /// Where.
        executor: ExecutorId,
        /// Which RDD.
        rdd: RddId,
        /// Which partition.
        partition: u32,
        /// Bytes in memory.
        memory: Bytes,
        /// Bytes on disk.
        disk: Bytes,
    },
    /// An executor's pools may have changed.
    Pools(ExecutorId),
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// It has succeeded.
    Finished,
    /// It threw.
    Failed(&'a Cause),
    /// Its stage was aborted.
    Killed,
    /// Its executor was lost (`ExecutorLostFailure`). Spark has no metrics of it.
    Lost(&'a ExecutorLoss),
}

/// What Spark's task metrics say of an attempt, and where its time went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskMetrics {
    /// `Memory Bytes Spilled`.
    pub memory_bytes_spilled: Bytes,
    /// `Disk Bytes Spilled`.
    pub disk_bytes_spilled: Bytes,
    /// `Peak Execution Memory`: the sum of the peaks of its consumers.
    pub peak_execution_memory: Bytes,
    /// Number of spills.
    pub spills: u64,
    /// Bytes read from storage and from cached blocks.
    pub input_bytes: Bytes,
    /// Bytes fetched from shuffles.
    pub shuffle_read_bytes: Bytes,
    /// Bytes written as map output.
    pub shuffle_write_bytes: Bytes,
    /// Partitions of cached RDDs read from memory, disk or another executor.
    pub cache_hits: u64,
    /// Partitions of cached RDDs that it had to compute.
    pub cache_misses: u64,
    /// Blocks of RDDs that its requests evicted for execution memory, and their bytes.
    pub evicted_for_execution: (u64, Bytes),
    /// Blocks of RDDs that its requests evicted to store other blocks, and their bytes.
    pub evicted_for_storage: (u64, Bytes),
    /// Time of computing.
    pub cpu: SimTime,
    /// Time of launching.
    pub launch: SimTime,
    /// Time of reading and writing that is no spill.
    pub io: SimTime,
    /// Time of writing spills.
    pub spill: SimTime,
    /// Time of waiting for the pool.
    pub pool_wait: SimTime,
    /// Time of waiting for the memory manager's lock, and for blocks that others compute.
    pub lock_wait: SimTime,
    /// Time of writing blocks that its requests evicted.
    pub evict: SimTime,
    /// Time in which the driver fetched its result as a block, its executor being done with it (`Getting Result Time`).
    pub getting_result: SimTime,
    /// Time in which collections of garbage held it up: they stopped its thread, or took its processor.
    pub gc_wait: SimTime,
    /// `JVM GC Time`: what the beans of all collectors of its executor counted while it ran.
    pub jvm_gc_time: SimTime,
}

impl TaskMetrics {
    /// All time from launch to end.
    #[must_use]
    pub fn duration(&self) -> SimTime {
        let waits = self.pool_wait + self.lock_wait + self.gc_wait;
        self.cpu + self.launch + self.io + self.spill + waits + self.evict + self.getting_result
    }
}

/// What an observer may look at.
pub trait View {
    /// The memory manager of an executor.
    fn memory(&self, executor: ExecutorId) -> &UnifiedMemoryManager;
    /// Unroll memory of an executor, both modes.
    fn unroll_memory(&self, executor: ExecutorId) -> Bytes;
    /// Attempts that wait for an executor's pools.
    fn waiting(&self, executor: ExecutorId) -> u32;

    /// Attempts of an executor that hold execution memory of either mode, with what each of their consumers holds.
    fn holders(&self, executor: ExecutorId) -> Vec<Holder>;
    /// Bytes of the blocks in an executor's memory by RDD, those of no RDD (broadcast variables) first. What holds
    /// none is left out.
    fn resident(&self, executor: ExecutorId) -> Vec<(Option<RddId>, Bytes)>;

    /// Execution and storage bytes in use of one mode.
    fn used(&self, executor: ExecutorId, mode: MemoryMode) -> (Bytes, Bytes) {
        let memory = self.memory(executor);
        (memory.execution(mode).memory_used(), memory.storage(mode).memory_used())
    }
}

/// Sees every event of a run.
pub trait Observer {
    /// Called for each event in order.
    fn on(&mut self, at: SimTime, event: Event<'_>, view: &dyn View);

    /// Whether anybody looks: without, events are not even made.
    const WATCHES: bool = true;
}

impl Observer for () {
    fn on(&mut self, _: SimTime, _: Event<'_>, _: &dyn View) {}
    const WATCHES: bool = false;
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn on(&mut self, at: SimTime, event: Event<'_>, view: &dyn View) {
        self.0.on(at, event, view);
        self.1.on(at, event, view);
    }
    const WATCHES: bool = A::WATCHES || B::WATCHES;
}

impl<O: Observer> Observer for Option<O> {
    fn on(&mut self, at: SimTime, event: Event<'_>, view: &dyn View) {
        if let Some(observer) = self {
            observer.on(at, event, view);
        }
    }
}

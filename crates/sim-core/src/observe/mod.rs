//! Watching a run. An observer sees every event and cannot change anything; pairs of observers are observers.

mod counters;
mod fingerprint;
mod journal;
mod metrics;
mod timeline;

pub use counters::{Counters, ExecutorCounters, RddCounters, StageCounters, TaskEnd, TaskRow};
pub use fingerprint::Fingerprint;
pub use journal::{Journal, JournalEntry, Moment};
pub use metrics::TaskMetrics;
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
    /// It was launched beside one that is slow.
    pub speculative: bool,
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
    /// Its stage was aborted, or another attempt of its task has succeeded.
    Killed,
    /// Its executor was lost (`ExecutorLostFailure`). Spark has no metrics of it.
    Lost(&'a ExecutorLoss),
}

/// What an observer may look at.
pub trait View {
    /// The memory manager of an executor.
    fn memory(&self, executor: ExecutorId) -> &UnifiedMemoryManager;
    /// Unroll memory of an executor, both modes.
    fn unroll_memory(&self, executor: ExecutorId) -> Bytes;
    /// Attempts that wait for an executor's pools.
    fn waiting(&self, executor: ExecutorId) -> u32;
    /// Bytes of map output in flight to an executor's attempts: memory outside of the pools, on the heap or direct
    /// (`spark.network.io.preferDirectBufs`).
    fn fetch_in_flight(&self, executor: ExecutorId) -> Bytes;

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

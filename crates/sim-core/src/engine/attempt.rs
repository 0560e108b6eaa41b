//! Where an attempt stands: an explicit machine, so that a live wait is a value with its reason.
//!
//! ```text
//! free → Launching → Next ⇄ { Computing, Moving, Consuming, LockWait, PoolWait, BlockWait, Evicting, Spilling, Putting }
//!                    → free (finished, failed or killed)
//! ```

use super::driver::Sent;
use super::fetch::Fetch;
use super::fetching::{FetchPhase, Fetching};
use super::heap::HeapShare;
use super::python::PythonState;
use crate::ids::{AttemptSlot, ConsumerId, ExecutorId, RddId, ShuffleId, StageId};
use crate::memory::consumer::{Progress, Rows, TaskConsumers};
use crate::memory::{TaskMemoryConf, TaskMemoryManager};
use crate::observe::{AttemptInfo, TaskMetrics};
use crate::storage::{CopyId, Unroll};
use crate::units::{Bytes, SimTime};

/// One slot of an executor and the attempt that runs in it. Buffers are reused by the next one.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) info: AttemptInfo,
    /// Changes when the attempt ends: events of an earlier one are stale.
    pub(super) generation: u32,
    pub(super) doing: Doing,
    /// When it began to do that.
    pub(super) since: SimTime,
    pub(super) frames: Vec<Frame>,
    pub(super) consumers: TaskConsumers,
    /// Consumers by slot, of all frames.
    pub(super) slots: Vec<Option<ConsumerId>>,
    /// Unroll memory of a refused block that is still being read.
    pub(super) unrolled: bool,
    /// Consumers that do not give their memory back.
    pub(super) leaks: Vec<ConsumerId>,
    /// Blocks whose read locks end with the step that reads them.
    pub(super) reading: Vec<CopyId>,
    pub(super) metrics: TaskMetrics,
    /// How far the present step in Python is, and whether any worker works for this attempt.
    pub(super) python: PythonState,
    /// Map output that comes beside its work.
    pub(super) fetching: Fetching,
    /// Its CPU time when its present step began.
    pub(super) cpu_before: SimTime,
    /// How its result travels, once it was sent.
    pub(super) sent: Option<Sent>,
    pub(super) heap: HeapShare,
}

/// A program on an attempt's stack: its task, or a partition that has to be computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) of: FrameOf,
    /// The next step.
    pub(super) at: u32,
    /// Its first consumer slot.
    pub(super) slot_base: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameOf {
    Task {
        stage: StageId,
        index: u32,
    },
    /// A partition; without a copy it is not stored.
    Partition {
        rdd: RddId,
        index: u32,
        copy: Option<CopyId>,
    },
}

/// What an attempt does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    /// Nothing: the slot is free.
    Free,
    /// It is being launched.
    Launching,
    /// It takes its next step at once.
    Next,
    /// It computes.
    Computing,
    /// It reads or writes bytes over a disk or a network.
    Moving(Transfer),
    /// It fetches map output.
    Fetching(Fetch, FetchPhase),
    /// The map output that it fetched is gone: it will fail when it tries again.
    FetchRetry(ShuffleId),
    /// It works with its consumers.
    Consuming(Consuming),
    /// It waits for the pool.
    PoolWait(Consuming),
    /// It computes a spill before it writes it.
    SpillCpu(Consuming, Bytes),
    /// It writes a spill.
    Spilling(Consuming),
    /// It writes blocks that its request evicted, under the manager's lock; then it goes on.
    Evicting(AfterEviction),
    /// It waits for that lock; then it goes on.
    LockWait(AfterLock),
    /// It waits for a block that another attempt computes.
    BlockWait { rdd: RddId, index: u32 },
    /// It stores a block, or caches one again that was on disk.
    Putting(Putting),
    /// It reads or writes that block on disk, or sends its replicas.
    BlockIo(Putting, Transfer),
}

/// What bytes are moved for: the part of the attempt's time that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    /// Input, output and cached blocks.
    Disk,
    /// Cached blocks of others, broadcast variables, results.
    Network,
    /// Map output that it writes.
    Shuffle,
    /// Map output that has not come although it is needed.
    Fetch,
}

/// The consumer step on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Consuming {
    /// Who grows; `None` while a consumer is opened, finished or closed.
    pub(super) into: Option<ConsumerId>,
    /// Who is read meanwhile.
    pub(super) from: Option<ConsumerId>,
    /// Rows that are left after the batch on its way.
    pub(super) left: Rows,
    pub(super) rows: u64,
    pub(super) done: u64,
    /// Time of all rows, and what of it was charged.
    pub(super) time: SimTime,
    pub(super) charged: SimTime,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum AfterEviction {
    Consumers(Consuming, Progress),
    Put(Putting),
    Step,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum AfterLock {
    Consumers(Consuming),
    Put(Putting),
    /// It tries the step again that it could not begin.
    Step,
}

/// A block on its way into memory or to disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Putting {
    pub(super) rdd: RddId,
    pub(super) index: u32,
    pub(super) copy: CopyId,
    pub(super) unroll: Unroll,
    /// It is on disk and is cached again; otherwise it is new.
    pub(super) again: bool,
    pub(super) stage: PutStage,
    /// Elements whose time was charged.
    pub(super) charged: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PutStage {
    /// Unrolling into memory.
    Unroll,
    /// The elements that the next request needs have come.
    Reserve { stored: u64, bytes: Bytes },
    /// All elements have come and their memory is reserved.
    Store,
    /// A request was refused.
    Refused,
    /// It has been written to disk.
    OnDisk,
    /// It is on disk and its replicas are where they belong: its reader begins to read.
    ReadBack,
}

impl Attempt {
    pub(super) fn free(executor: ExecutorId, slot: u32, conf: TaskMemoryConf) -> Self {
        Self {
            info: AttemptInfo {
                stage: StageId(0),
                stage_attempt: 0,
                index: 0,
                attempt: 0,
                executor,
                slot,
                speculative: false,
                launched: SimTime::ZERO,
            },
            generation: 0,
            doing: Doing::Free,
            since: SimTime::ZERO,
            frames: Vec::new(),
            consumers: TaskConsumers::new(TaskMemoryManager::new(AttemptSlot(slot), conf)),
            slots: Vec::new(),
            unrolled: false,
            leaks: Vec::new(),
            reading: Vec::new(),
            metrics: TaskMetrics::default(),
            python: PythonState::default(),
            fetching: Fetching::default(),
            cpu_before: SimTime::ZERO,
            sent: None,
            heap: HeapShare::default(),
        }
    }

    pub(super) fn slot(&self) -> AttemptSlot {
        AttemptSlot(self.info.slot)
    }

    pub(super) fn is_running(&self) -> bool {
        !matches!(self.doing, Doing::Free)
    }

    /// The present step has ended, of whose CPU time so many millionths were serialization.
    pub(super) fn book_serialization(&mut self, ppm: u32) {
        let cpu = self.metrics.cpu - self.cpu_before;
        let serialization = SimTime((u128::from(cpu.0) * u128::from(ppm) / 1_000_000) as u64);
        self.metrics.cpu -= serialization;
        self.metrics.serialization += serialization;
        self.cpu_before = self.metrics.cpu;
    }

    /// Changes what it does and books the time since the last change.
    pub(super) fn turn_to(&mut self, now: SimTime, doing: Doing) {
        let elapsed = now.saturating_sub(self.since);
        let metrics = &mut self.metrics;
        // An attempt that ends while a collection holds it up has been booked beyond its end.
        let early = self.since.saturating_sub(now);
        metrics.gc_wait -= early.min(metrics.gc_wait);
        let part = match self.doing {
            Doing::Free => None,
            Doing::Launching => Some(&mut metrics.launch),
            Doing::Next | Doing::Computing | Doing::Consuming(_) | Doing::Putting(_) => {
                Some(&mut metrics.cpu)
            }
            Doing::Moving(transfer) | Doing::BlockIo(_, transfer) => Some(match transfer {
                Transfer::Disk => &mut metrics.disk,
                Transfer::Network => &mut metrics.network,
                Transfer::Shuffle | Transfer::Fetch => &mut metrics.shuffle,
            }),
            Doing::Fetching(..) | Doing::FetchRetry(_) => Some(&mut metrics.shuffle),
            Doing::PoolWait(_) => Some(&mut metrics.pool_wait),
            Doing::SpillCpu(..) | Doing::Spilling(_) => Some(&mut metrics.spill),
            Doing::Evicting(_) => Some(&mut metrics.evict),
            Doing::LockWait(_) | Doing::BlockWait { .. } => Some(&mut metrics.lock_wait),
        };
        if let Some(part) = part {
            *part += elapsed;
        }
        self.since = now;
        self.doing = doing;
    }
}

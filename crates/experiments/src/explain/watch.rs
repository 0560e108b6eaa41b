//! An observer that remembers who held the memory when it ran short.

use std::collections::BTreeMap;

use sim_core::ids::{ExecutorId, RddId, StageId};
use sim_core::memory::MemoryMode;
use sim_core::observe::{AttemptInfo, End, Event, EvictedFor, Observer, View};
use sim_core::outcome::{Cause, FailureKind, Holder, LossReason};
use sim_core::storage::ToDisk;
use sim_core::units::{Bytes, SimTime};

/// What an executor's memory held at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot {
    pub(super) at: SimTime,
    pub(super) executor: ExecutorId,
    /// The mode that the shortage was of.
    pub(super) mode: MemoryMode,
    pub(super) active_tasks: u64,
    pub(super) execution_used: Bytes,
    pub(super) storage_used: Bytes,
    pub(super) unroll: Bytes,
    pub(super) holders: Vec<Holder>,
    pub(super) resident: Vec<(Option<RddId>, Bytes)>,
}

impl Snapshot {
    fn of(at: SimTime, executor: ExecutorId, mode: MemoryMode, view: &dyn View) -> Self {
        let (execution_used, storage_used) = view.used(executor, mode);
        Self {
            at,
            executor,
            mode,
            active_tasks: view.memory(executor).execution(mode).active_tasks(),
            execution_used,
            storage_used,
            unroll: view.unroll_memory(executor),
            holders: view.holders(executor),
            resident: view.resident(executor),
        }
    }
}

/// The spills of one consumer in one stage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spills {
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) disk_bytes: u64,
    /// The largest one: who wrote it, its bytes, what the executor held when it began.
    pub(super) largest: (AttemptInfo, u64, Snapshot),
}

/// The evictions of one RDD for one purpose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evictions {
    pub(super) blocks: u64,
    pub(super) bytes: u64,
    /// Blocks that are on disk afterwards.
    pub(super) on_disk: u64,
    /// The first one: for whom, and what the executor held after it.
    pub(super) first: (AttemptInfo, Snapshot),
}

/// The failures of a kind in one stage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failures {
    pub(super) attempts: u64,
    pub(super) first: AttemptInfo,
    pub(super) cause: Cause,
    pub(super) then: Snapshot,
}

/// See the [module](self).
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Watch {
    pub(super) spills: BTreeMap<(StageId, &'static str), Spills>,
    /// By RDD and whether it was for execution.
    pub(super) evictions: BTreeMap<(RddId, bool), Evictions>,
    pub(super) failures: BTreeMap<(StageId, FailureKind), Failures>,
    /// Executors lost through the application's own doing: when, and why.
    pub(super) losses: Vec<(SimTime, ExecutorId, LossReason)>,
    /// The task that is looked at.
    pub(super) task: Option<(StageId, u32)>,
    /// Spills of that task, the first ones.
    pub(super) of_task: Vec<(AttemptInfo, &'static str, u64, Snapshot)>,
    /// The consumers' mode.
    pub(super) tungsten: MemoryMode,
}

/// Spills that are remembered of the task that is looked at.
const TASK_SPILLS: usize = 8;

impl Watch {
    fn spilled(
        &mut self,
        now: SimTime,
        attempt: &AttemptInfo,
        consumer: &'static str,
        (bytes, disk_bytes): (u64, u64),
        view: &dyn View,
    ) {
        let mode = self.tungsten;
        let snapshot = || Snapshot::of(now, attempt.executor, mode, view);
        if self.task == Some((attempt.stage, attempt.index)) && self.of_task.len() < TASK_SPILLS {
            self.of_task.push((*attempt, consumer, bytes, snapshot()));
        }
        let group = self.spills.entry((attempt.stage, consumer)).or_insert_with(|| Spills {
            count: 0,
            bytes: 0,
            disk_bytes: 0,
            largest: (*attempt, 0, snapshot()),
        });
        group.count += 1;
        group.bytes = group.bytes.saturating_add(bytes);
        group.disk_bytes = group.disk_bytes.saturating_add(disk_bytes);
        if bytes > group.largest.1 {
            group.largest = (*attempt, bytes, snapshot());
        }
    }
}

impl Observer for Watch {
    fn on(&mut self, now: SimTime, event: Event<'_>, view: &dyn View) {
        match event {
            Event::Spilling { attempt, consumer, bytes, disk_bytes, .. } => {
                self.spilled(now, attempt, consumer, (bytes.0, disk_bytes.0), view);
            }
            Event::Evicted { executor, dropped, by, reason } => {
                let Some(rdd) = dropped.rdd else { return };
                let key = (rdd, reason == EvictedFor::Execution);
                let group = self.evictions.entry(key).or_insert_with(|| Evictions {
                    blocks: 0,
                    bytes: 0,
                    on_disk: 0,
                    first: (*by, Snapshot::of(now, executor, MemoryMode::OnHeap, view)),
                });
                group.blocks += 1;
                group.bytes = group.bytes.saturating_add(dropped.size.0);
                group.on_disk += u64::from(dropped.to_disk != ToDisk::No);
            }
            Event::AttemptEnded(info, _, End::Failed(cause)) => {
                let mode = self.tungsten;
                let group = self.failures.entry((info.stage, cause.kind())).or_insert_with(|| Failures {
                    attempts: 0,
                    first: *info,
                    cause: cause.clone(),
                    then: Snapshot::of(now, info.executor, mode, view),
                });
                group.attempts += 1;
            }
            Event::ExecutorRemoved(executor, reason) if reason.caused_by_app() => {
                self.losses.push((now, executor, reason.clone()));
            }
            _ => {}
        }
    }
}

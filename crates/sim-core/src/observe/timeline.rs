//! The pools of each executor as step functions of time, with marks for what happened to them.

use super::{End, Event, Observer, View};
use crate::ids::{ExecutorId, RddId, StageId};
use crate::memory::MemoryMode;
use crate::outcome::Cause;
use crate::units::{Bytes, SimTime};

/// See the [module](self).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// By [`ExecutorId`]: samples in order of time, one wherever something changed.
    pub executors: Vec<Vec<Sample>>,
    /// Spills, evictions, refusals and failures, in order of time.
    pub marks: Vec<(SimTime, ExecutorId, Mark)>,
}

/// The pools of one executor from `at` to the next sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Since when.
    pub at: SimTime,
    /// By mode.
    pub pools: [PoolSample; 2],
    /// Unroll memory of both modes, a part of storage.
    pub unroll: Bytes,
    /// Attempts that wait.
    pub waiting: u32,
}

/// The pools of one mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolSample {
    /// Execution memory in use.
    pub execution_used: Bytes,
    /// The boundary: the size of the execution pool.
    pub execution_pool: Bytes,
    /// Storage memory in use.
    pub storage_used: Bytes,
    /// The size of the storage pool.
    pub storage_pool: Bytes,
    /// Active tasks.
    pub active_tasks: u64,
}

/// Something that happened to an executor's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A task of a stage spills this many bytes of records.
    Spill(StageId, Bytes),
    /// A block of an RDD (or another one) left memory.
    Eviction(Option<RddId>, Bytes),
    /// A partition was refused.
    Refused(RddId),
    /// A task of a stage ran out of memory.
    OutOfMemory(StageId),
    /// A task of a stage found map output missing.
    FetchFailed(StageId),
    /// The executor was lost.
    Lost,
}

impl Timeline {
    fn sample(&mut self, at: SimTime, executor: ExecutorId, view: &dyn View) {
        if self.executors.len() <= executor.index() {
            self.executors.resize_with(executor.index() + 1, Vec::new);
        }
        let memory = view.memory(executor);
        let pools = MemoryMode::BOTH.map(|mode| PoolSample {
            execution_used: memory.execution(mode).memory_used(),
            execution_pool: memory.execution(mode).pool_size(),
            storage_used: memory.storage(mode).memory_used(),
            storage_pool: memory.storage(mode).pool_size(),
            active_tasks: memory.execution(mode).active_tasks(),
        });
        let sample =
            Sample { at, pools, unroll: view.unroll_memory(executor), waiting: view.waiting(executor) };
        let samples = &mut self.executors[executor.index()];
        match samples.last_mut() {
            // Of several changes at one instant the last one stays.
            Some(last) if last.at == at => *last = sample,
            Some(last) if (Sample { at, ..*last }) == sample => {}
            _ => samples.push(sample),
        }
    }
}

impl Observer for Timeline {
    fn on(&mut self, at: SimTime, event: Event<'_>, view: &dyn View) {
        match event {
            Event::Pools(executor) => self.sample(at, executor, view),
            Event::Spilling { attempt, bytes, .. } => {
                self.marks.push((at, attempt.executor, Mark::Spill(attempt.stage, bytes)));
            }
            Event::Evicted { executor, dropped, .. } => {
                self.marks.push((at, executor, Mark::Eviction(dropped.rdd, dropped.size)));
            }
            Event::BlockRefused { attempt, rdd, .. } => {
                self.marks.push((at, attempt.executor, Mark::Refused(rdd)));
            }
            Event::AttemptEnded(attempt, _, End::Failed(cause)) => {
                let mark = match cause {
                    Cause::FetchFailed { .. } => Mark::FetchFailed(attempt.stage),
                    _ => Mark::OutOfMemory(attempt.stage),
                };
                self.marks.push((at, attempt.executor, mark));
            }
            Event::ExecutorRemoved(executor, _) => self.marks.push((at, executor, Mark::Lost)),
            _ => {}
        }
    }
}

//! Counts of a run, by stage, by cached RDD and in all.

use super::{AttemptInfo, BlockSource, End, Event, EvictedFor, Observer, TaskMetrics, View};
use crate::ids::{ExecutorId, JobId, RddId, StageId};
use crate::memory::MemoryMode;
use crate::outcome::Cause;
use crate::storage::ToDisk;
use crate::units::{Bytes, SimTime};

/// See the [module](self).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counters {
    /// By [`StageId`].
    pub stages: Vec<StageCounters>,
    /// By [`RddId`].
    pub rdds: Vec<RddCounters>,
    /// By [`ExecutorId`].
    pub executors: Vec<ExecutorCounters>,
    /// Submission and end of each job, and whether it succeeded.
    pub jobs: Vec<(Option<SimTime>, Option<SimTime>, bool)>,
    /// Broadcast blocks (and others of no RDD) that left memory, and their bytes.
    pub evicted_other: (u64, Bytes),
}

/// What the tasks of one stage did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageCounters {
    /// When its tasks could run for the first time.
    pub submitted: Option<SimTime>,
    /// When its last task ended.
    pub ended: Option<SimTime>,
    /// It was not run, its shuffle was there.
    pub skipped: bool,
    /// Every task has succeeded.
    pub succeeded: bool,
    /// Sums over all attempts; the peak is a sum too.
    pub sum: TaskMetrics,
    /// The largest `Peak Execution Memory` of an attempt.
    pub peak_execution_memory_max: Bytes,
    /// Attempts that spilled.
    pub spilling_tasks: u64,
    /// Attempts that failed, without the killed and lost ones.
    pub failed_tasks: u64,
    /// Attempts that were killed.
    pub killed_tasks: u64,
    /// Attempts that were launched beside slow ones, and how many of them were the first to end.
    pub speculative_tasks: (u64, u64),
    /// Attempts that were lost with their executor.
    pub lost_tasks: u64,
    /// Of the failed attempts those that found map output missing.
    pub fetch_failed_tasks: u64,
    /// Tasks that had succeeded and ran once more, as their map output was lost while the stage ran.
    pub resubmitted_tasks: u64,
    /// How often it was submitted.
    pub attempts: u32,
    /// Every attempt, in the order in which they ended.
    pub tasks: Vec<TaskRow>,
    /// Blocks of RDDs that requests of this stage evicted, and their bytes.
    pub evicted: (u64, Bytes),
    /// Partitions of cached RDDs read from memory, disk or another executor.
    pub cache_hits: u64,
    /// Partitions that had to be computed.
    pub cache_misses: u64,
}

/// One attempt that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Which.
    pub info: AttemptInfo,
    /// When it ended.
    pub ended: SimTime,
    /// Its metrics.
    pub metrics: TaskMetrics,
    /// How it ended.
    pub end: TaskEnd,
}

/// How an attempt ended: an [`End`] without what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEnd {
    /// It has succeeded.
    Finished,
    /// It threw.
    Failed,
    /// Its stage was aborted, or another attempt of its task has succeeded.
    Killed,
    /// Its executor was lost.
    Lost,
}

impl From<End<'_>> for TaskEnd {
    fn from(end: End<'_>) -> Self {
        match end {
            End::Finished => Self::Finished,
            End::Failed(_) => Self::Failed,
            End::Killed => Self::Killed,
            End::Lost(_) => Self::Lost,
        }
    }
}

/// What became of the partitions of one cached RDD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RddCounters {
    /// Reads by where the partition was: memory, disk, another executor, computed.
    pub reads: [u64; 4],
    /// Partitions stored in memory.
    pub stored: u64,
    /// Partitions stored on disk because memory refused them.
    pub stored_on_disk: u64,
    /// Partitions that memory refused.
    pub refused: u64,
    /// Partitions evicted from memory to disk, and their bytes in memory.
    pub evicted_to_disk: (u64, Bytes),
    /// Partitions evicted from memory and forgotten, and their bytes.
    pub evicted_dropped: (u64, Bytes),
    /// How much of both was evicted for execution memory; the rest made room for other blocks.
    pub evicted_for_execution: (u64, Bytes),
    /// Copies of partitions, in memory or on disk, that were lost with their executor, and their bytes in memory: no
    /// evictions.
    pub lost: (u64, Bytes),
}

/// The most that an executor's pools held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutorCounters {
    /// By mode: execution memory.
    pub peak_execution: [Bytes; 2],
    /// By mode: storage memory.
    pub peak_storage: [Bytes; 2],
    /// By mode: both together.
    pub peak_unified: [Bytes; 2],
    /// Map output in flight, outside of the pools.
    pub fetch_in_flight_peak: Bytes,
    /// When it registered; `None` for those that were there from the beginning, or never came.
    pub added: Option<SimTime>,
    /// When it was lost.
    pub removed: Option<SimTime>,
    /// The lost executor whose place it takes.
    pub instead_of: Option<ExecutorId>,
}

fn at<T: Default>(table: &mut Vec<T>, index: usize) -> &mut T {
    if table.len() <= index {
        table.resize_with(index + 1, T::default);
    }
    &mut table[index]
}

impl Counters {
    fn stage(&mut self, stage: StageId) -> &mut StageCounters {
        at(&mut self.stages, stage.index())
    }

    fn rdd(&mut self, rdd: RddId) -> &mut RddCounters {
        at(&mut self.rdds, rdd.index())
    }

    fn job(&mut self, job: JobId) -> &mut (Option<SimTime>, Option<SimTime>, bool) {
        at(&mut self.jobs, job.index())
    }

    fn pools(&mut self, executor: ExecutorId, view: &dyn View) {
        let counters = at(&mut self.executors, executor.index());
        counters.fetch_in_flight_peak = counters.fetch_in_flight_peak.max(view.fetch_in_flight(executor));
        for mode in MemoryMode::BOTH {
            let (execution, storage) = view.used(executor, mode);
            let raise = |peak: &mut Bytes, value: Bytes| *peak = (*peak).max(value);
            raise(&mut counters.peak_execution[mode as usize], execution);
            raise(&mut counters.peak_storage[mode as usize], storage);
            raise(&mut counters.peak_unified[mode as usize], execution + storage);
        }
    }

    /// Blocks of RDDs that left memory, and their bytes.
    #[must_use]
    pub fn evicted(&self) -> (u64, Bytes) {
        self.rdds.iter().fold((0, Bytes::ZERO), |(blocks, bytes), rdd| {
            let (disk, dropped) = (rdd.evicted_to_disk, rdd.evicted_dropped);
            (blocks + disk.0 + dropped.0, bytes + disk.1 + dropped.1)
        })
    }
}

/// Adds blocks and their bytes.
fn add(sum: &mut (u64, Bytes), (blocks, bytes): (u64, Bytes)) {
    sum.0 += blocks;
    sum.1 += bytes;
}

impl Observer for Counters {
    fn on(&mut self, now: SimTime, event: Event<'_>, view: &dyn View) {
        match event {
            Event::JobSubmitted(job) => self.job(job).0 = Some(now),
            Event::JobEnded(job, succeeded) => {
                let row = self.job(job);
                (row.1, row.2) = (Some(now), succeeded);
            }
            Event::StageSubmitted(stage) => {
                let row = self.stage(stage);
                row.submitted.get_or_insert(now);
                row.attempts += 1;
            }
            Event::StageSkipped(stage) => {
                let row = self.stage(stage);
                row.skipped = row.submitted.is_none();
            }
            Event::StageEnded(stage, succeeded) => {
                let row = self.stage(stage);
                (row.ended, row.succeeded) = (Some(now), succeeded);
            }
            Event::AttemptLaunched(_) | Event::AttemptWaits(_) | Event::Spilling { .. } => {}
            Event::AttemptEnded(info, metrics, end) => {
                let row = self.stage(info.stage);
                row.sum.add(metrics);
                row.peak_execution_memory_max =
                    row.peak_execution_memory_max.max(metrics.peak_execution_memory);
                row.spilling_tasks += u64::from(metrics.spills > 0);
                row.speculative_tasks.0 += u64::from(info.speculative);
                row.speculative_tasks.1 += u64::from(info.speculative && matches!(end, End::Finished));
                match end {
                    End::Finished => {}
                    End::Failed(cause) => {
                        row.failed_tasks += 1;
                        row.fetch_failed_tasks += u64::from(matches!(cause, Cause::FetchFailed { .. }));
                    }
                    End::Killed => row.killed_tasks += 1,
                    End::Lost(_) => row.lost_tasks += 1,
                }
                row.tasks.push(TaskRow { info: *info, ended: now, metrics: *metrics, end: end.into() });
            }
            Event::Evicted { dropped, by, reason, .. } => match dropped.rdd {
                None => add(&mut self.evicted_other, (1, dropped.size)),
                Some(rdd) => {
                    let row = self.rdd(rdd);
                    let to = match dropped.to_disk {
                        ToDisk::No => &mut row.evicted_dropped,
                        ToDisk::Written | ToDisk::AlreadyThere => &mut row.evicted_to_disk,
                    };
                    add(to, (1, dropped.size));
                    if reason == EvictedFor::Execution {
                        add(&mut row.evicted_for_execution, (1, dropped.size));
                    }
                    add(&mut self.stage(by.stage).evicted, (1, dropped.size));
                }
            },
            Event::BlockRead { attempt, rdd, source, .. } => {
                if let Some(reads) = self.rdd(rdd).reads.get_mut(source as usize) {
                    *reads += 1;
                }
                let stage = self.stage(attempt.stage);
                match source {
                    BlockSource::Computed => stage.cache_misses += 1,
                    BlockSource::Memory | BlockSource::Disk | BlockSource::Remote => stage.cache_hits += 1,
                    BlockSource::Unpersisted => {}
                }
            }
            Event::BlockStored { rdd, memory, .. } => {
                let row = self.rdd(rdd);
                if memory.is_zero() {
                    row.stored_on_disk += 1;
                } else {
                    row.stored += 1;
                }
            }
            Event::BlockRefused { rdd, .. } => self.rdd(rdd).refused += 1,
            Event::BlockLost { rdd, memory, .. } => add(&mut self.rdd(rdd).lost, (1, memory)),
            Event::TaskResubmitted { stage, .. } => self.stage(stage).resubmitted_tasks += 1,
            Event::ExecutorAdded(executor) => at(&mut self.executors, executor.index()).added = Some(now),
            Event::ExecutorRemoved(executor, _) => {
                at(&mut self.executors, executor.index()).removed = Some(now);
            }
            Event::ExecutorRequested { executor, instead_of } => {
                at(&mut self.executors, executor.index()).instead_of = Some(instead_of);
            }
            Event::Unpersisted(_) => {}
            Event::Pools(executor) => self.pools(executor, view),
        }
    }
}

//! Every event of a run as a line of its own, for people and for `jsonl`.

use super::{AttemptInfo, BlockSource, End, Event, EvictedFor, Observer, TaskMetrics, View};
use crate::ids::{ExecutorId, JobId, RddId, StageId};
use crate::outcome::{Cause, ExecutorLoss, LossReason};
use crate::storage::Dropped;
use crate::units::{Bytes, SimTime};

/// All events but changes of pools, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// The entries.
    pub entries: Vec<JournalEntry>,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// When.
    pub at: SimTime,
    /// What.
    pub moment: Moment,
}

/// What happened: an [`Event`] that can be kept.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of Event")]
pub enum Moment {
    JobSubmitted(JobId),
    JobEnded(JobId, bool),
    StageSubmitted(StageId),
    StageSkipped(StageId),
    StageEnded(StageId, bool),
    AttemptLaunched(AttemptInfo),
    AttemptWaits(AttemptInfo),
    AttemptFinished(AttemptInfo, Box<TaskMetrics>),
    AttemptFailed(AttemptInfo, Box<TaskMetrics>, Box<Cause>),
    AttemptKilled(AttemptInfo),
    AttemptLost(AttemptInfo, Box<ExecutorLoss>),
    Spilling { attempt: AttemptInfo, consumer: &'static str, rows: u64, bytes: Bytes, disk_bytes: Bytes },
    Evicted { executor: ExecutorId, dropped: Dropped, by: AttemptInfo, reason: EvictedFor },
    BlockRead { attempt: AttemptInfo, rdd: RddId, partition: u32, source: BlockSource },
    BlockStored { attempt: AttemptInfo, rdd: RddId, partition: u32, memory: Bytes, disk: Bytes },
    BlockRefused { attempt: AttemptInfo, rdd: RddId, partition: u32 },
    Unpersisted(RddId),
    ExecutorAdded(ExecutorId),
    ExecutorRemoved(ExecutorId, Box<LossReason>),
    ExecutorRequested { executor: ExecutorId, instead_of: ExecutorId },
    TaskResubmitted { stage: StageId, index: u32, executor: ExecutorId },
    BlockLost { executor: ExecutorId, rdd: RddId, partition: u32, memory: Bytes, disk: Bytes },
}

impl Moment {
    fn of(event: Event<'_>) -> Option<Self> {
        Some(match event {
            Event::JobSubmitted(job) => Self::JobSubmitted(job),
            Event::JobEnded(job, ok) => Self::JobEnded(job, ok),
            Event::StageSubmitted(stage) => Self::StageSubmitted(stage),
            Event::StageSkipped(stage) => Self::StageSkipped(stage),
            Event::StageEnded(stage, ok) => Self::StageEnded(stage, ok),
            Event::AttemptLaunched(info) => Self::AttemptLaunched(*info),
            Event::AttemptWaits(info) => Self::AttemptWaits(*info),
            Event::AttemptEnded(info, metrics, End::Finished) => {
                Self::AttemptFinished(*info, Box::new(*metrics))
            }
            Event::AttemptEnded(info, metrics, End::Failed(report)) => {
                Self::AttemptFailed(*info, Box::new(*metrics), Box::new(report.clone()))
            }
            Event::AttemptEnded(info, _, End::Killed) => Self::AttemptKilled(*info),
            Event::AttemptEnded(info, _, End::Lost(loss)) => Self::AttemptLost(*info, Box::new(loss.clone())),
            Event::Spilling { attempt, consumer, rows, bytes, disk_bytes } => {
                Self::Spilling { attempt: *attempt, consumer, rows, bytes, disk_bytes }
            }
            Event::Evicted { executor, dropped, by, reason } => {
                Self::Evicted { executor, dropped: *dropped, by: *by, reason }
            }
            Event::BlockRead { attempt, rdd, partition, source } => {
                Self::BlockRead { attempt: *attempt, rdd, partition, source }
            }
            Event::BlockStored { attempt, rdd, partition, memory, disk } => {
                Self::BlockStored { attempt: *attempt, rdd, partition, memory, disk }
            }
            Event::BlockRefused { attempt, rdd, partition } => {
                Self::BlockRefused { attempt: *attempt, rdd, partition }
            }
            Event::Unpersisted(rdd) => Self::Unpersisted(rdd),
            Event::ExecutorAdded(executor) => Self::ExecutorAdded(executor),
            Event::ExecutorRemoved(executor, reason) => {
                Self::ExecutorRemoved(executor, Box::new(reason.clone()))
            }
            Event::ExecutorRequested { executor, instead_of } => {
                Self::ExecutorRequested { executor, instead_of }
            }
            Event::TaskResubmitted { stage, index, executor } => {
                Self::TaskResubmitted { stage, index, executor }
            }
            Event::BlockLost { executor, rdd, partition, memory, disk } => {
                Self::BlockLost { executor, rdd, partition, memory, disk }
            }
            Event::Pools(_) => return None,
        })
    }
}

impl Observer for Journal {
    fn on(&mut self, at: SimTime, event: Event<'_>, _: &dyn View) {
        if let Some(moment) = Moment::of(event) {
            self.entries.push(JournalEntry { at, moment });
        }
    }
}

//! One number for a whole run: two runs with the same one did the same things at the same times.

use super::{End, Event, Observer, View};
use crate::memory::{MemoryMode, mix64};
use crate::units::SimTime;

/// A hash of every event with its time and figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The hash so far.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }

    fn mix(&mut self, values: &[u64]) {
        for &value in values {
            self.0 = mix64(self.0, value);
        }
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Observer for Fingerprint {
    fn on(&mut self, at: SimTime, event: Event<'_>, view: &dyn View) {
        let id = |attempt: &super::AttemptInfo| (u64::from(attempt.stage.0) << 32) | u64::from(attempt.index);
        let at = at.0;
        match event {
            Event::JobSubmitted(job) => self.mix(&[1, at, job.0.into()]),
            Event::JobEnded(job, ok) => self.mix(&[2, at, job.0.into(), ok.into()]),
            Event::StageSubmitted(stage) => self.mix(&[3, at, stage.0.into()]),
            Event::StageSkipped(stage) => self.mix(&[4, at, stage.0.into()]),
            Event::StageEnded(stage, ok) => self.mix(&[5, at, stage.0.into(), ok.into()]),
            Event::AttemptLaunched(info) => self.mix(&[6, at, id(info), info.executor.0.into()]),
            Event::AttemptWaits(info) => self.mix(&[7, at, id(info)]),
            Event::AttemptEnded(info, metrics, end) => {
                let end = match end {
                    End::Finished => 0,
                    End::Failed(_) => 1,
                    End::Killed => 2,
                    End::Lost(_) => 3,
                };
                self.mix(&[8, at, id(info), end, metrics.memory_bytes_spilled.0]);
                self.mix(&[metrics.peak_execution_memory.0, metrics.disk_bytes_spilled.0]);
            }
            Event::Spilling { attempt, rows, bytes, .. } => self.mix(&[9, at, id(attempt), rows, bytes.0]),
            Event::Evicted { dropped, by, .. } => {
                self.mix(&[10, at, id(by), dropped.block.0.into(), dropped.size.0]);
            }
            Event::BlockRead { attempt, rdd, partition, source } => {
                self.mix(&[11, at, id(attempt), rdd.0.into(), partition.into(), source as u64]);
            }
            Event::BlockStored { attempt, rdd, partition, memory, disk } => {
                self.mix(&[12, at, id(attempt), rdd.0.into(), partition.into(), memory.0, disk.0]);
            }
            Event::BlockRefused { attempt, rdd, partition } => {
                self.mix(&[13, at, id(attempt), rdd.0.into(), partition.into()]);
            }
            Event::Unpersisted(rdd) => self.mix(&[14, at, rdd.0.into()]),
            Event::ExecutorAdded(executor) => self.mix(&[16, at, executor.0.into()]),
            Event::ExecutorRemoved(executor, _) => self.mix(&[17, at, executor.0.into()]),
            Event::ExecutorRequested { executor, instead_of } => {
                self.mix(&[19, at, executor.0.into(), instead_of.0.into()]);
            }
            Event::TaskResubmitted { stage, index, executor } => {
                self.mix(&[20, at, stage.0.into(), index.into(), executor.0.into()]);
            }
            Event::BlockLost { executor, rdd, partition, memory, disk } => {
                self.mix(&[18, at, executor.0.into(), rdd.0.into(), partition.into(), memory.0, disk.0]);
            }
            Event::Pools(executor) => {
                for mode in MemoryMode::BOTH {
                    let (execution, storage) = view.used(executor, mode);
                    self.mix(&[15, at, executor.0.into(), execution.0, storage.0]);
                }
            }
        }
    }
}

//! A stage on its way: its attempts, what became of its tasks, and where their map output is.
//!
//! Spark: `Stage.scala`, `ShuffleMapStage.scala`, `MapOutputTracker.scala`; the counts of failures of a task are those
//! of `TaskSetManager.scala`, and begin anew with each attempt of the stage.

use super::bits::Bits;
use super::exclusion::TaskSetExclusion;
use super::offers::Pending;
use super::speculation::Speculation;
use crate::ids::ExecutorId;
use crate::workload::Stage;

/// Nobody has written that map output yet.
const NOWHERE: u32 = u32::MAX;
/// It was lost with the executor that had written it.
const LOST: u32 = u32::MAX - 1;

#[derive(Clone, Debug)]
pub(super) struct StageState {
    pub(super) status: StageStatus,
    pub(super) pending: Pending,
    /// How often it was submitted.
    pub(super) attempts: u32,
    /// How many of its attempts in a row ended because map output was gone (`Stage.failedAttemptIds`).
    pub(super) failed_attempts: u32,
    /// Its latest attempt is one of those.
    pub(super) has_failed: bool,
    /// Tasks that its latest attempt waits for (`ShuffleMapStage.pendingPartitions`).
    pub(super) waits_for: u32,
    /// It had all of its map output once and is run again to recover what was lost: its jobs may end before it does.
    pub(super) again: bool,
    /// Attempts that run, of all its attempts.
    pub(super) running: u32,
    /// What is known of its slow tasks.
    pub(super) speculation: Speculation,
    /// Failures of its latest attempt, where executors are excluded for them.
    pub(super) exclusion: Option<Box<TaskSetExclusion>>,
    /// Jobs that have not ended and are of this stage.
    pub(super) jobs_left: u32,
    /// Tasks that have succeeded and whose map output, if any, is still there.
    done: Bits,
    /// Tasks that the latest attempt leaves out because they were done before.
    left_out: Bits,
    /// By task, who has its map output; empty where nobody has to know.
    outputs: Vec<u32>,
    lost_outputs: u32,
    /// Who had the map output that was lost last.
    lost_with: ExecutorId,
    /// Attempts that came to nothing, by task; empty while there are none.
    tries: Vec<Tries>,
}

/// Attempts of a task that came to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    /// Those that count towards `spark.task.maxFailures`.
    pub(super) failures: u32,
    /// Those that do not, and copies of slow ones.
    pub(super) others: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StageStatus {
    /// Its parents have yet to be complete, or its job to be submitted.
    Waiting,
    Active,
    /// Map output was gone that it needs: it is submitted again soon.
    Failed,
    Done,
    Aborted,
}

impl StageState {
    pub(super) fn new() -> Self {
        Self {
            status: StageStatus::Waiting,
            pending: Pending::default(),
            attempts: 0,
            failed_attempts: 0,
            has_failed: false,
            waits_for: 0,
            again: false,
            running: 0,
            speculation: Speculation::default(),
            exclusion: None,
            jobs_left: 0,
            done: Bits::default(),
            left_out: Bits::default(),
            outputs: Vec::new(),
            lost_outputs: 0,
            lost_with: ExecutorId(0),
            tries: Vec::new(),
        }
    }

    /// A new attempt begins, of all tasks that are not done (`DAGScheduler.submitMissingTasks`).
    pub(super) fn begin(&mut self, table: &Stage, tracks_outputs: bool) {
        if self.attempts == 0 {
            self.done = Bits::new(table.tasks);
            if tracks_outputs && table.shuffle.is_some() {
                self.outputs = vec![NOWHERE; table.tasks as usize];
            }
        } else {
            self.left_out = self.done.clone();
        }
        self.waits_for = table.tasks - self.done.count();
        self.attempts += 1;
        self.has_failed = false;
        self.tries = Vec::new();
        self.exclusion = None;
        self.speculation = Speculation::default();
        self.status = StageStatus::Active;
    }

    /// The number of its latest attempt.
    pub(super) fn attempt(&self) -> u32 {
        self.attempts.saturating_sub(1)
    }

    /// All of its map output is there, or its results are.
    pub(super) fn is_available(&self) -> bool {
        self.status == StageStatus::Done && self.lost_outputs == 0
    }

    pub(super) fn is_done(&self, index: u32) -> bool {
        self.done.has(index)
    }

    /// It has begun, and not all that is needed of it is there.
    pub(super) fn is_unfinished(&self) -> bool {
        match self.status {
            StageStatus::Active | StageStatus::Failed => true,
            StageStatus::Waiting => self.attempts > 0,
            StageStatus::Done | StageStatus::Aborted => false,
        }
    }

    /// Every task has succeeded, whichever attempt of the stage it was of.
    pub(super) fn has_all(&self, table: &Stage) -> bool {
        self.done.count() == table.tasks
    }

    pub(super) fn lost_outputs(&self) -> u32 {
        self.lost_outputs
    }

    pub(super) fn lost_with(&self) -> ExecutorId {
        self.lost_with
    }

    pub(super) fn tries(&mut self, index: u32, tasks: u32) -> &mut Tries {
        self.tries.resize(tasks as usize, Tries::default());
        &mut self.tries[index as usize]
    }

    /// The number of the next attempt of a task.
    pub(super) fn next_attempt(&self, index: u32) -> u32 {
        self.tries.get(index as usize).map_or(0, |tries| tries.failures + tries.others)
    }

    /// A task of an attempt of this stage has succeeded. Returns whether lost map output was recovered.
    pub(super) fn succeeded(&mut self, index: u32, stage_attempt: u32, executor: ExecutorId) -> bool {
        let mut recovered = false;
        if let Some(output) = self.outputs.get_mut(index as usize) {
            recovered = *output == LOST;
            self.lost_outputs -= u32::from(recovered);
            *output = executor.0;
        }
        if !self.done.has(index) {
            self.done.insert(index);
            if self.status == StageStatus::Active && !self.left_out.has(index) {
                self.waits_for -= 1;
                if stage_attempt < self.attempt() {
                    // `TaskSetManager.markPartitionCompleted`: nobody has to run it any more.
                    self.pending.leave_out(index);
                    self.left_out.insert(index);
                }
            }
        }
        recovered
    }

    /// The map output that an executor had is gone. Returns the tasks that its running attempt has to run once more,
    /// and how much was lost.
    pub(super) fn lose_outputs(&mut self, executor: ExecutorId) -> (Vec<u32>, u32) {
        let mut again = Vec::new();
        let mut lost = 0;
        for (index, output) in (0_u32..).zip(&mut self.outputs) {
            if *output != executor.0 {
                continue;
            }
            *output = LOST;
            lost += 1;
            self.done.remove(index);
            if self.status == StageStatus::Active && !self.left_out.has(index) {
                again.push(index);
            }
        }
        if lost > 0 {
            self.lost_outputs += lost;
            self.lost_with = executor;
        }
        for &index in &again {
            self.waits_for += 1;
            self.tries(index, self.outputs.len() as u32).others += 1;
            self.pending.retry(index);
        }
        (again, lost)
    }

    /// No job will ask for its map output any more. Returns how much of it was missing.
    pub(super) fn forget_outputs(&mut self) -> u32 {
        self.outputs = Vec::new();
        std::mem::take(&mut self.lost_outputs)
    }
}

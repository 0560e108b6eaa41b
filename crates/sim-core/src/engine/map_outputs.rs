//! Map output that is lost with its executor: who finds it missing fails, and it is computed again.
//!
//! Spark: `DAGScheduler.handleExecutorLost`, `handleTaskCompletion` (`FetchFailed`), `resubmitFailedStages`,
//! `submitStage`; `TaskSetManager.executorLost`. An executor that is lost is known to be lost at once
//! (`ExecutorDeadException`); a fetch under way breaks off with its connection and is tried once more after
//! `spark.shuffle.io.retryWait`. With an external shuffle service no map output is ever lost.

use super::Engine;
use super::attempt::Doing;
use super::queue::Happening;
use super::scheduler::Scheduler;
use super::stage::StageStatus;
use crate::ids::{ExecutorId, JobId, ShuffleId, StageId};
use crate::observe::{AttemptInfo, Event, Observer};
use crate::outcome::{Cause, JobFailure};
use crate::units::SimTime;
use crate::workload::Op;

/// `DAGScheduler.RESUBMIT_TIMEOUT`: one submission for all failures of that time.
const RESUBMIT_TIMEOUT: SimTime = SimTime::from_ms(200);

impl Scheduler {
    /// Whether map output of a shuffle was written and is gone.
    pub(super) fn is_output_lost(&self, shuffle: ShuffleId) -> bool {
        self.lost_outputs > 0 && self.writer_with_losses(shuffle).is_some()
    }

    fn writer_with_losses(&self, shuffle: ShuffleId) -> Option<StageId> {
        let writers = self.writers.get(shuffle.index())?;
        writers.iter().copied().find(|writer| self.stages[writer.index()].lost_outputs() > 0)
    }
}

impl<O: Observer> Engine<'_, O> {
    /// The map output of an executor is gone: finished tasks of running stages go back.
    pub(super) fn lose_map_outputs(&mut self, executor: ExecutorId) {
        if self.conf.failures.shuffle_service {
            return;
        }
        for stage in (0..self.scheduler.stages.len()).map(StageId::at) {
            let (again, lost) = self.scheduler.stages[stage.index()].lose_outputs(executor);
            self.scheduler.lost_outputs += u64::from(lost);
            for index in again {
                self.emit(Event::TaskResubmitted { stage, index, executor });
            }
        }
        if self.scheduler.lost_outputs > 0 {
            self.break_off_fetches();
        }
    }

    /// Who fetches map output that has just been lost finds out when it tries again.
    fn break_off_fetches(&mut self) {
        for attempt in 0..self.attempts.len() as u32 {
            self.break_off_fetch_beside(attempt);
            let state = &self.attempts[attempt as usize];
            let Doing::Fetching(..) = state.doing else { continue };
            let frame = *state.frames.last().expect("a running attempt has a program");
            let Some(Op::FetchShuffle { shuffle, .. }) =
                self.program(frame).0.ops.get((frame.at as usize).wrapping_sub(1)).copied()
            else {
                continue;
            };
            if self.scheduler.is_output_lost(shuffle) {
                self.abort_flows(attempt);
                self.turn_to(attempt, Doing::FetchRetry(shuffle));
                self.resume_at(attempt, self.now + self.conf.failures.fetch_retry_wait);
            }
        }
    }

    /// An attempt finds map output missing.
    pub(super) fn fail_fetch(&mut self, attempt: u32, shuffle: ShuffleId) {
        let writer = self.scheduler.writer_with_losses(shuffle).or_else(|| {
            // It was recovered while the attempt waited: what it asked for is still where it was lost.
            self.scheduler.writers[shuffle.index()].last().copied()
        });
        let executor = writer.map(|writer| self.scheduler.stages[writer.index()].lost_with());
        let executor = executor.expect("a shuffle with lost output has a writer");
        self.fail_attempt(attempt, Cause::FetchFailed { shuffle, executor });
    }

    /// The stage of an attempt whose fetch failed is submitted again, with those whose map output is missing.
    pub(super) fn fetch_failed(&mut self, info: &AttemptInfo, shuffle: ShuffleId) {
        let stage = info.stage;
        let state = &self.scheduler.stages[stage.index()];
        if info.stage_attempt != state.attempt()
            || !matches!(state.status, StageStatus::Active | StageStatus::Failed | StageStatus::Waiting)
        {
            return;
        }
        if state.status == StageStatus::Active && state.pending.left() > 0 {
            // The message that a task has failed frees its slot, which is offered before the driver has read the reason
            // (`CoarseGrainedSchedulerBackend`, `StatusUpdate`; `TaskResultGetter.enqueueFailedTask`).
            self.offer();
        }
        let state = &mut self.scheduler.stages[stage.index()];
        if !state.has_failed {
            state.has_failed = true;
            state.failed_attempts += 1;
        }
        let attempts = state.failed_attempts;
        let aborts = attempts >= self.conf.failures.max_stage_attempts;
        if state.status == StageStatus::Active {
            state.status = StageStatus::Failed;
            state.pending = super::offers::Pending::default();
            self.scheduler.active.retain(|&(_, active)| active != stage);
            self.emit(Event::StageEnded(stage, false));
        }
        if aborts {
            self.abort_stage(stage, None, attempts, Cause::StageAttempts { attempts, shuffle });
            return;
        }
        if !self.scheduler.failed_stages.contains(&stage) {
            self.queue.push(self.now + RESUBMIT_TIMEOUT, Happening::Resubmit);
        }
        let writers = self.scheduler.writers[shuffle.index()].clone();
        for failed in std::iter::once(stage).chain(writers) {
            if !self.scheduler.failed_stages.contains(&failed) {
                self.scheduler.failed_stages.push(failed);
            }
        }
    }

    /// Submits all stages again that have failed (`DAGScheduler.resubmitFailedStages`).
    pub(super) fn resubmit_failed_stages(&mut self) {
        let mut failed = std::mem::take(&mut self.scheduler.failed_stages);
        failed.sort_by_key(|&stage| (self.job_of(stage), stage));
        for stage in failed {
            self.submit_stage(stage);
        }
    }

    /// The first running job that a stage is of (`DAGScheduler.activeJobForStage`).
    pub(super) fn job_of(&self, stage: StageId) -> Option<JobId> {
        let jobs = &self.workload.jobs;
        let of_stage = |&job: &usize| self.scheduler.is_running(job) && jobs[job].stages.contains(&stage);
        (0..jobs.len()).find(of_stage).map(JobId::at)
    }

    /// Submits what a stage misses, once its parents have all that it needs.
    pub(super) fn submit_stage(&mut self, stage: StageId) {
        let Some(job) = self.job_of(stage) else { return };
        let state = &self.scheduler.stages[stage.index()];
        if matches!(state.status, StageStatus::Active | StageStatus::Aborted)
            || state.is_available()
            || self.scheduler.failed_stages.contains(&stage)
        {
            return;
        }
        let was_done = state.status == StageStatus::Done;
        let workload = self.workload;
        let parents = &workload.stages[stage.index()].parents;
        let missing: Vec<StageId> = parents
            .iter()
            .copied()
            .filter(|parent| !self.scheduler.stages[parent.index()].is_available())
            .collect();
        let state = &mut self.scheduler.stages[stage.index()];
        state.status = StageStatus::Waiting;
        state.again |= was_done;
        if missing.is_empty() {
            self.activate(job, stage);
        } else {
            for parent in missing {
                self.submit_stage(parent);
            }
        }
    }

    /// Before a job runs: stages of earlier jobs whose map output it needs and that has been lost since wait again.
    pub(super) fn find_lost_outputs(&mut self, job: JobId) {
        if self.scheduler.lost_outputs == 0 {
            return;
        }
        let workload = self.workload;
        let stages = &workload.jobs[job.index()].stages;
        for (at, &stage) in stages.iter().enumerate().rev() {
            let state = &self.scheduler.stages[stage.index()];
            if state.status != StageStatus::Done || state.lost_outputs() == 0 {
                continue;
            }
            let reads = |child: &StageId| workload.stages[child.index()].parents.contains(&stage);
            let mut children = stages[at + 1..].iter().filter(|child| reads(child)).peekable();
            let is_last = children.peek().is_none();
            let runs = |child: &StageId| self.scheduler.stages[child.index()].status != StageStatus::Done;
            if is_last || children.any(runs) {
                self.scheduler.stages[stage.index()].status = StageStatus::Waiting;
            }
        }
    }

    /// A stage is aborted, and with it every job that needs it (`DAGScheduler.abortStage`).
    pub(super) fn abort_stage(&mut self, stage: StageId, index: Option<u32>, failures: u32, cause: Cause) {
        let first = self.job_of(stage).expect("a stage that is aborted is of a running job");
        let mut job = Some(first);
        while let Some(of_stage) = job {
            self.abort_job(of_stage, Some(stage));
            job = self.job_of(stage);
        }
        let failure = JobFailure { job: first, stage: Some(stage), index, failures, cause };
        self.scheduler.failure.get_or_insert(Box::new(failure));
    }
}

#[cfg(test)]
#[path = "map_outputs_tests.rs"]
mod tests;

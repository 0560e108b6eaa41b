//! What becomes of a task whose attempt came to nothing, and when a job or the application is given up.
//!
//! Spark: `TaskSetManager.handleFailedTask`, `DAGScheduler.abortStage`, `failJobAndIndependentStages`.

use super::Engine;
use super::stage::StageStatus;
use crate::ids::{JobId, StageId};
use crate::observe::{AttemptInfo, End, Event, Observer};
use crate::outcome::{Cause, ExecutorLoss, JobFailure};

impl<O: Observer> Engine<'_, O> {
    /// An attempt failed: its task is tried again, or its stage is aborted. What belongs to an earlier attempt of its
    /// stage, or to one that has failed, is nobody's failure any more.
    pub(super) fn task_failed(&mut self, info: &AttemptInfo, cause: Cause) {
        if let Cause::FetchFailed { shuffle, .. } = cause {
            self.fetch_failed(info, shuffle);
            return;
        }
        let tasks = self.workload.stages[info.stage.index()].tasks;
        let state = &mut self.scheduler.stages[info.stage.index()];
        if state.status != StageStatus::Active || info.stage_attempt != state.attempt() {
            return;
        }
        let tries = state.tries(info.index, tasks);
        tries.failures += 1;
        let failures = tries.failures;
        self.exclude_for_failure(info, &cause);
        if failures < self.conf.max_failures {
            self.run_again(info);
            return;
        }
        self.abort_stage(info.stage, Some(info.index), failures, cause);
    }

    /// The executor of a running task was lost: the task has to be launched once more. That is a failure of the task
    /// where Spark takes the application for the cause.
    pub(super) fn task_lost(&mut self, info: &AttemptInfo, loss: &ExecutorLoss) {
        if loss.reason.caused_by_app() {
            self.task_failed(info, Cause::ExecutorLost(loss.clone()));
            return;
        }
        let tasks = self.workload.stages[info.stage.index()].tasks;
        let state = &mut self.scheduler.stages[info.stage.index()];
        if state.status != StageStatus::Active || info.stage_attempt != state.attempt() {
            return;
        }
        state.tries(info.index, tasks).others += 1;
        self.run_again(info);
    }

    /// A task is to be launched again, unless it is done or a copy of it runs.
    fn run_again(&mut self, info: &AttemptInfo) {
        let has_copy = self.has_copy(info.stage, info.index);
        let state = &mut self.scheduler.stages[info.stage.index()];
        if !has_copy && !state.is_done(info.index) {
            state.pending.retry(info.index);
            self.allocation_changed();
        }
    }

    /// A job is given up: what still runs of it alone is killed.
    pub(super) fn abort_job(&mut self, job: JobId, aborted: Option<StageId>) {
        let workload = self.workload;
        let runs_elsewhere = |stage: &StageId| {
            (0..workload.jobs.len())
                .filter(|&other| other != job.index() && self.scheduler.is_running(other))
                .any(|other| workload.jobs[other].stages.contains(stage))
        };
        let is_alone = |stage: &StageId| Some(*stage) == aborted || !runs_elsewhere(stage);
        let running: Vec<StageId> = self
            .scheduler
            .active
            .iter()
            .map(|&(_, stage)| stage)
            .filter(|stage| workload.jobs[job.index()].stages.contains(stage))
            .filter(is_alone)
            .collect();
        let of_job = workload.jobs[job.index()].stages.iter().copied().filter(is_alone);
        let begun: Vec<StageId> =
            of_job.filter(|stage| self.scheduler.stages[stage.index()].is_unfinished()).collect();
        self.scheduler.active.retain(|(_, stage)| !running.contains(stage));
        self.scheduler.failed_stages.retain(|stage| !workload.jobs[job.index()].stages.contains(stage));
        self.kill_attempts_of(&begun);
        for &stage in &begun {
            let state = &mut self.scheduler.stages[stage.index()];
            (state.status, state.again) = (StageStatus::Aborted, false);
        }
        for stage in running {
            self.forget_tasks(stage);
            self.emit(Event::StageEnded(stage, false));
        }
        self.end_job(job, false);
    }

    /// Kills what runs of some stages, of all their attempts.
    pub(super) fn kill_attempts_of(&mut self, stages: &[StageId]) {
        for attempt in 0..self.attempts.len() as u32 {
            let state = &self.attempts[attempt as usize];
            if state.is_running() && stages.contains(&state.info.stage) {
                self.break_off(attempt, End::Killed);
            }
        }
        self.drop_results(stages);
    }

    /// The application ends with all its jobs.
    pub(super) fn end_application(&mut self, cause: Cause) {
        let Some(first) = self.scheduler.first_left() else { return };
        let failure = JobFailure { job: first, stage: None, index: None, failures: 0, cause };
        self.scheduler.failure.get_or_insert(Box::new(failure));
        for job in 0..self.workload.jobs.len() {
            if self.scheduler.is_running(job) {
                self.abort_job(JobId::at(job), None);
            }
        }
    }
}

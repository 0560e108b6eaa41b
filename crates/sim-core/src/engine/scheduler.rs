//! The driver: jobs and stages, from their submission to their end.
//!
//! Spark: `DAGScheduler.scala`, and what `TaskSetManager.scala` makes of the ends of tasks.

use super::Engine;
use super::offers::Pending;
use super::queue::Happening;
use crate::ids::{JobId, StageId};
use crate::observe::{AttemptInfo, End, Event, Observer};
use crate::outcome::{Cause, JobFailure};
use crate::units::SimTime;
use crate::workload::Workload;

#[derive(Clone, Debug)]
pub(super) struct Scheduler {
    jobs: Vec<JobState>,
    pub(super) stages: Vec<StageState>,
    /// Stages with tasks to launch or running, by job and stage.
    pub(super) active: Vec<(JobId, StageId)>,
    pub(super) jobs_left: usize,
    pub(super) failure: Option<Box<JobFailure>>,
    /// The driver launches one task after the other.
    pub(super) driver_free: SimTime,
    pub(super) next_offer: Option<SimTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    Waiting,
    Scheduled,
    Running,
    Ended,
}

#[derive(Clone, Debug)]
pub(super) struct StageState {
    status: StageStatus,
    pub(super) pending: Pending,
    finished: u32,
    /// Attempts that came to nothing, by task; empty while there are none.
    pub(super) tries: Vec<Tries>,
}

/// Attempts of a task that came to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    /// Those that count towards `spark.task.maxFailures`.
    failures: u32,
    /// Those that were lost with their executor.
    lost: u32,
}

impl StageState {
    fn tries(&mut self, info: &AttemptInfo, tasks: u32) -> &mut Tries {
        self.tries.resize(tasks as usize, Tries::default());
        &mut self.tries[info.index as usize]
    }

    /// The number of the next attempt of a task.
    pub(super) fn next_attempt(&self, index: u32) -> u32 {
        self.tries.get(index as usize).map_or(0, |tries| tries.failures + tries.lost)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StageStatus {
    Waiting,
    Active,
    Done,
    Aborted,
}

impl Scheduler {
    pub(super) fn new(workload: &Workload) -> Self {
        let stage = StageState {
            status: StageStatus::Waiting,
            pending: Pending::default(),
            finished: 0,
            tries: Vec::new(),
        };
        Self {
            jobs: vec![JobState::Waiting; workload.jobs.len()],
            stages: vec![stage; workload.stages.len()],
            active: Vec::new(),
            jobs_left: workload.jobs.len(),
            failure: None,
            driver_free: SimTime::ZERO,
            next_offer: None,
        }
    }

    pub(super) fn is_running(&self, job: u32) -> bool {
        self.jobs[job as usize] == JobState::Running
    }

    /// Whether nothing runs any more, or will.
    pub(super) fn is_over(&self) -> bool {
        self.jobs_left == 0 || (self.failure.is_some() && self.active.is_empty())
    }

    /// Tasks of active stages that no slot has.
    pub(super) fn tasks_to_launch(&self) -> u64 {
        let of_stage = |&(_, stage): &(JobId, StageId)| u64::from(self.stages[stage.index()].pending.left());
        self.active.iter().map(of_stage).sum()
    }
}

impl<'w, O: Observer> Engine<'w, O> {
    // ---- jobs

    /// Schedules the jobs that waited for `ended` (or for nothing) alone.
    pub(super) fn submit_jobs_after(&mut self, ended: Option<JobId>) {
        for (index, job) in self.workload.jobs.iter().enumerate() {
            let state = self.scheduler.jobs[index];
            let waits = ended.is_none_or(|ended| job.after.contains(&ended));
            let ready = job.after.iter().all(|after| self.scheduler.jobs[after.index()] == JobState::Ended);
            if state == JobState::Waiting && waits && ready {
                self.scheduler.jobs[index] = JobState::Scheduled;
                self.queue.push(self.now + job.delay, Happening::Submit { job: index as u32 });
            }
        }
    }

    pub(super) fn submit(&mut self, job: u32) {
        if self.scheduler.failure.is_some() {
            return;
        }
        self.scheduler.jobs[job as usize] = JobState::Running;
        self.emit(Event::JobSubmitted(JobId(job)));
        if self.is_too_deep(JobId(job)) {
            self.end_job(JobId(job), false);
            return;
        }
        self.await_broadcast(JobId(job));
        for &stage in &self.workload.jobs[job as usize].stages {
            if self.scheduler.stages[stage.index()].status == StageStatus::Done {
                self.emit(Event::StageSkipped(stage));
            }
        }
        self.go_on_with_jobs();
    }

    /// Activates the stages whose parents are complete and ends the jobs whose stages are.
    fn go_on_with_jobs(&mut self) {
        let workload = self.workload;
        for (index, job) in workload.jobs.iter().enumerate() {
            if self.scheduler.jobs[index] != JobState::Running {
                continue;
            }
            let done = |scheduler: &Scheduler, stage: &StageId| {
                scheduler.stages[stage.index()].status == StageStatus::Done
            };
            for &stage in &job.stages {
                if !self.scheduler.is_running(index as u32) {
                    break;
                }
                let waits = self.scheduler.stages[stage.index()].status == StageStatus::Waiting;
                let parents = &workload.stages[stage.index()].parents;
                if waits && parents.iter().all(|parent| done(&self.scheduler, parent)) {
                    self.activate(JobId::at(index), stage);
                }
            }
            let runs = self.scheduler.is_running(index as u32);
            if runs && job.stages.iter().all(|stage| done(&self.scheduler, stage)) {
                self.end_job(JobId::at(index), true);
            }
        }
    }

    fn end_job(&mut self, job: JobId, succeeded: bool) {
        self.scheduler.jobs[job.index()] = JobState::Ended;
        self.scheduler.jobs_left -= 1;
        let succeeded = self.take_results_of(job, succeeded);
        self.last_end = self.now;
        self.emit(Event::JobEnded(job, succeeded));
        if succeeded {
            for &rdd in &self.workload.jobs[job.index()].unpersist {
                self.unpersist(rdd);
            }
            for &broadcast in &self.workload.jobs[job.index()].destroy {
                self.destroy(broadcast);
            }
            self.submit_jobs_after(Some(job));
        }
    }

    // ---- stages

    fn activate(&mut self, job: JobId, stage: StageId) {
        let workload = self.workload;
        let table = &workload.stages[stage.index()];
        let pending = self.pending(table);
        let state = &mut self.scheduler.stages[stage.index()];
        state.status = StageStatus::Active;
        state.pending = pending;
        self.emit(Event::StageSubmitted(stage));
        if table.tasks == 0 {
            self.end_stage(stage);
            return;
        }
        let at = self.scheduler.active.partition_point(|&other| other < (job, stage));
        self.scheduler.active.insert(at, (job, stage));
        if self.take_tasks(job, stage) {
            self.schedule_offer(self.now);
        }
    }

    fn end_stage(&mut self, stage: StageId) {
        self.scheduler.stages[stage.index()].status = StageStatus::Done;
        self.scheduler.stages[stage.index()].pending = Pending::default();
        self.scheduler.active.retain(|&(_, active)| active != stage);
        self.forget_tasks(stage);
        self.emit(Event::StageEnded(stage, true));
        self.go_on_with_jobs();
    }

    // ---- tasks

    pub(super) fn task_finished(&mut self, info: &AttemptInfo) {
        let state = &mut self.scheduler.stages[info.stage.index()];
        state.finished += 1;
        if state.finished == self.workload.stages[info.stage.index()].tasks {
            self.end_stage(info.stage);
        }
    }

    /// An attempt failed: its task is tried again, or its stage is aborted.
    pub(super) fn task_failed(&mut self, info: &AttemptInfo, cause: Cause) {
        let tasks = self.workload.stages[info.stage.index()].tasks;
        let state = &mut self.scheduler.stages[info.stage.index()];
        if state.status != StageStatus::Active {
            return;
        }
        let tries = state.tries(info, tasks);
        tries.failures += 1;
        let failures = tries.failures;
        if failures < self.conf.max_failures {
            state.pending.retry(info.index);
            return;
        }
        self.abort_stage(info.stage, Some(info.index), failures, cause);
    }

    /// The executor of a running task was lost: the task has to be launched once more.
    pub(super) fn task_lost(&mut self, info: &AttemptInfo) {
        let tasks = self.workload.stages[info.stage.index()].tasks;
        let state = &mut self.scheduler.stages[info.stage.index()];
        debug_assert_eq!(state.status, StageStatus::Active, "a task runs of an active stage alone");
        state.tries(info, tasks).lost += 1;
        state.pending.retry(info.index);
    }

    /// An active stage is aborted, and with it its job (`DAGScheduler.abortStage`).
    pub(super) fn abort_stage(&mut self, stage: StageId, index: Option<u32>, failures: u32, cause: Cause) {
        let job = self.scheduler.active.iter().find(|&&(_, active)| active == stage).map(|&(job, _)| job);
        let job = job.expect("an active stage has a job");
        self.abort_job(job, stage);
        let failure = JobFailure { job, stage: Some(stage), index, failures, cause };
        self.scheduler.failure.get_or_insert(Box::new(failure));
    }

    /// A stage is aborted, and with it its job: what still runs of it is killed.
    pub(super) fn abort_job(&mut self, job: JobId, stage: StageId) {
        self.scheduler.stages[stage.index()].status = StageStatus::Aborted;
        let of_job: Vec<StageId> = self
            .scheduler
            .active
            .iter()
            .filter(|&&(other, _)| other == job)
            .map(|&(_, stage)| stage)
            .collect();
        self.scheduler.active.retain(|&(other, _)| other != job);
        for attempt in 0..self.attempts.len() as u32 {
            let state = &self.attempts[attempt as usize];
            if state.is_running() && of_job.contains(&state.info.stage) {
                self.break_off(attempt, End::Killed);
            }
        }
        self.drop_results(&of_job);
        for stage in of_job {
            self.forget_tasks(stage);
            self.emit(Event::StageEnded(stage, false));
        }
        self.end_job(job, false);
    }
}

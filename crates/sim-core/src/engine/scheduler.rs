//! The driver: jobs and stages, from their submission to their end.
//!
//! Spark: `DAGScheduler.scala`.

use super::Engine;
use super::offers::Pending;
use super::queue::Happening;
use super::stage::{StageState, StageStatus};
use crate::ids::{JobId, StageId};
use crate::observe::{AttemptInfo, End, Event, Observer};
use crate::outcome::JobFailure;
use crate::units::SimTime;
use crate::workload::Workload;

#[derive(Clone, Debug)]
pub(super) struct Scheduler {
    jobs: Vec<JobState>,
    pub(super) stages: Vec<StageState>,
    /// Stages with tasks to launch or running, by job and stage.
    pub(super) active: Vec<(JobId, StageId)>,
    /// Stages that are submitted again at the next [`Happening::Resubmit`] (`DAGScheduler.failedStages`).
    pub(super) failed_stages: Vec<StageId>,
    /// By shuffle: the stages that write it.
    pub(super) writers: Vec<Vec<StageId>>,
    /// Map output that was written and is gone, of all stages.
    pub(super) lost_outputs: u64,
    pub(super) jobs_left: usize,
    pub(super) failure: Option<Box<JobFailure>>,
    /// The driver launches one task after the other.
    pub(super) driver_free: SimTime,
    pub(super) next_offer: Option<SimTime>,
    /// When the driver looks for slow tasks next.
    pub(super) next_look: Option<SimTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    Waiting,
    Scheduled,
    Running,
    Ended,
}

impl Scheduler {
    pub(super) fn new(workload: &Workload) -> Self {
        let mut writers = vec![Vec::new(); workload.shuffles.len()];
        for (at, stage) in workload.stages.iter().enumerate() {
            if let Some(shuffle) = stage.shuffle
                && let Some(writers) = writers.get_mut(shuffle.index())
            {
                writers.push(StageId::at(at));
            }
        }
        let mut stages = vec![StageState::new(); workload.stages.len()];
        for stage in workload.jobs.iter().flat_map(|job| &job.stages) {
            stages[stage.index()].jobs_left += 1;
        }
        Self {
            jobs: vec![JobState::Waiting; workload.jobs.len()],
            stages,
            active: Vec::new(),
            failed_stages: Vec::new(),
            writers,
            lost_outputs: 0,
            jobs_left: workload.jobs.len(),
            failure: None,
            driver_free: SimTime::ZERO,
            next_offer: None,
            next_look: None,
        }
    }

    /// Whether tasks of a stage run or are to run.
    /// Whether nothing runs any more, or will.
    pub(super) fn is_over(&self) -> bool {
        let runs = !self.active.is_empty() || !self.failed_stages.is_empty();
        self.jobs_left == 0 || (self.failure.is_some() && !runs)
    }

    /// The first job that has not ended.
    pub(super) fn first_left(&self) -> Option<JobId> {
        self.jobs.iter().position(|&job| job != JobState::Ended).map(JobId::at)
    }

    pub(super) fn is_running(&self, job: usize) -> bool {
        self.jobs[job] == JobState::Running
    }

    pub(super) fn is_active(&self, stage: StageId) -> bool {
        self.stages[stage.index()].status == StageStatus::Active
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
            return;
        }
        self.await_broadcast(JobId(job));
        self.find_lost_outputs(JobId(job));
        for &stage in &self.workload.jobs[job as usize].stages {
            if self.scheduler.stages[stage.index()].status == StageStatus::Done {
                self.emit(Event::StageSkipped(stage));
            }
        }
        self.go_on_with_jobs();
    }

    /// Submits the stages whose parents are complete and ends the jobs whose stages are.
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
                if !self.scheduler.is_running(index) {
                    break;
                }
                let waits = self.scheduler.stages[stage.index()].status == StageStatus::Waiting;
                let parents = &workload.stages[stage.index()].parents;
                if waits && parents.iter().all(|parent| done(&self.scheduler, parent)) {
                    self.submit_stage(stage);
                }
            }
            let ended =
                |stage: &StageId| done(&self.scheduler, stage) || self.scheduler.stages[stage.index()].again;
            if self.scheduler.is_running(index) && job.stages.iter().all(ended) {
                self.end_job(JobId::at(index), true);
            }
        }
    }

    pub(super) fn end_job(&mut self, job: JobId, succeeded: bool) {
        self.scheduler.jobs[job.index()] = JobState::Ended;
        self.scheduler.jobs_left -= 1;
        let succeeded = self.take_results_of(job, succeeded);
        self.last_end = self.now;
        self.cancel_what_nobody_needs(job);
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

    /// Stages that still run for a job that has ended and for no other, and attempts of its last stage that run beside
    /// those that have succeeded (`DAGScheduler.cancelRunningIndependentStages`, `killAllTaskAttempts`). When the last
    /// job has ended nothing runs any more.
    fn cancel_what_nobody_needs(&mut self, job: JobId) {
        let workload = self.workload;
        for &stage in &workload.jobs[job.index()].stages {
            let state = &mut self.scheduler.stages[stage.index()];
            state.jobs_left -= 1;
            if state.jobs_left == 0 {
                let missing = state.forget_outputs();
                self.scheduler.lost_outputs -= u64::from(missing);
            }
            let is_last = workload.stages[stage.index()].shuffle.is_none();
            if is_last && state.attempts > 1 {
                self.kill_attempts_of(&[stage]);
            }
            if self.scheduler.stages[stage.index()].again && self.job_of(stage).is_none() {
                self.cancel_again(stage);
            }
        }
        if self.scheduler.jobs_left == 0 {
            for attempt in 0..self.attempts.len() as u32 {
                if self.attempts[attempt as usize].is_running() {
                    self.break_off(attempt, End::Killed);
                }
            }
            self.drop_all_results();
        }
    }

    /// Nobody needs the map output any more that a stage recovers.
    fn cancel_again(&mut self, stage: StageId) {
        let state = &mut self.scheduler.stages[stage.index()];
        let ran = state.status == StageStatus::Active;
        state.again = false;
        state.status = StageStatus::Done;
        state.pending = Pending::default();
        self.scheduler.active.retain(|&(_, active)| active != stage);
        self.scheduler.failed_stages.retain(|&failed| failed != stage);
        if ran {
            self.kill_attempts_of(&[stage]);
            self.emit(Event::StageEnded(stage, false));
        }
    }

    // ---- stages

    pub(super) fn activate(&mut self, job: JobId, stage: StageId) {
        let workload = self.workload;
        let table = &workload.stages[stage.index()];
        let tracks_outputs = !self.conf.failures.shuffle_service;
        self.scheduler.stages[stage.index()].begin(table, tracks_outputs);
        let pending = self.pending(stage);
        let state = &mut self.scheduler.stages[stage.index()];
        state.pending = pending;
        let waits_for = state.waits_for;
        self.emit(Event::StageSubmitted(stage));
        if waits_for == 0 {
            self.end_stage(stage);
            return;
        }
        let at = self.scheduler.active.partition_point(|&other| other < (job, stage));
        self.scheduler.active.insert(at, (job, stage));
        if self.take_tasks(job, stage) {
            self.allocation_stage();
            self.schedule_offer(self.now);
        }
    }

    fn end_stage(&mut self, stage: StageId) {
        let state = &mut self.scheduler.stages[stage.index()];
        state.status = StageStatus::Done;
        state.pending = Pending::default();
        state.failed_attempts = 0;
        let complete = state.is_available();
        if complete {
            state.again = false;
        }
        self.scheduler.active.retain(|&(_, active)| active != stage);
        self.forget_tasks(stage);
        self.exclude_after_stage(stage);
        self.emit(Event::StageEnded(stage, true));
        if self.scheduler.lost_outputs > 0 {
            if !complete {
                self.scheduler.stages[stage.index()].status = StageStatus::Waiting;
                // Some of what earlier attempts had written is gone: it needs another one.
                self.submit_stage(stage);
            }
            self.submit_children(stage);
        }
        self.go_on_with_jobs();
    }

    /// `DAGScheduler.submitWaitingChildStages`: they find out what else they miss.
    fn submit_children(&mut self, stage: StageId) {
        let workload = self.workload;
        for child in (0..workload.stages.len()).map(StageId::at) {
            let waits = self.scheduler.stages[child.index()].status == StageStatus::Waiting;
            if waits && workload.stages[child.index()].parents.contains(&stage) {
                self.submit_stage(child);
            }
        }
    }

    // ---- tasks

    pub(super) fn task_finished(&mut self, info: &AttemptInfo) {
        self.speculation_success(info);
        self.allocation_output(info);
        let state = &mut self.scheduler.stages[info.stage.index()];
        let recovered = state.succeeded(info.index, info.stage_attempt, info.executor);
        self.scheduler.lost_outputs -= u64::from(recovered);
        let state = &self.scheduler.stages[info.stage.index()];
        match state.status {
            StageStatus::Active if state.waits_for == 0 => self.end_stage(info.stage),
            // The attempts of a failed stage attempt go on; together they may do what is left of a job.
            StageStatus::Failed | StageStatus::Waiting
                if self.workload.stages[info.stage.index()].shuffle.is_none()
                    && state.has_all(&self.workload.stages[info.stage.index()]) =>
            {
                self.scheduler.failed_stages.retain(|&failed| failed != info.stage);
                self.end_stage(info.stage);
            }
            _ => {}
        }
    }
}

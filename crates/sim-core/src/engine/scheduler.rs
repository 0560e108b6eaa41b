//! The driver: jobs and stages, from their submission to their end.
//!
//! Spark: `DAGScheduler.scala`, and what `TaskSetManager.scala` makes of the ends of tasks.

use super::Engine;
use super::offers::Pending;
use super::queue::Happening;
use crate::ids::{JobId, StageId};
use crate::observe::{AttemptInfo, Event, Observer};
use crate::outcome::{JobFailure, OomReport};
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
    /// Failures by task; empty while there are none.
    pub(super) failures: Vec<u8>,
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
            failures: Vec::new(),
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
                let waits = self.scheduler.stages[stage.index()].status == StageStatus::Waiting;
                let parents = &workload.stages[stage.index()].parents;
                if waits && parents.iter().all(|parent| done(&self.scheduler, parent)) {
                    self.activate(JobId::at(index), stage);
                }
            }
            if job.stages.iter().all(|stage| done(&self.scheduler, stage)) {
                self.end_job(JobId::at(index), true);
            }
        }
    }

    fn end_job(&mut self, job: JobId, succeeded: bool) {
        self.scheduler.jobs[job.index()] = JobState::Ended;
        self.scheduler.jobs_left -= 1;
        self.last_end = self.now;
        self.emit(Event::JobEnded(job, succeeded));
        if succeeded {
            for &rdd in &self.workload.jobs[job.index()].unpersist {
                self.unpersist(rdd);
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
        self.schedule_offer(self.now);
    }

    fn end_stage(&mut self, stage: StageId) {
        self.scheduler.stages[stage.index()].status = StageStatus::Done;
        self.scheduler.stages[stage.index()].pending = Pending::default();
        self.scheduler.active.retain(|&(_, active)| active != stage);
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

    pub(super) fn task_failed(&mut self, info: &AttemptInfo, oom: OomReport) {
        let tasks = self.workload.stages[info.stage.index()].tasks as usize;
        let state = &mut self.scheduler.stages[info.stage.index()];
        if state.status != StageStatus::Active {
            return;
        }
        if state.failures.is_empty() {
            state.failures = vec![0; tasks];
        }
        let failures = &mut state.failures[info.index as usize];
        *failures = failures.saturating_add(1);
        let failures = u32::from(*failures);
        if failures < self.conf.max_failures {
            state.pending.retry(info.index);
            return;
        }
        let job = self.scheduler.active.iter().find(|&&(_, stage)| stage == info.stage).map(|&(job, _)| job);
        let job = job.expect("an active stage has a job");
        self.abort_job(job, info.stage);
        let failure = JobFailure { job, stage: info.stage, index: info.index, failures, oom };
        self.scheduler.failure.get_or_insert(Box::new(failure));
    }

    /// A stage is aborted, and with it its job: what still runs of it is killed.
    fn abort_job(&mut self, job: JobId, stage: StageId) {
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
                self.kill_attempt(attempt);
            }
        }
        for stage in of_job {
            self.emit(Event::StageEnded(stage, false));
        }
        self.end_job(job, false);
    }
}

//! Executors and nodes on which tasks fail are left out (`spark.excludeOnFailure.*`).
//!
//! Spark: `TaskSetExcludelist`, `HealthTracker`, `TaskSetManager.getCompletelyExcludedTaskIfAny`,
//! `TaskSchedulerImpl.resourceOffers`. Recorded tasks run where they ran. With dynamic allocation Spark also asks for one
//! more executor while a stage cannot be scheduled; here that stage only waits as long as there.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::queue::Happening;
use crate::ids::{ExecutorId, StageId};
use crate::observe::{AttemptInfo, Observer};
use crate::outcome::{Cause, LossReason};
use crate::units::SimTime;

/// `spark.excludeOnFailure.*` where it is on.
#[derive(Clone, Debug, PartialEq)]
pub struct ExclusionConf {
    /// Whether tasks and stages avoid executors (4.x: `.taskAndStage.enabled`).
    pub task_and_stage: bool,
    /// Whether the application does (4.x: `.application.enabled`).
    pub application: bool,
    /// `.task.maxTaskAttemptsPerExecutor`.
    pub task_attempts_per_executor: u32,
    /// `.task.maxTaskAttemptsPerNode`.
    pub task_attempts_per_node: u32,
    /// `.stage.maxFailedTasksPerExecutor`.
    pub stage_tasks_per_executor: u32,
    /// `.stage.maxFailedExecutorsPerNode`.
    pub stage_executors_per_node: u32,
    /// `.application.maxFailedTasksPerExecutor`.
    pub application_tasks_per_executor: u32,
    /// `.application.maxFailedExecutorsPerNode`.
    pub application_executors_per_node: u32,
    /// `.timeout`: how long the application leaves out an executor or node, and how long a failure counts there.
    pub timeout: SimTime,
    /// `spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout`: how long a stage whose task may run nowhere waits
    /// for another executor.
    pub unschedulable_timeout: SimTime,
}

/// By task: how often it failed, and when it did last.
type FailedTasks = BTreeMap<u32, (u32, SimTime)>;

/// Failures of one attempt of a stage, and whom they exclude from it (`TaskSetExcludelist`).
#[derive(Clone, Debug, Default)]
pub(super) struct TaskSetExclusion {
    /// By executor: its node, and by task how often it failed there and when it did last.
    failures: BTreeMap<u32, (u32, FailedTasks)>,
    /// Tasks that a node may not run.
    tasks_of_nodes: BTreeSet<(u32, u32)>,
    executors: BTreeSet<u32>,
    nodes: BTreeSet<u32>,
    /// The latest failure.
    last: Option<Box<(AttemptInfo, Cause)>>,
}

impl TaskSetExclusion {
    /// A task has failed (`updateExcludedForFailedTask`).
    fn failed(&mut self, conf: &ExclusionConf, (executor, node): (u32, u32), index: u32, now: SimTime) {
        let (_, tasks) = self.failures.entry(executor).or_insert_with(|| (node, BTreeMap::new()));
        let (times, last) = tasks.entry(index).or_insert((0, now));
        *times += 1;
        *last = now;
        let failed_tasks = tasks.len() as u64;
        let on_node = self.failures.values().filter(|(of, _)| *of == node);
        let attempts: u64 =
            on_node.filter_map(|(_, tasks)| tasks.get(&index)).map(|&(n, _)| u64::from(n)).sum();
        if attempts >= u64::from(conf.task_attempts_per_node) {
            self.tasks_of_nodes.insert((node, index));
        }
        if failed_tasks >= u64::from(conf.stage_tasks_per_executor) && self.executors.insert(executor) {
            let of_node = self.executors.iter().filter(|executor| self.failures[executor].0 == node).count();
            if of_node as u64 >= u64::from(conf.stage_executors_per_node) {
                self.nodes.insert(node);
            }
        }
    }

    /// Whether an executor may run a task.
    pub(super) fn allows(&self, conf: &ExclusionConf, (executor, node): (u32, u32), index: u32) -> bool {
        if !conf.task_and_stage {
            return true;
        }
        let failed = self.failures.get(&executor).and_then(|(_, tasks)| tasks.get(&index));
        !self.nodes.contains(&node)
            && !self.executors.contains(&executor)
            && !self.tasks_of_nodes.contains(&(node, index))
            && failed.is_none_or(|&(times, _)| times < conf.task_attempts_per_executor)
    }
}

/// Whom the application leaves out, and until when (`HealthTracker`).
#[derive(Clone, Debug, Default)]
pub(super) struct Health {
    /// By executor: when its failures in stages that have succeeded cease to count.
    failures: BTreeMap<u32, Vec<SimTime>>,
    /// By executor: its node and when it is taken back.
    executors: BTreeMap<u32, (u32, SimTime)>,
    nodes: BTreeMap<u32, SimTime>,
    /// By stage one of whose tasks may run nowhere: when it is aborted, and the task.
    unschedulable: BTreeMap<StageId, (SimTime, u32)>,
}

impl Health {
    /// A stage has succeeded: what had failed in it counts now (`updateExcludedForSuccessfulTaskSet`). Returns when
    /// somebody is taken back.
    fn succeeded(&mut self, conf: &ExclusionConf, set: &TaskSetExclusion, now: SimTime) -> Option<SimTime> {
        let until = now + conf.timeout;
        let mut excluded = false;
        for (&executor, (node, tasks)) in &set.failures {
            let failures = self.failures.entry(executor).or_default();
            failures.extend(tasks.values().map(|&(_, at)| at + conf.timeout));
            failures.retain(|&expiry| expiry >= now);
            let many = failures.len() as u64 >= u64::from(conf.application_tasks_per_executor);
            if !many || self.executors.contains_key(&executor) {
                continue;
            }
            excluded = true;
            self.failures.remove(&executor);
            self.executors.insert(executor, (*node, until));
            let of_node = self.executors.values().filter(|(of, _)| of == node).count();
            if of_node as u64 >= u64::from(conf.application_executors_per_node) {
                self.nodes.entry(*node).or_insert(until);
            }
        }
        excluded.then_some(until)
    }

    /// Takes those back whose time is over (`applyExcludeOnFailureTimeout`).
    fn take_back(&mut self, now: SimTime) {
        self.executors.retain(|_, (_, until)| *until >= now);
        self.nodes.retain(|_, until| *until >= now);
    }

    fn allows(&self, (executor, node): (u32, u32)) -> bool {
        !self.executors.contains_key(&executor) && !self.nodes.contains_key(&node)
    }
}

impl<O: Observer> Engine<'_, O> {
    /// A task has failed in a way that counts.
    pub(super) fn exclude_for_failure(&mut self, info: &AttemptInfo, cause: &Cause) {
        let Some(conf) = &self.conf.failures.exclusion else { return };
        let node = self.conf.executors[info.executor.index()].node;
        let state = &mut self.scheduler.stages[info.stage.index()];
        let exclusion = state.exclusion.get_or_insert_default();
        exclusion.failed(conf, (info.executor.0, node), info.index, self.now);
        exclusion.last = Some(Box::new((*info, cause.clone())));
    }

    /// A stage has succeeded.
    pub(super) fn exclude_after_stage(&mut self, stage: StageId) {
        let Some(conf) = &self.conf.failures.exclusion else { return };
        let set = self.scheduler.stages[stage.index()].exclusion.take();
        if let (true, Some(set)) = (conf.application, set)
            && let Some(until) = self.health.succeeded(conf, &set, self.now)
        {
            self.queue.push(until + SimTime(1), Happening::TakeBack);
        }
    }

    /// Whether the application leaves out an executor.
    pub(super) fn is_left_out(&self, executor: u32) -> bool {
        self.conf.failures.exclusion.is_some()
            && !self.health.allows((executor, self.conf.executors[executor as usize].node))
    }

    /// The time of some executors or nodes is over.
    pub(super) fn take_back(&mut self) {
        self.health.take_back(self.now);
        self.schedule_offer(self.now);
    }

    /// What each active stage has to launch, before slots are offered to it.
    pub(super) fn left_before_offer(&self) -> Option<Vec<(StageId, u32)>> {
        self.conf.failures.exclusion.as_ref()?;
        let left = |stage: StageId| self.scheduler.stages[stage.index()].pending.left();
        Some(self.scheduler.active.iter().map(|&(_, stage)| (stage, left(stage))).collect())
    }

    /// Stages of which nothing could be launched, since a task of theirs may run nowhere, are given up, at once or once
    /// nobody has come for whom that is not so.
    pub(super) fn give_up_unschedulable(&mut self, before: &[(StageId, u32)]) {
        let left = |engine: &Self, stage: StageId| engine.scheduler.stages[stage.index()].pending.left();
        if before.iter().any(|&(stage, before)| left(self, stage) < before) {
            self.health.unschedulable.clear();
        }
        for &(stage, before) in before {
            if !self.scheduler.is_active(stage) || left(self, stage) < before {
                continue;
            }
            let Some(index) = self.completely_excluded(stage) else { continue };
            let idle =
                self.cluster.executors.iter().position(|state| state.is_there() && state.running() == 0);
            if idle.is_none() && self.conf.scheduling.allocation.is_none() {
                self.abort_excluded(stage, index);
            } else if !self.health.unschedulable.contains_key(&stage)
                && let Some(conf) = &self.conf.failures.exclusion
            {
                let until = self.now + conf.unschedulable_timeout;
                self.health.unschedulable.insert(stage, (until, index));
                self.queue.push(until, Happening::Unschedulable { stage: stage.0 });
                if let (Some(idle), false) = (idle, self.conf.failures.ends_with_executor) {
                    self.lose_executor(ExecutorId::at(idle), LossReason::Excluded);
                }
            }
        }
    }

    /// The task that a stage would launch next, if no executor that is there may run it.
    fn completely_excluded(&self, stage: StageId) -> Option<u32> {
        let conf = self.conf.failures.exclusion.as_ref()?;
        let state = &self.scheduler.stages[stage.index()];
        if state.pending.is_placed() {
            return None;
        }
        let index = state.pending.last_left()?;
        let allows = |at: usize| {
            let place = (at as u32, self.conf.executors[at].node);
            self.health.allows(place)
                && state.exclusion.as_ref().is_none_or(|set| set.allows(conf, place, index))
        };
        let mut there = (0..self.cluster.executors.len()).filter(|&at| self.cluster.executors[at].is_there());
        (self.cluster.executors.iter().any(super::executor::Executor::is_there) && !there.any(allows))
            .then_some(index)
    }

    /// A stage has waited for long enough.
    pub(super) fn unschedulable_for_too_long(&mut self, stage: StageId) {
        if let Some(&(until, index)) = self.health.unschedulable.get(&stage)
            && until <= self.now
            && self.scheduler.is_active(stage)
        {
            self.abort_excluded(stage, index);
        }
    }

    fn abort_excluded(&mut self, stage: StageId, index: u32) {
        self.health.unschedulable.remove(&stage);
        let state = &mut self.scheduler.stages[stage.index()];
        let tasks = self.workload.stages[stage.index()].tasks;
        let failures = state.tries(index, tasks).failures;
        let last = state.exclusion.as_ref().and_then(|set| set.last.clone());
        self.abort_stage(stage, Some(index), failures, Cause::ExcludedEverywhere { last });
    }
}

#[cfg(test)]
#[path = "exclusion_tests.rs"]
mod tests;

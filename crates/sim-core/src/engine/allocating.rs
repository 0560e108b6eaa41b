//! Executors come while tasks wait for slots, and go when they have been idle for too long.
//!
//! Spark: `ExecutorAllocationManager.schedule`, `ExecutorMonitor` (`Tracker.updateTimeout`, `timedOutExecutors`). The
//! driver looks every 100 ms; here only at those of these moments at which something can have changed. Requests that are
//! no longer needed are cancelled, the latest first. No executor is decommissioned: one that leaves takes its cached
//! blocks with it, and its map output unless an external shuffle service has that.

use std::collections::BTreeSet;

use super::allocation::{INTERVAL, Target, needed};
use super::executor::{Executor, Presence};
use super::queue::Happening;
use super::scheduling_conf::AllocationConf;
use super::{Engine, ExecutorConf};
use crate::ids::{ExecutorId, StageId};
use crate::observe::{AttemptInfo, Observer};
use crate::outcome::LossReason;
use crate::units::SimTime;

/// What dynamic allocation knows.
#[derive(Clone, Debug)]
pub(super) struct Allocation {
    conf: AllocationConf,
    target: Target,
    /// By executor: since when it has nothing to do; `None` for who has, or is not there.
    idle_since: Vec<Option<SimTime>>,
    /// When the driver looks next.
    next_look: Option<SimTime>,
    /// By executor: the stages whose map output it has written, where shuffles are tracked.
    outputs: Vec<BTreeSet<StageId>>,
}

impl Allocation {
    /// At the start there are as many executors as are asked for first.
    pub(super) fn new(conf: AllocationConf, executors: usize) -> Self {
        let idle_since = vec![Some(SimTime::ZERO); executors];
        let outputs = vec![BTreeSet::new(); executors];
        Self { conf, target: Target::new(executors as u32), idle_since, next_look: None, outputs }
    }
}

impl Allocation {
    fn grow(&mut self, executors: usize) {
        self.idle_since.resize(executors, None);
        self.outputs.resize_with(executors, BTreeSet::new);
    }
}

/// The first look at or after a moment.
fn look_at(time: SimTime) -> SimTime {
    SimTime(time.0.div_ceil(INTERVAL.0).saturating_mul(INTERVAL.0))
}

impl<O: Observer> Engine<'_, O> {
    /// A stage was submitted: from now on the target follows the load.
    pub(super) fn allocation_stage(&mut self) {
        if let Some(allocation) = &mut self.allocation {
            allocation.target.submitted();
            self.allocation_changed();
        }
    }

    /// An executor has registered, begun to work, or ended what it did last.
    pub(super) fn allocation_executor(&mut self, executor: ExecutorId) {
        let Some(allocation) = &mut self.allocation else { return };
        let state = &self.cluster.executors[executor.index()];
        let is_idle = state.is_there() && state.free_slots.len() == state.slots as usize;
        allocation.grow(self.cluster.executors.len());
        allocation.idle_since[executor.index()] = is_idle.then_some(self.now);
        self.allocation_changed();
    }

    /// A task has succeeded: its executor may have map output of its stage now.
    pub(super) fn allocation_output(&mut self, info: &AttemptInfo) {
        let Some(allocation) = &mut self.allocation else { return };
        if allocation.conf.shuffle_idle.is_some()
            && self.workload.stages[info.stage.index()].shuffle.is_some()
        {
            allocation.outputs[info.executor.index()].insert(info.stage);
        }
    }

    /// Tasks have come or gone: `onSchedulerBacklogged`, `onSchedulerQueueEmpty`.
    pub(super) fn allocation_changed(&mut self) {
        let waiting = self.tasks_waiting();
        let Some(allocation) = &mut self.allocation else { return };
        if waiting == 0 {
            allocation.target.queue_empty();
        } else {
            allocation.target.backlogged(self.now, &allocation.conf);
        }
        self.look_at_load(self.now);
    }

    fn tasks_waiting(&self) -> u64 {
        let copies = |stage: usize| self.scheduler.stages[stage].speculation.waiting.len() as u64;
        let copies = self.scheduler.active.iter().map(|(_, stage)| copies(stage.index()));
        self.scheduler.tasks_to_launch() + copies.sum::<u64>()
    }

    fn look_at_load(&mut self, time: SimTime) {
        let Some(allocation) = &mut self.allocation else { return };
        let time = look_at(time);
        if allocation.next_look.is_none_or(|next| time < next) {
            allocation.next_look = Some(time);
            self.queue.push(time, Happening::Allocate);
        }
    }

    /// The driver looks at the load and at who is idle.
    pub(super) fn allocate(&mut self) {
        let waiting = self.tasks_waiting();
        let Some(mut allocation) = self.allocation.take() else { return };
        if waiting > 0 {
            allocation.target.backlogged(self.now, &allocation.conf);
        }
        if allocation.next_look.is_some_and(|next| next <= self.now) {
            allocation.next_look = None;
        }
        let idle = self.idle_for_too_long(&allocation);
        if !idle.is_empty() {
            allocation.target.timed_out();
        }
        let running: u32 = self.cluster.executors.iter().map(Executor::running).sum();
        let slots = allocation.conf.slots;
        let needed = needed(waiting + u64::from(running), allocation.conf.ratio, slots);
        let there = self.cluster.executors.iter().filter(|executor| executor.is_there()).count() as u32;
        let was_due = allocation.target.add_at.is_some_and(|at| at <= self.now);
        let changed = allocation.target.look(self.now, needed, there, &allocation.conf);
        let wanted = allocation.target.executors;
        // Nothing was added although it was time: it takes another event to change that.
        let mut next = allocation.target.add_at.filter(|_| changed || !was_due);
        self.allocation = Some(allocation);
        self.request_executors(wanted);
        let mut left = there;
        for executor in idle {
            let allocation = self.allocation.as_ref().expect("it was just put back");
            if allocation.target.spares(left, &allocation.conf) {
                left -= 1;
                self.lose_executor(executor, LossReason::Idle);
            }
        }
        let allocation = self.allocation.as_ref().expect("it was just put back");
        let deadlines = (0..allocation.idle_since.len())
            .filter_map(|executor| self.idle_deadline(ExecutorId::at(executor), allocation));
        next = deadlines.filter(|&at| at > self.now).chain(next).min();
        if let Some(next) = next {
            self.look_at_load(next);
        }
    }

    /// Asks the cluster manager for as many executors, or takes requests back.
    fn request_executors(&mut self, wanted: u32) {
        let conf = self.allocation.as_ref().expect("executors are asked for by it").conf;
        let expected = |executors: &[Executor]| -> Vec<usize> {
            let all = executors.iter().enumerate();
            all.filter(|(_, executor)| executor.presence == Presence::Expected).map(|(at, _)| at).collect()
        };
        let there = self.cluster.executors.iter().filter(|executor| executor.is_there()).count();
        let mut expected = expected(&self.cluster.executors);
        while there + expected.len() > wanted as usize
            && let Some(last) = expected.pop()
        {
            self.cluster.executors[last].leave();
        }
        for _ in there + expected.len()..wanted as usize {
            let number = self.cluster.executors.len() as u32;
            let node = number % conf.nodes.max(1);
            let executor =
                ExecutorConf { node, added: self.now + conf.start, removed: None, ..conf.executor };
            self.start_executor(executor);
        }
    }

    /// Executors that may be released, as far as they themselves are concerned.
    fn idle_for_too_long(&self, allocation: &Allocation) -> Vec<ExecutorId> {
        let all = (0..allocation.idle_since.len()).map(ExecutorId::at);
        let too_long = |&executor: &ExecutorId| {
            self.idle_deadline(executor, allocation).is_some_and(|deadline| deadline <= self.now)
        };
        all.filter(too_long).collect()
    }

    /// When an executor has been idle for too long (`Tracker.updateTimeout`); `None` for who is not idle, or is kept
    /// because a running job may read its map output.
    fn idle_deadline(&self, executor: ExecutorId, allocation: &Allocation) -> Option<SimTime> {
        let since = allocation.idle_since[executor.index()]?;
        let conf = &allocation.conf;
        let cached = self.cluster.blocks.copies_on(executor).any(|copy| {
            let block = &self.cluster.blocks[copy];
            block.rdd.is_some() && (block.in_memory || block.on_disk)
        });
        let (has_output, is_read) = match conf.shuffle_idle {
            Some(_) => self.map_output_of(&allocation.outputs[executor.index()]),
            None => (false, false),
        };
        if is_read {
            return None;
        }
        let of_cache = cached.then_some(conf.cached_idle);
        let of_shuffle = conf.shuffle_idle.filter(|_| has_output);
        let timeout = of_cache.into_iter().chain(of_shuffle).min().unwrap_or(conf.idle);
        let deadline = since.0.checked_add(timeout.0).filter(|&ns| ns < SimTime::MAX.0)?;
        Some(SimTime(deadline))
    }

    /// Whether an executor has map output of these stages, and whether a running job may read some of it.
    fn map_output_of(&self, stages: &BTreeSet<StageId>) -> (bool, bool) {
        let jobs = self.workload.jobs.iter().enumerate();
        let mut running =
            jobs.filter(|&(at, _)| self.scheduler.is_running(at)).flat_map(|(_, job)| &job.stages);
        (!stages.is_empty(), running.any(|stage| stages.contains(stage)))
    }
}

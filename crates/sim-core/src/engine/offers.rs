//! Which task goes to which slot.
//!
//! Spark: `TaskSchedulerImpl.resourceOffers`, `TaskSetManager.scala`. FIFO by job, then stage, or pools ([`pools`]); one
//! task an executor and pass; as local as `locality.rs` allows; lowest index first; then copies of slow tasks
//! ([`speculation`]). Spark shuffles the executors of an offer, and offers the slot of a task that has ended alone; here
//! executors stand in order of their index, and every offer is one of all free slots.
//!
//! [`pools`]: super::pools
//! [`speculation`]: super::speculation

use super::Engine;
use super::attempt::{Doing, FrameOf};
use super::locality::{Delay, Locality};
use super::pools::{TaskSet, fair_order};
use super::queue::Happening;
use crate::ids::{ExecutorId, StageId};
use crate::observe::{Event, Observer, TaskMetrics};
use crate::units::SimTime;
use crate::workload::{Op, Stage};

/// Tasks that are to be launched.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    left: u32,
    launched: Vec<u64>,
    /// All tasks below this one are launched.
    cursor: u32,
    tasks: u32,
    /// Failed and lost tasks; they are next.
    retries: Vec<u32>,
    /// Recorded tasks whose executor is gone: anybody may have them; the last is the next.
    orphans: Vec<u32>,
    /// Tasks with their data on an executor, or on a node; the last is the next.
    by_executor: Vec<Vec<u32>>,
    by_node: Vec<Vec<u32>>,
    prefers: Vec<u64>,
    /// Tasks that have no preference.
    indifferent: bool,
    /// How long tasks have waited for their data.
    pub(super) delay: Delay,
    /// When the stage was submitted.
    submitted: SimTime,
    /// The recording says where each task ran, and when.
    placed: bool,
}

impl Pending {
    fn is_set(bits: &[u64], index: u32) -> bool {
        bits.get(index as usize / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    fn set(bits: &mut [u64], index: u32) {
        bits[index as usize / 64] |= 1 << (index % 64);
    }

    fn has_launched(&self, index: u32) -> bool {
        Self::is_set(&self.launched, index)
    }

    /// The next task of a list that was not launched by way of another.
    fn top(list: &mut Vec<u32>, launched: &[u64]) -> Option<u32> {
        while let Some(&index) = list.last() {
            if !Self::is_set(launched, index) {
                return Some(index);
            }
            list.pop();
        }
        None
    }

    /// The lowest task that has no preference, or of all.
    fn lowest(&mut self, any: bool) -> Option<u32> {
        while self.cursor < self.tasks && self.has_launched(self.cursor) {
            self.cursor += 1;
        }
        (self.cursor..self.tasks)
            .find(|&index| !self.has_launched(index) && (any || !Self::is_set(&self.prefers, index)))
    }

    /// A task that has succeeded is not to be launched.
    pub(super) fn leave_out(&mut self, index: u32) {
        if let Some(at) = self.retries.iter().position(|&retry| retry == index) {
            self.retries.remove(at);
            self.left -= 1;
        } else if !self.has_launched(index) {
            self.orphans.retain(|&orphan| orphan != index);
            self.launch(index);
        }
    }

    /// There are so many executors now.
    pub(super) fn grow(&mut self, executors: usize) {
        if !self.by_executor.is_empty() {
            self.by_executor.resize_with(executors, Vec::new);
        }
    }

    pub(super) fn left(&self) -> u32 {
        self.left
    }

    pub(super) fn is_placed(&self) -> bool {
        self.placed
    }

    pub(super) fn has_preferences(&self) -> bool {
        !self.prefers.is_empty()
    }

    /// A task for a slot of `executor` on `node`, no further from its data than `level`, and how far that is
    /// (`TaskSetManager.dequeueTaskHelper`).
    fn dequeue(&mut self, executor: u32, node: u32, level: Locality) -> Option<(u32, Locality)> {
        if self.left == 0 {
            return None;
        }
        if let Some(index) = self.retries.pop() {
            return Some((index, Locality::Any));
        }
        if !self.has_preferences() {
            return self.lowest(true).map(|index| (index, Locality::NoPreference));
        }
        let launched = &self.launched;
        if let Some(index) = Self::top(&mut self.by_executor[executor as usize], launched) {
            return Some((index, Locality::Process));
        }
        if level >= Locality::Node
            && let Some(index) = Self::top(&mut self.by_node[node as usize], launched)
        {
            return Some((index, Locality::Node));
        }
        if level >= Locality::NoPreference
            && let Some(index) = self.lowest(false)
        {
            return Some((index, Locality::NoPreference));
        }
        if level == Locality::Any { self.lowest(true).map(|index| (index, Locality::Any)) } else { None }
    }

    /// The same of tasks that the slot's executor may run.
    fn dequeue_allowed(
        &mut self,
        (executor, node): (u32, u32),
        level: Locality,
        allows: impl Fn(u32) -> bool,
    ) -> Option<(u32, Locality)> {
        if let Some(at) = self.retries.iter().rposition(|&index| allows(index)) {
            return Some((self.retries.remove(at), Locality::Any));
        }
        let is_left = |index: &u32| !Self::is_set(&self.launched, *index) && allows(*index);
        let of = |list: &[u32]| list.iter().rev().copied().find(is_left);
        let any = || (self.cursor..self.tasks).find(is_left);
        if !self.has_preferences() {
            return any().map(|index| (index, Locality::NoPreference));
        }
        let process = of(&self.by_executor[executor as usize]).map(|index| (index, Locality::Process));
        let node = || of(&self.by_node[node as usize]).map(|index| (index, Locality::Node));
        let has_none = |index: &u32| is_left(index) && !Self::is_set(&self.prefers, *index);
        let none = || (self.cursor..self.tasks).find(has_none).map(|index| (index, Locality::NoPreference));
        let far = || any().map(|index| (index, Locality::Any));
        process
            .or_else(|| (level >= Locality::Node).then(node).flatten())
            .or_else(|| (level >= Locality::NoPreference).then(none).flatten())
            .or_else(|| (level == Locality::Any).then(far).flatten())
    }

    /// A task that is left, one that has failed before all others.
    pub(super) fn last_left(&self) -> Option<u32> {
        let other = || (self.cursor..self.tasks).find(|&index| !self.has_launched(index));
        self.retries.last().copied().or_else(other)
    }

    /// Whether tasks of this level are left that somebody could run (`computeValidLocalityLevels`,
    /// `getAllowedLocalityLevel`).
    pub(super) fn has_left_at(&mut self, level: Locality, there: impl Fn(Locality, usize) -> bool) -> bool {
        let lists = match level {
            Locality::Process => &mut self.by_executor,
            Locality::Node => &mut self.by_node,
            Locality::NoPreference => return self.indifferent && self.lowest(false).is_some(),
            Locality::Any => return true,
        };
        let launched = &self.launched;
        let mut lists = lists.iter_mut().enumerate();
        lists.any(|(at, list)| Self::top(list, launched).is_some() && there(level, at))
    }

    /// Whether some task had no preference from the beginning, so that Spark has that level.
    pub(super) fn has_indifferent(&self) -> bool {
        self.indifferent
    }

    fn launch(&mut self, index: u32) {
        Self::set(&mut self.launched, index);
        self.left -= 1;
    }

    pub(super) fn retry(&mut self, index: u32) {
        self.retries.push(index);
        self.left += 1;
    }
}

impl<O: Observer> Engine<'_, O> {
    // ---- what is to be launched

    /// The tasks of an attempt of a stage that begins: those that are not done. A recording says where tasks of a first
    /// attempt ran.
    pub(super) fn pending(&self, stage: StageId) -> Pending {
        let state = &self.scheduler.stages[stage.index()];
        let stage = &self.workload.stages[stage.index()];
        let words = (stage.tasks as usize).div_ceil(64);
        let mut pending = Pending {
            left: stage.tasks,
            launched: vec![0; words],
            tasks: stage.tasks,
            delay: Delay::new(self.now),
            submitted: self.now,
            indifferent: true,
            ..Pending::default()
        };
        let executors = self.conf.executors.len();
        pending.placed = state.attempt() == 0
            && !stage.placement.is_empty()
            && stage.placement.iter().all(|place| (place.executor as usize) < executors);
        if pending.placed {
            self.prefer_recorded(stage, &mut pending);
        } else {
            self.prefer_cached(stage, &mut pending);
        }
        if state.attempt() > 0 {
            (0..stage.tasks).filter(|&index| state.is_done(index)).for_each(|index| pending.leave_out(index));
        }
        pending
    }

    fn prefer_recorded(&self, stage: &Stage, pending: &mut Pending) {
        pending.by_executor = vec![Vec::new(); self.conf.executors.len()];
        let mut order: Vec<u32> = (0..stage.tasks).collect();
        order.sort_by_key(|&index| Self::later_first(stage, index));
        for index in order {
            let executor = stage.placement[index as usize].executor as usize;
            if self.cluster.executors[executor].is_gone() {
                pending.orphans.push(index);
            } else {
                pending.by_executor[executor].push(index);
            }
        }
    }

    fn later_first(stage: &Stage, index: u32) -> std::cmp::Reverse<(SimTime, u32)> {
        std::cmp::Reverse((stage.placement[index as usize].not_before, index))
    }

    /// An executor is gone: the recorded tasks that it was to run are anybody's.
    pub(super) fn orphan_tasks(&mut self, executor: ExecutorId) {
        for &(_, stage) in &self.scheduler.active {
            let pending = &mut self.scheduler.stages[stage.index()].pending;
            if pending.placed {
                let table = &self.workload.stages[stage.index()];
                let tasks = std::mem::take(&mut pending.by_executor[executor.index()]);
                let left = tasks.into_iter().filter(|&index| !Pending::is_set(&pending.launched, index));
                pending.orphans.extend(left);
                pending.orphans.sort_by_key(|&index| Self::later_first(table, index));
            }
        }
    }

    /// Tasks go where the first cached partition that they read is.
    fn prefer_cached(&self, stage: &Stage, pending: &mut Pending) {
        let program = &self.workload.programs[stage.program.index()];
        let Some((rdd, partition)) = program.ops.iter().find_map(|op| match op {
            Op::ReadBlock { rdd, partition } => Some((*rdd, *partition)),
            _ => None,
        }) else {
            return;
        };
        let columns = usize::from(program.columns);
        let first = self.first_blocks[rdd.index()].0;
        let nodes = self.disks.len();
        let mut preferring = 0;
        for index in (0..stage.tasks).rev() {
            let values = &stage.values[index as usize * columns..][..columns];
            let block = crate::ids::BlockId(first + partition.of(values) as u32);
            for copy in self.cluster.blocks.copies_of(block) {
                let copy = &self.cluster.blocks[copy];
                if !copy.in_memory && !copy.on_disk {
                    continue;
                }
                if pending.prefers.is_empty() {
                    pending.prefers = vec![0; pending.launched.len()];
                    pending.by_executor = vec![Vec::new(); self.conf.executors.len()];
                    pending.by_node = vec![Vec::new(); nodes];
                }
                if !Pending::is_set(&pending.prefers, index) {
                    Pending::set(&mut pending.prefers, index);
                    preferring += 1;
                }
                pending.by_executor[copy.executor.index()].push(index);
                pending.by_node[self.conf.executors[copy.executor.index()].node as usize].push(index);
            }
        }
        pending.indifferent = preferring < stage.tasks;
    }

    // ---- offers

    pub(super) fn schedule_offer(&mut self, time: SimTime) {
        if self.scheduler.next_offer.is_none_or(|next| time < next) {
            self.scheduler.next_offer = Some(time);
            self.queue.push(time, Happening::Offer);
        }
    }

    /// Offers every free slot to the active stages.
    pub(super) fn offer(&mut self) {
        if self.scheduler.next_offer.is_some_and(|next| next <= self.now) {
            self.scheduler.next_offer = None;
        }
        let mut again: Option<SimTime> = None;
        let before = self.left_before_offer();
        let fair = self.fair_stages();
        for at in 0..self.scheduler.active.len() {
            let stage = fair.as_ref().map_or(self.scheduler.active[at].1, |order| order[at]);
            let wait = self.offer_to(stage);
            again = [again, wait].into_iter().flatten().min();
            if self.cluster.executors.iter().all(|executor| executor.free_slots.is_empty()) {
                break;
            }
        }
        if let Some(time) = again {
            self.schedule_offer(time);
        }
        self.give_up_unschedulable(&before.unwrap_or_default());
    }

    /// The active stages in the order of their pools, where jobs share slots.
    fn fair_stages(&self) -> Option<Vec<StageId>> {
        let active = &self.scheduler.active;
        if !self.conf.scheduling.fair || active.len() < 2 {
            return None;
        }
        let running = |stage: StageId| self.scheduler.stages[stage.index()].running;
        let sets = active.iter().map(|&(job, stage)| TaskSet { job, stage, running: running(stage) });
        Some(fair_order(&self.workload.pools, &sets.collect::<Vec<_>>()))
    }

    /// Launches what can be launched of a stage; returns when more can be.
    fn offer_to(&mut self, stage: StageId) -> Option<SimTime> {
        if self.scheduler.stages[stage.index()].pending.placed {
            return self.offer_recorded(stage);
        }
        let (allowed, again) = self.allowed_locality(stage);
        let mut nearest: Option<Locality> = None;
        for pass in Locality::PASSES {
            let pending = &self.scheduler.stages[stage.index()].pending;
            // Where there are tasks without a preference, their pass takes node-local ones too, waits or not.
            let has_own_pass = pass == Locality::NoPreference && pending.has_indifferent();
            if pass > allowed && !has_own_pass {
                continue;
            }
            while let Some(launched) = self.offer_pass(stage, pass) {
                nearest = Some(nearest.map_or(launched, |nearest| nearest.min(launched)));
            }
        }
        self.offered(stage, allowed, nearest);
        if allowed == Locality::Any {
            self.offer_copies(stage);
        }
        let left = self.scheduler.stages[stage.index()].pending.left;
        again.filter(|_| left > 0)
    }

    /// Offers one slot of each executor to a stage; returns how near to its data the nearest launched task is
    /// (`resourceOfferSingleTaskSet`).
    fn offer_pass(&mut self, stage: StageId, pass: Locality) -> Option<Locality> {
        let mut nearest: Option<Locality> = None;
        for executor in 0..self.cluster.executors.len() as u32 {
            if self.cluster.executors[executor as usize].free_slots.is_empty() {
                continue;
            }
            let node = self.conf.executors[executor as usize].node;
            if self.is_left_out(executor) {
                continue;
            }
            let state = &mut self.scheduler.stages[stage.index()];
            let next = match (&state.exclusion, &self.conf.failures.exclusion) {
                (Some(set), Some(conf)) => state.pending.dequeue_allowed((executor, node), pass, |index| {
                    set.allows(conf, (executor, node), index)
                }),
                _ => state.pending.dequeue(executor, node, pass),
            };
            let Some((index, locality)) = next else { continue };
            state.pending.launch(index);
            self.launch(stage, index, executor, false);
            nearest = Some(nearest.map_or(locality, |nearest| nearest.min(locality)));
        }
        nearest
    }

    /// A recorded task runs where it ran, and no earlier; it waits for an executor that has yet to come. Tasks whose
    /// executor is gone are offered to all others.
    fn offer_recorded(&mut self, stage: StageId) -> Option<SimTime> {
        let table = &self.workload.stages[stage.index()];
        let mut again: Option<SimTime> = None;
        for executor in 0..self.cluster.executors.len() as u32 {
            while !self.cluster.executors[executor as usize].free_slots.is_empty() {
                let pending = &mut self.scheduler.stages[stage.index()].pending;
                let submitted = pending.submitted;
                let retry = pending
                    .retries
                    .iter()
                    .position(|&index| table.placement[index as usize].executor == executor);
                if let Some(at) = retry {
                    let index = pending.retries.remove(at);
                    pending.left -= 1;
                    self.launch(stage, index, executor, false);
                    continue;
                }
                let launched = &pending.launched;
                let Some(index) = Pending::top(&mut pending.by_executor[executor as usize], launched) else {
                    break;
                };
                let due = submitted + table.placement[index as usize].not_before;
                if due > self.now {
                    again = Some(again.map_or(due, |again| again.min(due)));
                    break;
                }
                pending.launch(index);
                self.launch(stage, index, executor, false);
            }
        }
        [again, self.offer_orphans(stage)].into_iter().flatten().min()
    }

    /// The recorded tasks whose executor is gone: one an executor and pass.
    fn offer_orphans(&mut self, stage: StageId) -> Option<SimTime> {
        let table = &self.workload.stages[stage.index()];
        let mut launched = true;
        while std::mem::take(&mut launched) {
            for executor in 0..self.cluster.executors.len() as u32 {
                if self.cluster.executors[executor as usize].free_slots.is_empty() {
                    continue;
                }
                let pending = &mut self.scheduler.stages[stage.index()].pending;
                let executors = &self.cluster.executors;
                let is_orphan =
                    |&index: &u32| executors[table.placement[index as usize].executor as usize].is_gone();
                let index = if let Some(at) = pending.retries.iter().position(is_orphan) {
                    pending.left -= 1;
                    pending.retries.remove(at)
                } else {
                    let index = *pending.orphans.last()?;
                    let due = pending.submitted + table.placement[index as usize].not_before;
                    if due > self.now {
                        return Some(due);
                    }
                    pending.orphans.pop();
                    pending.launch(index);
                    index
                };
                self.launch(stage, index, executor, false);
                launched = true;
            }
        }
        None
    }

    /// Launches a task, or a copy of one that is slow.
    pub(super) fn launch(&mut self, stage: StageId, index: u32, executor: u32, speculative: bool) {
        let state = &mut self.cluster.executors[executor as usize];
        let slot = state.free_slots.pop().expect("the slot is free");
        let attempt = state.first_attempt + slot;
        let now = self.now;
        let running = &mut self.attempts[attempt as usize];
        running.info.stage = stage;
        running.info.index = index;
        running.info.attempt = self.scheduler.stages[stage.index()].next_attempt(index);
        running.info.speculative = speculative;
        running.info.stage_attempt = self.scheduler.stages[stage.index()].attempt();
        running.info.launched = now;
        running.metrics = TaskMetrics::default();
        running.since = now;
        running.doing = Doing::Launching;
        let info = running.info;
        self.enter_heap(attempt);
        self.push_frame(attempt, FrameOf::Task { stage, index });
        self.emit(Event::AttemptLaunched(&info));
        let driver_free = self.scheduler.driver_free.max(now) + self.conf.cost.driver_launch;
        self.scheduler.driver_free = driver_free;
        self.resume_at(attempt, driver_free + self.conf.cost.executor_launch);
        let tasks = self.workload.stages[stage.index()].tasks;
        let of_stage = &mut self.scheduler.stages[stage.index()];
        of_stage.running += 1;
        if speculative {
            of_stage.tries(index, tasks).others += 1;
        }
        self.speculation_launch(stage);
        self.allocation_executor(ExecutorId(executor));
    }
}

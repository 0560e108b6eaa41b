//! Which task goes to which slot.
//!
//! Spark: `TaskSchedulerImpl.resourceOffers`, `TaskSetManager.scala`. FIFO by job, then stage; one task an executor and
//! pass; process-local, node-local, any, each level for `spark.locality.wait`; lowest index first. Spark shuffles the
//! executors of an offer; here they stand in order of their index.

use super::Engine;
use super::attempt::{Doing, FrameOf};
use super::executor::Executor;
use super::queue::Happening;
use crate::ids::{ExecutorId, StageId};
use crate::observe::{Event, Observer, TaskMetrics};
use crate::units::SimTime;
use crate::workload::{Op, Stage};

/// How far a task may be from its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Locality {
    Process,
    Node,
    Any,
}

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
    level: usize,
    last_launch: SimTime,
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

    fn has_preferences(&self) -> bool {
        !self.prefers.is_empty()
    }

    /// A task for a slot of `executor` on `node`, no further from its data than `level`.
    fn dequeue(&mut self, executor: u32, node: u32, level: Locality) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        if let Some(index) = self.retries.pop() {
            return Some(index);
        }
        if !self.has_preferences() {
            return self.lowest(true);
        }
        let launched = &self.launched;
        if let Some(index) = Self::top(&mut self.by_executor[executor as usize], launched) {
            return Some(index);
        }
        if level >= Locality::Node
            && let Some(index) = Self::top(&mut self.by_node[node as usize], launched)
        {
            return Some(index);
        }
        self.lowest(level == Locality::Any)
    }

    fn launch(&mut self, index: u32) {
        Self::set(&mut self.launched, index);
        self.left -= 1;
    }

    pub(super) fn retry(&mut self, index: u32) {
        self.retries.push(index);
        self.left += 1;
    }

    /// How far tasks may be launched now, and when that changes.
    fn allowed(
        &mut self,
        now: SimTime,
        wait: SimTime,
        executors: &[Executor],
    ) -> (Locality, Option<SimTime>) {
        const LEVELS: [Locality; 3] = [Locality::Process, Locality::Node, Locality::Any];
        if !self.has_preferences() {
            return (Locality::Any, None);
        }
        let there = |level: usize, at: usize| match level {
            0 => executors[at].is_there(),
            _ => executors.iter().any(|executor| executor.is_there() && executor.node as usize == at),
        };
        while self.level < 2 {
            let level = self.level;
            let lists = if level == 0 { &mut self.by_executor } else { &mut self.by_node };
            let launched = &self.launched;
            // Nobody waits for a slot where no executor is (`computeValidLocalityLevels`).
            let mut lists = lists.iter_mut().enumerate();
            let waiting = lists.any(|(at, list)| Self::top(list, launched).is_some() && there(level, at));
            if !waiting {
                self.level += 1;
                self.last_launch = now;
            } else if now - self.last_launch >= wait {
                self.level += 1;
                self.last_launch += wait;
            } else {
                return (LEVELS[self.level], Some(self.last_launch + wait));
            }
        }
        (Locality::Any, None)
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
            last_launch: self.now,
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
                Pending::set(&mut pending.prefers, index);
                pending.by_executor[copy.executor.index()].push(index);
                pending.by_node[self.conf.executors[copy.executor.index()].node as usize].push(index);
            }
        }
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
        for at in 0..self.scheduler.active.len() {
            let (_, stage) = self.scheduler.active[at];
            let wait = self.offer_to(stage);
            again = [again, wait].into_iter().flatten().min();
            if self.cluster.executors.iter().all(|executor| executor.free_slots.is_empty()) {
                break;
            }
        }
        if let Some(time) = again {
            self.schedule_offer(time);
        }
    }

    /// Launches what can be launched of a stage; returns when more can be.
    fn offer_to(&mut self, stage: StageId) -> Option<SimTime> {
        if self.scheduler.stages[stage.index()].pending.placed {
            return self.offer_recorded(stage);
        }
        let (now, wait) = (self.now, self.conf.locality_wait);
        let (allowed, again) =
            self.scheduler.stages[stage.index()].pending.allowed(now, wait, &self.cluster.executors);
        for (number, level) in [Locality::Process, Locality::Node, Locality::Any].into_iter().enumerate() {
            if level > allowed {
                break;
            }
            let mut launched = true;
            while std::mem::take(&mut launched) {
                for executor in 0..self.cluster.executors.len() as u32 {
                    if self.cluster.executors[executor as usize].free_slots.is_empty() {
                        continue;
                    }
                    let node = self.conf.executors[executor as usize].node;
                    let pending = &mut self.scheduler.stages[stage.index()].pending;
                    if pending.has_preferences() && level == Locality::Process && pending.retries.is_empty() {
                        let list = &mut pending.by_executor[executor as usize];
                        if Pending::top(list, &pending.launched).is_none() {
                            continue;
                        }
                    }
                    let Some(index) = pending.dequeue(executor, node, level) else { continue };
                    pending.launch(index);
                    pending.last_launch = now;
                    pending.level = pending.level.min(number);
                    self.launch(stage, index, executor);
                    launched = true;
                }
            }
        }
        let left = self.scheduler.stages[stage.index()].pending.left;
        again.filter(|_| left > 0)
    }

    /// A recorded task runs where it ran, and no earlier; it waits for an executor that has yet to come. Tasks whose
    /// executor is gone are offered to all others.
    fn offer_recorded(&mut self, stage: StageId) -> Option<SimTime> {
        let table = &self.workload.stages[stage.index()];
        let mut again: Option<SimTime> = None;
        for executor in 0..self.cluster.executors.len() as u32 {
            while !self.cluster.executors[executor as usize].free_slots.is_empty() {
                let pending = &mut self.scheduler.stages[stage.index()].pending;
                let submitted = pending.last_launch;
                let retry = pending
                    .retries
                    .iter()
                    .position(|&index| table.placement[index as usize].executor == executor);
                if let Some(at) = retry {
                    let index = pending.retries.remove(at);
                    pending.left -= 1;
                    self.launch(stage, index, executor);
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
                self.launch(stage, index, executor);
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
                    let due = pending.last_launch + table.placement[index as usize].not_before;
                    if due > self.now {
                        return Some(due);
                    }
                    pending.orphans.pop();
                    pending.launch(index);
                    index
                };
                self.launch(stage, index, executor);
                launched = true;
            }
        }
        None
    }

    fn launch(&mut self, stage: StageId, index: u32, executor: u32) {
        let state = &mut self.cluster.executors[executor as usize];
        let slot = state.free_slots.pop().expect("the slot is free");
        let attempt = state.first_attempt + slot;
        let now = self.now;
        let running = &mut self.attempts[attempt as usize];
        running.info.stage = stage;
        running.info.index = index;
        running.info.attempt = self.scheduler.stages[stage.index()].next_attempt(index);
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
    }
}

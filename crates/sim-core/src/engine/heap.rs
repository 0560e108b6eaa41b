//! The heaps of the executors: what lives in them, what collecting their garbage takes, and when they are full.
//!
//! An executor has a heap where somebody makes garbage or user code holds objects; else nothing here happens. Its threads
//! have one clock: what a collection takes from them, it takes from all that compute. Nothing is pushed back at a pause:
//! an attempt whose time is up looks at that clock and goes on for as long as it stood still meanwhile. So a collection
//! costs no event, and an attempt one or two more, whatever is collected.
//!
//! Spark: `Executor.TaskRunner.run` (a fatal error ends the executor, `SparkUncaughtExceptionHandler` with exit code 52),
//! `Executor.computeTotalGcTime` (`JVM GC Time` is what all collectors' beans counted while the task ran).

#[cfg(test)]
#[path = "heap_tests.rs"]
mod tests;

use super::attempt::Attempt;
use super::queue::Happening;
use super::{Engine, JvmConf};
use crate::cluster::jvm::{Heap, HeapVerdict, Mutators, Part};
use crate::ids::ExecutorId;
use crate::memory::MemoryMode;
use crate::observe::Observer;
use crate::outcome::{Cause, HeapReport, Holder, LossReason};
use crate::units::{Bytes, SimTime};
use crate::workload::{Op, Workload};

/// The heap of an executor that is there.
#[derive(Clone, Debug)]
pub(super) struct ExecutorHeap {
    heap: Heap,
    /// Until when it has run.
    at: SimTime,
    /// Attempts that compute.
    computing: u64,
    /// How long collections have held up who computes, in all.
    held_up: SimTime,
    /// What the collectors' beans have counted, in all.
    reported: SimTime,
    /// Accounted bytes that it knows of.
    storage: Bytes,
    execution: Bytes,
    /// Bytes that user code holds.
    objects: Bytes,
    /// Who asked for memory when there was none, and for how much.
    thrower: Option<(u32, u32, Bytes)>,
    /// It has thrown: its JVM is about to end.
    report: Option<HeapReport>,
}

/// What an attempt knows of its executor's heap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeapShare {
    computes: bool,
    /// The heap's clocks when it began to compute, and when it was launched.
    held_up: SimTime,
    reported: SimTime,
    /// Bytes of objects that its code holds.
    objects: Bytes,
}

impl ExecutorHeap {
    fn new(conf: &JvmConf, now: SimTime) -> Box<Self> {
        let mut heap = Heap::new(&conf.heap);
        heap.hold(Part::Cached, conf.base.0);
        heap.collect_all();
        Box::new(Self {
            heap,
            at: now,
            computing: 0,
            held_up: SimTime::ZERO,
            reported: SimTime::ZERO,
            storage: Bytes::ZERO,
            execution: Bytes::ZERO,
            objects: Bytes::ZERO,
            thrower: None,
            report: None,
        })
    }

    /// Lets time pass until now.
    fn run_until(&mut self, now: SimTime, conf: &JvmConf) {
        let wall = now - self.at;
        self.at = now;
        if !conf.collects || wall == SimTime::ZERO {
            return;
        }
        let bytes_per_second = conf.allocation_per_second.0.saturating_mul(self.computing);
        let spent = self.heap.advance(wall.0, Mutators { threads: self.computing, bytes_per_second });
        self.held_up += SimTime(spent.stopped_ns + spent.slowed_ns);
        self.reported += SimTime(spent.reported_ns);
    }

    /// How long all threads have yet to stand still.
    fn owed(&self) -> SimTime {
        SimTime(self.heap.owed_ns())
    }

    /// Takes or gives what the pools hold of the heap now.
    fn follow(&mut self, storage: Bytes, execution: Bytes) {
        let known = [(Part::Cached, self.storage, storage), (Part::Execution, self.execution, execution)];
        for (part, before, after) in known {
            if after > before {
                self.heap.hold(part, (after - before).0);
            } else {
                self.heap.release(part, (before - after).0);
            }
        }
        (self.storage, self.execution) = (storage, execution);
    }
}

/// Whether a run needs heaps: somebody makes garbage or holds objects.
fn needs_heaps(workload: &Workload, conf: &JvmConf) -> bool {
    let holds = |op: &Op| matches!(op, Op::Heap { .. });
    !conf.allocation_per_second.is_zero()
        || workload.programs.iter().any(|program| program.ops.iter().any(holds))
}

impl<O: Observer> Engine<'_, O> {
    /// Gives each executor that is there a heap, if the run needs them.
    pub(super) fn make_heaps(&mut self) {
        self.heaps = needs_heaps(self.workload, &self.conf.jvm);
        for executor in 0..self.cluster.executors.len() {
            self.make_heap(ExecutorId::at(executor));
        }
    }

    /// The same for an executor that registers.
    pub(super) fn make_heap(&mut self, executor: ExecutorId) {
        let state = &mut self.cluster.executors[executor.index()];
        if self.heaps && state.is_there() {
            state.heap = Some(ExecutorHeap::new(&self.conf.jvm, self.now));
        }
    }

    /// The heap of an attempt's executor, until now, and what the attempt knows of it.
    fn heap_of(&mut self, attempt: u32) -> Option<(&mut ExecutorHeap, &mut Attempt)> {
        if !self.heaps {
            return None;
        }
        let state = &mut self.attempts[attempt as usize];
        let heap = self.cluster.executors[state.info.executor.index()].heap.as_mut()?;
        heap.run_until(self.now, &self.conf.jvm);
        Some((heap, state))
    }

    /// An attempt is launched.
    pub(super) fn enter_heap(&mut self, attempt: u32) {
        if let Some((heap, state)) = self.heap_of(attempt) {
            state.heap = HeapShare { reported: heap.reported, ..HeapShare::default() };
        }
    }

    /// An attempt begins to compute, until its timer rings.
    pub(super) fn begin_computing(&mut self, attempt: u32) {
        if let Some((heap, state)) = self.heap_of(attempt) {
            heap.computing += u64::from(!state.heap.computes);
            state.heap.computes = true;
            state.heap.held_up = heap.held_up;
        }
    }

    /// The timer of an attempt rings, or what it waited for has come: whether collections held it up meanwhile, so that it has yet to go on for as long.
    pub(super) fn is_held_up(&mut self, attempt: u32) -> bool {
        let takes_time = self.conf.cost.gc_takes_time;
        let (now, collects) = (self.now, self.conf.jvm.collects && takes_time);
        let Some((heap, state)) = self.heap_of(attempt) else { return false };
        if !state.is_running() {
            return false;
        }
        let time = if state.heap.computes {
            let held_up = heap.held_up - state.heap.held_up;
            let time = if takes_time { held_up } else { SimTime::ZERO };
            state.heap.held_up = heap.held_up;
            if time == SimTime::ZERO {
                heap.computing -= 1;
                state.heap.computes = false;
            }
            time
        } else if collects {
            // All threads stand still: what has come for it waits.
            heap.owed()
        } else {
            SimTime::ZERO
        };
        // What it does has not lasted any longer by that.
        state.since += time;
        state.metrics.gc_wait += time;
        self.watch_heap(attempt, Bytes::ZERO);
        if time > SimTime::ZERO {
            self.resume_at(attempt, now + time);
        }
        time > SimTime::ZERO
    }

    /// An attempt ends: its metrics have what the collectors' beans counted while it ran.
    pub(super) fn count_collections(&mut self, attempt: u32) {
        if let Some((heap, state)) = self.heap_of(attempt) {
            state.metrics.jvm_gc_time = heap.reported - state.heap.reported;
        }
    }

    /// An attempt has ended, and with it the objects of its code.
    pub(super) fn leave_heap(&mut self, attempt: u32) {
        if let Some((heap, state)) = self.heap_of(attempt) {
            heap.computing -= u64::from(state.heap.computes);
            heap.objects -= state.heap.objects;
            heap.heap.release(Part::User, state.heap.objects.0);
            state.heap = HeapShare::default();
        }
    }

    /// The pools of an attempt's executor have changed.
    pub(super) fn follow_pools(&mut self, attempt: u32) {
        if !self.heaps {
            return;
        }
        let executor = self.attempts[attempt as usize].info.executor;
        let manager = &self.cluster.executors[executor.index()].memory.manager;
        let storage = manager.storage(MemoryMode::OnHeap).memory_used();
        let execution = manager.execution(MemoryMode::OnHeap).memory_used();
        if let Some((heap, _)) = self.heap_of(attempt) {
            let asked = (storage + execution).saturating_sub(heap.storage + heap.execution);
            heap.follow(storage, execution);
            self.watch_heap(attempt, asked);
        }
    }

    /// User code of an attempt makes objects that it holds to its end; false where the heap cannot take them.
    pub(super) fn hold_objects(&mut self, attempt: u32, bytes: Bytes) -> bool {
        let Some((heap, state)) = self.heap_of(attempt) else { return true };
        if heap.report.is_some() {
            // Its JVM is ending: it will be lost with it.
            return false;
        }
        heap.heap.hold(Part::User, bytes.0);
        heap.objects += bytes;
        state.heap.objects += bytes;
        if heap.heap.verdict() == HeapVerdict::Fine {
            return true;
        }
        let executor = state.info.executor;
        heap.thrower = Some((attempt, state.generation, bytes));
        self.throw(executor);
        false
    }

    /// Sees to it that a full heap is noticed: after what is going on, since an executor is not lost within it.
    fn watch_heap(&mut self, attempt: u32, asked: Bytes) {
        let state = &self.attempts[attempt as usize];
        let (executor, generation) = (state.info.executor, state.generation);
        let Some(heap) = &mut self.cluster.executors[executor.index()].heap else { return };
        if heap.heap.verdict() != HeapVerdict::Fine && heap.thrower.is_none() {
            heap.thrower = Some((attempt, generation, asked));
            self.queue.push(self.now, Happening::HeapExhausted { executor: executor.0 });
        }
    }

    /// A thread of an executor could not allocate, or the JVM has ended by that.
    pub(super) fn exhaust_heap(&mut self, executor: ExecutorId) {
        let Some(heap) = &self.cluster.executors[executor.index()].heap else { return };
        let Some(report) = &heap.report else { return self.throw(executor) };
        let reason = match heap.heap.verdict() {
            HeapVerdict::GcOverheadLimit => LossReason::GcOverhead(report.clone()),
            _ => LossReason::Heap(report.clone()),
        };
        self.lose_executor(executor, reason);
    }

    /// The attempt whose thread could not allocate fails, and its executor's JVM begins to end: nothing gets on in it
    /// any more, but the driver does not know that yet.
    fn throw(&mut self, executor: ExecutorId) {
        let Some(heap) = &self.cluster.executors[executor.index()].heap else { return };
        let Some((attempt, generation, asked)) = heap.thrower else { return };
        let report = self.report_heap(executor, heap, attempt, asked);
        let cause = match heap.heap.verdict() {
            HeapVerdict::GcOverheadLimit => Cause::GcOverhead(report.clone()),
            _ => Cause::ExecutorHeap(report.clone()),
        };
        if let Some(heap) = &mut self.cluster.executors[executor.index()].heap {
            heap.report = Some(report);
        }
        let exit = self.now + self.conf.jvm.exit;
        self.queue.push(exit, Happening::HeapExhausted { executor: executor.0 });
        let state = &self.attempts[attempt as usize];
        if state.generation != generation || !state.is_running() {
            return;
        }
        let stage = state.info.stage;
        let index = state.info.index;
        self.fail_attempt(attempt, cause.clone());
        // With the driver's JVM ends the application: nothing is tried again.
        if self.conf.jvm.is_driver && self.scheduler.is_active(stage) {
            self.abort_stage(stage, Some(index), 1, cause);
        }
    }

    fn report_heap(&self, executor: ExecutorId, heap: &ExecutorHeap, by: u32, asked: Bytes) -> HeapReport {
        let capacity = Bytes(heap.heap.capacity());
        let known = [
            ("spark itself", self.conf.jvm.base),
            ("storage", heap.storage),
            ("execution", heap.execution),
            ("user objects", heap.objects.saturating_sub(asked)),
        ];
        let live: Bytes = known.iter().map(|&(_, bytes)| bytes).sum();
        let mut parts: Vec<_> = known.into_iter().filter(|(_, bytes)| !bytes.is_zero()).collect();
        parts.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
        let manager = &self.cluster.executors[executor.index()].memory.manager;
        let on_executor = self
            .attempts
            .iter()
            .enumerate()
            .filter(|(_, other)| other.info.executor == executor && other.is_running());
        let holders = on_executor.filter_map(|(index, other)| {
            let accounted = manager.execution(MemoryMode::OnHeap).memory_of(other.slot()).unwrap_or_default();
            let own = if index as u32 == by { asked } else { Bytes::ZERO };
            let objects = other.heap.objects.saturating_sub(own);
            let consumers = [("execution", accounted), ("user objects", objects)];
            let consumers: Vec<_> = consumers.into_iter().filter(|(_, bytes)| !bytes.is_zero()).collect();
            let bytes = accounted + objects;
            let (stage, index) = (other.info.stage, other.info.index);
            (!bytes.is_zero()).then_some(Holder { stage, index, bytes, consumers })
        });
        HeapReport { capacity, live, asked, parts, holders: holders.collect() }
    }
}

//! Steps in Python: an attempt sends rows to its worker, which holds what the function makes of them.
//!
//! A step goes on in portions, between which memory is looked at: its worker may run into `RLIMIT_AS`, its aggregation
//! may spill, its container may be killed.

use super::attempt::{Frame, Transfer};
use super::{Engine, Over};
use crate::cluster::container::ContainerConf;
use crate::cluster::python::{PythonConf, Transport};
use crate::observe::{Event, Observer};
use crate::outcome::Cause;
use crate::units::{Bytes, SimTime};
use crate::workload::{Amount, Op, PythonWork};

/// What an attempt has to do with Python.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PythonState {
    /// Whether any worker works for it.
    engaged: bool,
    /// The worker of the present step, once it has one.
    worker: Option<usize>,
    /// Portions of the present step that were begun.
    portions: u64,
    /// Portions that the worker has taken.
    grown: u64,
    /// What the worker's aggregation holds.
    merged: Bytes,
    /// The worker's resident size from which on it spills; 0 until it has spilled.
    spill_limit: Bytes,
    /// Bytes of a spill that have yet to be written.
    writing: Option<Bytes>,
    /// Batches outside of the heap.
    direct: Bytes,
}

/// Portions of a step at most: memory grows by a 64th.
const PORTIONS: u64 = 64;

/// The amounts of a step for one task.
#[derive(Clone, Copy)]
struct Amounts {
    rows: u64,
    bytes: Bytes,
    objects: Bytes,
    held: Bytes,
    leaked: Bytes,
    merged: Bytes,
    portions: u64,
}

impl Amounts {
    fn of(rows: Amount, bytes: Amount, work: &PythonWork, values: &[u64]) -> Self {
        let size = |amount: Amount| Bytes(amount.of(values));
        Self {
            rows: rows.of(values),
            bytes: size(bytes),
            objects: size(work.objects),
            held: size(work.held),
            leaked: size(work.leaked),
            merged: size(work.merged),
            portions: rows.of(values).clamp(1, PORTIONS),
        }
    }

    /// What the portions before `at` have of an amount.
    fn until(&self, amount: u64, at: u64) -> u64 {
        (u128::from(amount) * u128::from(at) / u128::from(self.portions)) as u64
    }

    /// What portion `at` has of it: all of them add up to the amount.
    fn portion(&self, amount: u64, at: u64) -> u64 {
        self.until(amount, at + 1) - self.until(amount, at)
    }

    /// Batches in the worker: what came, and the objects made of it.
    fn batches(&self, transport: Transport, conf: &PythonConf) -> Bytes {
        let batch = |of: Bytes| transport.batch(self.rows, self.bytes, of, conf);
        batch(self.bytes) + batch(self.objects)
    }

    /// Record batches outside of the JVM's heap: one on its way there, one on its way back.
    fn direct(&self, transport: Transport, conf: &PythonConf) -> Bytes {
        match transport {
            Transport::Arrow => transport.batch(self.rows, self.bytes, self.bytes, conf) * 2,
            Transport::Pickled | Transport::Rdd => Bytes::ZERO,
        }
    }
}

impl<O: Observer> Engine<'_, O> {
    /// Begins the next portion of a step in Python, or goes on to the step after it.
    pub(super) fn python_step(&mut self, attempt: u32, frame: Frame, op: &Op, values: &[u64]) -> bool {
        let Op::Python { queue, rows, bytes, time, work } = *op else { unreachable!("a step in Python") };
        let all = Amounts::of(rows, bytes, &work, values);
        if let Some(disk_bytes) = self.attempts[attempt as usize].python.writing.take() {
            return self.transfer(attempt, Transfer::Disk, Over::Disk, disk_bytes);
        }
        let at = self.attempts[attempt as usize].python.portions;
        if at == all.portions {
            return self.end_python_step(attempt, all.rows);
        }
        if let Some(conf) = self.conf.container
            && self.attempts[attempt as usize].python.grown == at
        {
            if !self.grow_worker(attempt, &work, &all, &conf) {
                return false;
            }
            if self.python_spills(attempt, &conf.python) {
                return self.spill_python(attempt, all.until(all.rows, at + 1), &conf);
            }
        }
        self.attempts[attempt as usize].python.portions += 1;
        let (rows, bytes) = (all.portion(all.rows, at), Bytes(all.portion(all.bytes.0, at)));
        let time = SimTime(all.portion(time.of(values), at));
        match queue {
            Some(queue) => {
                let slot = frame.slot_base as usize + usize::from(queue);
                let queue = self.attempts[attempt as usize].slots[slot].expect("an open slot");
                self.begin_insert(attempt, queue, Some(queue), rows, bytes, time)
            }
            None => self.compute(attempt, time),
        }
    }

    /// The worker takes the next portion; false where its address space ends and the attempt fails.
    fn grow_worker(&mut self, attempt: u32, work: &PythonWork, all: &Amounts, conf: &ContainerConf) -> bool {
        let now = self.now;
        let executor = self.attempts[attempt as usize].info.executor;
        let python = &mut self.attempts[attempt as usize].python;
        let workers = &mut self.cluster.executors[executor.index()].container.workers;
        let (index, came) = match python.worker {
            Some(index) => (index, Bytes::ZERO),
            None => {
                let came = all.direct(work.transport, &conf.python);
                python.direct += came;
                (workers.take(work.transport, attempt, work.own, now), came)
            }
        };
        (python.engaged, python.worker) = (true, Some(index));
        let at = python.portions;
        python.grown = at + 1;
        python.merged += Bytes(all.portion(all.merged.0, at));
        let worker = workers.worker_mut(index);
        let held = Bytes(all.until(all.held.0, at + 1));
        worker.task = all.batches(work.transport, &conf.python) + held + python.merged;
        worker.task_peak = worker.task_peak.max(worker.task);
        worker.leaked += Bytes(all.portion(all.leaked.0, at));
        let needed = worker.address_space();
        self.watch_python(executor, came, Bytes::ZERO);
        match conf.python.worker_limit {
            Some(limit) if needed > limit => {
                self.fail_attempt(attempt, Cause::PythonMemory { needed, limit });
                false
            }
            _ => true,
        }
    }

    /// Whether the aggregation of an attempt's worker is above its limit (`ExternalMerger.mergeValues`).
    fn python_spills(&self, attempt: u32, conf: &PythonConf) -> bool {
        let state = &self.attempts[attempt as usize];
        let Some(index) = state.python.worker.filter(|_| !state.python.merged.is_zero()) else {
            return false;
        };
        let worker = self.cluster.executors[state.info.executor.index()].container.workers.worker(index);
        worker.used() >= conf.worker_memory.max(state.python.spill_limit)
    }

    /// The aggregation of an attempt's worker writes all that it holds (`ExternalMerger._spill`).
    fn spill_python(&mut self, attempt: u32, rows: u64, conf: &ContainerConf) -> bool {
        let state = &mut self.attempts[attempt as usize];
        let index = state.python.worker.expect("an aggregation has a worker");
        let merged = std::mem::take(&mut state.python.merged);
        let workers = &mut self.cluster.executors[state.info.executor.index()].container.workers;
        let worker = workers.worker_mut(index);
        let before = worker.used();
        worker.task -= merged;
        worker.task_peak = worker.task;
        let after = worker.used();
        // _next_limit: what is not given back must not make it spill again at once.
        state.python.spill_limit = conf.python.worker_memory.max(after + after / 20);
        // Python counts whole MiB.
        let spilled = Bytes::mib((before.0 >> 20) - (after.0 >> 20));
        let disk_bytes = self.conf.cost.spill_disk_bytes(merged);
        state.python.writing = Some(disk_bytes);
        state.metrics.memory_bytes_spilled += spilled;
        state.metrics.disk_bytes_spilled += disk_bytes;
        state.metrics.spills += 1;
        let info = state.info;
        let (consumer, bytes) = ("ExternalMerger", merged);
        self.emit(Event::Spilling { attempt: &info, consumer, rows, bytes, disk_bytes });
        self.watch_python(info.executor, Bytes::ZERO, Bytes::ZERO);
        self.compute(attempt, self.conf.cost.spill_cpu(merged))
    }

    /// The last portion is through; what an aggregation that has spilled still holds is written as well
    /// (`ExternalMerger._external_items`).
    fn end_python_step(&mut self, attempt: u32, rows: u64) -> bool {
        let state = &mut self.attempts[attempt as usize];
        let python = state.python;
        if let (Some(conf), false, false) =
            (self.conf.container, python.spill_limit.is_zero(), python.merged.is_zero())
        {
            return self.spill_python(attempt, rows, &conf);
        }
        state.python = PythonState { engaged: python.engaged, ..PythonState::default() };
        state.frames.last_mut().expect("a running attempt has a program").at += 1;
        let executor = state.info.executor;
        self.watch_python(executor, Bytes::ZERO, python.direct);
        true
    }

    /// An attempt ends: its workers wait for another one, or end with it.
    pub(super) fn end_python(&mut self, attempt: u32, succeeded: bool) {
        let python = std::mem::take(&mut self.attempts[attempt as usize].python);
        let Some(conf) = self.conf.container.filter(|_| python.engaged) else { return };
        let (executor, now) = (self.attempts[attempt as usize].info.executor, self.now);
        let workers = &mut self.cluster.executors[executor.index()].container.workers;
        workers.give_back(attempt, succeeded && conf.python.reuse, now);
        self.watch_python(executor, Bytes::ZERO, python.direct);
    }
}

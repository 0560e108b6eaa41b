//! What the containers of executors hold, and who kills them.
//!
//! YARN: `ContainersMonitorImpl` polls; what it finds above the limit is killed, and `YarnAllocator` tells the driver.
//! Kubernetes: the kernel kills at once, and the pod's exit code is 137.

use super::Engine;
use super::queue::Happening;
use crate::cluster::container::{ContainerConf, Held, Limit, Parts};
use crate::cluster::python::Workers;
use crate::ids::ExecutorId;
use crate::memory::MemoryMode;
use crate::observe::Observer;
use crate::outcome::{ContainerReport, ContainerUse, LossReason};
use crate::units::{Bytes, SimTime};

/// What the processes of an executor hold.
#[derive(Clone, Debug, Default)]
pub(super) struct ContainerState {
    held: Held,
    pub(super) workers: Workers,
    /// When it held the most.
    peak: Parts,
    peak_total: Bytes,
    peak_workers: u32,
    killed: Option<(Bytes, i32)>,
    /// It is to be measured because it was above its limit, then with these parts.
    above: Option<Parts>,
}

impl<O: Observer> Engine<'_, O> {
    /// Looks at what a change of memory means for the container.
    pub(super) fn watch_container(&mut self, executor: ExecutorId) {
        let Some(conf) = self.conf.container else { return };
        let state = &mut self.cluster.executors[executor.index()];
        let used = |mode: MemoryMode| {
            let manager = &state.memory.manager;
            manager.execution(mode).memory_used() + manager.storage(mode).memory_used()
        };
        let (heap, off_heap) = (used(MemoryMode::OnHeap), used(MemoryMode::OffHeap));
        let held = &mut state.container.held;
        if heap <= held.heap_peak && off_heap == held.off_heap && held.slots > 0 {
            return;
        }
        held.heap_peak = held.heap_peak.max(heap);
        held.off_heap = off_heap;
        held.slots = state.slots.max(1);
        self.weigh_container(executor, &conf);
    }

    /// Looks at what a change in Python means for the container; `direct` bytes came outside of the heap.
    pub(super) fn watch_python(&mut self, executor: ExecutorId, came: Bytes, went: Bytes) {
        let Some(conf) = self.conf.container else { return };
        let state = &mut self.cluster.executors[executor.index()].container;
        state.held.direct += came;
        state.held.direct -= went;
        state.held.python = state.workers.bytes(!matches!(conf.limit, Limit::Polled { .. }));
        self.weigh_container(executor, &conf);
    }

    /// Adds the parts up, keeps the most, and calls whoever kills what is above the limit.
    fn weigh_container(&mut self, executor: ExecutorId, conf: &ContainerConf) {
        let now = self.now;
        let added = self.conf.executors[executor.index()].added;
        let executor_state = &mut self.cluster.executors[executor.index()];
        if !executor_state.is_there() {
            return;
        }
        let state = &mut executor_state.container;
        let parts = conf.parts(&state.held);
        let total = parts.total();
        if total > state.peak_total {
            (state.peak, state.peak_total) = (parts, total);
        }
        state.peak_workers = state.peak_workers.max(state.workers.count() as u32);
        if conf.limit.bytes().is_none_or(|limit| total <= limit) || state.above.is_some() {
            return;
        }
        state.above = Some(parts);
        let time = match conf.limit {
            Limit::Polled { interval, .. } => next_poll(added, now, interval),
            Limit::None | Limit::Enforced { .. } => now,
        };
        self.queue.push(time, Happening::Measure { executor: executor.0 });
    }

    /// A container that was above its limit is measured: by a poll it is killed if it still is.
    pub(super) fn container_measured(&mut self, executor: ExecutorId) {
        let Some(conf) = self.conf.container else { return };
        let state = &mut self.cluster.executors[executor.index()];
        let above = state.container.above.take();
        let (Some(above), Some(limit), true) = (above, conf.limit.bytes(), state.is_there()) else { return };
        let parts = match conf.limit {
            Limit::Polled { .. } => conf.parts(&state.container.held),
            Limit::None | Limit::Enforced { .. } => above,
        };
        let used = parts.total();
        if used > limit {
            let exit_code = conf.limit.exit_code();
            state.container.killed = Some((used, exit_code));
            let report = ContainerReport { used, limit, parts: parts.by_size(), exit_code };
            self.lose_executor(executor, LossReason::ContainerLimit(report));
        }
    }

    /// What the containers held.
    pub(super) fn container_uses(&self) -> Vec<ContainerUse> {
        let Some(conf) = self.conf.container else { return Vec::new() };
        let uses = self.cluster.executors.iter().map(|executor| ContainerUse {
            limit: conf.limit.bytes(),
            peak: executor.container.peak,
            killed: executor.container.killed,
            workers: executor.container.peak_workers,
        });
        uses.collect()
    }
}

/// The first poll from `now` on, of those that began when the container did.
fn next_poll(began: SimTime, now: SimTime, interval: SimTime) -> SimTime {
    let interval = interval.0.max(1);
    SimTime(began.0 + (now.0 - began.0).div_ceil(interval) * interval)
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;

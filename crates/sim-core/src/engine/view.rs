//! What an observer may look at: the executors, and the attempts on them.

use super::Cluster;
use super::attempt::Attempt;
use crate::ids::{ExecutorId, RddId};
use crate::memory::{MemoryMode, UnifiedMemoryManager};
use crate::observe::View;
use crate::outcome::Holder;
use crate::units::Bytes;

/// A run at one moment.
pub(super) struct Moment<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) attempts: &'a [Attempt],
}

impl View for Moment<'_> {
    fn memory(&self, executor: ExecutorId) -> &UnifiedMemoryManager {
        &self.cluster.executors[executor.index()].memory.manager
    }

    fn unroll_memory(&self, executor: ExecutorId) -> Bytes {
        self.cluster.executors[executor.index()].memory.store.current_unroll_memory()
    }

    fn waiting(&self, executor: ExecutorId) -> u32 {
        self.cluster.executors[executor.index()].pool_waiters
    }

    fn fetch_in_flight(&self, executor: ExecutorId) -> Bytes {
        self.cluster.executors[executor.index()].fetch_in_flight
    }

    fn holders(&self, executor: ExecutorId) -> Vec<Holder> {
        let manager = self.memory(executor);
        let here = self.attempts.iter().filter(|attempt| attempt.info.executor == executor);
        let holders = here.filter(|attempt| attempt.is_running()).filter_map(|attempt| {
            let held = MemoryMode::BOTH.map(|mode| manager.execution(mode).memory_of(attempt.slot()));
            let bytes = held.into_iter().flatten().fold(Bytes::ZERO, |sum, held| sum + held);
            if bytes.is_zero() {
                return None;
            }
            let consumers = attempt
                .consumers
                .ids()
                .map(|id| (attempt.consumers.consumer(id).name(), attempt.consumers.tmm.used(id)));
            let consumers = consumers.filter(|(_, used)| !used.is_zero()).collect();
            Some(Holder { stage: attempt.info.stage, index: attempt.info.index, bytes, consumers })
        });
        holders.collect()
    }

    fn resident(&self, executor: ExecutorId) -> Vec<(Option<RddId>, Bytes)> {
        self.cluster.executors[executor.index()].memory.store.memory_by_rdd()
    }
}

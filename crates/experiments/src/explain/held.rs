//! Snapshots as they are reported.

use std::cmp::Reverse;

use sim_core::memory::MemoryMode;

use super::report::{Held, RddHolding};
use super::watch::Snapshot;
use crate::Case;
use crate::report::HolderReport;

impl Held {
    pub(super) fn of(snapshot: &Snapshot, case: &Case) -> Self {
        let memory = &case.run_conf.executors[snapshot.executor.index()].memory;
        let (unified, region, mode) = match snapshot.mode {
            MemoryMode::OnHeap => (memory.max_heap_memory, memory.on_heap_storage_region, "on_heap"),
            MemoryMode::OffHeap => (memory.max_off_heap_memory, memory.off_heap_storage_region, "off_heap"),
        };
        let mut attempts: Vec<_> = snapshot.holders.iter().map(HolderReport::of).collect();
        attempts.sort_by_key(|attempt| (Reverse(attempt.held_bytes), attempt.stage, attempt.index));
        let rdds = snapshot.resident.iter().map(|&(rdd, held)| RddHolding {
            rdd: rdd.map(|rdd| rdd.0),
            name: rdd
                .map_or("broadcast variables".to_owned(), |rdd| case.workload.rdds[rdd.index()].name.clone()),
            held_bytes: held.0,
        });
        let mut rdds: Vec<_> = rdds.collect();
        rdds.sort_by_key(|rdd| (Reverse(rdd.held_bytes), rdd.rdd));
        Self {
            executor: snapshot.executor.0,
            mode,
            active_tasks: snapshot.active_tasks,
            unified_bytes: unified.0,
            execution_used_bytes: snapshot.execution_used.0,
            storage_used_bytes: snapshot.storage_used.0,
            storage_region_bytes: region.0,
            unroll_bytes: snapshot.unroll.0,
            attempts,
            rdds,
        }
    }

    /// What execution can have at most: all but the blocks that it cannot evict (`computeMaxExecutionPoolSize`).
    pub(super) fn largest_execution_pool(&self) -> u64 {
        self.unified_bytes.saturating_sub(self.storage_used_bytes.min(self.storage_region_bytes))
    }

    /// What one of the active tasks may hold at most.
    pub(super) fn share(&self) -> u64 {
        self.largest_execution_pool() / self.active_tasks.max(1)
    }

    /// What a task holds.
    pub(super) fn of_task(&self, stage: u32, index: u32) -> u64 {
        let of = self.attempts.iter().find(|attempt| (attempt.stage, attempt.index) == (stage, index));
        of.map_or(0, |attempt| attempt.held_bytes)
    }
}

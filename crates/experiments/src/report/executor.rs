//! Executors and cached RDDs in the report.

use serde::Serialize;
use sim_core::memory::MemoryMode;
use sim_core::observe::{ExecutorCounters, RddCounters};
use sim_core::workload::Rdd;

use super::ContainerReport;

/// One executor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutorReport {
    /// Its number.
    pub executor: u32,
    /// The node that it is on.
    pub node: u32,
    /// Its cores.
    pub cores: u32,
    /// The most map output in flight to its attempts: memory outside of the pools.
    pub fetch_in_flight_peak_bytes: u64,
    /// On the heap.
    pub on_heap: PoolPeaks,
    /// Off the heap.
    pub off_heap: PoolPeaks,
    /// What its container held; `null` where that was not watched.
    pub container: Option<ContainerReport>,
    /// When it registered, if it was not there from the beginning.
    pub added_ms: Option<u64>,
    /// When it was lost.
    pub removed_ms: Option<u64>,
    /// The lost executor whose place it took.
    pub instead_of: Option<u32>,
}

/// The most that the pools of one mode held at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PoolPeaks {
    /// Execution memory.
    pub peak_execution_bytes: u64,
    /// Storage memory.
    pub peak_storage_bytes: u64,
    /// Both together.
    pub peak_unified_bytes: u64,
}

impl PoolPeaks {
    pub(super) fn of(counters: &ExecutorCounters, mode: MemoryMode) -> Self {
        let mode = mode as usize;
        Self {
            peak_execution_bytes: counters.peak_execution[mode].0,
            peak_storage_bytes: counters.peak_storage[mode].0,
            peak_unified_bytes: counters.peak_unified[mode].0,
        }
    }
}

/// One cached RDD or query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RddReport {
    /// Its number.
    pub rdd: u32,
    /// Shown to people.
    pub name: String,
    /// Its partitions.
    pub partitions: u64,
    /// Reads from the executor's memory.
    pub memory_reads: u64,
    /// Reads from the executor's disk.
    pub disk_reads: u64,
    /// Reads from other executors.
    pub remote_reads: u64,
    /// Reads of partitions that were nowhere and had to be computed.
    pub computed: u64,
    /// Partitions stored in memory.
    pub stored: u64,
    /// Partitions stored on disk because memory refused them.
    pub stored_on_disk: u64,
    /// Partitions that memory refused.
    pub refused: u64,
    /// Partitions evicted from memory to disk.
    pub evicted_to_disk_blocks: u64,
    /// Their bytes in memory.
    pub evicted_to_disk_bytes: u64,
    /// Partitions evicted from memory and forgotten.
    pub evicted_dropped_blocks: u64,
    /// Their bytes in memory.
    pub evicted_dropped_bytes: u64,
}

impl RddReport {
    pub(super) fn of(number: usize, rdd: &Rdd, counters: &RddCounters) -> Self {
        let [memory_reads, disk_reads, remote_reads, computed] = counters.reads;
        Self {
            rdd: number as u32,
            name: rdd.name.clone(),
            partitions: rdd.partitions.len() as u64,
            memory_reads,
            disk_reads,
            remote_reads,
            computed,
            stored: counters.stored,
            stored_on_disk: counters.stored_on_disk,
            refused: counters.refused,
            evicted_to_disk_blocks: counters.evicted_to_disk.0,
            evicted_to_disk_bytes: counters.evicted_to_disk.1.0,
            evicted_dropped_blocks: counters.evicted_dropped.0,
            evicted_dropped_bytes: counters.evicted_dropped.1.0,
        }
    }
}

//! What Spark's task metrics say of an attempt, and where its time went.

use crate::units::{Bytes, SimTime};

/// What Spark's task metrics say of an attempt, and where its time went: every nanosecond from its launch to its end
/// is in one of the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskMetrics {
    /// `Memory Bytes Spilled`.
    pub memory_bytes_spilled: Bytes,
    /// `Disk Bytes Spilled`.
    pub disk_bytes_spilled: Bytes,
    /// `Peak Execution Memory`: the sum of the peaks of its consumers.
    pub peak_execution_memory: Bytes,
    /// Number of spills.
    pub spills: u64,
    /// Bytes read from storage and from cached blocks.
    pub input_bytes: Bytes,
    /// Bytes fetched from shuffles.
    pub shuffle_read_bytes: Bytes,
    /// Bytes written as map output.
    pub shuffle_write_bytes: Bytes,
    /// Partitions of cached RDDs read from memory, disk or another executor.
    pub cache_hits: u64,
    /// Partitions of cached RDDs that it had to compute.
    pub cache_misses: u64,
    /// Blocks of RDDs that its requests evicted for execution memory, and their bytes.
    pub evicted_for_execution: (u64, Bytes),
    /// Blocks of RDDs that its requests evicted to store other blocks, and their bytes.
    pub evicted_for_storage: (u64, Bytes),
    /// Time of computing, without serializing.
    pub cpu: SimTime,
    /// CPU time of writing records to shuffles, blocks and results as bytes, and of reading them back. That of spills
    /// is a part of `spill`.
    pub serialization: SimTime,
    /// Time of waiting for map output, and of writing it.
    pub shuffle: SimTime,
    /// Time in which collections of garbage held it up: they stopped its thread, or took its processor.
    pub gc_wait: SimTime,
    /// Time of moving what is no map output between nodes: cached blocks, broadcast variables, results.
    pub network: SimTime,
    /// Time of reading and writing input, output and cached blocks on disk.
    pub disk: SimTime,
    /// Time of writing blocks that its requests evicted.
    pub evict: SimTime,
    /// Time of serializing and writing spills.
    pub spill: SimTime,
    /// Time of waiting for the pool.
    pub pool_wait: SimTime,
    /// Time of waiting for the memory manager's lock, and for blocks that others compute.
    pub lock_wait: SimTime,
    /// Time of launching.
    pub launch: SimTime,
    /// Time in which the driver fetched its result as a block, its executor being done with it (`Getting Result Time`).
    pub getting_result: SimTime,
    /// `JVM GC Time`: what the beans of all collectors of its executor counted while it ran; not a part of its own time.
    pub jvm_gc_time: SimTime,
}

impl TaskMetrics {
    /// All time from launch to end.
    #[must_use]
    pub fn duration(&self) -> SimTime {
        self.cpu
            + self.serialization
            + self.shuffle
            + self.gc_wait
            + self.network
            + self.disk
            + self.evict
            + self.spill
            + self.pool_wait
            + self.lock_wait
            + self.launch
            + self.getting_result
    }

    /// The same with no time in any part.
    #[must_use]
    pub const fn timeless(self) -> Self {
        const ZERO: SimTime = SimTime::ZERO;
        Self {
            cpu: ZERO,
            serialization: ZERO,
            shuffle: ZERO,
            gc_wait: ZERO,
            network: ZERO,
            disk: ZERO,
            evict: ZERO,
            spill: ZERO,
            pool_wait: ZERO,
            lock_wait: ZERO,
            launch: ZERO,
            getting_result: ZERO,
            jvm_gc_time: ZERO,
            ..self
        }
    }

    /// Adds the metrics of another attempt.
    pub fn add(&mut self, other: &Self) {
        let add = |sum: &mut (u64, Bytes), (blocks, bytes): (u64, Bytes)| {
            sum.0 += blocks;
            sum.1 += bytes;
        };
        self.memory_bytes_spilled += other.memory_bytes_spilled;
        self.disk_bytes_spilled += other.disk_bytes_spilled;
        self.peak_execution_memory += other.peak_execution_memory;
        self.spills += other.spills;
        self.input_bytes += other.input_bytes;
        self.shuffle_read_bytes += other.shuffle_read_bytes;
        self.shuffle_write_bytes += other.shuffle_write_bytes;
        self.cache_hits += other.cache_hits;
        self.cache_misses += other.cache_misses;
        add(&mut self.evicted_for_execution, other.evicted_for_execution);
        add(&mut self.evicted_for_storage, other.evicted_for_storage);
        self.cpu += other.cpu;
        self.serialization += other.serialization;
        self.shuffle += other.shuffle;
        self.gc_wait += other.gc_wait;
        self.jvm_gc_time += other.jvm_gc_time;
        self.network += other.network;
        self.disk += other.disk;
        self.evict += other.evict;
        self.spill += other.spill;
        self.pool_wait += other.pool_wait;
        self.lock_wait += other.lock_wait;
        self.launch += other.launch;
        self.getting_result += other.getting_result;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_all_of_its_parts() {
        let one = SimTime(1);
        let parts = TaskMetrics {
            cpu: one,
            serialization: one,
            shuffle: one,
            gc_wait: one,
            network: one,
            disk: one,
            evict: one,
            spill: one,
            pool_wait: one,
            lock_wait: one,
            launch: one,
            getting_result: one,
            ..TaskMetrics::default()
        };
        assert_eq!(parts.duration(), SimTime(12));
        let mut twice = parts;
        twice.add(&parts);
        assert_eq!(twice.duration(), SimTime(24));
        assert_eq!(twice.timeless(), TaskMetrics::default());
    }
}

//! Where the time of attempts went.

use serde::Serialize;
use sim_core::observe::TaskMetrics;
use sim_core::units::SimTime;

/// Where the time of attempts went, in milliseconds; the parts add up to their durations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TimeParts {
    /// Computing, without serializing.
    pub cpu: u64,
    /// CPU time of writing records to shuffles and results as bytes, and of reading them back.
    pub serialization: u64,
    /// Waiting for map output, and writing it.
    pub shuffle: u64,
    /// Stopped by the collector.
    pub gc: u64,
    /// Moving what is no map output between nodes: cached blocks, broadcast variables, results.
    pub network: u64,
    /// Reading and writing input, output, cached and evicted blocks on disk.
    pub disk: u64,
    /// Serializing and writing spills.
    pub spill: u64,
    /// Waiting for the pool, for the memory manager's lock, and for blocks that others compute.
    pub wait: u64,
    /// Being launched.
    pub launch: u64,
}

impl TimeParts {
    /// Names of the parts, in order.
    pub const NAMES: [&str; 9] =
        ["cpu", "serialization", "shuffle", "gc", "network", "disk", "spill", "wait", "launch"];

    /// The parts of a sum of metrics. Each is rounded such that they add up to the whole milliseconds of all of it.
    #[must_use]
    pub fn of(metrics: &TaskMetrics) -> Self {
        let parts = [
            metrics.cpu,
            metrics.serialization,
            metrics.shuffle,
            metrics.gc_wait,
            metrics.network + metrics.getting_result,
            metrics.disk + metrics.evict,
            metrics.spill,
            metrics.pool_wait + metrics.lock_wait,
            metrics.launch,
        ];
        let mut until = SimTime::ZERO;
        let [cpu, serialization, shuffle, gc, network, disk, spill, wait, launch] = parts.map(|part| {
            let before = until.as_ms();
            until += part;
            until.as_ms() - before
        });
        Self { cpu, serialization, shuffle, gc, network, disk, spill, wait, launch }
    }

    /// The parts in order.
    #[must_use]
    pub const fn parts(&self) -> [u64; 9] {
        let Self { cpu, serialization, shuffle, gc, network, disk, spill, wait, launch } = *self;
        [cpu, serialization, shuffle, gc, network, disk, spill, wait, launch]
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.parts().iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_to_the_whole_milliseconds() {
        let third = SimTime(1_666_667);
        let metrics = TaskMetrics { cpu: third, spill: third, launch: third, ..TaskMetrics::default() };
        let parts = TimeParts::of(&metrics);
        assert_eq!((parts.cpu, parts.spill, parts.launch), (1, 2, 2));
        assert_eq!(parts.total(), metrics.duration().as_ms());
        assert_eq!(parts.gc + parts.disk + parts.wait, 0);
    }
}

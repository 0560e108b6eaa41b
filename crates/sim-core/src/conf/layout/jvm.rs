//! What the JVM says its heap is: `Runtime.maxMemory` by collector.
//!
//! Measured on JDK 17 against `-Xmx` from 450 MiB to 70 GiB. A generational collector with
//! survivor spaces leaves one of them out, which is why the unified memory of two equal heaps
//! differs by collector. Of ZGC and Shenandoah only the size of the heap is modelled.

use crate::conf::{Conf, Key};

/// A garbage collector of the JVM (`poolsim.jvm.collector`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collector {
    /// G1, the default of Java 9 and later on a server.
    G1,
    /// Parallel, the default of Java 8.
    Parallel,
    /// Serial, the default with fewer than 2 CPUs or less than 1792 MiB.
    Serial,
    /// ZGC.
    Zgc,
    /// Shenandoah.
    Shenandoah,
    /// Concurrent mark-sweep, up to Java 13.
    Cms,
}

impl Collector {
    /// The collector of a JVM: `poolsim.jvm.collector` where it is set, else what its options name, else the default.
    pub fn of(conf: &Conf, options: Key) -> Collector {
        if !conf.is_set(Key::PoolsimJvmCollector)
            && let Some(named) = conf.text(options).and_then(Collector::of_options)
        {
            return named;
        }
        match conf.word(Key::PoolsimJvmCollector) {
            "parallel" => Collector::Parallel,
            "serial" => Collector::Serial,
            "zgc" => Collector::Zgc,
            "shenandoah" => Collector::Shenandoah,
            "cms" => Collector::Cms,
            _ => Collector::G1,
        }
    }

    /// The collector that options of a JVM turn on, as `-XX:+UseParallelGC`.
    pub fn of_options(options: &str) -> Option<Collector> {
        options.split_whitespace().find_map(|option| match option {
            "-XX:+UseG1GC" => Some(Collector::G1),
            "-XX:+UseParallelGC" => Some(Collector::Parallel),
            "-XX:+UseSerialGC" => Some(Collector::Serial),
            "-XX:+UseZGC" => Some(Collector::Zgc),
            "-XX:+UseShenandoahGC" => Some(Collector::Shenandoah),
            "-XX:+UseConcMarkSweepGC" => Some(Collector::Cms),
            _ => None,
        })
    }
}

/// How `-Xms` stands to `-Xmx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialHeap {
    /// Only `-Xmx` is given, as on YARN and standalone.
    BelowMaximum,
    /// Both are the heap, as the entry point of Kubernetes gives them.
    EqualsMaximum,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// `Runtime.maxMemory` in bytes of a JVM started with `-Xmx` of `heap_bytes`.
pub fn runtime_max_memory(heap_bytes: u64, collector: Collector, initial: InitialHeap) -> u64 {
    match collector {
        Collector::G1 => {
            let region = (heap_bytes / 2048).clamp(MIB, 32 * MIB).next_power_of_two();
            heap_bytes.next_multiple_of(region.max(2 * MIB))
        }
        Collector::Shenandoah => {
            let region = (heap_bytes / 2048).clamp(256 * KIB, 32 * MIB);
            heap_bytes.next_multiple_of(1 << region.ilog2())
        }
        Collector::Zgc => heap_bytes.next_multiple_of(2 * MIB),
        Collector::Parallel => {
            let heap = heap_bytes.next_multiple_of(2 * MIB);
            let young = floor_to(heap / 3, 512 * KIB);
            let survivor = match initial {
                InitialHeap::BelowMaximum => young / 3,
                InitialHeap::EqualsMaximum => young / 8,
            };
            heap - floor_to(survivor, 512 * KIB)
        }
        Collector::Serial => {
            let heap = heap_bytes.next_multiple_of(2 * MIB);
            let young = floor_to(heap / 3, 64 * KIB);
            heap - floor_to(young / 10, 64 * KIB)
        }
        // By the rules of Serial: not measured, since no JDK of today has it.
        Collector::Cms => runtime_max_memory(heap_bytes, Collector::Serial, initial),
    }
}

fn floor_to(bytes: u64, step: u64) -> u64 {
    bytes / step * step
}

#[cfg(test)]
mod tests {
    use super::InitialHeap::{BelowMaximum, EqualsMaximum};
    use super::*;

    #[test]
    fn one_gib_by_collector() {
        let gib = |collector, initial| runtime_max_memory(1 << 30, collector, initial);
        assert_eq!(gib(Collector::G1, BelowMaximum), 1_073_741_824);
        assert_eq!(gib(Collector::Zgc, BelowMaximum), 1_073_741_824);
        assert_eq!(gib(Collector::Shenandoah, EqualsMaximum), 1_073_741_824);
        assert_eq!(gib(Collector::Parallel, BelowMaximum), 954_728_448);
        assert_eq!(gib(Collector::Parallel, EqualsMaximum), 1_029_177_344);
        assert_eq!(gib(Collector::Serial, BelowMaximum), 1_037_959_168);
        assert_eq!(gib(Collector::Serial, EqualsMaximum), 1_037_959_168);
    }

    #[test]
    fn a_heap_is_rounded_up_to_regions() {
        let heap = |mib: u64, collector| runtime_max_memory(mib * MIB, collector, BelowMaximum);
        // 9001 MiB: G1 regions are 8 MiB (rounded up), Shenandoah's 4 MiB (rounded down).
        assert_eq!(heap(9001, Collector::G1), 9008 * MIB);
        assert_eq!(heap(9001, Collector::Shenandoah), 9004 * MIB);
        assert_eq!(heap(9001, Collector::Zgc), 9002 * MIB);
        assert_eq!(heap(451, Collector::G1), 452 * MIB);
        assert_eq!(heap(451, Collector::Shenandoah), 451 * MIB);
    }
}

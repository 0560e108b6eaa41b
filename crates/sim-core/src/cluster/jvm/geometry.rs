//! How a collector divides the heap: HotSpot's defaults.

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// A collector whose collections are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeapCollector {
    /// Parallel: both generations with all threads, everything stopped.
    Parallel,
    /// Serial: as Parallel, with one thread.
    Serial,
    /// G1: young collections that stop, marking that does not, mixed collections.
    G1,
    /// ZGC of one generation: concurrent cycles.
    Zgc,
    /// Concurrent mark-sweep of Java 8: by its documented rules, not calibrated.
    Cms,
}

/// Sizes in bytes of the parts of a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The collector.
    pub collector: HeapCollector,
    /// The whole heap.
    pub heap: u64,
    /// The largest young generation: eden and survivors.
    pub young: u64,
    /// What the old generation holds at most; where the borders move, the whole heap.
    pub old: u64,
    /// The largest survivor space.
    pub survivor: u64,
    /// A region (G1) or a small page (ZGC); 0 for the others.
    pub region: u64,
    /// Threads of a collection that stops everything.
    pub parallel_threads: u64,
    /// Threads of concurrent work.
    pub concurrent_threads: u64,
    /// Processors that the JVM sees.
    pub processors: u64,
    /// Collections that an object survives at most before it is old.
    pub max_tenuring: usize,
}

impl Geometry {
    /// What HotSpot makes of `-Xmx` and `-Xms` of `heap` bytes on a host of `processors`.
    #[must_use]
    pub fn of(collector: HeapCollector, heap: u64, processors: u32) -> Self {
        let processors = u64::from(processors.max(1));
        // `WorkerPolicy::nof_parallel_worker_threads`: all of 8 processors, then five of eight.
        let all = if processors <= 8 { processors } else { 8 + (processors - 8) * 5 / 8 };
        let mut geometry = Self {
            collector,
            heap,
            young: heap / 3,
            old: 0,
            survivor: 0,
            region: 0,
            parallel_threads: all,
            concurrent_threads: all.div_ceil(4),
            processors,
            max_tenuring: 15,
        };
        match collector {
            HeapCollector::Parallel => {
                geometry.young = floor_to(heap / 3, 512 * KIB);
                // `MinSurvivorRatio`: a survivor space takes a third of the young generation at most.
                geometry.survivor = geometry.young / 3;
                geometry.old = heap - geometry.young;
            }
            HeapCollector::Serial => {
                geometry.young = floor_to(heap / 3, 64 * KIB);
                // `SurvivorRatio` of 8: ten parts, two of them survivor spaces.
                geometry.survivor = floor_to(geometry.young / 10, 64 * KIB);
                geometry.old = heap - geometry.young;
                geometry.parallel_threads = 1;
            }
            HeapCollector::Cms => {
                // `CMSYoungGenPerWorker` of 64 MiB, scaled by 1.3 for 64-bit words, for each thread.
                geometry.young = floor_to((heap / 3).min(64 * MIB * 13 / 10 * all), 64 * KIB);
                geometry.survivor = floor_to(geometry.young / 10, 64 * KIB);
                geometry.old = heap - geometry.young;
                geometry.max_tenuring = 6;
            }
            HeapCollector::G1 => {
                geometry.region = (heap / 2048).clamp(MIB, 32 * MIB).next_power_of_two();
                geometry.young = heap * 60 / 100;
                geometry.survivor = geometry.young / 8;
                geometry.old = heap;
            }
            HeapCollector::Zgc => {
                geometry.region = 2 * MIB;
                geometry.young = heap;
                geometry.old = heap;
            }
        }
        geometry
    }

    /// Bytes of an array that is not made in eden: humongous ones of G1 (half a region), else those that do not fit
    /// into half of the young generation.
    #[must_use]
    pub fn large_array(&self) -> u64 {
        match self.collector {
            HeapCollector::G1 => self.region / 2,
            HeapCollector::Zgc => u64::MAX,
            _ => self.young / 2,
        }
    }
}

fn floor_to(bytes: u64, step: u64) -> u64 {
    bytes / step * step
}

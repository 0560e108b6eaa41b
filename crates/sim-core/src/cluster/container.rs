//! What a container holds: the heap as far as it was ever used, what the JVM has beside it, memory off the heap, Python.
//!
//! A container is not measured by what is reserved but by what its processes have touched. The parts that Spark or the
//! workload account for are exact; those of the JVM itself are a model whose constants were measured on Spark 3.5.6
//! under Java 17 (`tests/jvm/container`).

use super::python::PythonConf;
use crate::conf::layout::Collector;
use crate::units::{Bytes, SimTime};

/// What the containers of executors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerConf {
    /// Who measures them, and the limit.
    pub limit: Limit,
    /// `Runtime.maxMemory`: the heap can be touched up to here.
    pub max_heap: Bytes,
    /// The collector of the heap.
    pub collector: Collector,
    /// Its Python workers.
    pub python: PythonConf,
}

/// Who limits a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nobody: standalone workers and `local[n]` have no containers.
    None,
    /// YARN's node manager: it polls the resident sizes of all processes and adds them up
    /// (`ContainersMonitorImpl.isProcessTreeOverLimit`), so that pages which workers share with their daemon count for
    /// each of them.
    Polled {
        /// The size of the container.
        limit: Bytes,
        /// `yarn.nodemanager.container-monitor.interval-ms`.
        interval: SimTime,
    },
    /// The kernel, for the control group of a pod: at once, and shared pages count once.
    Enforced {
        /// `resources.limits.memory`.
        limit: Bytes,
    },
}

impl Limit {
    /// Its bytes, where there is one.
    #[must_use]
    pub const fn bytes(self) -> Option<Bytes> {
        match self {
            Self::None => None,
            Self::Polled { limit, .. } | Self::Enforced { limit } => Some(limit),
        }
    }

    /// With which code an executor above it ends: `ContainerExitStatus.KILLED_EXCEEDED_PMEM`, or SIGKILL.
    #[must_use]
    pub const fn exit_code(self) -> i32 {
        match self {
            Self::Polled { .. } => -104,
            Self::None | Self::Enforced { .. } => 137,
        }
    }
}

/// A part of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Pages of the heap that were ever touched.
    Heap,
    /// Execution and storage memory off the heap.
    OffHeap,
    /// Classes: metaspace, symbols, the archive of classes that JVMs share.
    Classes,
    /// Compiled code.
    Code,
    /// Touched parts of thread stacks.
    Stacks,
    /// Tables of the collector: mark bitmaps, cards, remembered sets.
    Collector,
    /// Direct buffers: netty's arenas, fetched blocks, batches for Python.
    Direct,
    /// What the JVM and its libraries allocate else.
    Native,
    /// Python's daemons and workers.
    Python,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Heap,
        Self::OffHeap,
        Self::Classes,
        Self::Code,
        Self::Stacks,
        Self::Collector,
        Self::Direct,
        Self::Native,
        Self::Python,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::OffHeap => "off_heap",
            Self::Classes => "classes",
            Self::Code => "code",
            Self::Stacks => "stacks",
            Self::Collector => "collector",
            Self::Direct => "direct",
            Self::Native => "native",
            Self::Python => "python",
        }
    }

    /// Whether Spark accounts for every byte of it; else it is this model's.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::OffHeap)
    }
}

/// The parts of a container at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([Bytes; Part::ALL.len()]);

impl Parts {
    /// One of them.
    #[must_use]
    pub const fn of(&self, part: Part) -> Bytes {
        self.0[part as usize]
    }

    /// All together.
    #[must_use]
    pub fn total(&self) -> Bytes {
        self.0.iter().copied().sum()
    }

    /// Those that are not empty, largest first.
    #[must_use]
    pub fn by_size(&self) -> Vec<(&'static str, Bytes)> {
        let mut parts: Vec<_> = Part::ALL.iter().map(|&part| (part.word(), self.of(part))).collect();
        parts.retain(|(_, bytes)| !bytes.is_zero());
        parts.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
        parts
    }
}

/// What an executor holds, as far as its container depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The most that lived on the heap at a time: execution and storage memory, and what else is known of it.
    pub heap_peak: Bytes,
    /// Execution and storage memory off the heap, now.
    pub off_heap: Bytes,
    /// Batches on their way to and from Python, outside of the heap.
    pub direct: Bytes,
    /// Daemons and workers.
    pub python: Bytes,
    /// Slots of the executor.
    pub slots: u32,
}

/// Objects of Spark itself on the heap of an executor.
const SPARK_OBJECTS: Bytes = Bytes::mib(48);
/// Metaspace, class space, symbols and the shared archive, once queries have run.
const CLASSES: Bytes = Bytes::mib(85);
/// The code cache then.
const CODE: Bytes = Bytes::mib(20);
/// Threads of an executor that runs nothing, and those of each slot.
const THREADS: (u64, u64) = (52, 6);
/// What a thread touches of its stack of 1 MiB.
const STACK: Bytes = Bytes::kib(100);
/// The first chunk of netty's arenas.
const NETTY: Bytes = Bytes::mib(8);
/// Arenas of the C library, NIO, zip files, the compiler: what no other part explains.
const NATIVE: Bytes = Bytes::mib(40);

impl ContainerConf {
    /// What is in a container.
    #[must_use]
    pub fn parts(&self, held: &Held) -> Parts {
        let heap = self.touched_heap(held.heap_peak);
        let threads = THREADS.0 + THREADS.1 * u64::from(held.slots);
        let mut parts = Parts::default();
        let mut set = |part: Part, bytes: Bytes| parts.0[part as usize] = bytes;
        set(Part::Heap, heap);
        set(Part::OffHeap, held.off_heap);
        set(Part::Classes, CLASSES);
        set(Part::Code, CODE);
        set(Part::Stacks, STACK * threads);
        set(Part::Collector, self.collector_tables(heap));
        set(Part::Direct, NETTY + held.direct);
        set(Part::Native, NATIVE);
        set(Part::Python, held.python);
        parts
    }

    /// How much of the heap is touched once `live` bytes of the pools lived in it. Garbage lies beside what lives until
    /// a collection comes, and a JVM gives next to nothing back: with G1 four times what lived was touched (measured:
    /// 3.5 to 4.7 times), with Parallel 2.5 times, with Serial twice, and never more than there is. `-Xms` touches
    /// nothing.
    #[must_use]
    pub fn touched_heap(&self, live: Bytes) -> Bytes {
        let live = live.0.saturating_add(SPARK_OBJECTS.0);
        let touched = match self.collector {
            Collector::Parallel | Collector::Cms => live.saturating_mul(5) / 2,
            Collector::Serial => live.saturating_mul(2),
            Collector::G1 | Collector::Zgc | Collector::Shenandoah => live.saturating_mul(4),
        };
        Bytes(touched).min(self.max_heap)
    }

    /// G1 of Java 17 has two mark bitmaps of a bit for each 8 bytes, and three tables of a byte for each card of 512:
    /// 3.7 % of the heap that it has committed; 37 MiB besides. Others have a card table; CMS, ZGC and Shenandoah, of
    /// which nothing was measured, a bitmap.
    fn collector_tables(&self, heap: Bytes) -> Bytes {
        match self.collector {
            Collector::G1 => Bytes::mib(37) + heap / 64 * 2 + heap / 512 * 3,
            Collector::Parallel => Bytes::mib(43) + heap / 512,
            Collector::Serial => Bytes::mib(1) + heap / 512 * 2,
            Collector::Cms | Collector::Zgc | Collector::Shenandoah => Bytes::mib(37) + heap / 64,
        }
    }
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;

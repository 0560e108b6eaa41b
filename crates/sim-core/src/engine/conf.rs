//! What a run is told besides its workload: resolved numbers, no keys.

use super::driver_conf::DriverConf;
use super::failure_conf::FailureConf;
use super::scheduling_conf::SchedulingConf;
use crate::cluster::container::ContainerConf;
use crate::cluster::jvm::{GcCosts, Geometry, HeapCollector, HeapConf};
use crate::memory::consumer::ConsumerConf;
use crate::memory::{ManagerConf, TaskMemoryConf};
use crate::storage::UnrollConf;
use crate::units::{Bytes, SimTime};

/// The configuration of a run.
#[derive(Clone, Debug)]
pub struct RunConf {
    /// The executors, by index.
    pub executors: Vec<ExecutorConf>,
    /// `spark.task.cpus`.
    pub task_cpus: u32,
    /// `spark.task.maxFailures`: failures of one task that abort its stage.
    pub max_failures: u32,
    /// How tasks come to slots, and executors to the application.
    pub scheduling: SchedulingConf,
    /// `spark.storage.unrollMemory*`.
    pub unroll: UnrollConf,
    /// What task memory managers share.
    pub task_memory: TaskMemoryConf,
    /// Constants of the consumers.
    pub consumers: ConsumerConf,
    /// What takes how long.
    pub cost: CostModel,
    /// What the containers of executors are; `None` where nobody watches them and Python takes no memory.
    pub container: Option<ContainerConf>,
    /// The driver.
    pub driver: DriverConf,
    /// The heaps of the executors and their collections of garbage.
    pub jvm: JvmConf,
    /// What happens when executors are lost and tasks fail.
    pub failures: FailureConf,
    /// Events after which a run is given up.
    pub max_events: u64,
}

/// One executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExecutorConf {
    /// The node that it is on; nodes have a disk and a network each.
    pub node: u32,
    /// `spark.executor.cores`.
    pub cores: u32,
    /// Its pools.
    pub memory: ManagerConf,
    /// Bytes of a page (`MemoryManager.defaultPageSizeBytes`).
    pub page_size: Bytes,
    /// When it registers with the driver: until then it is offered nothing and holds nothing.
    pub added: SimTime,
    /// When it is lost with all that it runs and caches; who is lost no later than added was never there.
    pub removed: Option<SimTime>,
}

/// The heap of each executor, beside its pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JvmConf {
    /// The heap, as its collector divides it, and what collections take.
    pub heap: HeapConf,
    /// What it holds before its first task.
    pub base: Bytes,
    /// Garbage that a running task makes in a second of CPU time.
    pub allocation_per_second: Bytes,
    /// Whether collections take time.
    pub collects: bool,
    /// Time between an error for want of heap and the end of its JVM, of which the driver is told by that only.
    pub exit: SimTime,
    /// Whether the executor is the driver too, so that the application ends with it (`local[n]`).
    pub is_driver: bool,
}

impl JvmConf {
    /// A heap in which nothing is collected, since nobody makes garbage.
    #[must_use]
    pub fn idle() -> Self {
        let geometry = Geometry::of(HeapCollector::G1, 1 << 30, 1);
        Self {
            heap: HeapConf { geometry, costs: GcCosts::of(HeapCollector::G1), object_bytes: [64; 3] },
            base: Bytes::ZERO,
            allocation_per_second: Bytes::ZERO,
            collects: false,
            exit: SimTime::ZERO,
            is_driver: false,
        }
    }
}

/// What takes how long. Every figure is a model, not Spark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostModel {
    /// Bytes a second of each node's disk; 0 for no time at all.
    pub disk_bytes_per_second: u64,
    /// Bytes a second of each node's network; 0 for no time at all.
    pub network_bytes_per_second: u64,
    /// Bytes that a spill writes to disk for a million bytes of records: serialization and compression.
    pub spill_disk_ppm: u64,
    /// Picoseconds of CPU for each byte of records that a spill serializes and compresses.
    pub spill_cpu_ps_per_byte: u64,
    /// Whether spills take time at all; their bytes are written as they are.
    pub spills_take_time: bool,
    /// Whether collecting garbage does.
    pub gc_takes_time: bool,
    /// The driver's work for one task; one task after the other.
    pub driver_launch: SimTime,
    /// The executor's work before a task's first step: fetching and deserializing it.
    pub executor_launch: SimTime,
}

impl CostModel {
    /// Nothing takes time but what tasks compute.
    #[must_use]
    pub const fn instant() -> Self {
        Self {
            disk_bytes_per_second: 0,
            network_bytes_per_second: 0,
            spill_disk_ppm: 1_000_000,
            spill_cpu_ps_per_byte: 0,
            spills_take_time: true,
            gc_takes_time: true,
            driver_launch: SimTime::ZERO,
            executor_launch: SimTime::ZERO,
        }
    }

    /// Bytes on disk of a spill of `bytes` of records.
    #[must_use]
    pub fn spill_disk_bytes(&self, bytes: Bytes) -> Bytes {
        Bytes((u128::from(bytes.0) * u128::from(self.spill_disk_ppm) / 1_000_000) as u64)
    }

    /// CPU time of a spill of `bytes` of records.
    #[must_use]
    pub fn spill_cpu(&self, bytes: Bytes) -> SimTime {
        SimTime((u128::from(bytes.0) * u128::from(self.spill_cpu_ps_per_byte) / 1000) as u64)
    }
}

impl Default for CostModel {
    fn default() -> Self {
        Self {
            disk_bytes_per_second: 500 << 20,
            network_bytes_per_second: 1 << 30,
            spill_disk_ppm: 900_000,
            spill_cpu_ps_per_byte: 5_000,
            spills_take_time: true,
            gc_takes_time: true,
            driver_launch: SimTime(500_000),
            executor_launch: SimTime::from_ms(4),
        }
    }
}

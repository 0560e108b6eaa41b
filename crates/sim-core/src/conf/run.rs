//! From settings to the numbers that a run is told: [`RunConf`].

use super::layout::Collector;
use super::layout::{ClusterManager, Deployment, Jvm, Layout, LayoutError};
use super::scheduling;
use super::semantics::{ForceCheck, SorterPeak};
use super::{Conf, Key, containers};
use crate::cluster::jvm::{GcCosts, Geometry, HeapCollector, HeapConf};
use crate::engine::{CostModel, DriverConf, ExecutorConf, JvmConf, RunConf};
use crate::memory::consumer::ConsumerConf;
use crate::memory::{Boundary, ManagerConf, SpillChoice, TaskMemoryConf, TaskShare, WakeOrder};
use crate::storage::UnrollConf;
use crate::units::{Bytes, SimTime};

/// What no Spark key says of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterShape {
    /// Nodes, each with a disk and a network of its own; executors go to them in turn.
    pub nodes: u32,
    /// Events after which a run is given up.
    pub max_events: u64,
}

impl Default for ClusterShape {
    fn default() -> Self {
        Self { nodes: 1, max_events: 10_000_000_000 }
    }
}

/// `n` and `f` of `local[n,f]`: cores and failures of a task.
fn local_master(conf: &Conf) -> (u32, u32) {
    let master = conf.text(Key::Master).unwrap_or_default();
    let inside = master.strip_prefix("local[").and_then(|rest| rest.strip_suffix(']')).unwrap_or("1");
    let mut parts = inside.split(',').map(|part| part.trim().parse().unwrap_or(1));
    (parts.next().unwrap_or(1).max(1), parts.next().unwrap_or(1).max(1))
}

/// Executors that nobody asked for a number of: what YARN and Kubernetes start.
const DEFAULT_EXECUTORS: u32 = 2;

impl RunConf {
    /// The numbers of a run, and the layout of its executors.
    ///
    /// # Errors
    /// What Spark refuses of the settings.
    pub fn resolve(conf: &Conf, shape: ClusterShape) -> Result<(Self, Layout), LayoutError> {
        let deployment = Deployment::of(conf);
        let local = deployment.manager == ClusterManager::Local;
        let (cores, max_failures) = if local {
            local_master(conf)
        } else {
            (positive(conf.int(Key::ExecutorCores)), positive(conf.int(Key::TaskMaxFailures)))
        };
        let jvm =
            if local { Jvm::driver(conf, &deployment, cores) } else { Jvm::executor(conf, &deployment) };
        let layout = Layout::of(conf, jvm)?;
        Layout::check_cores(conf, cores)?;
        let executors = match (local, conf.optional_int(Key::ExecutorInstances)) {
            (true, _) => 1,
            (false, None) => DEFAULT_EXECUTORS,
            (false, Some(instances)) => positive(instances),
        };
        let asked = conf.optional_int(Key::ExecutorInstances).map_or(0, positive);
        let executors = scheduling::initial_executors(conf, local, asked)?.unwrap_or(executors);
        let memory = manager_conf(conf, &layout, cores);
        let nodes = shape.nodes.max(1);
        let executor = |index: u32| ExecutorConf {
            node: index % nodes,
            cores,
            memory,
            page_size: Bytes(layout.page_size_bytes),
            added: SimTime::ZERO,
            removed: None,
        };
        let task_cpus =
            u32::try_from(conf.nano_cpus(Key::TaskCpus).div_ceil(1_000_000_000)).unwrap_or(u32::MAX);
        let mut scheduling = scheduling::scheduling_conf(conf);
        if !local && conf.flag(Key::DynamicAllocationEnabled) {
            let slots = cores / task_cpus.max(1);
            scheduling.allocation = Some(scheduling::allocation_conf(conf, slots, nodes, executor(0)));
        }
        let run = Self {
            executors: (0..executors).map(executor).collect(),
            task_cpus,
            max_failures,
            scheduling,
            unroll: UnrollConf {
                initial: Bytes(conf.int(Key::StorageUnrollMemoryThreshold) as u64),
                check_period: positive(conf.int(Key::StorageUnrollMemoryCheckPeriod)).into(),
                growth_factor: conf.double(Key::StorageUnrollMemoryGrowthFactor),
            },
            task_memory: TaskMemoryConf {
                tungsten_memory_mode: layout.tungsten_mode,
                spill_choice: match conf.word(Key::PoolsimSpillChoice) {
                    "largest-first" => SpillChoice::LargestFirst,
                    "self-first" => SpillChoice::SelfFirst,
                    _ => SpillChoice::Spark,
                },
                allocator_oom_spills: conf.semantics().allocator_oom_retries,
                exception_on_memory_leak: conf.flag(Key::UnsafeExceptionOnMemoryLeak),
            },
            consumers: consumer_conf(conf),
            cost: cost_model(conf),
            container: Some(containers::container_conf(conf, &deployment, &jvm)),
            driver: DriverConf::resolve(conf, &deployment, &layout),
            failures: super::failures::failure_conf(conf, deployment.manager, executors),
            max_events: shape.max_events,
            jvm: jvm_conf(conf, cores, local),
        };
        Ok((run, layout))
    }
}

/// A number whose range the key table has checked, cut to 32 bits.
fn positive(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn manager_conf(conf: &Conf, layout: &Layout, cores: u32) -> ManagerConf {
    let pools = layout.pools;
    let (max_heap, region) = match conf.word(Key::PoolsimBoundary) {
        "static" => static_pools(layout.system_memory_bytes),
        _ => (pools.max_heap_bytes, pools.storage_region_bytes),
    };
    ManagerConf {
        max_heap_memory: Bytes(max_heap),
        on_heap_storage_region: Bytes(region),
        max_off_heap_memory: Bytes(pools.max_off_heap_bytes),
        off_heap_storage_region: Bytes(pools.off_heap_storage_region_bytes),
        boundary: match conf.word(Key::PoolsimBoundary) {
            "unified" => Boundary::Unified,
            _ => Boundary::Fixed,
        },
        task_share: match conf.word(Key::PoolsimTaskShare) {
            "greedy" => TaskShare::Greedy,
            "slots" => TaskShare::Slots(cores),
            _ => TaskShare::Spark,
        },
        wake_order: match conf.word(Key::PoolsimWakeOrder) {
            "fifo" => WakeOrder::Fifo,
            "lifo" => WakeOrder::Lifo,
            "seeded" => WakeOrder::Seeded(conf.int(Key::PoolsimSeed) as u64),
            _ => WakeOrder::Hotspot,
        },
    }
}

/// Both pools and the storage pool of `StaticMemoryManager` (Spark before 1.6, at its defaults): 0.6 of the heap with
/// a safety fraction of 0.9 for storage, 0.2 with 0.8 for execution; nothing is reserved.
fn static_pools(system_memory_bytes: u64) -> (u64, u64) {
    let system = system_memory_bytes as f64;
    let storage = (system * 0.6 * 0.9) as u64;
    let execution = (system * 0.2 * 0.8) as u64;
    (storage + execution, storage)
}

fn consumer_conf(conf: &Conf) -> ConsumerConf {
    let records = |key| conf.int(key).max(1) as u64;
    let semantics = conf.semantics();
    ConsumerConf {
        sort_initial_records: conf.bytes(Key::ShuffleSortInitialBufferSize),
        force_spill_records: records(Key::ShuffleSpillNumElementsForceSpillThreshold),
        force_spill_bytes: if semantics.byte_threshold {
            Bytes(conf.bytes(Key::ShuffleSpillMaxSizeInBytesForSpillThreshold))
        } else {
            Bytes::MAX
        },
        spillable_initial: Bytes(conf.bytes(Key::ShuffleSpillInitialMemoryThreshold)),
        shuffle_radix_sort: conf.flag(Key::ShuffleSortUseRadixSort),
        sql_radix_sort: conf.flag(Key::SqlSortEnableRadixSort),
        forces_before_request: semantics.spillable_force_check == ForceCheck::BeforeRequest,
        counts_page_bytes: semantics.sorter_peak == SorterPeak::CountedPages,
    }
}

fn cost_model(conf: &Conf) -> CostModel {
    let ms = |key| SimTime::from_ms(conf.int(key) as u64);
    let rate = |without, key| if conf.flag(without) { 0 } else { conf.bytes(key) };
    CostModel {
        disk_bytes_per_second: rate(Key::PoolsimWithoutDisk, Key::PoolsimDiskBytesPerSecond),
        network_bytes_per_second: rate(Key::PoolsimWithoutNetwork, Key::PoolsimNetworkBytesPerSecond),
        spill_disk_ppm: (conf.double(Key::PoolsimSpillDiskRatio) * 1e6).round() as u64,
        spill_cpu_ps_per_byte: conf.int(Key::PoolsimSpillCpuBytePs) as u64,
        spills_take_time: !conf.flag(Key::PoolsimWithoutSpill),
        gc_takes_time: !conf.flag(Key::PoolsimWithoutGc),
        driver_launch: ms(Key::PoolsimDriverLaunchMs),
        executor_launch: ms(Key::PoolsimTaskLaunchMs),
    }
}

/// The heap of an executor. Of Shenandoah only the size is modelled: its collections take no time.
fn jvm_conf(conf: &Conf, cores: u32, local: bool) -> JvmConf {
    let options = if local { Key::DriverExtraJavaOptions } else { Key::ExecutorExtraJavaOptions };
    let named = Collector::of(conf, options);
    let collector = match named {
        Collector::G1 => HeapCollector::G1,
        Collector::Parallel => HeapCollector::Parallel,
        Collector::Serial => HeapCollector::Serial,
        Collector::Zgc | Collector::Shenandoah => HeapCollector::Zgc,
        Collector::Cms => HeapCollector::Cms,
    };
    let heap = conf.bytes(if local { Key::DriverMemory } else { Key::ExecutorMemory });
    let object = conf.bytes(Key::PoolsimJvmObjectBytes);
    // Execution memory is arrays and pages.
    let pages = 1 << 20;
    JvmConf {
        heap: HeapConf {
            geometry: Geometry::of(collector, heap, cores),
            costs: GcCosts::in_heap(collector, heap),
            object_bytes: [object, pages, object],
        },
        base: Bytes(conf.bytes(Key::PoolsimJvmBaseHeap)),
        allocation_per_second: Bytes(conf.bytes(Key::PoolsimJvmAllocationBytesPerCpuMs) * 1000),
        collects: conf.flag(Key::PoolsimJvmGc) && named != Collector::Shenandoah,
        exit: SimTime::from_ms(conf.int(Key::PoolsimJvmExitMs) as u64),
        is_driver: local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::SparkVersion;

    #[test]
    fn a_spill_costs_what_serializing_does_unless_it_has_a_cost_of_its_own() {
        let cost = |settings: &[(&str, &str)]| {
            let builder = Conf::builder(SparkVersion::V4_1).layer("test", settings.iter().copied());
            let conf = builder.build().expect("good settings");
            cost_model(&conf).spill_cpu(Bytes(1_000))
        };
        assert_eq!(cost(&[]), SimTime(1_500));
        assert_eq!(cost(&[("poolsim.cpu.serializeBytePs", "200")]), SimTime(200));
        let both = [("poolsim.cpu.serializeBytePs", "200"), ("poolsim.spill.cpuBytePs", "7000")];
        assert_eq!(cost(&both), SimTime(7_000));
    }
}

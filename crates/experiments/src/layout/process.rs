//! One process of an application: what is around its heap, in it, and refused of it.

use sim_core::conf::layout::{
    ClusterManager, Collector, Container, DeployMode, Deployment, InitialHeap, Jvm, Layout, LayoutError,
    ProfileMemory, runtime_max_memory,
};
use sim_core::conf::{Conf, Key};
use sim_core::memory::MemoryMode;

use super::container::{
    application_master_overhead, driver_overhead, executor_overhead, off_heap, pyspark, whole,
};
use super::heap::{self, Started, off_heap_pools};
use super::report::{Part, ProcessLayout, Refusal, Shown};
use super::setting::settings;

/// Task shares that are listed.
const MOST_SHARES: u32 = 1024;
const MIB: u64 = 1 << 20;

/// An executor and what the cluster manager is asked for.
pub(super) fn executor(conf: &Conf, deployment: &Deployment) -> (ProcessLayout, Container) {
    let profile = ProfileMemory::default();
    let (container, off_heap_refused) = match Container::executor(conf, deployment, &profile) {
        Ok(container) => (container, None),
        // The rest of the container is as large as without.
        Err(error) => {
            let without = ProfileMemory { off_heap_mib: Some(1), ..profile };
            let mut container = Container::executor(conf, deployment, &without)
                .expect("a size off the heap is the only refusal");
            container.off_heap_mib = 0;
            (container, Some(error))
        }
    };
    let jvm = Jvm::executor(conf, deployment);
    // A worker gives an executor all its cores where nobody says how many.
    let told = deployment.manager != ClusterManager::Standalone || conf.is_set(Key::ExecutorCores);
    let cores = told.then_some(jvm.cores);
    let started = Started {
        heap: Key::ExecutorMemory,
        options: Some(Key::ExecutorExtraJavaOptions),
        collector: jvm.collector,
        initial: initial(deployment, Key::ExecutorMemory),
        reported_bytes: jvm.system_memory_bytes,
    };
    let layout = off_heap_refused.map_or_else(|| Layout::of(conf, jvm), Err);
    let layout = layout.and_then(|layout| match cores {
        Some(cores) => Layout::check_cores(conf, cores).map(|()| layout),
        None => Ok(layout),
    });
    let sized = layout.as_ref().ok();
    let parts = [
        Some(heap::heap(conf, &started, sized)),
        Some(executor_overhead(conf, deployment, &container)),
        off_heap(
            conf,
            container.off_heap_mib,
            sized.map_or(Vec::new(), |layout| off_heap_pools(conf, layout)),
        ),
        pyspark(conf, container.pyspark_mib),
    ];
    let limited = matches!(deployment.manager, ClusterManager::Yarn | ClusterManager::Kubernetes);
    let whole = whole(parts.into_iter().flatten().collect(), limited);
    let slots = cores.map_or(0, |cores| slots(conf, cores));
    let mut process = process(conf, "executor", whole, &started, layout, &Cores { told: cores, slots });
    process.limited = limited;
    process.python_worker_limit = cores
        .and_then(|cores| Some((cores, container.python_worker_limit_mib(cores)?)))
        .map(|(cores, mib)| {
            let formula = format!("{} / {cores} MiB of address space for each worker", container.pyspark_mib);
            Part::new(
                "python_worker_limit",
                mib * MIB,
                formula,
                "BasePythonRunner: PYSPARK_EXECUTOR_MEMORY_MB",
            )
            .with(settings(conf, [Key::ExecutorPysparkMemory, Key::ExecutorCores]))
        });
    (process, container)
}

/// The driver. In cluster mode on YARN and Kubernetes it has a container.
pub(super) fn driver(conf: &Conf, deployment: &Deployment, local_cores: Option<u32>) -> ProcessLayout {
    let local = deployment.manager == ClusterManager::Local;
    let managed = matches!(deployment.manager, ClusterManager::Yarn | ClusterManager::Kubernetes);
    let limited = managed && deployment.mode == DeployMode::Cluster;
    let cores = match (local, limited && conf.is_set(Key::DriverCores)) {
        (true, _) => local_cores,
        (false, true) => u32::try_from(conf.int(Key::DriverCores)).ok(),
        (false, false) => None,
    };
    let jvm = Jvm::driver(conf, deployment, cores.unwrap_or(1));
    let started = Started {
        heap: Key::DriverMemory,
        options: Some(Key::DriverExtraJavaOptions),
        collector: jvm.collector,
        initial: initial(deployment, Key::DriverMemory),
        reported_bytes: jvm.system_memory_bytes,
    };
    let layout = Layout::of(conf, jvm);
    let sized = layout.as_ref().ok();
    let mut parts = vec![heap::heap(conf, &started, sized)];
    if limited {
        parts.push(driver_overhead(conf, deployment, &Container::driver(conf, deployment)));
    } else if conf.flag(Key::MemoryOffHeapEnabled) {
        let pools = sized.map_or(Vec::new(), |layout| off_heap_pools(conf, layout));
        parts.extend(off_heap(conf, conf.mib(Key::MemoryOffHeapSize), pools));
    }
    let slots = match (local, cores) {
        (true, Some(cores)) => slots(conf, cores),
        _ => 0,
    };
    let mut process =
        process(conf, "driver", whole(parts, limited), &started, layout, &Cores { told: cores, slots });
    process.limited = limited;
    process
}

/// YARN's application master in client mode: a small JVM without pools.
pub(super) fn application_master(conf: &Conf, deployment: &Deployment) -> ProcessLayout {
    let container = Container::application_master(conf, deployment);
    let collector = match conf.is_set(Key::PoolsimJvmCollector) {
        true => Collector::of(conf, Key::DriverExtraJavaOptions),
        false => Collector::G1,
    };
    let initial = InitialHeap::BelowMaximum;
    let started = Started {
        heap: Key::YarnAmMemory,
        options: None,
        collector,
        initial,
        reported_bytes: runtime_max_memory(conf.bytes(Key::YarnAmMemory), collector, initial),
    };
    let parts = vec![heap::heap(conf, &started, None), application_master_overhead(conf, &container)];
    let whole = whole(parts, true);
    let mut heap = heap::report(conf, &started);
    heap.by_collector.clear();
    ProcessLayout {
        process: "application_master",
        limited: true,
        container: whole,
        heap,
        cores: None,
        slots: 0,
        consumers: "on_heap",
        page: None,
        shares: Vec::new(),
        python_worker_limit: None,
        shown: None,
        refused: None,
    }
}

/// Cores of a process: as it was told, and for tasks.
struct Cores {
    told: Option<u32>,
    slots: u32,
}

fn process(
    conf: &Conf,
    name: &'static str,
    container: Part,
    started: &Started,
    layout: Result<Layout, LayoutError>,
    cores: &Cores,
) -> ProcessLayout {
    let refused = layout.as_ref().err().map(|error| refusal(conf, error));
    let layout = layout.ok();
    ProcessLayout {
        process: name,
        limited: false,
        container,
        heap: heap::report(conf, started),
        cores: cores.told,
        slots: cores.slots,
        consumers: match layout.map(|layout| layout.tungsten_mode) {
            Some(MemoryMode::OffHeap) => "off_heap",
            _ => "on_heap",
        },
        page: layout.and_then(|layout| heap::page(conf, &layout, cores.told, started.collector)),
        shares: layout.map_or(Vec::new(), |layout| heap::shares(&layout, cores.slots.min(MOST_SHARES))),
        python_worker_limit: None,
        shown: layout.map(|layout| Shown::of(layout.pools.max_heap_bytes + layout.pools.max_off_heap_bytes)),
        refused,
    }
}

/// What Spark refuses, in our words and in its own.
pub(super) fn refusal(conf: &Conf, error: &LayoutError) -> Refusal {
    Refusal { text: error.to_string(), spark_text: error.spark_text(conf.semantics()) }
}

fn initial(deployment: &Deployment, heap: Key) -> InitialHeap {
    match deployment.manager {
        // The entry point of executors gives both.
        ClusterManager::Kubernetes if heap == Key::ExecutorMemory => InitialHeap::EqualsMaximum,
        _ => InitialHeap::BelowMaximum,
    }
}

/// Tasks that so many cores run at a time.
fn slots(conf: &Conf, cores: u32) -> u32 {
    let slots = u64::from(cores) * 1_000_000_000 / conf.nano_cpus(Key::TaskCpus).max(1);
    u32::try_from(slots).unwrap_or(u32::MAX)
}

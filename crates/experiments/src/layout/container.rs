//! What surrounds the heap: the parts of a container, each with the key or constant that it follows from.

use sim_core::conf::layout::container::{
    MEMORY_OVERHEAD_MIN_MIB, NON_JVM_MEMORY_OVERHEAD_FACTOR, driver_overhead_factor, executor_overhead_factor,
};
use sim_core::conf::layout::{ClusterManager, Container, DeployMode, Deployment, Language};
use sim_core::conf::{Conf, Key};
use workload::scenario::Ground;

use super::report::{Part, PartSetting};
use super::setting::{setting, settings};

const MIB: u64 = 1 << 20;
const OVERHEAD_HOLDS: &str =
    "metaspace, code cache, thread stacks, direct and mapped buffers, Python workers";

/// The keys of a process.
struct OverheadKeys {
    set: Key,
    factor: Key,
    minimum: Key,
}

const EXECUTOR: OverheadKeys = OverheadKeys {
    set: Key::ExecutorMemoryOverhead,
    factor: Key::ExecutorMemoryOverheadFactor,
    minimum: Key::ExecutorMinMemoryOverhead,
};
const DRIVER: OverheadKeys = OverheadKeys {
    set: Key::DriverMemoryOverhead,
    factor: Key::DriverMemoryOverheadFactor,
    minimum: Key::DriverMinMemoryOverhead,
};

/// The overhead of an executor.
pub(super) fn executor_overhead(conf: &Conf, deployment: &Deployment, container: &Container) -> Part {
    let factor = executor_overhead_factor(conf, deployment);
    let cluster = deployment.mode == DeployMode::Cluster;
    let source = match deployment.manager {
        ClusterManager::Kubernetes => "BasicExecutorFeatureStep, ResourceProfile.calculateOverHeadMemory",
        ClusterManager::Standalone => "read by no worker: what a machine should leave beside the heap",
        _ => "ResourceProfile.calculateOverHeadMemory",
    };
    let given = factor_of(conf, deployment, &EXECUTOR, cluster);
    let part = overhead(conf, &EXECUTOR, (factor, given), container, source);
    match deployment.manager {
        ClusterManager::Standalone => part.on(Ground::Model),
        _ => part,
    }
}

/// The overhead of a driver in a container.
pub(super) fn driver_overhead(conf: &Conf, deployment: &Deployment, container: &Container) -> Part {
    let factor = driver_overhead_factor(conf, deployment);
    let source = match deployment.manager {
        ClusterManager::Kubernetes => "BasicDriverFeatureStep.driverMemoryOverhead",
        _ => "deploy.yarn.Client.amMemoryOverhead",
    };
    overhead(conf, &DRIVER, (factor, factor_of(conf, deployment, &DRIVER, true)), container, source)
}

/// The overhead of YARN's application master in client mode: the factor is a constant.
pub(super) fn application_master_overhead(conf: &Conf, container: &Container) -> Part {
    let (mib, heap) = (container.overhead_mib, container.heap_mib);
    let formula = match conf.is_set(Key::YarnAmMemoryOverhead) {
        true => format!("{mib} MiB as set: no minimum applies"),
        false => format!(
            "max(trunc(0.1 x {heap}), {MEMORY_OVERHEAD_MIN_MIB}) MiB = max({}, {MEMORY_OVERHEAD_MIN_MIB}) MiB",
            (0.1 * heap as f64) as u64
        ),
    };
    Part::new("overhead", mib * MIB, formula, "deploy.yarn.Client.amMemoryOverhead")
        .with(settings(conf, [Key::YarnAmMemoryOverhead]))
        .holding(OVERHEAD_HOLDS)
}

/// The setting that a factor comes from; `None` for the constant of Python and R on Kubernetes.
fn factor_of(conf: &Conf, deployment: &Deployment, keys: &OverheadKeys, step: bool) -> Option<PartSetting> {
    if deployment.manager != ClusterManager::Kubernetes || conf.is_set(keys.factor) {
        return Some(setting(conf, keys.factor));
    }
    let all = Key::KubernetesMemoryOverheadFactor;
    let constant = step && deployment.language != Language::Jvm && !conf.is_set(all);
    (!constant).then(|| setting(conf, all))
}

fn overhead(
    conf: &Conf,
    keys: &OverheadKeys,
    (factor, given): (f64, Option<PartSetting>),
    container: &Container,
    source: &'static str,
) -> Part {
    let (mib, heap) = (container.overhead_mib, conf_heap(conf, keys));
    if conf.is_set(keys.set) {
        let formula = format!("{mib} MiB as set: no minimum applies");
        return Part::new("overhead", mib * MIB, formula, source)
            .with(settings(conf, [keys.set]))
            .holding(OVERHEAD_HOLDS);
    }
    let minimum_is_key = conf.semantics().min_overhead_is_a_key;
    let minimum = if minimum_is_key { conf.mib(keys.minimum) } else { MEMORY_OVERHEAD_MIN_MIB };
    let share = (factor * heap as f64) as i32;
    let mut formula = format!("max(trunc({factor} x {heap}), {minimum}) MiB = max({share}, {minimum}) MiB");
    let mut used = vec![setting(conf, keys.set)];
    match given {
        Some(setting) => used.push(setting),
        None if keys.set == Key::ExecutorMemoryOverhead => {
            formula.push_str(&format!(
                "; {NON_JVM_MEMORY_OVERHEAD_FACTOR} for Python and R, handed on by the driver's pod in \
                 spark.kubernetes.memoryOverheadFactor"
            ));
        }
        None => formula.push_str(&format!("; {NON_JVM_MEMORY_OVERHEAD_FACTOR} for Python and R")),
    }
    if minimum_is_key {
        used.push(setting(conf, keys.minimum));
    }
    Part::new("overhead", mib * MIB, formula, source).with(used).holding(OVERHEAD_HOLDS)
}

fn conf_heap(conf: &Conf, keys: &OverheadKeys) -> u64 {
    conf.mib(match keys.set {
        Key::ExecutorMemoryOverhead => Key::ExecutorMemory,
        _ => Key::DriverMemory,
    })
}

/// Off-heap memory, as far as the container counts it; nothing where it is not enabled.
pub(super) fn off_heap(conf: &Conf, mib: u64, parts: Vec<Part>) -> Option<Part> {
    (mib > 0).then(|| {
        let size = conf.bytes(Key::MemoryOffHeapSize);
        let formula = match size % MIB {
            0 => format!("{size} bytes, as enabled"),
            _ => format!("trunc({size} / {MIB}) MiB, as enabled"),
        };
        Part::new("off_heap", mib * MIB, formula, "Utils.checkOffHeapEnabled")
            .with(settings(conf, [Key::MemoryOffHeapEnabled, Key::MemoryOffHeapSize]))
            .holding("pages of consumers and OFF_HEAP blocks")
            .of(parts)
    })
}

/// Python's own memory; nothing where it is not set.
pub(super) fn pyspark(conf: &Conf, mib: u64) -> Option<Part> {
    (mib > 0).then(|| {
        Part::new(
            "pyspark",
            mib * MIB,
            format!("{mib} MiB as set"),
            "ResourceProfile.getResourcesForClusterManager",
        )
        .with(settings(conf, [Key::ExecutorPysparkMemory]))
        .holding("all Python workers of the executor")
    })
}

/// The whole, with the parts from left to right.
pub(super) fn whole(parts: Vec<Part>, limited: bool) -> Part {
    let bytes = parts.iter().map(|part| part.bytes).sum();
    let terms: Vec<String> = parts.iter().map(|part| format!("{} {}", part.bytes / MIB, part.name)).collect();
    let formula = match terms.as_slice() {
        [only] => format!("{only} MiB"),
        terms => format!("{} MiB", terms.join(" + ")),
    };
    let (name, source) = match limited {
        true => ("container", "ResourceProfile.getResourcesForClusterManager: totalMemMiB"),
        false => ("process", "no container: nothing limits the sum"),
    };
    Part::new(name, bytes, formula, source).on(Ground::Arithmetic).of(parts)
}

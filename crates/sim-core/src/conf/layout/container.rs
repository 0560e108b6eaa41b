//! Container sizes in whole MiB: what surrounds the heap.
//!
//! Follows `ResourceProfile.getResourcesForClusterManager` and `calculateOverHeadMemory`, the
//! allocators of YARN, and `BasicExecutorFeatureStep` and `BasicDriverFeatureStep` of Kubernetes.
//! Standalone workers and `local[n]` have no container: there the sum is what a machine needs.

use super::deployment::{ClusterManager, DeployMode, Deployment, Language};
use super::error::LayoutError;
use crate::conf::{Conf, Key};

/// `MEMORY_OVERHEAD_MIN_MIB`: the least overhead where it is no setting.
pub const MEMORY_OVERHEAD_MIN_MIB: u64 = 384;
/// `NON_JVM_MEMORY_OVERHEAD_FACTOR`: Kubernetes' factor of Python and R applications.
pub const NON_JVM_MEMORY_OVERHEAD_FACTOR: f64 = 0.4;
/// `AM_MEMORY_OVERHEAD_FACTOR`: YARN's factor of an application master in client mode.
const AM_MEMORY_OVERHEAD_FACTOR: f64 = 0.1;

/// The parts of a container, in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Container {
    /// The JVM's heap.
    pub heap_mib: u64,
    /// Everything else of the JVM, and Python where it has no memory of its own.
    pub overhead_mib: u64,
    /// Off-heap memory of the pools, 0 unless enabled.
    pub off_heap_mib: u64,
    /// Python's own memory, 0 unless set and the application is a Python one.
    pub pyspark_mib: u64,
}

/// What `calculateOverHeadMemory` computes with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverheadInputs {
    /// The overhead set, which no minimum applies to.
    pub set_mib: Option<u64>,
    /// The heap.
    pub heap_mib: u64,
    /// The factor.
    pub factor: f64,
    /// The least.
    pub minimum_mib: u64,
}

/// `ResourceProfile.calculateOverHeadMemory`.
pub fn calculate_overhead_memory(inputs: &OverheadInputs) -> u64 {
    inputs.set_mib.unwrap_or_else(|| {
        // (overheadFactor * executorMemoryMiB).toInt
        let share = (inputs.factor * inputs.heap_mib as f64) as i32;
        u64::try_from(share).unwrap_or(0).max(inputs.minimum_mib)
    })
}

/// The memory of a stage-level resource profile, in MiB. What it leaves out is the application's,
/// the overhead too: it stays computed from the application's heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfileMemory {
    /// Heap.
    pub heap_mib: Option<u64>,
    /// Overhead.
    pub overhead_mib: Option<u64>,
    /// Off-heap memory, which counts only where it is enabled.
    pub off_heap_mib: Option<u64>,
    /// Python's memory.
    pub pyspark_mib: Option<u64>,
}

impl Container {
    /// The container of an executor.
    pub fn executor(
        conf: &Conf,
        deployment: &Deployment,
        profile: &ProfileMemory,
    ) -> Result<Container, LayoutError> {
        let heap_mib = conf.mib(Key::ExecutorMemory);
        let overhead_mib = calculate_overhead_memory(&OverheadInputs {
            set_mib: conf.optional_mib(Key::ExecutorMemoryOverhead),
            heap_mib,
            factor: executor_overhead_factor(conf, deployment),
            minimum_mib: minimum_overhead(conf, Key::ExecutorMinMemoryOverhead),
        });
        let pyspark_mib = profile
            .pyspark_mib
            .or(conf.optional_mib(Key::ExecutorPysparkMemory))
            .filter(|_| has_python_memory(deployment));
        Ok(Container {
            heap_mib: profile.heap_mib.unwrap_or(heap_mib),
            overhead_mib: profile.overhead_mib.unwrap_or(overhead_mib),
            off_heap_mib: check_off_heap_enabled(
                conf,
                profile.off_heap_mib.unwrap_or(conf.mib(Key::MemoryOffHeapSize)),
            )?,
            pyspark_mib: pyspark_mib.unwrap_or(0),
        })
    }

    /// The container of a driver in cluster mode. Off-heap memory is not part of it, even where
    /// the driver uses it.
    pub fn driver(conf: &Conf, deployment: &Deployment) -> Container {
        let heap_mib = conf.mib(Key::DriverMemory);
        Container {
            heap_mib,
            overhead_mib: calculate_overhead_memory(&OverheadInputs {
                set_mib: conf.optional_mib(Key::DriverMemoryOverhead),
                heap_mib,
                factor: driver_overhead_factor(conf, deployment),
                minimum_mib: minimum_overhead(conf, Key::DriverMinMemoryOverhead),
            }),
            off_heap_mib: 0,
            pyspark_mib: 0,
        }
    }

    /// The container of YARN's application master: the driver in cluster mode, else a small JVM of
    /// its own (`deploy.yarn.Client`).
    pub fn application_master(conf: &Conf, deployment: &Deployment) -> Container {
        if deployment.mode == DeployMode::Cluster {
            return Container::driver(conf, deployment);
        }
        let heap_mib = conf.mib(Key::YarnAmMemory);
        Container {
            heap_mib,
            overhead_mib: calculate_overhead_memory(&OverheadInputs {
                set_mib: conf.optional_mib(Key::YarnAmMemoryOverhead),
                heap_mib,
                factor: AM_MEMORY_OVERHEAD_FACTOR,
                minimum_mib: MEMORY_OVERHEAD_MIN_MIB,
            }),
            off_heap_mib: 0,
            pyspark_mib: 0,
        }
    }

    /// The sum, in MiB: `totalMemMiB`, and `<total>Mi` as request and limit of a pod.
    pub fn total_mib(&self) -> u64 {
        self.heap_mib + self.overhead_mib + self.off_heap_mib + self.pyspark_mib
    }

    /// The address space that each Python worker may use, in MiB, where Python's memory is set:
    /// `PYSPARK_EXECUTOR_MEMORY_MB` of `BasePythonRunner`.
    pub fn python_worker_limit_mib(&self, executor_cores: u32) -> Option<u64> {
        (self.pyspark_mib > 0).then(|| self.pyspark_mib / u64::from(executor_cores.max(1)))
    }
}

/// The factor of executors. A Kubernetes driver of a Python or R application in cluster mode hands
/// 0.4 on to them unless the user set a factor.
pub fn executor_overhead_factor(conf: &Conf, deployment: &Deployment) -> f64 {
    let own = conf.double(Key::ExecutorMemoryOverheadFactor);
    if deployment.manager != ClusterManager::Kubernetes || conf.is_set(Key::ExecutorMemoryOverheadFactor) {
        return own;
    }
    match deployment.mode {
        DeployMode::Cluster => kubernetes_overhead_factor(conf, deployment),
        DeployMode::Client => conf.double(Key::KubernetesMemoryOverheadFactor),
    }
}

/// The factor of a driver in a container.
pub fn driver_overhead_factor(conf: &Conf, deployment: &Deployment) -> f64 {
    let own = conf.double(Key::DriverMemoryOverheadFactor);
    if deployment.manager != ClusterManager::Kubernetes || conf.is_set(Key::DriverMemoryOverheadFactor) {
        return own;
    }
    kubernetes_overhead_factor(conf, deployment)
}

/// `BasicDriverFeatureStep.defaultOverheadFactor`.
fn kubernetes_overhead_factor(conf: &Conf, deployment: &Deployment) -> f64 {
    let set = conf.is_set(Key::KubernetesMemoryOverheadFactor);
    if deployment.language != Language::Jvm && !set {
        NON_JVM_MEMORY_OVERHEAD_FACTOR
    } else {
        conf.double(Key::KubernetesMemoryOverheadFactor)
    }
}

/// On Kubernetes in client mode the type of the application is unknown and Python has no memory of
/// its own.
fn has_python_memory(deployment: &Deployment) -> bool {
    let unknown = deployment.manager == ClusterManager::Kubernetes && deployment.mode == DeployMode::Client;
    deployment.language == Language::Python && !unknown
}

fn minimum_overhead(conf: &Conf, key: Key) -> u64 {
    if conf.semantics().min_overhead_is_a_key { conf.mib(key) } else { MEMORY_OVERHEAD_MIN_MIB }
}

/// `Utils.checkOffHeapEnabled`, whose size is in whole MiB here.
fn check_off_heap_enabled(conf: &Conf, off_heap_mib: u64) -> Result<u64, LayoutError> {
    match (conf.flag(Key::MemoryOffHeapEnabled), off_heap_mib) {
        (false, _) => Ok(0),
        (true, 0) => Err(LayoutError::NoOffHeapMemory),
        (true, size) => Ok(size),
    }
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;

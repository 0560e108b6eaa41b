//! From settings to what the containers of executors are.

use super::layout::yarn::YarnSizes;
use super::layout::{ClusterManager, Container, Deployment, Jvm, ProfileMemory};
use super::{Conf, Key};
use crate::cluster::container::{ContainerConf, Limit};
use crate::cluster::python::PythonConf;
use crate::units::{Bytes, SimTime};

/// The containers of executors with this JVM.
pub(super) fn container_conf(conf: &Conf, deployment: &Deployment, jvm: &Jvm) -> ContainerConf {
    ContainerConf {
        limit: limit(conf, deployment),
        max_heap: Bytes(jvm.system_memory_bytes),
        collector: jvm.collector,
        python: PythonConf {
            // PYSPARK_EXECUTOR_MEMORY_MB (`BasePythonRunner`): whole MiB for each of `spark.executor.cores`, which is 1
            // where it is not set, also where an executor has more cores (SPARK-30299).
            worker_limit: conf.optional_mib(Key::ExecutorPysparkMemory).filter(|&mib| mib > 0).map(|mib| {
                Bytes::mib(mib / u64::try_from(conf.int(Key::PoolsimPythonLimitCores)).unwrap_or(1).max(1))
            }),
            worker_memory: Bytes(conf.bytes(Key::PythonWorkerMemory)),
            reuse: conf.flag(Key::PythonWorkerReuse),
            arrow_records: u64::try_from(conf.int(Key::SqlExecutionArrowMaxRecordsPerBatch)).unwrap_or(0),
        },
    }
}

/// Who limits an executor's container, and how.
fn limit(conf: &Conf, deployment: &Deployment) -> Limit {
    let Ok(container) = Container::executor(conf, deployment, &ProfileMemory::default()) else {
        return Limit::None;
    };
    match deployment.manager {
        ClusterManager::Local | ClusterManager::Standalone => Limit::None,
        ClusterManager::Kubernetes => Limit::Enforced { limit: Bytes::mib(container.total_mib()) },
        ClusterManager::Yarn => {
            let asked = container.total_mib();
            // What is above the maximum is refused elsewhere, or is the fault of a default of this table.
            let granted = YarnSizes::of(conf).normalize(asked).max(asked);
            let interval = u64::try_from(conf.int(Key::PoolsimYarnMonitorIntervalMs)).unwrap_or(0);
            Limit::Polled { limit: Bytes::mib(granted), interval: SimTime::from_ms(interval) }
        }
    }
}

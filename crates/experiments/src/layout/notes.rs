//! What sizes alone do not say.

use sim_core::conf::layout::{ClusterManager, DeployMode, Deployment, Language};
use sim_core::conf::{Conf, Key};

use super::report::ProcessLayout;
use crate::human;

/// The memory below which a JVM takes the serial collector (`os::is_server_class_machine`).
const SERVER_CLASS_BYTES: u64 = 1792 << 20;

/// Sentences about a layout.
pub(super) fn notes(
    conf: &Conf,
    deployment: &Deployment,
    executor: Option<&ProcessLayout>,
    driver: &ProcessLayout,
) -> Vec<String> {
    let mut notes = Vec::new();
    let kubernetes = deployment.manager == ClusterManager::Kubernetes;
    if !conf.is_set(Key::Master) {
        notes.push(
            "no master is set: containers are what the settings add up to, as on Kubernetes; \
             set spark.master to see what YARN or standalone make of them"
                .to_owned(),
        );
    }
    if kubernetes && conf.is_set(Key::Master) {
        for process in executor.into_iter().chain(driver.limited.then_some(driver)) {
            let small = process.container.bytes < SERVER_CLASS_BYTES;
            if small && process.heap.collector_from == "default" {
                notes.push(format!(
                    "the {}'s JVM sees {} in its pod, and one that sees less than 1792 MiB or 2 processors takes the \
                     serial collector, not G1: set poolsim.jvm.collector=serial",
                    process.process,
                    human::bytes(process.container.bytes)
                ));
            }
        }
    }
    let off_heap = conf.bytes(Key::MemoryOffHeapSize);
    if off_heap > 0 && !conf.flag(Key::MemoryOffHeapEnabled) {
        notes.push(format!(
            "the pools off the heap have {} although spark.memory.offHeap.enabled is false: blocks at OFF_HEAP go \
             there, no consumer does, and no container counts it",
            human::bytes(off_heap)
        ));
    }
    if off_heap > 0 && conf.flag(Key::MemoryOffHeapEnabled) {
        notes.push(
            "consumers allocate off the heap alone: execution there is no sum with execution on the heap, \
             and neither side borrows from the other"
                .to_owned(),
        );
        if driver.limited {
            notes.push(
                "the driver's container has no room for off-heap memory, which its pools have all the same: \
                 what is used of it comes out of the overhead"
                    .to_owned(),
            );
        }
    }
    if conf.is_set(Key::ExecutorPysparkMemory)
        && executor.is_some_and(|it| it.container.find("pyspark").is_none())
    {
        notes.push(match deployment.language {
            Language::Python => "on Kubernetes in client mode the type of the application is unknown: \
                                 spark.executor.pyspark.memory is not added, and Python lives in the overhead"
                .to_owned(),
            _ => "spark.executor.pyspark.memory counts for Python applications alone".to_owned(),
        });
    }
    if deployment.mode == DeployMode::Client && deployment.manager != ClusterManager::Local {
        let keys = [Key::DriverMemoryOverhead, Key::DriverMemoryOverheadFactor, Key::DriverMinMemoryOverhead];
        for key in keys.into_iter().filter(|key| conf.is_set(*key)) {
            notes.push(format!("{} is not read in client mode: the driver has no container", key.name()));
        }
    }
    if driver.page.is_none() && driver.refused.is_none() {
        notes.push(
            "the driver's page follows from the processors of its machine: it was told no cores \
             (spark.driver.cores in cluster mode tells them)"
                .to_owned(),
        );
    }
    if executor.is_some_and(|executor| executor.cores.is_none()) {
        notes.push(
            "a standalone executor without spark.executor.cores takes all cores of its worker: \
             set it to see pages and the shares of tasks"
                .to_owned(),
        );
    }
    notes
}

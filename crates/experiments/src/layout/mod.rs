//! `layout`: what a configuration makes of the memory of every process, to the byte, and what the cluster manager makes
//! of that.
//!
//! ```text
//!  settings ──┐
//!  submit ────┤                    ┌─ container ─ overhead, off-heap, PySpark
//!  scenario ──┼─► Request ─layout─►├─ heap ─ reserved, user, unified ─ storage region, execution; page, task shares
//!  log ───────┘                    └─ outcome: given, refused, never scheduled
//! ```
//!
//! The sums are those of `sim_core::conf::layout`; here they get their keys, formulas and sources.

mod cluster;
mod container;
mod heap;
mod notes;
mod process;
mod report;
mod request;
mod setting;
mod shown;
#[cfg(test)]
mod tests;

pub(crate) use cluster::largest_heap_mib;
pub use report::{
    ByCollector, DeploymentReport, Grant, HeapReport, LayoutReport, ObservedPool, Outcome, OutcomeVerdict,
    Part, PartSetting, ProcessLayout, Refusal, SCHEMA_VERSION, Shown, TaskShare,
};
pub use request::Request;

use sim_core::conf::layout::{ClusterManager, DeployMode, Deployment, Language};
use sim_core::conf::{Conf, Key};

use crate::limits::check_limits;
use crate::report::SettingReport;
use crate::{DEFAULT_VERSION, Error, recorded, settings};

/// The most of any memory.
const MOST_BYTES: u64 = 1 << 50;

/// Sizes everything that a request says.
///
/// What Spark or a cluster manager refuses is an answer, not an error.
///
/// # Errors
/// A setting that cannot be read, or a master that is none.
pub fn layout(request: &Request) -> Result<LayoutReport, Error> {
    let mut notes = Vec::new();
    let version = match &request.spark_version {
        Some(text) => settings::version(text, &mut notes)?,
        None => DEFAULT_VERSION,
    };
    let conf = recorded::build(version, &request.layers)?;
    settings::look_at_unknown_keys(&conf, &request.layers, &mut notes)?;
    let deployment = deployment(&conf, request.language)?;
    let local = deployment.manager == ClusterManager::Local;
    let executor = (!local).then(|| process::executor(&conf, &deployment));
    let driver = process::driver(&conf, &deployment, local.then(|| local_cores(&conf)));
    let client = deployment.manager == ClusterManager::Yarn && deployment.mode == DeployMode::Client;
    let processes = cluster::Processes {
        executor: executor.as_ref().map(|(process, container)| (process, container)),
        driver: &driver,
    };
    let outcome = cluster::outcome(&conf, &deployment, &processes);
    let executing = executor.as_ref().map_or(&driver, |(process, _)| process);
    let observed = observed(request, executing);
    let shown = notes.iter().filter(|note| request.verbose || !matches!(note, crate::Note::Unread { .. }));
    let mut texts: Vec<String> =
        request.notes.iter().cloned().chain(shown.map(ToString::to_string)).collect();
    texts.extend(notes::notes(&conf, &deployment, executor.as_ref().map(|(process, _)| process), &driver));
    Ok(LayoutReport {
        schema_version: SCHEMA_VERSION,
        input: request.name.clone(),
        spark_version: version.to_string(),
        deployment: report_of(&conf, &deployment),
        outcome,
        application_master: client.then(|| process::application_master(&conf, &deployment)),
        executor: executor.map(|(process, _)| process),
        driver,
        observed,
        conf: conf
            .explicit()
            .map(|(key, value, source)| SettingReport {
                key: key.name().to_owned(),
                value: value.to_owned(),
                source: source.to_owned(),
            })
            .collect(),
        notes: texts,
    })
}

/// Where the settings put an application. A master that Spark does not know is an error.
pub(crate) fn deployment(conf: &Conf, language: Option<Language>) -> Result<Deployment, Error> {
    let mut deployment = Deployment::of(conf);
    if let Some(master) = conf.text(Key::Master) {
        let known = ["local", "spark://", "k8s://"].iter().any(|start| master.starts_with(start));
        if !known && master != "yarn" {
            return Err(Error::Input(format!(
                "spark.master is `{}`, which is no master of Spark 3.5 to 4.3: write local[4], spark://HOST:PORT, \
                 yarn or k8s://URL",
                master.escape_debug()
            )));
        }
    }
    check_limits(conf)?;
    check_sizes(conf)?;
    deployment.language = language.unwrap_or(deployment.language);
    Ok(deployment)
}

/// Refuses sizes that no machine has: their sums are more than 64 bits hold.
fn check_sizes(conf: &Conf) -> Result<(), Error> {
    let keys = [
        Key::DriverMemory,
        Key::DriverMemoryOverhead,
        Key::DriverMinMemoryOverhead,
        Key::ExecutorMemory,
        Key::ExecutorMemoryOverhead,
        Key::ExecutorMinMemoryOverhead,
        Key::ExecutorPysparkMemory,
        Key::MemoryOffHeapSize,
        Key::PoolsimJvmMaxHeapMemory,
        Key::PoolsimKubernetesNodeMemory,
        Key::PoolsimStandaloneWorkerMemory,
        Key::PoolsimYarnIncrementAllocation,
        Key::PoolsimYarnMaximumAllocation,
        Key::PoolsimYarnMinimumAllocation,
        Key::PoolsimYarnNodeMemory,
        Key::YarnAmMemory,
        Key::YarnAmMemoryOverhead,
    ];
    let large =
        keys.into_iter().find(|key| conf.optional_bytes(*key).is_some_and(|bytes| bytes > MOST_BYTES));
    match large {
        Some(key) => {
            Err(Error::Limit(format!("{} is more than 1 PiB, which no machine has: use less", key.name())))
        }
        None => Ok(()),
    }
}

/// The cores of `local[n]`, whose form has been checked.
fn local_cores(conf: &Conf) -> u32 {
    let master = conf.text(Key::Master).unwrap_or_default();
    let inside = master.strip_prefix("local[").and_then(|rest| rest.strip_suffix(']')).unwrap_or("1");
    inside.split(',').next().and_then(|cores| cores.trim().parse().ok()).unwrap_or(1)
}

fn report_of(conf: &Conf, deployment: &Deployment) -> DeploymentReport {
    DeploymentReport {
        master: conf.text(Key::Master).map(str::to_owned),
        cluster_manager: match deployment.manager {
            ClusterManager::Local => "local",
            ClusterManager::Standalone => "standalone",
            ClusterManager::Yarn => "yarn",
            ClusterManager::Kubernetes => "kubernetes",
        },
        deploy_mode: match deployment.mode {
            DeployMode::Client => "client",
            DeployMode::Cluster => "cluster",
        },
        language: match deployment.language {
            Language::Jvm => "jvm",
            Language::Python => "python",
            Language::R => "r",
        },
    }
}

fn observed(request: &Request, executing: &ProcessLayout) -> Vec<ObservedPool> {
    let computed = |name: &str| Some(executing.container.find(name)?.bytes);
    let on_heap = computed("unified");
    let both = executing.shown.as_ref().map(|shown| shown.block_manager_bytes);
    let off_heap = both.zip(on_heap).map(|(both, on_heap)| both - on_heap);
    let difference = |computed: Option<u64>, observed: u64| {
        i64::try_from(i128::from(computed?) - i128::from(observed)).ok()
    };
    let pools = request.pools.iter();
    pools
        .map(|pool| ObservedPool {
            executor: pool.executor.clone(),
            on_heap_bytes: pool.max_on_heap,
            computed_on_heap_bytes: on_heap,
            on_heap_difference_bytes: difference(on_heap, pool.max_on_heap),
            off_heap_bytes: pool.max_off_heap,
            computed_off_heap_bytes: off_heap,
            off_heap_difference_bytes: difference(off_heap, pool.max_off_heap),
        })
        .collect()
}

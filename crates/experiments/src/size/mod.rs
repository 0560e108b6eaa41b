//! `size`: executors for a cluster and its data, with every sum shown.
//!
//! A node's memory less the system's is parted by the executors on it; the heap is what `spark.executor.memory` may be
//! so that the container (`experiments::layout`, to the MiB, rounded as YARN does) is no larger than a part. Which way
//! of parting is better is a rule of thumb, and called so; a scenario can be simulated under each.

mod candidate;
mod partitions;
mod proposal;
mod report;
mod request;
mod simulate;
#[cfg(test)]
mod tests;

pub use report::{
    Candidate, ClusterReport, Partitions, Proposal, SCHEMA_VERSION, Simulated, SizeReport, Step,
};
pub use request::{Manager, Request, size as parse_size};

use std::collections::BTreeSet;

use sim_core::conf::layout::yarn::YarnSizes;
use sim_core::conf::layout::{ClusterManager, Container, Deployment};
use sim_core::conf::{Conf, Key, SparkVersion};
use workload::scenario::Ground;

use crate::{DEFAULT_VERSION, Error, Input, Layer, Slips, layout, recorded, settings};
use candidate::candidate;

/// A cluster with the settings that hold for all candidates.
pub(crate) struct World<'r> {
    request: &'r Request,
    version: SparkVersion,
    /// Those of the user, over those of the scenario and of the cluster.
    layers: Vec<Layer>,
    conf: Conf,
    deployment: Deployment,
    /// Memory of a node that containers can have.
    usable_mib: u64,
}

/// Sizes executors for a cluster, and simulates the scenario under each where there is one. `done` is told of each run
/// as it ends.
///
/// # Errors
/// Numbers of which no cluster is made, a setting that cannot be read, or a scenario that cannot be run.
pub fn size(
    request: &Request,
    scenario: Option<&Input>,
    done: impl Fn() + Sync,
) -> Result<SizeReport, Error> {
    request.check()?;
    let mut notes = Vec::new();
    let world = World::of(request, scenario, &mut notes)?;
    let mut candidates: Vec<Candidate> = ways(request)
        .into_iter()
        .map(|(name, cores)| candidate(&world, name, cores))
        .collect::<Result<_, _>>()?;
    if let Some(input) = scenario {
        simulate::simulate(&world, input, &mut candidates, done)?;
    }
    let recommended = recommended(&candidates);
    let proposal = proposal::proposal(&world)?;
    let partitions = match (request.data_bytes, recommended) {
        (Some(data), Some(at)) => {
            let partitions = partitions::partitions(&world, data, &candidates[at]);
            let number = partitions.shuffle_partitions;
            for candidate in &mut candidates {
                candidate.submit = candidate::submit(&world, candidate, Some(number));
            }
            Some(partitions)
        }
        _ => None,
    };
    if let Some(at) = recommended {
        notes.extend(cluster_notes(&world, &candidates[at]));
    }
    Ok(SizeReport {
        schema_version: SCHEMA_VERSION,
        spark_version: world.version.to_string(),
        cluster: cluster(&world),
        candidates,
        recommended,
        proposal,
        partitions,
        scenario: scenario.map(|input| input.name.clone()),
        notes,
    })
}

/// The cores of executors that are tried: one, three to five, all of a node, and what was proposed.
fn ways(request: &Request) -> Vec<(String, u32)> {
    let all = request.usable_cores();
    let cores: BTreeSet<u32> = [Some(1), Some(3), Some(4), Some(5), Some(all), request.executor_cores]
        .into_iter()
        .flatten()
        .filter(|cores| *cores <= all)
        .collect();
    let name = |cores| match cores {
        _ if cores == all => "one a node".to_owned(),
        1 => "1 core".to_owned(),
        _ => format!("{cores} cores"),
    };
    cores.into_iter().map(|cores| (name(cores), cores)).collect()
}

/// The candidate to begin with: of executors with 3 to 5 cores, else of all, the one with the most tasks at a time, and
/// of equals the one with the most unified memory.
fn recommended(candidates: &[Candidate]) -> Option<usize> {
    let best = |middle: bool| {
        let fits = candidates.iter().enumerate().filter(|(_, it)| it.refused.is_none());
        let fits = fits.filter(|(_, it)| !middle || (3..=5).contains(&it.executor_cores));
        fits.max_by_key(|(_, it)| (it.slots, it.unified_total_bytes)).map(|(at, _)| at)
    };
    best(true).or_else(|| best(false))
}

impl<'r> World<'r> {
    fn of(request: &'r Request, scenario: Option<&Input>, notes: &mut Vec<String>) -> Result<Self, Error> {
        let asked = request.settings.spark_version.clone();
        let asked = asked.or_else(|| scenario.and_then(|input| input.scenario.spark_version.clone()));
        let mut said = Vec::new();
        let version = match asked {
            Some(text) => settings::version(&text, &mut said)?,
            None => DEFAULT_VERSION,
        };
        let usable = format!("{}m", request.usable_mib());
        let cluster: &[(Key, &str)] = match request.manager {
            Manager::Yarn => &[
                (Key::Master, "yarn"),
                (Key::SubmitDeployMode, "cluster"),
                (Key::PoolsimYarnNodeMemory, &usable),
                (Key::PoolsimYarnMaximumAllocation, &usable),
            ],
            Manager::Kubernetes => &[
                (Key::Master, "k8s://cluster"),
                (Key::SubmitDeployMode, "cluster"),
                (Key::PoolsimKubernetesNodeMemory, &usable),
            ],
            Manager::Standalone => &[
                (Key::Master, "spark://cluster:7077"),
                (Key::SubmitDeployMode, "client"),
                (Key::PoolsimStandaloneWorkerMemory, &usable),
            ],
        };
        let pairs = cluster.iter().map(|(key, value)| (key.name().to_owned(), (*value).to_owned()));
        let layer = |name: &str, pairs| Layer { name: name.to_owned(), pairs, slips: Slips::Note };
        let mut layers = Vec::new();
        if let Some(input) = scenario {
            let own = [Key::Master, Key::ExecutorInstances, Key::ExecutorCores, Key::ExecutorMemory];
            let kept = input.scenario.conf.iter().filter(|(key, _)| !own.iter().any(|own| own.name() == key));
            layers.push(layer(&input.name, kept.cloned().collect()));
        }
        layers.push(layer("the cluster", pairs.collect()));
        layers.extend(request.settings.layers.iter().cloned());
        let conf = recorded::build(version, &layers)?;
        settings::look_at_unknown_keys(&conf, &layers, &mut said)?;
        notes.extend(said.iter().map(ToString::to_string));
        let deployment = layout::deployment(&conf, None)?;
        let wanted = match request.manager {
            Manager::Yarn => ClusterManager::Yarn,
            Manager::Kubernetes => ClusterManager::Kubernetes,
            Manager::Standalone => ClusterManager::Standalone,
        };
        if deployment.manager != wanted {
            return Err(Error::Input(format!(
                "spark.master is `{}`, which is not what --master says: leave one of them out",
                conf.text(Key::Master).unwrap_or_default().escape_debug()
            )));
        }
        let said = match request.manager {
            Manager::Yarn => Some(conf.mib(Key::PoolsimYarnNodeMemory)),
            Manager::Kubernetes => conf.optional_mib(Key::PoolsimKubernetesNodeMemory),
            Manager::Standalone => conf.optional_mib(Key::PoolsimStandaloneWorkerMemory),
        };
        let usable_mib = said.unwrap_or(0).max(1);
        Ok(Self { request, version, layers, conf, deployment, usable_mib })
    }

    /// The settings with one more layer.
    fn with(&self, pairs: &[(Key, String)]) -> Result<Conf, Error> {
        let mut layers = self.layers.clone();
        let pairs = pairs.iter().map(|(key, value)| (key.name().to_owned(), value.clone())).collect();
        layers.push(Layer { name: "the candidate".to_owned(), pairs, slips: Slips::Note });
        recorded::build(self.version, &layers)
    }

    /// What is given where so much is asked for.
    fn granted_mib(&self, asked_mib: u64) -> u64 {
        match self.request.manager {
            Manager::Yarn => {
                let sizes = YarnSizes::of(&self.conf);
                // What is above the largest container is never given: it is rounded as if there were none.
                let maximum_mib =
                    if asked_mib > sizes.maximum_mib { u64::MAX >> 1 } else { sizes.maximum_mib };
                YarnSizes { maximum_mib, ..sizes }.normalize(asked_mib)
            }
            Manager::Kubernetes | Manager::Standalone => asked_mib,
        }
    }

    /// The most that can be asked for where so much is left to one executor: YARN gives whole steps.
    fn budget_mib(&self, share_mib: u64) -> u64 {
        match self.request.manager {
            Manager::Yarn => {
                let sizes = YarnSizes::of(&self.conf);
                let step = sizes.increment_mib.max(1);
                let budget = (share_mib / step * step).min(sizes.maximum_mib);
                if budget < sizes.minimum_mib { 0 } else { budget }
            }
            Manager::Kubernetes | Manager::Standalone => share_mib,
        }
    }

    /// What the driver or application master takes of a node: memory as given, and cores.
    fn driver(&self) -> (&'static str, u64, u32) {
        let cores = u32::try_from(self.conf.int(Key::DriverCores)).unwrap_or(1);
        match (self.request.manager, self.conf.word(Key::SubmitDeployMode)) {
            (Manager::Yarn, "cluster") => {
                let container = Container::application_master(&self.conf, &self.deployment);
                ("driver", self.granted_mib(container.total_mib()), cores)
            }
            (Manager::Yarn, _) => {
                let container = Container::application_master(&self.conf, &self.deployment);
                ("application master", self.granted_mib(container.total_mib()), 1)
            }
            (Manager::Kubernetes, "cluster") => {
                ("driver", Container::driver(&self.conf, &self.deployment).total_mib(), cores)
            }
            (Manager::Standalone, "cluster") => ("driver", self.conf.mib(Key::DriverMemory), cores),
            _ => ("driver", 0, 0),
        }
    }
}

fn cluster(world: &World<'_>) -> ClusterReport {
    let request = world.request;
    let (memory, system) = (request.node_memory_bytes, request.os_memory());
    let share = match request.os_memory_bytes {
        None => "a tenth, for the system",
        Some(_) => "--os-memory",
    };
    let mut steps = vec![Step {
        what: "memory of a node for containers",
        arithmetic: format!(
            "{} less {} ({share}) = {} MiB = {}",
            gib(memory >> 20),
            gib(system >> 20),
            request.usable_mib(),
            gib(request.usable_mib())
        ),
        ground: Ground::Model,
    }];
    if world.usable_mib != request.usable_mib() {
        steps.push(Step {
            what: "memory of a node for containers",
            arithmetic: format!("{} MiB as set", world.usable_mib),
            ground: Ground::Arithmetic,
        });
    }
    steps.push(Step {
        what: "cores of a node for executors",
        arithmetic: format!(
            "{} less {} for the system and its daemons = {}",
            request.node_cores,
            request.os_cores,
            request.usable_cores()
        ),
        ground: Ground::Model,
    });
    ClusterReport {
        cluster_manager: match request.manager {
            Manager::Yarn => "yarn",
            Manager::Kubernetes => "kubernetes",
            Manager::Standalone => "standalone",
        },
        nodes: request.nodes,
        node_cores: request.node_cores,
        node_memory_bytes: memory,
        usable_cores: request.usable_cores(),
        usable_memory_bytes: world.usable_mib << 20,
        steps,
    }
}

fn cluster_notes(world: &World<'_>, best: &Candidate) -> Vec<String> {
    let granted = best.granted_bytes >> 20;
    match world.request.manager {
        Manager::Yarn => vec![format!(
            "the cluster must have yarn.nodemanager.resource.memory-mb={}, \
             yarn.scheduler.maximum-allocation-mb of at least {granted}, and \
             yarn.nodemanager.resource.cpu-vcores={}; YARN's default calculator looks at memory alone",
            world.usable_mib,
            world.request.usable_cores()
        )],
        Manager::Kubernetes => vec![format!(
            "nodes must offer pods {} MiB (allocatable); limits of cores are set by \
             spark.kubernetes.executor.limit.cores alone",
            world.usable_mib
        )],
        Manager::Standalone => vec![format!(
            "workers must offer SPARK_WORKER_MEMORY={}m and SPARK_WORKER_CORES={}: they count heaps alone, and \
             overhead comes on top",
            (best.heap_bytes >> 20) * u64::from(best.executors_per_node),
            world.request.usable_cores()
        )],
    }
}

/// MiB as GiB with one decimal: `115.2 GiB`.
fn gib(mib: u64) -> String {
    let tenths = (u128::from(mib) * 10 + 512) / 1024;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

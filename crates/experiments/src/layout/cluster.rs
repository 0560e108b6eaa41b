//! What the cluster manager makes of the containers: given, refused, or never given.

use sim_core::conf::layout::container::{
    MEMORY_OVERHEAD_MIN_MIB, OverheadInputs, calculate_overhead_memory, executor_overhead_factor,
};
use sim_core::conf::layout::yarn::YarnSizes;
use sim_core::conf::layout::{ClusterManager, Container, DeployMode, Deployment, LayoutError};
use sim_core::conf::{Conf, Key};

use super::process::refusal;
use super::report::{Grant, Outcome, OutcomeVerdict, ProcessLayout};
use super::setting::settings;
use crate::human;

const MIB: u64 = 1 << 20;
/// What the driver logs while nothing starts (`TaskSchedulerImpl`, every 15 s).
const STARVED: &str = "Initial job has not accepted any resources; check your cluster UI to ensure that workers \
                       are registered and have sufficient resources";

/// The processes of an application, and the container of its executors.
pub(super) struct Processes<'p> {
    pub(super) executor: Option<(&'p ProcessLayout, &'p Container)>,
    pub(super) driver: &'p ProcessLayout,
}

/// What becomes of an application before its first task.
pub(super) fn outcome(conf: &Conf, deployment: &Deployment, processes: &Processes<'_>) -> Outcome {
    let mut outcome = match (deployment.manager, processes.executor) {
        (ClusterManager::Yarn, Some((_, executor))) => yarn(conf, deployment, executor),
        (ClusterManager::Kubernetes, Some((_, executor))) => kubernetes(conf, deployment, executor),
        (ClusterManager::Standalone, Some(_)) => standalone(conf, deployment),
        _ => Outcome {
            verdict: OutcomeVerdict::NoContainers,
            text: "there is no container: the driver's own JVM executes, and only the machine limits it"
                .into(),
            spark_text: None,
            remedy: None,
            containers: Vec::new(),
            settings: Vec::new(),
        },
    };
    let runs = matches!(outcome.verdict, OutcomeVerdict::Granted | OutcomeVerdict::NoContainers);
    let executor = processes.executor.and_then(|(executor, _)| Some((executor, executor.refused.as_ref()?)));
    let driver = processes.driver.refused.as_ref().map(|refused| (processes.driver, refused));
    // The driver starts first.
    if let Some((process, refused)) = driver.or(executor).filter(|_| runs) {
        outcome.verdict = OutcomeVerdict::RefusedAtStart;
        outcome.text = format!("Spark refuses to start the {}", process.process);
        outcome.spark_text = Some(refused.spark_text.clone());
        outcome.remedy = Some(refused.text.clone());
    }
    outcome
}

fn yarn(conf: &Conf, deployment: &Deployment, executor: &Container) -> Outcome {
    let sizes = YarnSizes::of(conf);
    let node = conf.mib(Key::PoolsimYarnNodeMemory);
    let master = Container::application_master(conf, deployment);
    let master_name = match deployment.mode {
        DeployMode::Cluster => "driver",
        DeployMode::Client => "application_master",
    };
    let grant = |process, container: &Container| {
        let asked = container.total_mib();
        let granted = (asked <= sizes.maximum_mib).then(|| sizes.normalize(asked));
        let formula = match granted {
            None => format!("{asked} > {} MiB, the largest container", sizes.maximum_mib),
            Some(granted) if granted > node => format!("{granted} > {node} MiB, a node"),
            Some(_) => {
                format!("max({asked}, {}) up to a multiple of {}", sizes.minimum_mib, sizes.increment_mib)
            }
        };
        Grant {
            process,
            asked_bytes: asked * MIB,
            granted_bytes: granted.map(|mib| mib * MIB),
            rounding_bytes: granted.map(|mib| (mib - asked) * MIB),
            per_node: granted.map(|mib| node / mib.max(1)),
            formula,
        }
    };
    let containers = vec![grant("executor", executor), grant(master_name, &master)];
    let mut outcome = Outcome {
        verdict: OutcomeVerdict::Granted,
        text: String::new(),
        spark_text: None,
        remedy: None,
        containers,
        settings: settings(
            conf,
            [
                Key::PoolsimYarnMinimumAllocation,
                Key::PoolsimYarnIncrementAllocation,
                Key::PoolsimYarnMaximumAllocation,
                Key::PoolsimYarnNodeMemory,
            ],
        ),
    };
    if let Err(error) = sizes.verify_cluster_resources(executor, &master) {
        let refused = refusal(conf, &error);
        outcome.verdict = OutcomeVerdict::RefusedAtSubmission;
        outcome.text = "the client refuses the submission (deploy.yarn.Client.verifyClusterResources)".into();
        outcome.spark_text = Some(refused.spark_text);
        outcome.remedy = Some(too_large(conf, deployment, &error, executor, sizes.maximum_mib));
        return outcome;
    }
    let too_large = outcome.containers.iter().find(|grant| grant.granted_bytes > Some(node * MIB));
    if let Some(grant) = too_large {
        let container = if grant.process == "executor" { executor } else { &master };
        let seen = YarnSizes { maximum_mib: sizes.maximum_mib.min(node), ..sizes };
        let words = seen.verify_cluster_resources(executor, &master).err();
        let words = words.map_or(String::new(), |error| refusal(conf, &error).spark_text);
        outcome.verdict = OutcomeVerdict::NeverScheduled;
        outcome.text = format!(
            "accepted, since no container is above yarn.scheduler.maximum-allocation-mb, and never scheduled: the \
             {} needs {} MiB and a node offers {node}; without any error the request waits",
            grant.process.replace('_', " "),
            grant.granted_bytes.unwrap_or(0) / MIB
        );
        outcome.remedy = Some(format!(
            "{} or raise yarn.nodemanager.resource.memory-mb (poolsim.yarn.nodeMemory). A resource manager whose \
             largest node is this one reports {} MiB as its maximum (Hadoop's \
             ClusterNodeTracker.getMaxAllowedAllocation, from 10 s after its start on): there the client refuses \
             instead: {words}",
            lower(
                conf,
                deployment,
                container,
                grant.process,
                node / sizes.increment_mib.max(1) * sizes.increment_mib
            ),
            seen.maximum_mib
        ));
        return outcome;
    }
    let given = outcome.containers[0].rounding_bytes.unwrap_or(0);
    outcome.text = format!(
        "granted: {} MiB for an executor{}",
        outcome.containers[0].granted_bytes.unwrap_or(0) / MIB,
        match given {
            0 => ", exactly what was asked for".to_owned(),
            _ => format!(
                "; rounding gives {} more, which the JVM does not know of: the heap stays {} MiB, the rest is slack \
                 for whatever is not heap",
                human::bytes(given),
                executor.heap_mib
            ),
        }
    );
    outcome
}

/// What to do about a container above the largest one.
fn too_large(
    conf: &Conf,
    deployment: &Deployment,
    error: &LayoutError,
    executor: &Container,
    maximum_mib: u64,
) -> String {
    let lower = match error {
        LayoutError::YarnExecutorTooLarge { .. } => {
            lower(conf, deployment, executor, "executor", maximum_mib)
        }
        _ => {
            "lower the memory of the driver (spark.driver.memory, in client mode spark.yarn.am.memory)".into()
        }
    };
    format!("{lower} or raise yarn.scheduler.maximum-allocation-mb (poolsim.yarn.maximumAllocation)")
}

/// The heap that would fit.
fn lower(
    conf: &Conf,
    deployment: &Deployment,
    container: &Container,
    process: &str,
    limit_mib: u64,
) -> String {
    if process != "executor" {
        return "lower spark.driver.memory (in client mode spark.yarn.am.memory)".into();
    }
    match largest_heap_mib(conf, deployment, container, limit_mib) {
        Some(mib) => format!("lower spark.executor.memory to at most {mib}m"),
        None => {
            "lower spark.executor.memoryOverhead, off-heap or PySpark memory, which leave no room for a heap"
                .into()
        }
    }
}

/// The largest heap whose container is at most `limit_mib`, all other settings the same.
pub(crate) fn largest_heap_mib(
    conf: &Conf,
    deployment: &Deployment,
    container: &Container,
    limit_mib: u64,
) -> Option<u64> {
    let factor = executor_overhead_factor(conf, deployment);
    let minimum_mib = match conf.semantics().min_overhead_is_a_key {
        true => conf.mib(Key::ExecutorMinMemoryOverhead),
        false => MEMORY_OVERHEAD_MIN_MIB,
    };
    let set_mib = conf.optional_mib(Key::ExecutorMemoryOverhead);
    let beside = container.off_heap_mib + container.pyspark_mib;
    let fits = |heap_mib: u64| {
        let overhead = calculate_overhead_memory(&OverheadInputs { set_mib, heap_mib, factor, minimum_mib });
        heap_mib + overhead + beside <= limit_mib
    };
    let (mut low, mut high) = (0, limit_mib + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low > 0).then_some(low)
}

fn kubernetes(conf: &Conf, deployment: &Deployment, executor: &Container) -> Outcome {
    let node = conf.optional_mib(Key::PoolsimKubernetesNodeMemory);
    let grant = |process, container: &Container| {
        let asked = container.total_mib();
        let fits = node.is_none_or(|node| asked <= node);
        Grant {
            process,
            asked_bytes: asked * MIB,
            granted_bytes: fits.then_some(asked * MIB),
            rounding_bytes: fits.then_some(0),
            per_node: node.map(|node| node / asked.max(1)),
            formula: format!("requests.memory = limits.memory = {asked}Mi"),
        }
    };
    let mut containers = vec![grant("executor", executor)];
    if deployment.mode == DeployMode::Cluster {
        containers.push(grant("driver", &Container::driver(conf, deployment)));
    }
    let settings = settings(conf, [Key::PoolsimKubernetesNodeMemory]);
    let too_large = containers.iter().find(|grant| grant.granted_bytes.is_none());
    match (too_large, node) {
        (Some(grant), Some(node)) => Outcome {
            verdict: OutcomeVerdict::NeverScheduled,
            text: format!(
                "accepted and never scheduled: the {}'s pod asks for {} MiB and a node offers {node}; it stays \
                 Pending (Insufficient memory) and nothing is refused",
                grant.process,
                grant.asked_bytes / MIB
            ),
            spark_text: Some(STARVED.to_owned()),
            remedy: Some(format!(
                "{} or use larger nodes (poolsim.kubernetes.nodeMemory)",
                lower(conf, deployment, executor, grant.process, node)
            )),
            containers,
            settings,
        },
        _ => Outcome {
            verdict: OutcomeVerdict::Granted,
            text: match conf.is_set(Key::Master) {
                true => format!(
                    "granted: a pod of {} MiB, request and limit, for an executor",
                    executor.total_mib()
                ),
                false => {
                    format!("an executor asks for {} MiB; no cluster manager is named", executor.total_mib())
                }
            },
            spark_text: None,
            remedy: None,
            containers,
            settings,
        },
    }
}

fn standalone(conf: &Conf, deployment: &Deployment) -> Outcome {
    let worker = conf.optional_mib(Key::PoolsimStandaloneWorkerMemory);
    let grant = |process, key| {
        let heap = conf.mib(key);
        let fits = worker.is_none_or(|worker| heap <= worker);
        Grant {
            process,
            asked_bytes: heap * MIB,
            granted_bytes: fits.then_some(heap * MIB),
            rounding_bytes: fits.then_some(0),
            per_node: worker.map(|worker| worker / heap.max(1)),
            formula: format!("a worker subtracts the heap alone: {heap} MiB"),
        }
    };
    let mut containers = vec![grant("executor", Key::ExecutorMemory)];
    if deployment.mode == DeployMode::Cluster {
        containers.push(grant("driver", Key::DriverMemory));
    }
    let settings = settings(conf, [Key::PoolsimStandaloneWorkerMemory]);
    let too_large = containers.iter().find(|grant| grant.granted_bytes.is_none());
    match (too_large, worker) {
        (Some(grant), Some(worker)) => Outcome {
            verdict: OutcomeVerdict::NeverScheduled,
            text: format!(
                "accepted and never scheduled: the {} asks for {} MiB and a worker offers {worker}; nothing is \
                 refused, the master warns that the application requires more resource than any of Workers could have",
                grant.process,
                grant.asked_bytes / MIB
            ),
            spark_text: Some(STARVED.to_owned()),
            remedy: Some(format!(
                "lower spark.{}.memory or raise SPARK_WORKER_MEMORY (poolsim.standalone.workerMemory)",
                grant.process
            )),
            containers,
            settings,
        },
        _ => Outcome {
            verdict: OutcomeVerdict::Granted,
            text: "granted: a worker counts the heap alone and limits nothing; overhead, off-heap and PySpark memory \
                   come on top of what it offers"
                .into(),
            spark_text: None,
            remedy: None,
            containers,
            settings,
        },
    }
}

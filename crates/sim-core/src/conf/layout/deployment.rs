//! Where an application runs, as far as memory depends on it.

use crate::conf::{Conf, Key};

/// Who starts the JVMs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterManager {
    /// The driver's own JVM executes: `local[n]`. No container.
    Local,
    /// Spark's own workers: they subtract the heap alone and limit nothing.
    Standalone,
    /// Hadoop YARN: containers in steps, killed above their size.
    Yarn,
    /// Kubernetes: pods whose limit is what they ask for.
    Kubernetes,
}

/// Where the driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployMode {
    /// Where the application was submitted.
    Client,
    /// In a container of the cluster.
    Cluster,
}

/// The language of the application's main resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Java or Scala.
    Jvm,
    /// Python: executors start Python workers.
    Python,
    /// R.
    R,
}

/// Where an application runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Who starts its JVMs.
    pub manager: ClusterManager,
    /// Where its driver runs.
    pub mode: DeployMode,
    /// What it is written in.
    pub language: Language,
}

impl Deployment {
    /// Reads `spark.master`, `spark.submit.deployMode` and `poolsim.isPython`. Without a master it
    /// is Kubernetes, whose containers are what the settings add up to.
    pub fn of(conf: &Conf) -> Deployment {
        let master = conf.text(Key::Master).unwrap_or_default();
        Deployment {
            manager: match master {
                "yarn" => ClusterManager::Yarn,
                _ if master.starts_with("local") => ClusterManager::Local,
                _ if master.starts_with("spark://") => ClusterManager::Standalone,
                _ => ClusterManager::Kubernetes,
            },
            mode: match conf.word(Key::SubmitDeployMode) {
                "cluster" => DeployMode::Cluster,
                _ => DeployMode::Client,
            },
            language: if conf.flag(Key::PoolsimIsPython) { Language::Python } else { Language::Jvm },
        }
    }
}

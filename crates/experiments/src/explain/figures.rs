//! What a run comes to, and what it costs.

use sim_core::conf::Key;
use sim_core::conf::layout::{ClusterManager, Container, Deployment, ProfileMemory};

use super::report::Figures;
use crate::{Case, RunReport};

/// The container of an executor; `None` where Spark refuses it.
pub(super) fn container(case: &Case) -> Option<Container> {
    Container::executor(&case.conf, &Deployment::of(&case.conf), &ProfileMemory::default()).ok()
}

impl Figures {
    pub(super) fn of(case: &Case, report: &RunReport) -> Self {
        let conf = &case.conf;
        let deployment = Deployment::of(conf);
        let executors = case.run_conf.executors.len() as u64;
        let each = match deployment.manager {
            ClusterManager::Local => conf.mib(Key::DriverMemory),
            _ => container(case).map_or(0, |container| container.total_mib()),
        };
        let driver = match deployment.manager {
            ClusterManager::Local => 0,
            _ => Container::driver(conf, &deployment).total_mib(),
        };
        Self {
            failed: report.failed,
            failure: report.failure,
            duration_ms: report.duration_ms,
            task_time_ms: report.stages.iter().map(|stage| stage.time_ms.total()).sum(),
            memory_spilled_bytes: report.memory_spilled_bytes,
            evicted_bytes: report.evicted_bytes,
            cache_misses: report.cache_misses,
            executors,
            containers_mib: each.saturating_mul(executors).saturating_add(driver),
        }
    }
}

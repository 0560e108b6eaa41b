//! Executors that fail because a scenario says so.

use sim_core::conf::Conf;
use sim_core::conf::layout::yarn::YarnSizes;
use sim_core::conf::layout::{ClusterManager, Container, Deployment, ProfileMemory};
use sim_core::engine::{PlannedLoss, RunConf};
use sim_core::outcome::{ContainerReport, LossReason};
use sim_core::units::Bytes;
use workload::scenario::{Loss, LossWord};

use crate::Error;

/// Adds the losses of a scenario to a run.
pub(crate) fn plan(run_conf: &mut RunConf, conf: &Conf, losses: &[Loss]) -> Result<(), Error> {
    let most = run_conf.executors.len() + losses.len();
    for loss in losses {
        if loss.executor as usize >= most {
            return Err(Error::Limit(format!(
                "`lose` names executor {}; with those that come in place of lost ones there are 0 to {}",
                loss.executor,
                most - 1
            )));
        }
        let reason = match loss.reason {
            LossWord::Killed => LossReason::Killed,
            LossWord::Preempted => LossReason::Preempted,
            LossWord::Container => LossReason::ContainerLimit(full_container(conf)?),
        };
        run_conf.failures.planned.push(PlannedLoss { executor: loss.executor, at: loss.at, reason });
    }
    Ok(())
}

/// A container that is full to the last byte, with nothing known of what fills it.
fn full_container(conf: &Conf) -> Result<ContainerReport, Error> {
    let deployment = Deployment::of(conf);
    let refused = |error| Error::refused(error, conf.semantics());
    let asked =
        Container::executor(conf, &deployment, &ProfileMemory::default()).map_err(refused)?.total_mib();
    let (mib, exit_code) = match deployment.manager {
        ClusterManager::Yarn => (YarnSizes::of(conf).normalize(asked), -104),
        ClusterManager::Kubernetes => (asked, 137),
        ClusterManager::Local | ClusterManager::Standalone => {
            return Err(Error::Limit(
                "`lose` with `reason: container` needs containers: set spark.master to yarn or k8s://.."
                    .to_owned(),
            ));
        }
    };
    let limit = Bytes(mib << 20);
    Ok(ContainerReport { used: limit, limit, parts: Vec::new(), exit_code })
}

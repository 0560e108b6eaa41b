//! From settings to what happens when executors are lost.
//!
//! Spark: `ExecutorFailureTracker.maxNumExecutorFailures`, `ApplicationMaster` (as many failures as the limit end the
//! application), `ExecutorPodsAllocator` (more than the limit do), `Master.handleExecutorStateChanged`.

use super::Value;
use super::layout::ClusterManager;
use super::{Conf, Key};
use crate::engine::{ExclusionConf, ExecutorFailures, FailureConf};
use crate::units::SimTime;

/// The failures of a run on `executors` executors.
pub(super) fn failure_conf(conf: &Conf, manager: ClusterManager, executors: u32) -> FailureConf {
    let local = manager == ClusterManager::Local;
    FailureConf {
        shuffle_service: conf.flag(Key::ShuffleServiceEnabled),
        max_stage_attempts: u32::try_from(conf.int(Key::StageMaxConsecutiveAttempts)).unwrap_or(0),
        // No run lives to see the end of the longest wait.
        fetch_retry_wait: SimTime(conf.time_ns(Key::ShuffleIoRetryWait).min(1 << 62)),
        ends_with_executor: local,
        executor_start: (!local).then(|| SimTime::from_ms(conf.int(Key::PoolsimExecutorStartMs) as u64)),
        executor_failures: executor_failures(conf, manager, executors),
        exclusion: exclusion(conf),
        planned: Vec::new(),
    }
}

/// `HealthTracker.isExcludeOnFailureEnabled`: each of the two keys of 4.x stands above the one for both.
fn exclusion(conf: &Conf) -> Option<ExclusionConf> {
    let both = conf.flag(Key::ExcludeOnFailureEnabled);
    let part = |key| match conf.get(key) {
        Some(Value::Bool(on)) => *on,
        _ => both,
    };
    let task_and_stage = part(Key::ExcludeOnFailureTaskAndStageEnabled);
    let application = part(Key::ExcludeOnFailureApplicationEnabled);
    let number = |key| u32::try_from(conf.int(key)).unwrap_or(u32::MAX);
    // No run lives to see the end of the longest time.
    let time = |key| SimTime(conf.time_ns(key).min(1 << 62));
    (task_and_stage || application).then(|| ExclusionConf {
        task_and_stage,
        application,
        task_attempts_per_executor: number(Key::ExcludeOnFailureTaskMaxTaskAttemptsPerExecutor),
        task_attempts_per_node: number(Key::ExcludeOnFailureTaskMaxTaskAttemptsPerNode),
        stage_tasks_per_executor: number(Key::ExcludeOnFailureStageMaxFailedTasksPerExecutor),
        stage_executors_per_node: number(Key::ExcludeOnFailureStageMaxFailedExecutorsPerNode),
        application_tasks_per_executor: number(Key::ExcludeOnFailureApplicationMaxFailedTasksPerExecutor),
        application_executors_per_node: number(Key::ExcludeOnFailureApplicationMaxFailedExecutorsPerNode),
        timeout: time(Key::ExcludeOnFailureTimeout),
        unschedulable_timeout: time(Key::SchedulerExcludeOnFailureUnschedulableTaskSetTimeout),
    })
}

fn executor_failures(conf: &Conf, manager: ClusterManager, executors: u32) -> ExecutorFailures {
    match manager {
        ClusterManager::Local => ExecutorFailures::Unlimited,
        ClusterManager::Standalone => u32::try_from(conf.int(Key::DeployMaxExecutorRetries))
            .map_or(ExecutorFailures::Unlimited, |limit| ExecutorFailures::InARow { limit }),
        ClusterManager::Yarn | ClusterManager::Kubernetes => {
            let limit = conf
                .optional_int(Key::ExecutorMaxNumFailures)
                .unwrap_or_else(|| default_limit(conf, executors));
            let limit = u32::try_from(limit).unwrap_or(0);
            let more = u32::from(manager == ClusterManager::Kubernetes);
            ExecutorFailures::Limited {
                limit,
                too_many: limit.saturating_add(more).max(1),
                validity: conf.optional_time_ns(Key::ExecutorFailuresValidityInterval).map(SimTime),
            }
        }
    }
}

/// `max(3, 2 * n)`, where n is what dynamic allocation may ask for, or the number of executors.
fn default_limit(conf: &Conf, executors: u32) -> i64 {
    let most = if conf.flag(Key::DynamicAllocationEnabled) {
        conf.int(Key::DynamicAllocationMaxExecutors)
    } else {
        i64::from(executors)
    };
    // Spark: `effectiveNumExecutors > Int.MaxValue / 2` is `Int.MaxValue`.
    most.saturating_mul(2).clamp(3, i64::from(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::SparkVersion;

    fn of(manager: ClusterManager, settings: &[(&str, &str)]) -> ExecutorFailures {
        let builder = Conf::builder(SparkVersion::V3_5).layer("test", settings.iter().copied());
        executor_failures(&builder.build().expect("good settings"), manager, 4)
    }

    #[test]
    fn yarn_ends_the_application_at_the_limit_and_kubernetes_above_it() {
        let limited = |limit, too_many| ExecutorFailures::Limited { limit, too_many, validity: None };
        assert_eq!(of(ClusterManager::Yarn, &[]), limited(8, 8));
        assert_eq!(of(ClusterManager::Kubernetes, &[]), limited(8, 9));
        assert_eq!(of(ClusterManager::Yarn, &[("spark.yarn.max.executor.failures", "2")]), limited(2, 2));
        let dynamic = [("spark.dynamicAllocation.enabled", "true")];
        assert_eq!(of(ClusterManager::Yarn, &dynamic), limited(i32::MAX as u32, i32::MAX as u32));
        let few = [dynamic[0], ("spark.dynamicAllocation.maxExecutors", "1")];
        assert_eq!(of(ClusterManager::Yarn, &few), limited(3, 3));
    }

    #[test]
    fn standalone_masters_count_failures_in_a_row_and_local_drivers_none() {
        assert_eq!(of(ClusterManager::Standalone, &[]), ExecutorFailures::InARow { limit: 10 });
        let never = [("spark.deploy.maxExecutorRetries", "-1")];
        assert_eq!(of(ClusterManager::Standalone, &never), ExecutorFailures::Unlimited);
        assert_eq!(of(ClusterManager::Local, &[]), ExecutorFailures::Unlimited);
    }
}

//! What a run is told of failures: limits, who replaces a lost executor, and losses that are planned.

use super::exclusion::ExclusionConf;
use crate::outcome::LossReason;
use crate::units::SimTime;

/// What happens when executors are lost and tasks fail.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureConf {
    /// `spark.shuffle.service.enabled`: map output outlives the executor that has written it.
    pub shuffle_service: bool,
    /// `spark.stage.maxConsecutiveAttempts`: attempts of a stage in a row that may end because map output was gone.
    pub max_stage_attempts: u32,
    /// `spark.shuffle.io.retryWait`: after which a fetch that was broken off is tried again.
    pub fetch_retry_wait: SimTime,
    /// The driver is the executor, and the application ends with it (`local[n]`).
    pub ends_with_executor: bool,
    /// Time from the loss of an executor to the registration of the one that the cluster manager starts in its place;
    /// `None` where nobody does.
    pub executor_start: Option<SimTime>,
    /// When lost executors end the application.
    pub executor_failures: ExecutorFailures,
    /// Executors and nodes on which tasks fail are avoided; `None` where they are not.
    pub exclusion: Option<ExclusionConf>,
    /// Executors that fail because the run was told so.
    pub planned: Vec<PlannedLoss>,
}

/// When lost executors end the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorFailures {
    /// Never.
    Unlimited,
    /// Once so many of them have failed (`spark.executor.maxNumFailures`), all of them or those within a time
    /// (`spark.executor.failuresValidityInterval`).
    Limited {
        /// The setting.
        limit: u32,
        /// How many are too many: as many on YARN, one more on Kubernetes.
        too_many: u32,
        /// How long a failure counts.
        validity: Option<SimTime>,
    },
    /// Once so many have failed in a row and none is left that runs (`spark.deploy.maxExecutorRetries` of the
    /// standalone `Master`).
    InARow {
        /// How many are too many.
        limit: u32,
    },
}

/// An executor that fails because the run was told so.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedLoss {
    /// The index of the executor; one that takes the place of a lost one follows after all others, in order of loss.
    pub executor: u32,
    /// When; nothing happens where it is not there then.
    pub at: SimTime,
    /// Why.
    pub reason: LossReason,
}

impl Default for FailureConf {
    fn default() -> Self {
        Self {
            shuffle_service: false,
            max_stage_attempts: 4,
            fetch_retry_wait: SimTime::from_ms(5_000),
            ends_with_executor: false,
            executor_start: None,
            executor_failures: ExecutorFailures::Unlimited,
            exclusion: None,
            planned: Vec::new(),
        }
    }
}

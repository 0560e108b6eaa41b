//! Why executors are lost.

use super::{FailureKind, HeapReport};
use crate::ids::ExecutorId;
use crate::units::Bytes;

/// An executor was lost, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorLoss {
    /// Which.
    pub executor: ExecutorId,
    /// Why.
    pub reason: LossReason,
}

/// Why an executor is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LossReason {
    /// It leaves when the run was told that it does.
    Removed,
    /// Dynamic allocation gave it back (`ExecutorAllocationManager.removeExecutors`).
    Idle,
    /// The driver gave it back since a task may not run on it (`HealthTracker.killExcludedIdleExecutor`).
    Excluded,
    /// Its process was killed (`kill -9`), for no reason that Spark knows of.
    Killed,
    /// The cluster manager took its container for somebody else (YARN: -102).
    Preempted,
    /// Its processes outgrew its container.
    ContainerLimit(ContainerReport),
    /// A thread of its JVM ran out of heap: exit code 52 (`SparkExitCode.OOM`).
    Heap(HeapReport),
    /// The collector gave up: as above, with another text.
    GcOverhead(HeapReport),
}

impl LossReason {
    /// Whether Spark takes the application for the cause, so that lost tasks count towards `spark.task.maxFailures`
    /// and the executor towards `spark.executor.maxNumFailures` (`ExecutorExited.exitCausedByApp`).
    #[must_use]
    pub const fn caused_by_app(&self) -> bool {
        !matches!(self, Self::Removed | Self::Idle | Self::Excluded | Self::Preempted)
    }

    /// Whether the cluster manager starts another one in its place: not where somebody else decides who comes and goes.
    #[must_use]
    pub const fn is_replaced(&self) -> bool {
        !matches!(self, Self::Removed | Self::Idle)
    }

    /// The exit code of its process, where it ends by itself or is killed.
    #[must_use]
    pub const fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Removed | Self::Idle | Self::Excluded => None,
            Self::Killed => Some(137),
            Self::Preempted => Some(-102),
            Self::ContainerLimit(report) => Some(report.exit_code),
            Self::Heap(_) | Self::GcOverhead(_) => Some(52),
        }
    }

    /// The kind of failure.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::Removed | Self::Idle | Self::Excluded | Self::Killed | Self::Preempted => {
                FailureKind::ExecutorLostOther
            }
            Self::ContainerLimit(_) => FailureKind::ContainerLimit,
            Self::Heap(_) => FailureKind::ExecutorHeap,
            Self::GcOverhead(_) => FailureKind::GcOverhead,
        }
    }
}

/// A container above its limit: what was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerReport {
    /// All its processes.
    pub used: Bytes,
    /// Its limit.
    pub limit: Bytes,
    /// The parts of `used` by name, largest first.
    pub parts: Vec<(&'static str, Bytes)>,
    /// YARN: -104; Kubernetes: 137.
    pub exit_code: i32,
}

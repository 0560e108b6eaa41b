//! What ends attempts, stages and applications.

use super::{ExecutorLoss, FailureKind, HeapReport, OomReport};
use crate::ids::{ExecutorId, ShuffleId};
use crate::observe::AttemptInfo;
use crate::units::{Bytes, SimTime};

/// What ends an attempt, a stage or the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A consumer ran out of execution memory (`SparkOutOfMemoryError`): the executor survives.
    ExecutionMemory(OomReport),
    /// Objects outside of the pools did not fit into an executor's heap any more.
    ExecutorHeap(HeapReport),
    /// The collector of an executor gave up (`GC overhead limit exceeded`).
    GcOverhead(HeapReport),
    /// The attempt's executor was lost (`ExecutorLostFailure`).
    ExecutorLost(ExecutorLoss),
    /// Map output that it needs is gone (`FetchFailed`).
    FetchFailed {
        /// Of which shuffle.
        shuffle: ShuffleId,
        /// Which executor had written it.
        executor: ExecutorId,
    },
    /// A stage was attempted too often because of that (`spark.stage.maxConsecutiveAttempts`).
    StageAttempts {
        /// How often.
        attempts: u32,
        /// Of which shuffle the map output was gone the last time.
        shuffle: ShuffleId,
    },
    /// Too many executors failed (`spark.executor.maxNumFailures`): exit code 11.
    ExecutorFailures {
        /// How many.
        failures: u32,
        /// How many are allowed.
        limit: u32,
        /// The last loss.
        last: ExecutorLoss,
    },
    /// A task cannot run anywhere: it is excluded on all executors (`TaskSetManager.abortIfCompletelyExcludedOnFailure`).
    ExcludedEverywhere {
        /// The stage's most recent failure.
        last: Option<Box<(AttemptInfo, Cause)>>,
    },
    /// A task has succeeded and still holds execution memory, and `spark.unsafe.exceptionOnMemoryLeak` is set.
    MemoryLeak {
        /// What it holds.
        bytes: Bytes,
    },
    /// A Python worker outgrew its address space (`MemoryError`).
    PythonMemory {
        /// What it would have needed.
        needed: Bytes,
        /// `spark.executor.pyspark.memory` divided by the cores.
        limit: Bytes,
    },
    /// A thread's stack was too small (`StackOverflowError`).
    StackOverflow {
        /// Frames that were needed, in bytes.
        needed: Bytes,
        /// `-Xss`.
        limit: Bytes,
    },
    /// The results of a stage are larger than `spark.driver.maxResultSize`.
    MaxResultSize {
        /// Tasks whose results had come.
        tasks: u32,
        /// Their serialized bytes.
        total: Bytes,
        /// The setting.
        limit: Bytes,
    },
    /// A result was a block of an executor that was lost before the driver had fetched it (`TaskResultLost`).
    ResultLost {
        /// Which.
        executor: ExecutorId,
    },
    /// A serialized task is larger than a message may be (`spark.rpc.message.maxSize`).
    TaskTooLarge {
        /// Its bytes.
        bytes: Bytes,
        /// The setting.
        limit: Bytes,
    },
    /// A table has more rows than a broadcast relation may have.
    BroadcastRows {
        /// Its rows.
        rows: u64,
        /// The limit of that kind of relation.
        limit: u64,
    },
    /// A table has more bytes than a broadcast relation may have (8 GiB, `spark.sql.maxBroadcastTableSize`).
    BroadcastBytes {
        /// Its bytes.
        bytes: Bytes,
        /// The limit.
        limit: Bytes,
    },
    /// A table was not broadcast in time (`spark.sql.broadcastTimeout`).
    BroadcastTimeout {
        /// The setting.
        timeout: SimTime,
    },
    /// The driver's heap is full.
    DriverHeap {
        /// What it holds, and what it had to take in addition.
        heap: HeapReport,
        /// Whether it was about to build a broadcast relation, which Spark words in its own way.
        broadcast: bool,
    },
    /// The driver's container is above its limit.
    DriverContainer(super::ContainerReport),
}

impl Cause {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::ExecutionMemory(_) => FailureKind::ExecutionMemory,
            Self::ExecutorHeap(_) => FailureKind::ExecutorHeap,
            Self::GcOverhead(_) => FailureKind::GcOverhead,
            Self::ExecutorLost(loss) | Self::ExecutorFailures { last: loss, .. } => loss.reason.kind(),
            Self::FetchFailed { .. }
            | Self::StageAttempts { .. }
            | Self::ExcludedEverywhere { last: None }
            | Self::ResultLost { .. } => FailureKind::ExecutorLostOther,
            Self::ExcludedEverywhere { last: Some(last) } => last.1.kind(),
            Self::PythonMemory { .. } => FailureKind::PythonMemory,
            Self::StackOverflow { .. } => FailureKind::StackOverflow,
            Self::MaxResultSize { .. } => FailureKind::MaxResultSize,
            Self::TaskTooLarge { .. } => FailureKind::TaskResultOrRpcSize,
            Self::BroadcastRows { .. } | Self::BroadcastBytes { .. } => FailureKind::BroadcastLimit,
            Self::BroadcastTimeout { .. } | Self::MemoryLeak { .. } => FailureKind::NotMemory,
            Self::DriverHeap { .. } => FailureKind::DriverHeap,
            Self::DriverContainer(_) => FailureKind::DriverContainer,
        }
    }
}

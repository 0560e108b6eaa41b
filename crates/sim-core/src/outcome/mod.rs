//! How a run ended, and what ends attempts, executors and applications.

mod cause;
mod container;
mod driver;
mod driver_text;
mod kind;
mod loss;
mod text;

pub use cause::Cause;
pub use container::ContainerUse;
pub use driver::{DriverPeaks, Warning};
pub use driver_text::driver_text;
pub use kind::FailureKind;
pub use loss::{ContainerReport, ExecutorLoss, LossReason};

use crate::ids::{JobId, StageId};
use crate::memory::consumer::Failure;
use crate::units::{Bytes, SimTime};

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// When the last job or attempt ended; where the run stalls, when something last happened; where it was given up,
    /// when.
    pub end: SimTime,
    /// Events processed.
    pub events: u64,
    /// Calls of the memory managers and stores.
    pub memory_calls: u64,
    /// What the container of each executor held at most; empty where containers are not watched.
    pub containers: Vec<ContainerUse>,
    /// The most that the driver held.
    pub driver: DriverPeaks,
    /// What Spark warns of, in order.
    pub warnings: Vec<Warning>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every job has succeeded.
    Finished,
    /// A job was aborted, or the application with all its jobs.
    Failed(Box<JobFailure>),
    /// Nothing can happen any more although jobs are left: Spark would hang.
    Stalled {
        /// What is missing.
        why: Stall,
        /// Stage, index and missing bytes of each attempt that waits.
        waiting: Vec<(StageId, u32, Bytes)>,
    },
    /// The bound on events was reached.
    GaveUp,
}

/// What a stalled run is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// Attempts wait for memory that nobody gives back.
    Memory,
    /// No attempt runs, and no executor is left, or comes later, that could run one.
    NoExecutor {
        /// Tasks of submitted stages that have not succeeded.
        tasks: u64,
    },
}

/// What aborted a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// The job; the first of those that ran where the whole application was ended.
    pub job: JobId,
    /// The stage, where one was aborted.
    pub stage: Option<StageId>,
    /// The task's index, where it was one that failed.
    pub index: Option<u32>,
    /// How often that task had failed.
    pub failures: u32,
    /// What happened last.
    pub cause: Cause,
}

/// A heap that objects outside of the pools have filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapReport {
    /// What can be live in it at most.
    pub capacity: Bytes,
    /// What was live.
    pub live: Bytes,
    /// What was to come in addition.
    pub asked: Bytes,
    /// The parts of `live` by name, largest first.
    pub parts: Vec<(&'static str, Bytes)>,
    /// Bytes of each attempt of the executor that holds memory of its heap, accounted or not.
    pub holders: Vec<Holder>,
}

/// An out-of-memory error, as data: who asked for what, and who held the memory then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OomReport {
    /// What failed.
    pub failure: Failure,
    /// The consumer that asked.
    pub consumer: &'static str,
    /// Bytes of each attempt of the executor that holds execution memory, the failing one among them.
    pub holders: Vec<Holder>,
    /// Bytes of the storage pool in use (blocks and unroll memory).
    pub storage_used: Bytes,
    /// Bytes of the execution pool.
    pub execution_pool: Bytes,
}

/// An attempt that holds execution memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its stage.
    pub stage: StageId,
    /// Its task's index.
    pub index: u32,
    /// Bytes that it holds.
    pub bytes: Bytes,
    /// Its consumers with the bytes of each.
    pub consumers: Vec<(&'static str, Bytes)>,
}

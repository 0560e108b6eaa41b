//! The out-of-memory error that ended an application.

use serde::Serialize;
use sim_core::memory::consumer::Failure;
use sim_core::outcome::{Cause, JobFailure};
use sim_core::workload::Workload;

/// Who asked for what, what there was, and who held the memory then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OomReport {
    /// The name of the job.
    pub job: String,
    /// The number of the stage.
    pub stage: u32,
    /// Its name.
    pub stage_name: String,
    /// The task's number in the stage.
    pub index: u32,
    /// How often it had failed.
    pub failures: u32,
    /// The consumer that asked.
    pub consumer: String,
    /// What failed, in the words of Spark where it has some.
    pub error: String,
    /// What was indispensable, where the error says it.
    pub required_bytes: Option<u64>,
    /// What there was, where the error says it.
    pub granted_bytes: Option<u64>,
    /// Blocks and unroll memory then.
    pub storage_used_bytes: u64,
    /// The execution pool then.
    pub execution_pool_bytes: u64,
    /// The attempts of the executor that held execution memory.
    pub holders: Vec<HolderReport>,
}

/// An attempt that held execution memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HolderReport {
    /// The number of its stage.
    pub stage: u32,
    /// Its task's number in the stage.
    pub index: u32,
    /// What it held.
    pub held_bytes: u64,
    /// Its consumers.
    pub consumers: Vec<ConsumerHolding>,
}

/// A consumer and what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsumerHolding {
    /// The consumer.
    pub consumer: String,
    /// What it held.
    pub held_bytes: u64,
}

impl OomReport {
    /// What ended an application; `None` unless it was a lack of execution memory.
    pub(super) fn of(failure: &JobFailure, workload: &Workload) -> Option<Self> {
        let (Cause::ExecutionMemory(oom), Some(stage), Some(index)) =
            (&failure.cause, failure.stage, failure.index)
        else {
            return None;
        };
        let (required_bytes, granted_bytes) = amounts(oom.failure);
        Some(Self {
            job: workload.jobs[failure.job.index()].name.clone(),
            stage: stage.0,
            stage_name: workload.stages[stage.index()].name.clone(),
            index,
            failures: failure.failures,
            consumer: oom.consumer.to_owned(),
            error: words(oom.failure),
            required_bytes,
            granted_bytes,
            storage_used_bytes: oom.storage_used.0,
            execution_pool_bytes: oom.execution_pool.0,
            holders: oom.holders.iter().map(HolderReport::of).collect(),
        })
    }
}

impl HolderReport {
    pub(crate) fn of(holder: &sim_core::outcome::Holder) -> Self {
        let consumers = holder.consumers.iter();
        Self {
            stage: holder.stage.0,
            index: holder.index,
            held_bytes: holder.bytes.0,
            consumers: consumers
                .map(|(consumer, held)| ConsumerHolding {
                    consumer: (*consumer).to_owned(),
                    held_bytes: held.0,
                })
                .collect(),
        }
    }
}

fn amounts(failure: Failure) -> (Option<u64>, Option<u64>) {
    match failure {
        Failure::UnableToAcquire { required, got } => (Some(required.0), Some(got.0)),
        Failure::HashRelation { needed, got } => (Some(needed.0), Some(got.0)),
        Failure::TooLargePage(bytes) => (Some(bytes.0), None),
        _ => (None, None),
    }
}

pub(crate) fn words(failure: Failure) -> String {
    match failure {
        Failure::UnableToAcquire { required, got } => {
            format!("Unable to acquire {required} bytes of memory, got {got}.")
        }
        Failure::PointerArray => "Not enough memory to grow pointer array".to_owned(),
        Failure::Aggregation => "No enough memory for aggregation".to_owned(),
        Failure::HashRelation { needed, got } => {
            format!("Can't acquire {needed} bytes memory to build hash relation, got {got} bytes")
        }
        Failure::HashMap => "There is not enough memory to build hash map".to_owned(),
        Failure::TooLargePage(bytes) => format!("Cannot allocate a page of {bytes} bytes."),
        Failure::TooManyPages => "Have already allocated a maximum of 8192 pages".to_owned(),
        Failure::Orphaned => "its entry in the pool was taken away while it waited".to_owned(),
    }
}

//! The report of a run: what `--format json` prints and what `expect:` paths name.
//!
//! Names are snake_case with the unit last. `null` is what cannot be known; [`RunReport::unknown`] says why.

mod build;
mod container;
mod driver;
mod executor;
mod failure;
mod layout;
mod oom;
mod stage;
mod time;
mod verdict;

pub(crate) use build::build;
pub use container::{ContainerKill, ContainerReport};
pub use driver::{DriverReport, WarningReport};
pub use executor::{ExecutorReport, PoolPeaks, RddReport};
pub use failure::{ErrorReport, PartReport};
pub use layout::LayoutReport;
pub(crate) use oom::words;
pub use oom::{ConsumerHolding, HolderReport, OomReport};
pub use stage::{StageReport, StageStatus, TaskReport, TaskStatus};
pub use time::TimeParts;
pub use verdict::{FailureKind, Verdict};
pub(crate) use verdict::{failure, serialize_failure};

use serde::Serialize;

use crate::without::WithoutReport;

/// The version of the names and meanings of this report.
pub const SCHEMA_VERSION: u32 = 1;

/// The figures of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The name of the input.
    pub input: String,
    /// What the input asks.
    pub question: Option<String>,
    /// The Spark version whose behaviour is modelled.
    pub spark_version: String,
    /// How the run ended.
    pub verdict: Verdict,
    /// The same in one sentence.
    pub verdict_text: String,
    /// Whether the application fails or hangs; `null` where the run was given up.
    pub failed: Option<bool>,
    /// Why it fails; `null` where it does not.
    #[serde(serialize_with = "verdict::serialize_failure")]
    pub failure: Option<FailureKind>,
    /// From the submission of the first job to the end of the last.
    pub duration_ms: u64,
    /// CPU time of all attempts: computing and serializing.
    pub cpu_ms: u64,
    /// Where the time of all attempts went.
    pub time_ms: TimeParts,
    /// `Memory Bytes Spilled` of all attempts.
    pub memory_spilled_bytes: u64,
    /// `Disk Bytes Spilled` of all attempts.
    pub disk_spilled_bytes: u64,
    /// The largest `Peak Execution Memory` of an attempt.
    pub peak_execution_memory_max_bytes: u64,
    /// The sum of `Peak Execution Memory` of all attempts.
    pub peak_execution_memory_sum_bytes: u64,
    /// Partitions of cached RDDs that left memory for others.
    pub evicted_blocks: u64,
    /// Their bytes in memory.
    pub evicted_bytes: u64,
    /// Blocks of broadcast variables that left memory.
    pub evicted_broadcast_blocks: u64,
    /// Partitions of cached RDDs read from memory, disk or another executor.
    pub cache_hits: u64,
    /// Partitions of cached RDDs that had to be computed.
    pub cache_misses: u64,
    /// Attempts that failed.
    pub failed_tasks: u64,
    /// Attempts that were lost with their executor.
    pub lost_tasks: u64,
    /// Attempts that found map output missing; they are among the failed ones.
    pub fetch_failed_tasks: u64,
    /// Tasks that had succeeded and ran once more, as their map output was lost while their stage ran.
    pub resubmitted_tasks: u64,
    /// Executors that were lost.
    pub lost_executors: u64,
    /// The memory of one executor.
    pub layout: LayoutReport,
    /// By stage, in the order of their numbers.
    pub stages: Vec<StageReport>,
    /// By cached RDD.
    pub rdds: Vec<RddReport>,
    /// By executor.
    pub executors: Vec<ExecutorReport>,
    /// The most executors that were there at a time.
    pub executors_peak: u32,
    /// Time of all executors together, from the coming of each to its loss or the end.
    pub executors_ms: u64,
    /// The same input where something costs no time, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<WithoutReport>,
    /// What the driver held.
    pub driver: DriverReport,
    /// What Spark warns of, in order.
    pub warnings: Vec<WarningReport>,
    /// The out-of-memory error that ended the application.
    pub oom: Option<OomReport>,
    /// What else ended the application.
    pub error: Option<ErrorReport>,
    /// What was set, sorted by key.
    pub conf: Vec<SettingReport>,
    /// Events processed.
    pub events: u64,
    /// A hash of every event with its time and figures: two runs with the same one did the same.
    pub fingerprint: String,
    /// Figures that are `null`, and why.
    pub unknown: Vec<Unknown>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingReport {
    /// The key.
    pub key: String,
    /// The text that counts.
    pub value: String,
    /// Where it was set.
    pub source: String,
}

/// A figure that cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Its path in the report.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// How much of a run is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Down to stages.
    Stages,
    /// Down to attempts.
    Tasks,
}

//! What an explanation says: the names of `--format json`.

use serde::Serialize;
use sim_core::outcome::FailureKind;

use crate::report::{HolderReport, TaskReport, Verdict};

/// The version of the names and meanings of [`ExplainReport`].
pub const SCHEMA_VERSION: u32 = 1;

/// Why the memory of an input ran short, what else is wrong with it, and what would help.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The name of the input.
    pub input: String,
    /// What the input asks.
    pub question: String,
    /// The Spark version whose behaviour is modelled.
    pub spark_version: String,
    /// How the run ended.
    pub verdict: Verdict,
    /// The same in one sentence.
    pub verdict_text: String,
    /// Of a log: how far the model is from what happened; empty for a scenario.
    pub sure: Vec<String>,
    /// The figures of the input as it is.
    pub before: Figures,
    /// What was found, failures first, then by what it costs.
    pub findings: Vec<Finding>,
    /// What was found and is not told one by one.
    pub left: Vec<String>,
    /// Every change that was simulated, in a fixed order; findings name them by index.
    pub fixes: Vec<Fix>,
    /// The task that was asked for.
    pub task: Option<TaskStory>,
    /// A hash of every event of the run as it is.
    pub fingerprint: String,
}

/// What a run comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Whether the application fails or hangs; `null` where the run was given up.
    pub failed: Option<bool>,
    /// Why.
    #[serde(serialize_with = "crate::report::serialize_failure")]
    pub failure: Option<FailureKind>,
    /// From the submission of the first job to the end of the last.
    pub duration_ms: u64,
    /// Time of all attempts.
    pub task_time_ms: u64,
    /// `Memory Bytes Spilled` of all attempts.
    pub memory_spilled_bytes: u64,
    /// Bytes of cached partitions that left memory for others.
    pub evicted_bytes: u64,
    /// Partitions of cached RDDs that had to be computed.
    pub cache_misses: u64,
    /// Containers of executors (and of the driver, where its size is what changes).
    pub executors: u64,
    /// All of their memory together, as it is asked for.
    pub containers_mib: u64,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The kind of failure, where it is one.
    #[serde(serialize_with = "crate::report::serialize_failure")]
    pub failure: Option<FailureKind>,
    /// In one sentence without a full stop.
    pub title: String,
    /// When.
    pub at_ms: Option<u64>,
    /// In which stage.
    pub stage: Option<u32>,
    /// Of which cached RDD.
    pub rdd: Option<u32>,
    /// Bytes, where it is about bytes: what findings of a kind are ranked by.
    pub bytes: Option<u64>,
    /// Why, in Spark's rules.
    pub cause: String,
    /// Who held the memory then.
    pub held: Option<Held>,
    /// What was tried, the best first.
    pub fixes: Vec<Judged>,
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Attempts, an executor or the application failed.
    Failure,
    /// A log says that the application failed, and its recording does not.
    ObservedFailure,
    /// Attempts wait for memory for ever.
    Stall,
    /// A consumer spilled.
    Spill,
    /// Cached partitions left memory.
    Eviction,
    /// More partitions would avoid spills.
    TooFewPartitions,
    /// Tasks are so short that launching them takes the time.
    TooManyPartitions,
    /// One task has much more data than the others of its stage.
    Skew,
    /// A cache is read less than once after it was filled.
    UselessCache,
    /// Most of the pool is never used.
    WastedMemory,
}

/// What an executor's memory held at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The executor.
    pub executor: u32,
    /// `on_heap` or `off_heap`.
    pub mode: &'static str,
    /// Tasks that held execution memory, or waited for it: the N of 1/N.
    pub active_tasks: u64,
    /// All of the pool, execution and storage.
    pub unified_bytes: u64,
    /// Execution memory in use.
    pub execution_used_bytes: u64,
    /// Storage memory in use, unroll memory among it.
    pub storage_used_bytes: u64,
    /// What execution cannot evict blocks from.
    pub storage_region_bytes: u64,
    /// Blocks that are being unrolled.
    pub unroll_bytes: u64,
    /// Attempts, those that hold most first.
    pub attempts: Vec<HolderReport>,
    /// Blocks by RDD, those that hold most first.
    pub rdds: Vec<RddHolding>,
}

/// Blocks of an RDD in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RddHolding {
    /// The RDD; `null` for broadcast variables.
    pub rdd: Option<u32>,
    /// Its name.
    pub name: String,
    /// Bytes in memory.
    pub held_bytes: u64,
}

/// A change, and what the same input does under it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fix {
    /// A stable name.
    pub id: &'static str,
    /// What is changed, in words.
    pub text: String,
    /// The settings; empty where the application itself is changed.
    pub settings: Vec<Setting>,
    /// The figures under it; `null` where Spark refuses it.
    pub after: Option<Figures>,
    /// Why Spark refuses it.
    pub refused: Option<String>,
    /// Whether the run does the very same: this input does not depend on it.
    pub same: bool,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// What a change does to a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Index in [`ExplainReport::fixes`].
    pub fix: usize,
    /// What it does.
    pub effect: Effect,
    /// The same in words, with its cost.
    pub text: String,
}

/// What a change does to a finding. The order is that in which changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is gone.
    Solves,
    /// It is less by a tenth or more.
    Helps,
    /// It is as it was.
    DoesNotHelp,
    /// The run does the very same.
    ChangesNothing,
    /// It is worse, or the application fails where it did not.
    Harms,
    /// Spark refuses the settings.
    Refused,
}

/// One task, attempt by attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskStory {
    /// Its stage.
    pub stage: u32,
    /// The name of the stage.
    pub stage_name: String,
    /// Its number in the stage.
    pub index: u32,
    /// Its attempts.
    pub attempts: Vec<TaskReport>,
    /// Bytes that its last attempt read from storage, caches and shuffles.
    pub read_bytes: u64,
    /// The same of the median task of the stage.
    pub median_read_bytes: u64,
    /// The median of the largest execution memory that tasks of the stage held.
    pub median_peak_bytes: u64,
    /// Its first spills: what happened and who held the memory then.
    pub spills: Vec<TaskSpill>,
}

/// A spill of the task that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskSpill {
    /// The attempt.
    pub attempt: u32,
    /// When it began.
    pub at_ms: u64,
    /// The consumer.
    pub consumer: String,
    /// Bytes of the rows.
    pub bytes: u64,
    /// Why.
    pub cause: String,
    /// Who held the memory then.
    pub held: Held,
}

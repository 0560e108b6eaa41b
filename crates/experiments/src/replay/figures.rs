//! Figures of an application: the same names for what happened, what is simulated and what is predicted.

use serde::Serialize;

use super::Interval;
use crate::report::FailureKind;

/// The figures of one application. `null` is what cannot be known: see
/// [`ReplayReport::unknown`](super::ReplayReport::unknown).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// `Memory Bytes Spilled` of all attempts.
    pub memory_spilled_bytes: Option<u64>,
    /// `Disk Bytes Spilled` of all attempts.
    pub disk_spilled_bytes: Option<u64>,
    /// The largest `Peak Execution Memory` of an attempt.
    pub peak_execution_memory_max_bytes: Option<u64>,
    /// The sum of `Peak Execution Memory` of all attempts.
    pub peak_execution_memory_sum_bytes: Option<u64>,
    /// Blocks of RDDs that left memory, as `BlockUpdated` reports them.
    pub evicted_blocks: Option<u64>,
    /// Their bytes.
    pub evicted_bytes: Option<u64>,
    /// Blocks of broadcast variables that left memory.
    pub evicted_broadcast_blocks: Option<u64>,
    /// Tasks, of stages that read exactly one persisted RDD, that found their partition.
    pub cache_hits: Option<u64>,
    /// The other tasks of these stages; the pass that fills the cache is among them.
    pub cache_misses: Option<u64>,
    /// Whether the application fails; `null` where the log does not tell what that depends on.
    pub failed: Option<bool>,
    /// Why.
    #[serde(serialize_with = "crate::report::serialize_failure")]
    pub failure: Option<FailureKind>,
    /// Attempts of tasks that failed.
    pub failed_tasks: u64,
    /// CPU time of all attempts, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// How long the application takes, in milliseconds.
    pub duration_ms: Option<u64>,
    /// By `Stage ID` and attempt.
    pub stages: Vec<StageFigures>,
    /// By `RDD ID`.
    pub rdds: Vec<RddFigures>,
}

/// The figures of one attempt of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageFigures {
    /// `Stage ID`.
    pub id: u32,
    /// `Stage Attempt ID`; 0 in a run of the model.
    pub attempt: u32,
    /// Shown to people.
    pub name: String,
    /// Number of its tasks.
    pub task_count: u32,
    /// As of the application.
    pub memory_spilled_bytes: Option<u64>,
    /// As of the application.
    pub disk_spilled_bytes: Option<u64>,
    /// As of the application.
    pub peak_execution_memory_max_bytes: Option<u64>,
    /// As of the application.
    pub peak_execution_memory_sum_bytes: Option<u64>,
    /// As of the application.
    pub cache_hits: Option<u64>,
    /// As of the application.
    pub cache_misses: Option<u64>,
    /// Attempts of tasks that failed.
    pub failed_tasks: u64,
    /// As of the application.
    pub cpu_ms: Option<u64>,
    /// From its submission to its end.
    pub duration_ms: Option<u64>,
    /// Its tasks by index, where they were asked for: of a task's attempts the one that succeeded, else the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<TaskFigures>>,
}

/// The figures of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TaskFigures {
    /// Index in the stage.
    pub index: u32,
    /// Partition of the stage's RDD that it computes.
    pub partition: u32,
    /// Number of the attempt.
    pub attempt: u32,
    /// Index of the executor.
    pub executor: u32,
    /// Launch in milliseconds after the first job was submitted.
    pub launched_ms: u64,
    /// End, likewise.
    pub ended_ms: u64,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// `Peak Execution Memory`.
    pub peak_execution_memory_bytes: u64,
    /// `Memory Bytes Spilled`.
    pub memory_spilled_bytes: u64,
    /// `Disk Bytes Spilled`.
    pub disk_spilled_bytes: u64,
    /// Between what its figures lie, where a prediction was asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<TaskInterval>,
}

/// Between what the figures of a task lie: see [`Predicted::interval`](super::Predicted::interval).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TaskInterval {
    /// `Peak Execution Memory`.
    pub peak_execution_memory_bytes: Interval,
    /// `Memory Bytes Spilled`.
    pub memory_spilled_bytes: Interval,
}

/// The figures of one cached RDD.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RddFigures {
    /// `RDD ID`.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Where its blocks may live, as Spark names it.
    pub level: String,
    /// Number of its partitions.
    pub partitions: u32,
    /// Tasks, of stages with only this RDD persisted, that found their partition.
    pub cache_hits: Option<u64>,
    /// The other tasks of these stages.
    pub cache_misses: Option<u64>,
    /// Blocks that left memory.
    pub evicted_blocks: Option<u64>,
    /// Their bytes.
    pub evicted_bytes: Option<u64>,
}

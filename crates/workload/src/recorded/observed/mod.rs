//! What a log says happened: the truth beside a run of its recording.

mod count;

use sim_core::storage::StorageLevel;

use sim_core::outcome::FailureKind;

use super::python::ObservedPython;

/// What happened in the application.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Bytes that spilled records took in memory, of all attempts of tasks.
    pub memory_spilled_bytes: u64,
    /// Bytes written for them.
    pub disk_spilled_bytes: u64,
    /// Largest `Peak Execution Memory` of an attempt.
    pub peak_execution_memory_max_bytes: u64,
    /// Sum of all of them.
    pub peak_execution_memory_sum_bytes: u64,
    /// Blocks of RDDs that left memory, as `BlockUpdated` reports them; `None` without these events.
    pub evicted_blocks: Option<u64>,
    /// Their bytes.
    pub evicted_bytes: Option<u64>,
    /// Pieces of broadcast variables that left memory.
    pub evicted_broadcast_blocks: Option<u64>,
    /// Tasks that read from the cache, of stages with exactly one persisted RDD.
    pub cache_hits: u64,
    /// The other tasks of these stages.
    pub cache_misses: u64,
    /// Whether the application, one of its jobs or queries failed.
    pub failed: bool,
    /// Why, where it failed.
    pub failure: Option<FailureKind>,
    /// Attempts of tasks that did not succeed.
    pub failed_tasks: u64,
    /// CPU time of all attempts, in milliseconds.
    pub cpu_ms: u64,
    /// From the start of the application to its end; `None` where the log lacks one of them.
    pub duration_ms: Option<u64>,
    /// What Python workers had; `None` where nothing was done by Python on executors.
    pub python: Option<ObservedPython>,
    /// Attempts of stages, by id and attempt.
    pub stages: Vec<ObservedStage>,
    /// Cached RDDs, by id.
    pub rdds: Vec<ObservedRdd>,
    /// One for each task of a stage attempt: of its attempts the one that succeeded, else the last. By stage, attempt
    /// and index.
    pub tasks: Vec<ObservedTask>,
}

/// What happened in an attempt of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObservedStage {
    /// `Stage ID`.
    pub id: u32,
    /// `Stage Attempt ID`.
    pub attempt: u32,
    /// Shown to people.
    pub name: String,
    /// Number of its tasks.
    pub tasks: u32,
    /// As of the application, of this attempt's tasks.
    pub memory_spilled_bytes: u64,
    /// As of the application.
    pub disk_spilled_bytes: u64,
    /// As of the application.
    pub peak_execution_memory_max_bytes: u64,
    /// As of the application.
    pub peak_execution_memory_sum_bytes: u64,
    /// As of the application; 0 if the stage has no or several persisted RDDs.
    pub cache_hits: u64,
    /// As of the application.
    pub cache_misses: u64,
    /// CPU time in milliseconds.
    pub cpu_ms: u64,
    /// From its submission to its completion; `None` if it did not complete.
    pub duration_ms: Option<u64>,
    /// Attempts of tasks that did not succeed.
    pub failed_tasks: u64,
}

/// What happened to a cached RDD.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedRdd {
    /// `RDD ID`.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Where its blocks may live.
    pub level: StorageLevel,
    /// Number of its partitions.
    pub partitions: u32,
    /// Tasks of stages with only this RDD persisted that read it from the cache.
    pub cache_hits: u64,
    /// The other tasks of these stages.
    pub cache_misses: u64,
    /// Blocks that left memory; `None` without `BlockUpdated`.
    pub evicted_blocks: Option<u64>,
    /// Their bytes.
    pub evicted_bytes: Option<u64>,
}

/// What happened in a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservedTask {
    /// `Stage ID`.
    pub stage: u32,
    /// `Stage Attempt ID`.
    pub stage_attempt: u32,
    /// Index in the attempt of the stage.
    pub index: u32,
    /// Partition of the stage's RDD that it computed.
    pub partition: u32,
    /// Number of the attempt.
    pub attempt: u32,
    /// Index of its executor in the recording.
    pub executor: u32,
    /// Launch in milliseconds after the first job was submitted.
    pub launch_ms: u64,
    /// Finish, likewise.
    pub finish_ms: u64,
    /// Whether it succeeded.
    pub ok: bool,
    /// `Peak Execution Memory`.
    pub peak_execution_memory_bytes: u64,
    /// `Memory Bytes Spilled`.
    pub memory_spilled_bytes: u64,
    /// `Disk Bytes Spilled`.
    pub disk_spilled_bytes: u64,
    /// `Executor CPU Time` in milliseconds.
    pub cpu_ms: u64,
}

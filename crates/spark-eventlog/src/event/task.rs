//! Tasks: how they ran, ended, and what they counted.

use serde::Deserialize;

use super::{
    BlockManagerId, ExecutorMetrics, StorageLevel, Text,
    number::{count, long, opt_long, or_default},
};

/// `SparkListenerTaskStart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TaskStart<'a> {
    /// Its stage.
    #[serde(rename = "Stage ID", deserialize_with = "long")]
    pub stage_id: i64,
    /// The attempt of the stage; missing before 1.1.
    #[serde(rename = "Stage Attempt ID", default, deserialize_with = "long")]
    pub stage_attempt_id: i64,
    /// The task as it starts.
    #[serde(borrow, rename = "Task Info")]
    pub task_info: TaskInfo<'a>,
}

/// `SparkListenerTaskEnd`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TaskEnd<'a> {
    /// Its stage.
    #[serde(rename = "Stage ID", deserialize_with = "long")]
    pub stage_id: i64,
    /// The attempt of the stage; missing before 1.1.
    #[serde(rename = "Stage Attempt ID", default, deserialize_with = "long")]
    pub stage_attempt_id: i64,
    /// `ResultTask` or `ShuffleMapTask`.
    #[serde(borrow, rename = "Task Type", default)]
    pub task_type: Text<'a>,
    /// How it ended.
    #[serde(borrow, rename = "Task End Reason", default, deserialize_with = "or_default")]
    pub task_end_reason: TaskEndReason<'a>,
    /// The task as it ended.
    #[serde(borrow, rename = "Task Info")]
    pub task_info: TaskInfo<'a>,
    /// Peaks of the whole executor while it ran; since 3.0.
    #[serde(rename = "Task Executor Metrics", default)]
    pub task_executor_metrics: Option<ExecutorMetrics>,
    /// Missing for tasks that were lost.
    #[serde(borrow, rename = "Task Metrics", default)]
    pub task_metrics: Option<TaskMetrics<'a>>,
}

/// An attempt of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TaskInfo<'a> {
    /// From 0, over the whole application.
    #[serde(rename = "Task ID", deserialize_with = "long")]
    pub task_id: i64,
    /// Its place in the stage's attempt.
    #[serde(rename = "Index", default, deserialize_with = "long")]
    pub index: i64,
    /// From 0.
    #[serde(rename = "Attempt", default, deserialize_with = "long")]
    pub attempt: i64,
    /// Of the stage's last RDD; since 3.3. Before, only stages that compute all partitions tell it, by `index`.
    #[serde(rename = "Partition ID", default, deserialize_with = "opt_long")]
    pub partition_id: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(rename = "Launch Time", default, deserialize_with = "long")]
    pub launch_time: i64,
    /// Where.
    #[serde(borrow, rename = "Executor ID", default)]
    pub executor_id: Text<'a>,
    /// Where.
    #[serde(borrow, rename = "Host", default)]
    pub host: Text<'a>,
    /// E.g. `PROCESS_LOCAL`.
    #[serde(borrow, rename = "Locality", default)]
    pub locality: Text<'a>,
    /// Whether it is a copy of a slow task.
    #[serde(rename = "Speculative", default)]
    pub speculative: bool,
    /// Milliseconds since 1970; 0 unless the result was too big to come with the status.
    #[serde(rename = "Getting Result Time", default, deserialize_with = "long")]
    pub getting_result_time: i64,
    /// Milliseconds since 1970; 0 while it runs.
    #[serde(rename = "Finish Time", default, deserialize_with = "long")]
    pub finish_time: i64,
    /// Whether it failed.
    #[serde(rename = "Failed", default)]
    pub failed: bool,
    /// Whether it was killed; since 2.0.
    #[serde(rename = "Killed", default)]
    pub killed: bool,
    /// What the task added, in `update`: internal metrics, SQL metrics by their plan's ids, the user's own.
    #[serde(borrow, rename = "Accumulables", default, deserialize_with = "or_default")]
    pub accumulables: Vec<Accumulable<'a>>,
}

/// An accumulator as a task or a stage reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Accumulable<'a> {
    /// Over the whole application; SQL plans name their metrics by it.
    #[serde(rename = "ID", deserialize_with = "long")]
    pub id: i64,
    /// `internal.metrics.*`, the name of an SQL metric, or the user's.
    #[serde(borrow, rename = "Name", default)]
    pub name: Option<Text<'a>>,
    /// What this task added: a number or digits in quotes. `None` for texts, lists and fractions.
    #[serde(rename = "Update", default, deserialize_with = "count")]
    pub update: Option<i64>,
    /// The total of the stage so far, likewise.
    #[serde(rename = "Value", default, deserialize_with = "count")]
    pub value: Option<i64>,
    /// `sql` for metrics of plans.
    #[serde(borrow, rename = "Metadata", default)]
    pub metadata: Option<Text<'a>>,
}

/// How a task ended. Stack traces are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TaskEndReason<'a> {
    /// `Success`, `ExceptionFailure`, `ExecutorLostFailure`, `FetchFailed`, `TaskKilled`, `TaskCommitDenied`,
    /// `TaskResultLost`, `Resubmitted`, `UnknownReason`.
    #[serde(borrow, rename = "Reason", default)]
    pub reason: Text<'a>,
    /// Of an `ExceptionFailure`, e.g. `java.lang.OutOfMemoryError`.
    #[serde(borrow, rename = "Class Name", default)]
    pub class_name: Option<Text<'a>>,
    /// Of an `ExceptionFailure`: its message.
    #[serde(borrow, rename = "Description", default)]
    pub description: Option<Text<'a>>,
    /// Of an `ExecutorLostFailure`.
    #[serde(borrow, rename = "Loss Reason", default)]
    pub loss_reason: Option<Text<'a>>,
    /// Of an `ExecutorLostFailure`: whether the application is to blame, so that the failure counts.
    #[serde(rename = "Exit Caused By App", default)]
    pub exit_caused_by_app: Option<bool>,
    /// Of an `ExecutorLostFailure`.
    #[serde(borrow, rename = "Executor ID", default)]
    pub executor_id: Option<Text<'a>>,
    /// Of `TaskKilled`, e.g. `another attempt succeeded`.
    #[serde(borrow, rename = "Kill Reason", default)]
    pub kill_reason: Option<Text<'a>>,
    /// Of `FetchFailed`: whose output is missing. Missing if nobody is known to have it.
    #[serde(borrow, rename = "Block Manager Address", default)]
    pub block_manager_address: Option<BlockManagerId<'a>>,
    /// Of `FetchFailed`.
    #[serde(rename = "Shuffle ID", default, deserialize_with = "opt_long")]
    pub shuffle_id: Option<i64>,
    /// Of `FetchFailed`.
    #[serde(borrow, rename = "Message", default)]
    pub message: Option<Text<'a>>,
    /// What a task that failed or was killed had counted.
    #[serde(borrow, rename = "Accumulator Updates", default, deserialize_with = "or_default")]
    pub accumulator_updates: Vec<Accumulable<'a>>,
}

/// What a task measured. Missing figures are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TaskMetrics<'a> {
    /// Milliseconds.
    #[serde(rename = "Executor Deserialize Time", deserialize_with = "long")]
    pub executor_deserialize_time: i64,
    /// Nanoseconds; since 2.1.
    #[serde(rename = "Executor Deserialize CPU Time", deserialize_with = "long")]
    pub executor_deserialize_cpu_time: i64,
    /// Milliseconds.
    #[serde(rename = "Executor Run Time", deserialize_with = "long")]
    pub executor_run_time: i64,
    /// Nanoseconds; since 2.1.
    #[serde(rename = "Executor CPU Time", deserialize_with = "long")]
    pub executor_cpu_time: i64,
    /// Bytes: the sum of the peaks of its operators; since 3.0 here, before as accumulable
    /// `internal.metrics.peakExecutionMemory`.
    #[serde(rename = "Peak Execution Memory", deserialize_with = "opt_long")]
    pub peak_execution_memory: Option<i64>,
    /// Bytes; since 4.0.
    #[serde(rename = "Peak On Heap Execution Memory", deserialize_with = "opt_long")]
    pub peak_on_heap_execution_memory: Option<i64>,
    /// Bytes; since 4.0.
    #[serde(rename = "Peak Off Heap Execution Memory", deserialize_with = "opt_long")]
    pub peak_off_heap_execution_memory: Option<i64>,
    /// Bytes that were sent to the driver.
    #[serde(rename = "Result Size", deserialize_with = "long")]
    pub result_size: i64,
    /// Milliseconds that the JVM collected garbage while it ran.
    #[serde(rename = "JVM GC Time", deserialize_with = "long")]
    pub jvm_gc_time: i64,
    /// Milliseconds.
    #[serde(rename = "Result Serialization Time", deserialize_with = "long")]
    pub result_serialization_time: i64,
    /// Bytes that spilling freed.
    #[serde(rename = "Memory Bytes Spilled", deserialize_with = "long")]
    pub memory_bytes_spilled: i64,
    /// Bytes that spilling wrote.
    #[serde(rename = "Disk Bytes Spilled", deserialize_with = "long")]
    pub disk_bytes_spilled: i64,
    /// Of tasks that read shuffles; before 2.0 missing for others.
    #[serde(rename = "Shuffle Read Metrics")]
    pub shuffle_read_metrics: Option<ShuffleReadMetrics>,
    /// Of tasks that write shuffles; before 2.0 missing for others.
    #[serde(rename = "Shuffle Write Metrics")]
    pub shuffle_write_metrics: Option<ShuffleWriteMetrics>,
    /// Of tasks that read files or cached blocks; before 2.0 missing for others.
    #[serde(rename = "Input Metrics")]
    pub input_metrics: Option<InputMetrics>,
    /// Of tasks that write files; before 2.0 missing for others.
    #[serde(rename = "Output Metrics")]
    pub output_metrics: Option<OutputMetrics>,
    /// Blocks that it put or dropped; empty unless `spark.taskMetrics.trackUpdatedBlockStatuses` (default before 2.3).
    #[serde(borrow, rename = "Updated Blocks", deserialize_with = "or_default")]
    pub updated_blocks: Vec<UpdatedBlock<'a>>,
}

/// What a task read of shuffles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ShuffleReadMetrics {
    /// Blocks of other executors.
    #[serde(rename = "Remote Blocks Fetched", deserialize_with = "long")]
    pub remote_blocks_fetched: i64,
    /// Blocks of the own executor.
    #[serde(rename = "Local Blocks Fetched", deserialize_with = "long")]
    pub local_blocks_fetched: i64,
    /// Milliseconds.
    #[serde(rename = "Fetch Wait Time", deserialize_with = "long")]
    pub fetch_wait_time: i64,
    /// Bytes, also those that went to disk.
    #[serde(rename = "Remote Bytes Read", deserialize_with = "long")]
    pub remote_bytes_read: i64,
    /// Bytes; since 2.3.
    #[serde(rename = "Remote Bytes Read To Disk", deserialize_with = "long")]
    pub remote_bytes_read_to_disk: i64,
    /// Bytes; since 1.3.
    #[serde(rename = "Local Bytes Read", deserialize_with = "long")]
    pub local_bytes_read: i64,
    /// Records; since 1.3.
    #[serde(rename = "Total Records Read", deserialize_with = "long")]
    pub total_records_read: i64,
}

/// What a task wrote to its shuffle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ShuffleWriteMetrics {
    /// Bytes.
    #[serde(rename = "Shuffle Bytes Written", deserialize_with = "long")]
    pub shuffle_bytes_written: i64,
    /// Nanoseconds.
    #[serde(rename = "Shuffle Write Time", deserialize_with = "long")]
    pub shuffle_write_time: i64,
    /// Records; since 1.3.
    #[serde(rename = "Shuffle Records Written", deserialize_with = "long")]
    pub shuffle_records_written: i64,
}

/// What a task read of files and cached blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct InputMetrics {
    /// Bytes; for a cached block its size, from memory and from disk alike.
    #[serde(rename = "Bytes Read", deserialize_with = "long")]
    pub bytes_read: i64,
    /// Records.
    #[serde(rename = "Records Read", deserialize_with = "long")]
    pub records_read: i64,
}

/// What a task wrote to files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OutputMetrics {
    /// Bytes.
    #[serde(rename = "Bytes Written", deserialize_with = "long")]
    pub bytes_written: i64,
    /// Records.
    #[serde(rename = "Records Written", deserialize_with = "long")]
    pub records_written: i64,
}

/// A block whose state a task changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct UpdatedBlock<'a> {
    /// Its name; see [`BlockId::parse`](super::BlockId::parse).
    #[serde(borrow, rename = "Block ID", default)]
    pub block_id: Text<'a>,
    /// Its state after.
    #[serde(rename = "Status", default, deserialize_with = "or_default")]
    pub status: BlockStatus,
}

/// How and how large a block is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BlockStatus {
    /// What holds now.
    #[serde(rename = "Storage Level", deserialize_with = "or_default")]
    pub storage_level: StorageLevel,
    /// Bytes in memory.
    #[serde(rename = "Memory Size", deserialize_with = "long")]
    pub memory_size: i64,
    /// Bytes on disk.
    #[serde(rename = "Disk Size", deserialize_with = "long")]
    pub disk_size: i64,
}

//! An application as its event log recorded it: stages whose tasks have a column for each amount.
//!
//! This is the recorded form of a plan. It holds what tasks *asked for* (rows, bytes, times, who read which block); what
//! the memory manager then did (spills, evictions, hits) is not in it: the run decides on that again.

mod check;
mod column;
mod jitter;
mod serde_level;

use serde::{Deserialize, Serialize};
use sim_core::storage::StorageLevel;

pub use column::Column;
pub use serde_level::text as level_name;

/// A recorded application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename = "recording", deny_unknown_fields, default)]
pub struct Recording {
    /// The executors; tasks name them by index.
    pub executors: Vec<Executor>,
    /// Broadcast variables; steps name them by index.
    pub broadcasts: Vec<Broadcast>,
    /// Shuffles; steps name them by index.
    pub shuffles: Vec<Shuffle>,
    /// Cached RDDs; steps name them by index. A step of an RDD names RDDs that stand above.
    pub rdds: Vec<Rdd>,
    /// Stages that ran, in the order of their submission; jobs name them by index. A stage fetches shuffles that stages
    /// above it write.
    pub stages: Vec<Stage>,
    /// Jobs, in the order of their submission.
    pub jobs: Vec<Job>,
}

/// One executor of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "executor", deny_unknown_fields)]
pub struct Executor {
    /// As Spark names it: `driver` in local mode, else a number.
    pub id: String,
    /// The machine that it is on, numbered from 0: executors of one number share its disk and network.
    #[serde(default)]
    pub node: u32,
    /// When it was added, in milliseconds after the first job was submitted; 0 if before.
    #[serde(default)]
    pub added_ms: u64,
    /// When it was removed; `None` if it stayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_ms: Option<u64>,
}

/// A broadcast variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "broadcast", deny_unknown_fields)]
pub struct Broadcast {
    /// Bytes of its serialized pieces.
    pub pieces: u64,
    /// Estimated bytes of its deserialized value.
    pub value: u64,
    /// Whether the program keeps it; otherwise it is removed when the last job that reads it has ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub kept: bool,
}

/// A shuffle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "shuffle", deny_unknown_fields)]
pub struct Shuffle {
    /// Shown to people.
    pub name: String,
    /// Number of its reduce partitions (before adaptive execution puts some together).
    pub partitions: u32,
    /// What decides on that number.
    #[serde(default)]
    pub partitions_from: PartitionsFrom,
}

/// What decides on the number of partitions of a shuffle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionsFrom {
    /// The program: no setting changes it.
    #[default]
    Program,
    /// `spark.sql.shuffle.partitions`.
    SqlShufflePartitions,
    /// `spark.default.parallelism`.
    DefaultParallelism,
}

/// A cached RDD (or query).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "rdd", deny_unknown_fields)]
pub struct Rdd {
    /// Its `RDD ID`.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Where its partitions may live.
    #[serde(with = "serde_level")]
    pub level: StorageLevel,
    /// Number of its partitions.
    pub partitions: u32,
    /// Bytes of a partition in memory, in the form of the level.
    pub memory: Column,
    /// Bytes of a partition serialized, as on disk.
    pub serialized: Column,
    /// Elements of a partition's iterator: batches of a cached query, records of an RDD.
    pub elements: Column,
    /// How a partition is computed: as the steps of a stage.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Milliseconds in which a partition is computed, beyond what reading other cached RDDs takes.
    #[serde(default)]
    pub time_ms: Column,
}

/// A stage that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "stage", deny_unknown_fields)]
pub struct Stage {
    /// Its `Stage ID`.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Number of its tasks.
    pub tasks: u32,
    /// What its tasks do, in order: see [`Step`].
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Where the rows of the last step go.
    #[serde(default)]
    pub output: Output,
    /// Milliseconds of each task on its core that its own steps take: without writing spills, and without computing
    /// cached partitions.
    pub time_ms: Column,
    /// Milliseconds of that in which the task is deserialized: it asks for no memory before.
    #[serde(default)]
    pub deserialize_ms: Column,
    /// Index of the executor that ran the task.
    #[serde(default)]
    pub executor: Column,
    /// Launch of the task in milliseconds after the stage was submitted.
    #[serde(default)]
    pub not_before_ms: Column,
}

/// What the tasks of a stage do. Steps stand in the order in which rows pass them; they work on a stack: a step that
/// reads puts rows on it, a step of one input takes the topmost and leaves its own, a join takes the two topmost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Reads storage, or makes rows. Leaves rows.
    Input {
        /// Bytes read from storage.
        #[serde(default)]
        file_bytes: Column,
        /// Rows.
        #[serde(default)]
        rows: Column,
        /// Their bytes as operators hold them (`UnsafeRow`); for an RDD the serialized bytes.
        #[serde(default)]
        bytes: Column,
    },
    /// Fetches a shuffle. Leaves rows.
    Fetch {
        /// Index of the shuffle.
        shuffle: u32,
        /// Bytes over the network or from local disk.
        wire_bytes: Column,
        /// Rows.
        rows: Column,
        /// Their bytes as operators hold them.
        bytes: Column,
    },
    /// Reads the task's partition of a cached RDD, or computes and stores it. Leaves rows.
    Cached {
        /// Index of the RDD.
        rdd: u32,
        /// Partition that each task reads; absent where task `i` reads partition `i`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Column>,
        /// Rows.
        #[serde(default)]
        rows: Column,
        /// Their bytes as operators hold them.
        #[serde(default)]
        bytes: Column,
    },
    /// Makes sure that the executor has a broadcast variable. Leaves the stack alone.
    ReadBroadcast {
        /// Index of the variable.
        broadcast: u32,
        /// Whether a broadcast hash join reads it: its size is in the task's peak then.
        #[serde(default, skip_serializing_if = "is_false")]
        joined: bool,
    },
    /// A filter, a projection, a broadcast join: the topmost rows become these.
    Narrow {
        /// Rows.
        rows: Column,
        /// Their bytes.
        bytes: Column,
    },
    /// `UnsafeExternalSorter`: the topmost rows sorted.
    Sort {
        /// Whether the key fits a prefix that radix sort can use.
        #[serde(default = "yes")]
        radix: bool,
    },
    /// A sort-merge join of the two topmost: both sorted, the left one below.
    MergeJoin {
        /// Rows of the result.
        rows: Column,
        /// Their bytes.
        bytes: Column,
    },
    /// A shuffled hash join: the build side on top, the streamed side below it. The build side is read first.
    HashJoin {
        /// Whether the key is a long: it has a hashed relation of its own.
        long_key: bool,
        /// Rows of the result.
        rows: Column,
        /// Their bytes.
        bytes: Column,
    },
    /// Hash aggregation of SQL, with its fallback to sorting: the topmost rows become one a group.
    Aggregate {
        /// Groups that each task meets.
        groups: Column,
        /// Bytes of a key row and a buffer row together.
        group_bytes: u64,
        /// Whether generated code puts the first groups into a fast map (partial aggregation).
        fast_map: bool,
        /// Whether the rows of a group come one after the other, so that none comes back once the next one has begun.
        /// Otherwise they come in any order.
        #[serde(default, skip_serializing_if = "is_false")]
        clustered: bool,
        /// Whether its rows are groups that the tasks which wrote the shuffle of the fetch just above have made: in what each
        /// of these has written no group occurs twice.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        merges: bool,
        /// Bytes of the result as operators hold them.
        bytes: Column,
    },
    /// Object hash aggregation (`collect_set` and the like). From
    /// `spark.sql.objectHashAggregate.sortBased.fallbackThreshold` groups on it sorts: the groups that it has, and the rows
    /// that follow. The topmost rows become one a group.
    ObjectAggregate {
        /// Groups that each task meets.
        groups: Column,
        /// Bytes of a key row.
        key_bytes: u64,
        /// Whether the key fits a prefix that radix sort can use.
        #[serde(default = "yes")]
        radix: bool,
        /// Bytes of the result as operators hold them.
        bytes: Column,
    },
    /// The buffer of a window function, or of a join's matching rows: the rows of one key at a time.
    RowBuffer {
        /// Rows of the largest key.
        largest_group: Column,
        /// `spark.sql.*.buffer.in.memory.threshold`; absent for that of windows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_memory_rows: Option<u64>,
    },
    /// `ExternalAppendOnlyMap` of the RDD API (group, reduce, cogroup on the reduce side).
    AppendOnlyMap {
        /// Estimated bytes of its objects when all rows are in.
        bytes: Column,
    },
    /// `ExternalSorter` of the RDD API on the reduce side (`sortByKey`).
    ExternalSorter {
        /// Estimated bytes of its objects when all rows are in.
        bytes: Column,
    },
    /// Python works on the topmost rows, and leaves as many.
    Python {
        /// How they come to it.
        #[serde(default)]
        transport: PythonTransport,
        /// Whether they wait in a queue of pages meanwhile (a function of columns), or do not (one of partitions or groups).
        #[serde(default = "yes")]
        queued: bool,
        /// Bytes that the worker of each task gathers until the task ends.
        #[serde(default)]
        held: Column,
    },
    /// The two topmost, one after the other: a union, or the sides of a cogroup.
    Union,
    /// Memory that the log shows and no model explains: held from its first row to the end of the task.
    BlackBox {
        /// Bytes.
        bytes: Column,
    },
}

/// How rows come to Python.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PythonTransport {
    /// Pickled, in batches of 100 rows.
    #[default]
    Pickled,
    /// As record batches.
    Arrow,
}

/// Where the rows of a stage go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename = "output", rename_all = "snake_case", deny_unknown_fields)]
pub enum Output {
    /// Nowhere.
    #[default]
    None,
    /// To the driver.
    Result {
        /// Serialized bytes.
        bytes: Column,
    },
    /// To storage.
    Write {
        /// Bytes.
        bytes: Column,
    },
    /// Into a shuffle, by the writer that Spark chooses for it.
    Shuffle {
        /// Index of the shuffle.
        shuffle: u32,
        /// Bytes written.
        wire_bytes: Column,
        /// Rows written.
        rows: Column,
        /// Their bytes as a serialized writer holds them.
        bytes: Column,
        /// Who writes.
        #[serde(default)]
        writer: Writer,
    },
}

/// What a shuffle lets its writers do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename = "writer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Writer {
    /// A query: rows can be moved as bytes, nothing is combined.
    #[default]
    Sql,
    /// An RDD with a serializer whose records cannot be moved as bytes, not combined.
    Rdd {
        /// Estimated bytes of the objects that a sorter would hold.
        objects: Column,
    },
    /// An RDD whose map side combines, or orders, in an `ExternalSorter`.
    Combine {
        /// Estimated bytes of its objects when all rows are in.
        objects: Column,
        /// Rows that go into the sorter.
        rows_in: Column,
    },
}

/// A job that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "job", deny_unknown_fields)]
pub struct Job {
    /// Its `Job ID`.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Its stages (indices) that ran in it, parents before children.
    pub stages: Vec<u32>,
    /// Jobs (indices) that had ended when it was submitted, without those that one of these waited for.
    #[serde(default)]
    pub after: Vec<u32>,
    /// Milliseconds from the end of the last of those (or from the start) to its submission.
    #[serde(default)]
    pub delay_ms: u64,
    /// RDDs (indices) that were unpersisted between its end and the next job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpersist: Vec<u32>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

//! The logical plan: data sets as a graph of operators, and the jobs that act on them.
//!
//! All random draws are made here, before anything is partitioned: each data set has its totals, and the totals of
//! every shuffle are the same for every number of partitions.

mod apportion;
mod build;
mod driver;
mod items;
mod keys;
mod python;
pub mod recording;

use serde::Deserialize;
use sim_core::storage::StorageLevel;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::Pool;

pub use apportion::apportion;
pub(crate) use apportion::evenly;
pub(crate) use build::Builder;
pub use driver::{Nesting, OfDriver, Parallelized, Results};
pub use items::Items;
pub use keys::{Keys, Share};
pub use python::PythonFunction;
pub use recording::Recording;

use crate::adaptive::JoinType;

/// Data sets and jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// By [`NodeId`], inputs before those who read them.
    pub nodes: Vec<Node>,
    /// In the order in which the driver submits them.
    pub jobs: Vec<Job>,
    /// Pools of jobs, by index; none of them lists jobs.
    pub pools: Vec<Pool>,
    /// An application that a log recorded; it stands alone, without nodes and jobs beside it.
    pub recording: Option<Box<Recording>>,
    /// What the driver has to do with them.
    pub driver: OfDriver,
}

/// A row of [`Plan::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A data set as one operator leaves it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The data set of the scenario that it is a step of.
    pub name: String,
    /// What makes it of its inputs.
    pub operator: Operator,
    /// What it reads; the left side of a join comes first.
    pub inputs: Vec<NodeId>,
    /// How much there is of it.
    pub table: Table,
    /// How its rows lie on the keys that a later shuffle uses.
    pub keys: Keys,
    /// Its number of partitions, where no setting decides on it (`spark.sql.shuffle.partitions`,
    /// `spark.sql.files.maxPartitionBytes` ...).
    pub partitions: Option<u32>,
    /// CPU time of the operator for each row that it reads; `None` for that of the cost table.
    pub cpu_ns_per_row: Option<u64>,
}

/// How much there is of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Number of rows.
    pub rows: u64,
    /// Bytes of the rows as operators hold them (`UnsafeRow`).
    pub bytes: u64,
    /// Bytes in shuffle files, results and serialized blocks: serialized and compressed.
    pub wire_bytes: u64,
}

/// What makes a data set.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// Reads storage.
    Scan {
        /// Its partitions, where they differ; otherwise rows are divided evenly.
        splits: Option<Vec<Split>>,
        /// Bytes read from storage.
        file_bytes: u64,
    },
    /// Tasks as a log recorded them.
    Recorded(Vec<RecordedTask>),
    /// A filter, a projection: rows go through.
    Narrow,
    /// A function in Python.
    Python(PythonFunction),
    /// Deals rows out anew, by key or in turn.
    Repartition {
        /// By key.
        by_key: bool,
    },
    /// Puts neighbouring partitions into one task.
    Coalesce,
    /// All rows of all inputs.
    Union,
    /// Orders rows.
    Sort {
        /// Within each partition, without a shuffle.
        within_partitions: bool,
        /// Whether the key fits a prefix that radix sort can use.
        radix: bool,
    },
    /// A window function over partitions of the key.
    Window {
        /// As for a sort.
        radix: bool,
        /// Rows of the largest window partition; `None` for what the keys say.
        largest_group: Option<u64>,
    },
    /// A join with its second input.
    Join(Join),
    /// Hash aggregation of SQL.
    Aggregate {
        /// Bytes of one group: key and buffer.
        group_bytes: Bytes,
        /// What the partial aggregations leave.
        combined: Table,
    },
    /// `groupByKey` of the RDD API.
    GroupByKey {
        /// Estimated bytes of the objects that the reducers collect.
        collection: Items,
    },
    /// `reduceByKey` of the RDD API.
    ReduceByKey {
        /// Estimated bytes of the objects that the map tasks collect.
        map_collection: Items,
        /// Estimated bytes of the objects that the reducers collect.
        collection: Items,
        /// What the map tasks leave.
        combined: Table,
    },
    /// Uses a broadcast variable.
    ReadBroadcast {
        /// Bytes of its serialized pieces.
        pieces: Bytes,
        /// Estimated bytes of its value.
        value: Bytes,
    },
    /// An operator takes execution memory and does not give it back.
    Leak {
        /// Bytes, by partition.
        bytes: Items,
    },
    /// User code makes objects that a task holds in the heap to its end.
    UserHeap {
        /// Their bytes, one a partition.
        bytes: Items,
    },
    /// Keeps its partitions as blocks.
    Cache {
        /// Where.
        level: StorageLevel,
        /// Bytes in memory; `None` for those of the rows.
        memory: Option<Items>,
        /// Bytes serialized; `None` for those on the wire.
        disk: Option<Items>,
        /// Elements of a partition's iterator; `None` for what the interface makes of its rows.
        elements: Option<Items>,
        /// Who cached it.
        api: Api,
    },
}

/// Which of Spark's interfaces cached data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename = "api", rename_all = "snake_case")]
pub enum Api {
    /// A query: its elements are batches of rows.
    #[default]
    Sql,
    /// An RDD: its elements are its records.
    Rdd,
}

/// A join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Join {
    /// Which rows it keeps.
    pub join_type: JoinType,
    /// A hint; `None` leaves the choice to the settings.
    pub strategy: Option<Strategy>,
    /// Whether the key is a long: it decides how the hashed relation is laid out.
    pub long_key: bool,
    /// What the optimizer takes the bytes of its second input for; `None` for what they are.
    pub estimated_bytes: Option<u64>,
}

/// How a join is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename = "strategy", rename_all = "snake_case")]
pub enum Strategy {
    /// Both sides shuffled and sorted.
    SortMerge,
    /// Both sides shuffled, the right one put into a hashed relation.
    ShuffledHash,
    /// The right side sent to every executor.
    Broadcast,
}

/// One partition of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Number of rows.
    pub rows: u64,
    /// Bytes of the rows.
    pub bytes: u64,
}

/// One task as a log recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedTask {
    /// Rows that it read.
    pub rows: u64,
    /// Bytes of those rows.
    pub bytes: u64,
    /// All of its time.
    pub time: SimTime,
    /// Index of its executor and its launch after the submission of the stage.
    pub placement: Option<(u32, SimTime)>,
}

/// What the driver runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Shown to people.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// To which data set.
    pub on: NodeId,
    /// Jobs (indices) that have to end before.
    pub after: Vec<usize>,
    /// The driver's own work before it.
    pub delay: SimTime,
    /// Cached data sets that the driver unpersists after it.
    pub unpersist: Vec<NodeId>,
    /// The index of its pool (`spark.scheduler.pool`).
    pub pool: Option<usize>,
}

/// What a job does with its data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Counts the rows.
    Count,
    /// Runs through the rows without a result.
    Foreach,
    /// Sends all rows to the driver.
    Collect,
    /// Sends the first rows to the driver.
    Take(u64),
    /// Writes all rows to storage.
    Write,
}

impl Plan {
    /// The row of a node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

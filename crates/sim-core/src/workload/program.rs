//! Programs: the steps that the tasks of a stage share.

use crate::cluster::python::Transport;
use crate::ids::{RddId, ShuffleId};
use crate::units::Bytes;

/// A number that is the same for all tasks, or a column of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// The same for all.
    Fixed(u64),
    /// Column of the task.
    Column(u16),
}

impl Amount {
    /// Its value for a task with these columns.
    #[must_use]
    pub fn of(self, values: &[u64]) -> u64 {
        match self {
            Self::Fixed(value) => value,
            Self::Column(column) => values[usize::from(column)],
        }
    }
}

/// A consumer of a program, numbered from 0.
pub type Slot = u8;

/// The steps of a task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// In order.
    pub ops: Vec<Op>,
    /// By step: millionths of its CPU time that are serialization; steps beyond the end have none.
    pub serialization_ppm: Vec<u32>,
    /// Number of demand columns.
    pub columns: u16,
    /// Number of consumer slots.
    pub slots: Slot,
}

/// One step. Amounts of time are nanoseconds of one core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// CPU time of operators that hold no accounted memory.
    Compute {
        /// Nanoseconds.
        time: Amount,
    },
    /// Reads input from storage.
    ReadInput {
        /// Bytes over the node's disk.
        bytes: Amount,
    },
    /// Fetches the task's partition of a shuffle.
    FetchShuffle {
        /// Which.
        shuffle: ShuffleId,
        /// Bytes.
        bytes: Amount,
    },
    /// Reads the task's partition of a cached RDD: from memory, from disk, from another executor, or by computing it.
    ReadBlock {
        /// Which.
        rdd: RddId,
        /// Partition.
        partition: Amount,
    },
    /// Makes sure that the executor has a broadcast variable.
    ReadBroadcast {
        /// Index in [`Workload::broadcasts`](super::Workload::broadcasts).
        broadcast: u32,
        /// Whether it is the relation of a broadcast hash join, whose size Spark adds to the task's
        /// `Peak Execution Memory` although the task acquires nothing for it (`BroadcastHashJoinExec`).
        joined: bool,
    },
    /// Creates a consumer.
    Open {
        /// Its slot.
        slot: Slot,
        /// What it is.
        consumer: ConsumerSpec,
    },
    /// Inserts rows into a consumer.
    Insert {
        /// Its slot.
        slot: Slot,
        /// Number of rows.
        rows: Amount,
        /// Bytes of all rows as the consumer stores them.
        bytes: Amount,
        /// Nanoseconds, spread evenly over the rows: reading, computing and inserting them.
        time: Amount,
    },
    /// What a consumer does between its last row and its first output: sorting, merging.
    Finish {
        /// Its slot.
        slot: Slot,
        /// Nanoseconds.
        time: Amount,
    },
    /// Reads the output of one consumer while another grows, in step.
    Pipe {
        /// Who is read.
        from: Slot,
        /// Who grows.
        into: Slot,
        /// Rows inserted.
        rows: Amount,
        /// Bytes of all of them.
        bytes: Amount,
        /// Nanoseconds, spread evenly.
        time: Amount,
    },
    /// Reads the output of a consumer to its end.
    Drain {
        /// Who is read.
        slot: Slot,
        /// Nanoseconds.
        time: Amount,
    },
    /// A consumer is done with and gives its memory back. Consumers that stay open end with the task.
    Close {
        /// Its slot.
        slot: Slot,
    },
    /// Sends rows to a Python worker and reads what it answers.
    Python {
        /// The queue that keeps the rows meanwhile; none for an RDD.
        queue: Option<Slot>,
        /// Number of rows.
        rows: Amount,
        /// Bytes of all rows in the JVM.
        bytes: Amount,
        /// Nanoseconds, spread evenly over the rows.
        time: Amount,
        /// What the worker holds.
        work: PythonWork,
    },
    /// Writes map output.
    WriteShuffle {
        /// Which shuffle.
        shuffle: ShuffleId,
        /// Bytes over the node's disk.
        bytes: Amount,
    },
    /// Writes to storage.
    WriteOutput {
        /// Bytes over the node's disk.
        bytes: Amount,
    },
    /// User code makes objects that live until the task ends, outside of the accounting.
    Heap {
        /// Bytes in the executor's heap.
        bytes: Amount,
    },
    /// Sends a result to the driver.
    Result {
        /// Serialized bytes.
        bytes: Amount,
    },
}

/// Which consumer a slot holds. Sizes that depend on the configuration (pages, thresholds) are the run's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConsumerSpec {
    /// `UnsafeExternalSorter`: a SQL sort, a side of a sort-merge join, the rows of a window's partition.
    Sort {
        /// Whether the key fits a prefix that radix sort can use.
        radix: bool,
    },
    /// `UnsafeKVExternalSorter` of an object hash aggregation that has fallen back to sorting: a sort whose peak is in no
    /// metric.
    KeyValueSort {
        /// Whether the key fits a prefix that radix sort can use.
        radix: bool,
    },
    /// `ShuffleExternalSorter`: the serialized shuffle writer.
    ShuffleSort,
    /// `ExternalSorter` of the RDD API. The stored bytes of a row are its estimated object size.
    ExternalSorter,
    /// `ExternalAppendOnlyMap` of the RDD API (group, reduce, cogroup). Bytes as above, of the groups.
    AppendOnlyMap,
    /// Hash aggregation of SQL, with its fallback to sorting.
    Aggregate(Aggregation),
    /// `RowBasedKeyValueBatch`: the page of the fast map of a partial aggregation; no rows are inserted into it.
    FastMap,
    /// The build side of a shuffled hash join by a long key; cannot spill.
    LongHashedRelation,
    /// The build side of a shuffled hash join by any other key; cannot spill.
    HashedRelation,
    /// Rows that a join or window keeps for one key group: in the heap up to a number, then in a sorter.
    RowBuffer {
        /// `spark.sql.*.buffer.in.memory.threshold`.
        in_memory_rows: u64,
    },
    /// `HybridRowQueue`: the rows that a Python worker has been sent and has not answered yet.
    PythonQueue,
    /// Memory that a log shows and no model explains: held from its first row to its end.
    BlackBox,
    /// An operator that does not give its memory back: it is taken from it when its task has ended.
    Leak,
}

impl ConsumerSpec {
    /// The same for a task with these columns: its amounts are fixed.
    #[must_use]
    pub fn of(self, values: &[u64]) -> Self {
        match self {
            Self::Aggregate(aggregation) => {
                let groups = Amount::Fixed(aggregation.groups.of(values));
                let run_rows = Amount::Fixed(aggregation.run_rows.of(values));
                Self::Aggregate(Aggregation { groups, run_rows, ..aggregation })
            }
            other => other,
        }
    }
}

/// What a hash aggregation is. Its rows are those that it reads, each with the bytes of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregation {
    /// A partial aggregation in generated code puts the first 2^16 groups into a fast map outside of the accounting.
    pub fast_map: bool,
    /// Bytes of one group: key and buffer.
    pub group_bytes: Bytes,
    /// Groups that the rows of the task are drawn from; 0 where each row is a group of its own.
    pub groups: Amount,
    /// Rows, one after the other, in which no group occurs twice: the output of one task that grouped them before; at most
    /// 1 where nothing did.
    pub run_rows: Amount,
}

/// What a Python worker holds for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonWork {
    /// How rows come to it.
    pub transport: Transport,
    /// Bytes that the user's code loads once in each worker: libraries, models.
    pub own: Bytes,
    /// Bytes of all rows of the task as Python objects; a batch of them is there at a time.
    pub objects: Amount,
    /// Bytes that the function gathers until the task ends, all rows together.
    pub held: Amount,
    /// Bytes that it never gives back.
    pub leaked: Amount,
    /// Bytes of the objects that an aggregation in Python gathers, which spill (`ExternalMerger`).
    pub merged: Amount,
}

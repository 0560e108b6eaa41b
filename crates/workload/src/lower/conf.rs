//! What lowering reads of the settings.

use sim_core::conf::{Conf, Key};
use sim_core::units::Bytes;

use super::RecordedUnder;
use crate::adaptive::AdaptiveConf;

/// The settings that decide on a workload before it runs. Who sweeps lowers once for each distinct value of this.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanConf {
    /// `spark.sql.shuffle.partitions`, 200.
    pub shuffle_partitions: u32,
    /// `spark.default.parallelism`; `None`, its default, keeps the number of partitions of the parent.
    pub default_parallelism: Option<u32>,
    /// `spark.sql.files.minPartitionNum`; unset, the default parallelism, which is the number of all cores (1).
    pub files_min_partition_num: u64,
    /// `spark.sql.files.maxPartitionBytes`, 128 MiB.
    pub files_max_partition_bytes: Bytes,
    /// `spark.sql.files.openCostInBytes`, 4 MiB.
    pub files_open_cost_in_bytes: Bytes,
    /// `spark.shuffle.sort.bypassMergeThreshold`, 200.
    pub bypass_merge_threshold: u32,
    /// `spark.sql.autoBroadcastJoinThreshold`, 10 MiB; `None` where it is -1.
    pub auto_broadcast_join_threshold: Option<Bytes>,
    /// `spark.sql.join.preferSortMergeJoin`, true.
    pub prefer_sort_merge_join: bool,
    /// `spark.sql.windowExec.buffer.in.memory.threshold`, 4096.
    pub window_buffer_rows: u64,
    /// `spark.sql.objectHashAggregate.sortBased.fallbackThreshold`, 128.
    pub object_aggregate_groups: u64,
    /// `spark.sql.inMemoryColumnarStorage.batchSize`, 10,000: rows of an element of a cached query.
    pub cached_batch_rows: u64,
    /// `spark.sql.adaptive.*`; `None` where `spark.sql.adaptive.enabled` is false.
    pub adaptive: Option<AdaptiveConf>,
    /// Of a recording: what it was made under. `None` takes the partitions that its tasks read as given.
    pub recorded_under: Option<RecordedUnder>,
    /// How much of a recorded schedule is kept.
    pub schedule: Schedule,
    /// The CPU time of operators.
    pub costs: Costs,
}

impl Default for PlanConf {
    fn default() -> Self {
        Self {
            shuffle_partitions: 200,
            default_parallelism: None,
            files_min_partition_num: 1,
            files_max_partition_bytes: Bytes::mib(128),
            files_open_cost_in_bytes: Bytes::mib(4),
            bypass_merge_threshold: 200,
            auto_broadcast_join_threshold: Some(Bytes::mib(10)),
            prefer_sort_merge_join: true,
            window_buffer_rows: 4096,
            object_aggregate_groups: 128,
            cached_batch_rows: 10_000,
            adaptive: Some(AdaptiveConf::default()),
            recorded_under: None,
            schedule: Schedule::Recorded,
            costs: Costs::default(),
        }
    }
}

impl PlanConf {
    /// What lowering reads of resolved settings, which run on `total_cores` cores.
    #[must_use]
    pub fn of(conf: &Conf, total_cores: u64) -> Self {
        let int = |key| u64::try_from(conf.int(key)).unwrap_or(0);
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let optional = |key| conf.optional_int(key).and_then(|number| u64::try_from(number).ok());
        let default_parallelism = optional(Key::DefaultParallelism);
        Self {
            shuffle_partitions: narrow(int(Key::SqlShufflePartitions)),
            default_parallelism: default_parallelism.map(narrow),
            files_max_partition_bytes: Bytes(conf.bytes(Key::SqlFilesMaxPartitionBytes)),
            files_open_cost_in_bytes: Bytes(conf.bytes(Key::SqlFilesOpenCostInBytes)),
            files_min_partition_num: optional(Key::SqlFilesMinPartitionNum)
                .or(optional(Key::SqlLeafNodeDefaultParallelism))
                .or(default_parallelism)
                .unwrap_or(total_cores),
            bypass_merge_threshold: narrow(int(Key::ShuffleSortBypassMergeThreshold)),
            auto_broadcast_join_threshold: conf.limit_bytes(Key::SqlAutoBroadcastJoinThreshold).map(Bytes),
            prefer_sort_merge_join: conf.flag(Key::SqlJoinPreferSortMergeJoin),
            window_buffer_rows: int(Key::SqlWindowExecBufferInMemoryThreshold),
            object_aggregate_groups: int(Key::SqlObjectHashAggregateSortBasedFallbackThreshold),
            cached_batch_rows: int(Key::SqlInMemoryColumnarStorageBatchSize),
            adaptive: AdaptiveConf::of(conf, default_parallelism.unwrap_or(total_cores)),
            recorded_under: None,
            schedule: Schedule::Recorded,
            costs: Costs {
                row_ns: int(Key::PoolsimCpuRowNs),
                byte_ps: int(Key::PoolsimCpuBytePs),
                serialize_byte_ps: int(Key::PoolsimCpuSerializeBytePs),
                sort_compare_ns: int(Key::PoolsimCpuSortCompareNs),
            },
        }
    }
}

impl PlanConf {
    /// Partitions of the shuffles of queries, as they are written (`SQLConf.numShufflePartitions`).
    #[must_use]
    pub fn initial_partitions(&self) -> u32 {
        let initial = self.adaptive.as_ref().and_then(|adaptive| adaptive.coalescing?.initial_partition_num);
        initial.unwrap_or(self.shuffle_partitions)
    }
}

/// How much of a recorded schedule is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Tasks run where they ran, and are not launched earlier than they were: the settings are the recorded ones.
    Recorded,
    /// Tasks run where they ran, in the order in which they were launched, as soon as there is a slot: settings differ,
    /// and with them the times of tasks.
    Executors,
    /// Tasks are scheduled anew: the executors differ.
    Anew,
}

/// The cost table: CPU time of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// `poolsim.cpu.rowNs`: an operator handles a row, 50 ns.
    pub row_ns: u64,
    /// `poolsim.cpu.bytePs`: a scan decodes a byte of a row, 500 ps.
    pub byte_ps: u64,
    /// `poolsim.cpu.serializeBytePs`: a byte of a row is written to or read from a shuffle, a block or a result,
    /// 1500 ps.
    pub serialize_byte_ps: u64,
    /// `poolsim.cpu.sortCompareNs`: a comparison of a sort, of which n rows need n log2 n, 10 ns.
    pub sort_compare_ns: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self { row_ns: 50, byte_ps: 500, serialize_byte_ps: 1500, sort_compare_ns: 10 }
    }
}

impl Costs {
    /// Nanoseconds in which an operator handles rows.
    pub(super) fn rows(&self, rows: u64, ns_per_row: Option<u64>) -> u64 {
        rows.saturating_mul(ns_per_row.unwrap_or(self.row_ns))
    }

    /// Nanoseconds in which a scan decodes bytes.
    pub(super) fn decode(&self, bytes: u64) -> u64 {
        picoseconds(bytes, self.byte_ps)
    }

    /// Nanoseconds in which bytes are serialized, or read back.
    pub(super) fn serialize(&self, bytes: u64) -> u64 {
        picoseconds(bytes, self.serialize_byte_ps)
    }

    /// Nanoseconds in which rows are sorted: by comparison, or by a radix sort, which takes as long as
    /// [`RADIX_LEVELS`] rounds of comparisons whatever the number of rows.
    pub(super) fn sort(&self, rows: u64, radix: bool) -> u64 {
        let levels =
            if radix { RADIX_LEVELS } else { u64::from(rows.max(1).next_power_of_two().trailing_zeros()) };
        rows.saturating_mul(levels).saturating_mul(self.sort_compare_ns)
    }
}

/// Real sorts by a long key took 20 to 40 ns a row, those by a string 200 and more.
const RADIX_LEVELS: u64 = 3;

fn picoseconds(amount: u64, each: u64) -> u64 {
    u64::try_from(u128::from(amount) * u128::from(each) / 1000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use sim_core::conf::SparkVersion;

    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_key_table() {
        assert_eq!(PlanConf::of(&Conf::defaults(SparkVersion::V3_5), 1), PlanConf::default());
    }
}

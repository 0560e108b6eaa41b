//! From settings to what lowering reads.

use sim_core::conf::{Conf, Key};
use sim_core::engine::RunConf;
use sim_core::units::Bytes;
use workload::{Costs, PlanConf};

/// The numbers that lowering is told.
pub(crate) fn plan_conf(conf: &Conf, run: &RunConf) -> PlanConf {
    let number = |key| u32::try_from(conf.int(key)).unwrap_or(u32::MAX);
    let cost = |key| conf.int(key).unsigned_abs();
    PlanConf {
        shuffle_partitions: number(Key::SqlShufflePartitions),
        default_parallelism: conf.optional_int(Key::DefaultParallelism).map(|n| n as u32),
        total_cores: run.executors.iter().map(|executor| executor.cores).sum(),
        files_max_partition_bytes: Bytes(conf.bytes(Key::SqlFilesMaxPartitionBytes)),
        files_open_cost_in_bytes: Bytes(conf.bytes(Key::SqlFilesOpenCostInBytes)),
        bypass_merge_threshold: number(Key::ShuffleSortBypassMergeThreshold),
        auto_broadcast_join_threshold: conf.limit_bytes(Key::SqlAutoBroadcastJoinThreshold).map(Bytes),
        prefer_sort_merge_join: conf.flag(Key::SqlJoinPreferSortMergeJoin),
        radix_sort: conf.flag(Key::SqlSortEnableRadixSort),
        window_buffer_rows: cost(Key::SqlWindowExecBufferInMemoryThreshold),
        costs: Costs {
            row_ns: cost(Key::PoolsimCpuRowNs),
            byte_ps: cost(Key::PoolsimCpuBytePs),
            serialize_byte_ps: cost(Key::PoolsimCpuSerializeBytePs),
            sort_compare_ns: cost(Key::PoolsimCpuSortCompareNs),
        },
        ..PlanConf::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::conf::{ClusterShape, SparkVersion};

    #[test]
    fn the_defaults_of_the_keys_are_those_of_lowering() {
        for version in SparkVersion::ALL {
            let conf = Conf::defaults(version);
            let (run, _) = RunConf::resolve(&conf, ClusterShape::default()).expect("defaults have a layout");
            let expected = PlanConf { total_cores: 2, ..PlanConf::default() };
            assert_eq!(plan_conf(&conf, &run), expected, "{version}");
        }
    }
}

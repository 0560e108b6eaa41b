//! The settings of adaptive execution.

use sim_core::conf::{Conf, Key};

/// `spark.sql.adaptive.*`, where `spark.sql.adaptive.enabled` is true.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptiveConf {
    /// `advisoryPartitionSizeInBytes`, 64 MiB.
    pub advisory_partition_size: u64,
    /// How partitions are coalesced; `None` where `coalescePartitions.enabled` is false.
    pub coalescing: Option<Coalescing>,
    /// How skewed joins are split; `None` where `skewJoin.enabled` is false.
    pub skew_join: Option<SkewJoin>,
    /// `autoBroadcastJoinThreshold`, that of `spark.sql` (10 MiB): bytes of rows; `None` where it is -1.
    pub auto_broadcast_join_threshold: Option<u64>,
    /// `maxShuffledHashJoinLocalMapThreshold`, 0: shuffled bytes of a partition.
    pub max_shuffled_hash_join_local_map_threshold: u64,
    /// `localShuffleReader.enabled`, true.
    pub local_shuffle_reader: bool,
}

/// `coalescePartitions.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coalescing {
    /// `initialPartitionNum`; `None` for `spark.sql.shuffle.partitions`.
    pub initial_partition_num: Option<u32>,
    /// The least number of tasks that coalescing aims at: `minPartitionNum`, else `SparkContext.defaultParallelism`
    /// if `parallelismFirst`, else 1.
    pub min_partition_num: u32,
    /// `minPartitionSize`, 1 MiB.
    pub min_partition_size: u64,
}

/// `skewJoin.*`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkewJoin {
    /// `skewedPartitionFactor`, 5: times the median.
    pub factor: f64,
    /// `skewedPartitionThresholdInBytes`, 256 MiB.
    pub threshold: u64,
}

impl Default for AdaptiveConf {
    fn default() -> Self {
        Self {
            advisory_partition_size: 64 << 20,
            coalescing: Some(Coalescing {
                initial_partition_num: None,
                min_partition_num: 1,
                min_partition_size: 1 << 20,
            }),
            skew_join: Some(SkewJoin { factor: 5.0, threshold: 256 << 20 }),
            auto_broadcast_join_threshold: Some(10 << 20),
            max_shuffled_hash_join_local_map_threshold: 0,
            local_shuffle_reader: true,
        }
    }
}

impl AdaptiveConf {
    /// The settings where adaptive execution is on; `default_parallelism` is that of the context.
    #[must_use]
    pub fn of(conf: &Conf, default_parallelism: u64) -> Option<Self> {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).max(1);
        let optional = |key| conf.optional_int(key).and_then(|number| u64::try_from(number).ok()).map(narrow);
        let coalescing = || {
            let parallelism = if conf.flag(Key::SqlAdaptiveCoalescePartitionsParallelismFirst) {
                narrow(default_parallelism)
            } else {
                1
            };
            Coalescing {
                initial_partition_num: optional(Key::SqlAdaptiveCoalescePartitionsInitialPartitionNum),
                min_partition_num: optional(Key::SqlAdaptiveCoalescePartitionsMinPartitionNum)
                    .unwrap_or(parallelism),
                min_partition_size: conf.bytes(Key::SqlAdaptiveCoalescePartitionsMinPartitionSize),
            }
        };
        let skew_join = || SkewJoin {
            factor: conf.double(Key::SqlAdaptiveSkewJoinSkewedPartitionFactor),
            threshold: conf.bytes(Key::SqlAdaptiveSkewJoinSkewedPartitionThresholdInBytes),
        };
        conf.flag(Key::SqlAdaptiveEnabled).then(|| Self {
            advisory_partition_size: conf.bytes(Key::SqlAdaptiveAdvisoryPartitionSizeInBytes),
            coalescing: conf.flag(Key::SqlAdaptiveCoalescePartitionsEnabled).then(coalescing),
            skew_join: conf.flag(Key::SqlAdaptiveSkewJoinEnabled).then(skew_join),
            auto_broadcast_join_threshold: conf.limit_bytes(Key::SqlAdaptiveAutoBroadcastJoinThreshold),
            max_shuffled_hash_join_local_map_threshold: conf
                .bytes(Key::SqlAdaptiveMaxShuffledHashJoinLocalMapThreshold),
            local_shuffle_reader: conf.flag(Key::SqlAdaptiveLocalShuffleReaderEnabled),
        })
    }
}

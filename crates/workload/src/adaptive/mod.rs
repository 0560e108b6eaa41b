//! What Spark's adaptive execution decides when the stages that write shuffles have ended: pure functions of the sizes
//! that it sees and of its settings.
//!
//! | here | Spark |
//! |---|---|
//! | [`MapOutput`] | `MapStatus`, `MapOutputStatistics` |
//! | [`coalesced`] | `CoalesceShufflePartitions`, `ShufflePartitionsUtil.coalescePartitions` |
//! | [`skewed_join`] | `OptimizeSkewedJoin`, `ShufflePartitionsUtil.splitSizeListByTargetSize` |
//! | [`join_strategy`] | `DynamicJoinSelection`, `JoinSelection` |
//! | [`local_reads`] | `OptimizeShuffleWithLocalRead` |

mod coalesce;
mod conf;
mod join;
mod local;
mod map_output;
mod skew;

use std::ops::Range;

pub use coalesce::{Target, coalesced, coalesced_beside_splits};
pub use conf::{AdaptiveConf, Coalescing, SkewJoin};
pub use join::{JoinSide, JoinType, join_strategy};
pub use local::local_reads;
pub use map_output::{MapOutput, reported_size};
pub use skew::{SkewSide, skewed_join, split_by_size};

/// What one task reads of a shuffle: some of its partitions, as some of the map tasks wrote them
/// (`ShufflePartitionSpec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Partitions of the shuffle.
    pub reducers: Range<u32>,
    /// Map tasks; `None` for all.
    pub maps: Option<Range<u32>>,
}

impl Read {
    /// Whole partitions (`CoalescedPartitionSpec`).
    #[must_use]
    pub fn whole(reducers: Range<u32>) -> Self {
        Self { reducers, maps: None }
    }

    /// Every partition by a task of its own.
    #[must_use]
    pub fn each(partitions: u32) -> Vec<Self> {
        (0..partitions).map(|reducer| Self::whole(reducer..reducer + 1)).collect()
    }
}

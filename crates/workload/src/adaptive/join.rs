//! How a join goes on when both of its inputs have been shuffled, and their sizes are known.

use serde::Deserialize;

use super::AdaptiveConf;
use crate::plan::Strategy;

/// A join child with fewer non-empty partitions than this part of all is not broadcast
/// (`spark.sql.adaptive.nonEmptyPartitionRatioForBroadcastJoin`).
const NON_EMPTY_RATIO: f64 = 0.2;

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename = "join_type", rename_all = "snake_case")]
pub enum JoinType {
    /// Those with a match.
    #[default]
    Inner,
    /// And the left ones without one.
    LeftOuter,
    /// And the right ones without one.
    RightOuter,
    /// And those without one of both sides.
    FullOuter,
    /// The left ones with a match, once.
    LeftSemi,
    /// The left ones without one.
    LeftAnti,
}

impl JoinType {
    /// Whether the right side can be broadcast (`JoinSelectionHelper.canBuildBroadcastRight`).
    #[must_use]
    pub fn can_broadcast_right(self) -> bool {
        matches!(self, Self::Inner | Self::LeftOuter | Self::LeftSemi | Self::LeftAnti)
    }

    /// Whether tasks may each have a part of a left partition (`OptimizeSkewedJoin.canSplitLeftSide`).
    #[must_use]
    pub fn can_split_left(self) -> bool {
        matches!(self, Self::Inner | Self::LeftOuter | Self::LeftSemi | Self::LeftAnti)
    }

    /// Whether tasks may each have a part of a right partition (`OptimizeSkewedJoin.canSplitRightSide`).
    #[must_use]
    pub fn can_split_right(self) -> bool {
        matches!(self, Self::Inner | Self::RightOuter)
    }

    /// Whether an empty partition of one side makes no work of the other one, so that many of them are worth keeping.
    fn keeps_unmatched(self) -> bool {
        matches!(self, Self::LeftOuter | Self::RightOuter | Self::LeftAnti)
    }
}

/// A side of a join that has been shuffled.
#[derive(Clone, Copy, Debug)]
pub struct JoinSide<'a> {
    /// Bytes by partition, as reported.
    pub sizes: &'a [u64],
    /// Bytes of its rows in memory: the metric `data size` of its exchange.
    pub data_size: u64,
}

impl JoinSide<'_> {
    fn is_mostly_empty(&self) -> bool {
        let filled = self.sizes.iter().filter(|&&size| size > 0).count();
        filled > 0 && (filled as f64 / self.sizes.len() as f64) < NON_EMPTY_RATIO
    }
}

/// How a join without a hint goes on that was planned as `planned` and whose sides have been shuffled. The right side is
/// the one that is broadcast or built.
#[must_use]
pub fn join_strategy(
    planned: Strategy,
    left: JoinSide<'_>,
    right: JoinSide<'_>,
    join_type: JoinType,
    conf: &AdaptiveConf,
) -> Strategy {
    let can_broadcast = join_type.can_broadcast_right();
    let keeps_unmatched = join_type.keeps_unmatched();
    let demoted =
        if right.is_mostly_empty() { !keeps_unmatched } else { left.is_mostly_empty() && keeps_unmatched };
    let demoted = demoted && can_broadcast;
    let limit = conf.max_shuffled_hash_join_local_map_threshold;
    let prefers_hash = conf.advisory_partition_size <= limit && right.sizes.iter().all(|&size| size <= limit);
    let small = conf.auto_broadcast_join_threshold.is_some_and(|threshold| right.data_size <= threshold);
    if can_broadcast && small && !demoted {
        Strategy::Broadcast
    } else if prefers_hash {
        Strategy::ShuffledHash
    } else {
        planned
    }
}

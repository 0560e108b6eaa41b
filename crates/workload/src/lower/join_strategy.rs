//! How a join is done where no hint says so. Spark: `JoinSelection`, `JoinSelectionHelper`.

use super::{Lowering, PlanConf};
use crate::plan::{Join, NodeId, Strategy, Table};

/// Hash tables of the build side take about this many times less than the other side for a shuffled hash join
/// (`spark.sql.shuffledHashJoinFactor`).
const MUCH_SMALLER: u64 = 3;

impl Lowering<'_> {
    /// How a join is planned, before anything has run: by estimates.
    pub(super) fn join_strategy(&self, id: NodeId, join: &Join, partitions: u32) -> Strategy {
        let node = self.plan.node(id);
        let table = |side: usize| self.plan.node(node.inputs[side]).table;
        let right = Table { bytes: join.estimated_bytes.unwrap_or(table(1).bytes), ..table(1) };
        join.strategy.unwrap_or_else(|| {
            if join.join_type.can_broadcast_right() && can_broadcast(self.conf, &right) {
                Strategy::Broadcast
            } else {
                shuffled(self.conf, &table(0), &right, partitions)
            }
        })
    }
}

fn can_broadcast(conf: &PlanConf, right: &Table) -> bool {
    conf.auto_broadcast_join_threshold.is_some_and(|threshold| right.bytes <= threshold.0)
}

/// How two shuffled sides are joined.
pub(super) fn shuffled(conf: &PlanConf, left: &Table, right: &Table, partitions: u32) -> Strategy {
    let threshold = conf.auto_broadcast_join_threshold.map(|threshold| threshold.0);
    // canBuildLocalHashMapBySize and muchSmaller.
    let local = threshold.unwrap_or(0).saturating_mul(u64::from(partitions));
    let much_smaller = right.bytes.saturating_mul(MUCH_SMALLER) <= left.bytes;
    if !conf.prefer_sort_merge_join && right.bytes < local && much_smaller {
        return Strategy::ShuffledHash;
    }
    Strategy::SortMerge
}

#[cfg(test)]
mod tests {
    use sim_core::units::Bytes;

    use super::*;

    #[test]
    fn the_size_of_the_right_side_decides() {
        let table = |bytes| Table { rows: bytes / 100, bytes, wire_bytes: bytes };
        let mut conf = PlanConf::default();
        let chosen = |conf: &PlanConf, left: &Table, right: &Table, partitions| {
            let shuffled = shuffled(conf, left, right, partitions);
            if can_broadcast(conf, right) { Strategy::Broadcast } else { shuffled }
        };
        let (large, small) = (table(1 << 34), table(10 << 20));
        assert_eq!(chosen(&conf, &large, &small, 200), Strategy::Broadcast);
        assert_eq!(chosen(&conf, &large, &table((10 << 20) + 1), 200), Strategy::SortMerge);
        conf.prefer_sort_merge_join = false;
        assert_eq!(chosen(&conf, &large, &table(1 << 30), 200), Strategy::ShuffledHash);
        assert_eq!(chosen(&conf, &large, &table(1 << 33), 200), Strategy::SortMerge);
        conf.auto_broadcast_join_threshold = None;
        assert_eq!(chosen(&conf, &large, &table(1), 200), Strategy::SortMerge);
        conf.auto_broadcast_join_threshold = Some(Bytes(1));
        assert_eq!(chosen(&conf, &large, &table(1), 200), Strategy::Broadcast);
    }
}

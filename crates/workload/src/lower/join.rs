//! Joins: two sorts merged, a hashed relation in each task, or one that is sent to every executor.

use sim_core::workload::ConsumerSpec;

use super::Lowering;
use super::exchange::Side;
use super::stream::Stream;
use crate::Error;
use crate::plan::{NodeId, Strategy};

impl Lowering<'_> {
    pub(super) fn join(
        &mut self,
        id: NodeId,
        hint: Option<Strategy>,
        long_key: bool,
    ) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let partitions = self.sql_partitions(node);
        let mut stream = match self.join_strategy(id, hint, partitions) {
            Strategy::SortMerge => self.sort_merge_join(id, partitions)?,
            Strategy::ShuffledHash => self.shuffled_hash_join(id, partitions, long_key)?,
            Strategy::Broadcast => self.broadcast_hash_join(id)?,
        };
        stream.spend(|cell| self.conf.costs.rows(cell.rows, node.cpu_ns_per_row));
        stream.reshape(&node.table);
        Ok(stream)
    }

    /// Both sorts stay open while they are merged; the left one is read first, so that it can spill for the right one.
    fn sort_merge_join(&mut self, id: NodeId, partitions: u32) -> Result<Stream, Error> {
        let mut left = self.join_side(id, 0, partitions)?;
        self.sorted(&mut left, true)?;
        let mut right = self.join_side(id, 1, partitions)?;
        self.sorted(&mut right, true)?;
        merged(left, right)
    }

    /// The relation of the right side is built before a row of the left one is read, and stays to the task's end.
    fn shuffled_hash_join(&mut self, id: NodeId, partitions: u32, long_key: bool) -> Result<Stream, Error> {
        let left = self.join_side(id, 0, partitions)?;
        let build = self.join_side(id, 1, partitions)?;
        self.probed(left, build, long_key)
    }

    /// The rows of `left`, after a relation of the rows of `build` has been made, which stays to the task's end.
    pub(super) fn probed(&self, left: Stream, mut build: Stream, long_key: bool) -> Result<Stream, Error> {
        let consumer = if long_key { ConsumerSpec::LongHashedRelation } else { ConsumerSpec::HashedRelation };
        build.spend(|cell| self.conf.costs.rows(cell.rows, None));
        let slot = build.open(consumer)?;
        let demand = build.stored();
        build.insert(slot, demand)?;
        build.hold(slot)?;
        let cells = left.cells.clone();
        build.absorb(left)?;
        build.cells = cells;
        Ok(build)
    }

    fn join_side(&mut self, id: NodeId, input: usize, partitions: u32) -> Result<Stream, Error> {
        let keys = &self.plan.node(self.plan.node(id).inputs[input]).keys;
        self.exchange_rows(Side { reader: id, input }, partitions, keys)
    }
}

/// Two sorted streams, read at once.
pub(super) fn merged(mut left: Stream, right: Stream) -> Result<Stream, Error> {
    left.absorb(right)?;
    // Generated code creates its sorter, which acquires its first array, before a row of either side is read.
    left.open_first();
    Ok(left)
}

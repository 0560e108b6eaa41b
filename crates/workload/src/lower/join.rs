//! Joins: two sorts merged, a hashed relation in each task, or one that is sent to every executor.

use sim_core::workload::ConsumerSpec;

use super::Lowering;
use super::exchange::{Side, Written};
use super::stream::Stream;
use crate::Error;
use crate::plan::{Join, NodeId, Strategy};

impl Lowering<'_> {
    pub(super) fn join(&mut self, id: NodeId, join: &Join) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let partitions = self.sql_partitions(node);
        let mut stream = match self.join_strategy(id, join, partitions) {
            Strategy::Broadcast => self.broadcast_hash_join(id)?,
            planned => {
                let left = self.written_side(id, 0, partitions)?;
                let right = self.written_side(id, 1, partitions)?;
                self.shuffled_join(id, join, planned, &[left, right])?
            }
        };
        stream.spend(|cell| self.conf.costs.rows(cell.rows, node.cpu_ns_per_row));
        stream.reshape(&node.table);
        Ok(stream)
    }

    /// Both sides have been shuffled: tasks that join what they fetch.
    pub(super) fn joined(
        &self,
        strategy: Strategy,
        mut left: Stream,
        mut right: Stream,
        long_key: bool,
    ) -> Result<Stream, Error> {
        if strategy == Strategy::ShuffledHash {
            // The relation of the right side is built before a row of the left one is read.
            return self.probed(left, right, long_key);
        }
        // Both sorts stay open while they are merged; the left one is read first, so that it can spill for the right one.
        self.sorted(&mut left, true)?;
        self.sorted(&mut right, true)?;
        merged(left, right)
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

    fn written_side(&mut self, id: NodeId, input: usize, partitions: u32) -> Result<Written, Error> {
        let keys = &self.plan.node(self.plan.node(id).inputs[input]).keys;
        self.written_rows(Side { reader: id, input }, partitions, keys)
    }
}

/// Two sorted streams, read at once.
pub(super) fn merged(mut left: Stream, right: Stream) -> Result<Stream, Error> {
    left.absorb(right)?;
    // Generated code creates its sorter, which acquires its first array, before a row of either side is read.
    left.open_first();
    Ok(left)
}

//! Broadcast variables: of the program, and of joins that send their right side to every executor.

use sim_core::ids::JobId;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Broadcast, Job, Op};

use super::Lowering;
use super::stream::Stream;
use crate::Error;
use crate::plan::{NodeId, Operator};

/// Bytes of a hashed relation for each row beside the row itself: its slot in the array and its length.
const RELATION_BYTES_PER_ROW: u64 = 24;

impl Lowering<'_> {
    /// The tasks of this stage use a broadcast variable.
    pub(super) fn read_broadcast(
        &mut self,
        id: NodeId,
        pieces: Bytes,
        value: Bytes,
    ) -> Result<Stream, Error> {
        let mut stream = self.stream(self.plan.node(id).inputs[0])?;
        let broadcast = self.broadcast(id, Broadcast { pieces, value });
        stream.ops.insert(0, Op::ReadBroadcast { broadcast });
        Ok(stream)
    }

    /// The driver collects the right side in a job of its own and broadcasts the relation that it builds.
    pub(super) fn broadcast_hash_join(&mut self, id: NodeId) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        if self.broadcasts[id.0 as usize].is_none() {
            let table = self.plan.node(node.inputs[1]).table;
            let build = self.stream(node.inputs[1])?;
            let name = format!("broadcast for join {}", node.name);
            let stage = self.collecting_stage(name.clone(), node, build)?;
            let stages = self.with_ancestors(stage);
            let job =
                Job { name, stages, after: self.after.clone(), delay: SimTime::ZERO, unpersist: Vec::new() };
            self.workload.jobs.push(job);
            self.after.push(JobId::at(self.workload.jobs.len() - 1));
            let relation = table.rows.saturating_mul(RELATION_BYTES_PER_ROW).saturating_add(table.bytes);
            self.broadcast(id, Broadcast { pieces: Bytes(table.wire_bytes), value: Bytes(relation) });
        }
        let mut stream = self.stream(node.inputs[0])?;
        if let Some(broadcast) = self.broadcasts[id.0 as usize] {
            stream.ops.push(Op::ReadBroadcast { broadcast });
        }
        Ok(stream)
    }

    /// A new action: relations of joins are built anew, broadcast variables of the program are not.
    pub(super) fn forget_relations(&mut self) {
        for (node, broadcast) in self.plan.nodes.iter().zip(&mut self.broadcasts) {
            if matches!(node.operator, Operator::Join { .. }) {
                *broadcast = None;
            }
        }
    }

    fn broadcast(&mut self, id: NodeId, broadcast: Broadcast) -> u32 {
        *self.broadcasts[id.0 as usize].get_or_insert_with(|| {
            self.workload.broadcasts.push(broadcast);
            (self.workload.broadcasts.len() - 1) as u32
        })
    }
}

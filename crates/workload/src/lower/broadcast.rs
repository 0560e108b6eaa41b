//! Broadcast variables: of the program, and of joins that send their right side to every executor.

use sim_core::ids::{JobId, StageId};
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Broadcast, Job, Op};

use super::Lowering;
use super::stream::Stream;
use crate::Error;
use crate::plan::{NodeId, Operator};
use crate::sample::LIMIT;

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
        let broadcast = match self.variables.iter().find(|(node, _)| *node == id) {
            Some(&(_, known)) => known,
            None => {
                let broadcast = self.broadcast(Broadcast { pieces, value });
                self.variables.push((id, broadcast));
                broadcast
            }
        };
        stream.ops.insert(0, Op::ReadBroadcast { broadcast, joined: false });
        Ok(stream)
    }

    /// The driver collects the right side in a job of its own and broadcasts the relation that it builds.
    pub(super) fn broadcast_hash_join(&mut self, id: NodeId) -> Result<Stream, Error> {
        let broadcast = match self.relations.iter().find(|(node, _)| *node == id) {
            Some(&(_, known)) => known,
            None => {
                let united = self.united_bytes.take();
                let build = self.stream(self.plan.node(id).inputs[1])?;
                self.united_bytes = united;
                let broadcast = self.relation(id, build, &[])?;
                self.relations.push((id, broadcast));
                broadcast
            }
        };
        let mut stream = self.stream(self.plan.node(id).inputs[0])?;
        stream.ops.push(Op::ReadBroadcast { broadcast, joined: true });
        Ok(stream)
    }

    /// The relation of the rows of `build`, the right side of a join, which a job of its own collects; stages that run
    /// meanwhile are part of it.
    pub(super) fn relation(
        &mut self,
        id: NodeId,
        build: Stream,
        meanwhile: &[StageId],
    ) -> Result<u32, Error> {
        let node = self.plan.node(id);
        let table = self.plan.node(node.inputs[1]).table;
        let name = format!("broadcast for join {}", node.name);
        let stage = self.collecting_stage(name.clone(), node, build)?;
        let all = meanwhile.iter().chain([&stage]).flat_map(|&stage| self.with_ancestors(stage));
        let mut stages: Vec<StageId> = all.collect();
        stages.sort_unstable();
        stages.dedup();
        let after = self.after.clone();
        self.workload.jobs.push(Job {
            name,
            stages,
            after,
            delay: SimTime::ZERO,
            unpersist: Vec::new(),
            destroy: Vec::new(),
        });
        let job = JobId::at(self.workload.jobs.len() - 1);
        self.after.push(job);
        let relation = table.rows.saturating_mul(RELATION_BYTES_PER_ROW).saturating_add(table.bytes);
        let broadcast = self
            .broadcast(Broadcast { pieces: Bytes(table.wire_bytes), value: Bytes(relation.min(LIMIT - 1)) });
        let long_key = matches!(&node.operator, Operator::Join(join) if join.long_key);
        self.build_relation(job, broadcast, &table, long_key);
        Ok(broadcast)
    }

    fn broadcast(&mut self, broadcast: Broadcast) -> u32 {
        self.workload.broadcasts.push(broadcast);
        (self.workload.broadcasts.len() - 1) as u32
    }
}

//! Cached data sets: an RDD with a program that computes a partition, read block by block.

use sim_core::ids::{RddId, StageId};
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Op, Partition, Rdd};

use super::Lowering;
use super::stream::{Cell, Stream};
use crate::Error;
use crate::plan::{Api, Node, NodeId, Operator};

/// A cached data set in the workload.
#[derive(Clone, Debug)]
pub(super) struct Cached {
    rdd: RddId,
    cells: Vec<Cell>,
    /// Stages whose shuffles a lost block is computed from.
    parents: Vec<StageId>,
}

impl Lowering<'_> {
    pub(super) fn read_cached(&mut self, id: NodeId) -> Result<Stream, Error> {
        let cached = match &self.rdds[id.0 as usize] {
            Some(cached) => cached.clone(),
            None => {
                let cached = self.of_rdd(|lowering| lowering.cached(id))?;
                self.rdds[id.0 as usize].insert(cached).clone()
            }
        };
        let partitions = (0..cached.cells.len() as u64).collect();
        let mut stream = Stream::of(cached.cells);
        stream.parents = cached.parents;
        let partition = stream.column(partitions)?;
        stream.ops.push(Op::ReadBlock { rdd: cached.rdd, partition });
        stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
        Ok(stream)
    }

    /// The id of a cached data set, if a job has used it.
    pub(super) fn rdd_of(&self, id: NodeId) -> Option<RddId> {
        self.rdds[id.0 as usize].as_ref().map(|cached| cached.rdd)
    }

    fn cached(&mut self, id: NodeId) -> Result<Cached, Error> {
        let node = self.plan.node(id);
        let Operator::Cache { level, .. } = node.operator else {
            return Err(Error::new(format!("data set `{}` is not cached", node.name)));
        };
        let united = self.united_bytes.take();
        let mut stream = self.stream(node.inputs[0])?;
        self.united_bytes = united;
        self.count_blocks(&node.name, stream.tasks() as u64)?;
        // Elements come out of the last consumer while it is read, or else during the unrolling.
        if stream.has_open() {
            stream.settle()?;
        }
        let unroll = stream.take_pending();
        let partitions = partitions(node, &stream.cells, unroll, self.conf.cached_batch_rows);
        let cells = stream.cells.clone();
        let parents = std::mem::take(&mut stream.parents);
        let (program, values) = stream.done()?;
        let program = self.program(program);
        self.workload.rdds.push(Rdd { name: node.name.clone(), level, program, values, partitions });
        Ok(Cached { rdd: RddId::at(self.workload.rdds.len() - 1), cells, parents })
    }
}

fn partitions(node: &Node, cells: &[Cell], unroll: Vec<u64>, batch_rows: u64) -> Vec<Partition> {
    let Operator::Cache { memory, disk, elements, api, level } = &node.operator else {
        return Vec::new();
    };
    let rows = || cells.iter().map(|cell| cell.rows);
    let wire = || cells.iter().map(|cell| cell.wire_bytes).collect();
    let disk = disk.as_ref().map_or_else(wire, |items| items.over(rows()));
    let in_memory =
        || if level.deserialized { cells.iter().map(|cell| cell.bytes).collect() } else { disk.clone() };
    let memory = memory.as_ref().map_or_else(in_memory, |items| items.over(rows()));
    let rows_per_element = match api {
        Api::Sql => batch_rows.max(1),
        Api::Rdd => 1,
    };
    let counted = || rows().map(|rows| rows.div_ceil(rows_per_element)).collect();
    let elements: Vec<u64> = elements.as_ref().map_or_else(counted, |items| items.over(rows()));
    let sizes = memory.into_iter().zip(disk).zip(elements).zip(unroll);
    sizes
        .map(|(((memory, disk), elements), unroll)| Partition {
            memory_size: Bytes(memory),
            serialized_size: Bytes(disk),
            elements,
            unroll_time: SimTime(unroll),
        })
        .collect()
}

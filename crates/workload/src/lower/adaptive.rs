//! Adaptive execution: what is read of a shuffle, and how a join goes on, is decided when the shuffles have been written.

use std::collections::BTreeMap;
use std::ops::Range;

use sim_core::workload::Op;

use super::Lowering;
use super::exchange::Written;
use super::join_strategy;
use super::stream::{Cell, Stream};
use crate::Error;
use crate::adaptive::{
    AdaptiveConf, JoinSide, MapOutput, Read, SkewSide, Target, coalesced, coalesced_beside_splits,
    join_strategy, local_reads, skewed_join,
};
use crate::plan::{Join, Node, NodeId, Operator, Strategy, apportion};

/// Tasks of a join whose partitions are split.
const MOST_SPLITS: usize = 10_000_000;

impl<'p> Lowering<'p> {
    /// Tasks that fetch the one shuffle that a step reads.
    pub(super) fn adaptive_fetch(&self, node: &Node, written: &Written) -> Result<Stream, Error> {
        let reads = self.adaptive(node).and_then(|conf| {
            let sizes = written.output().bytes_by_partition();
            coalesced(&[&sizes], self.target(conf, written.wire_bytes())?)
        });
        match reads {
            Some(reads) => {
                let reads: Vec<Read> = reads.into_iter().map(Read::whole).collect();
                self.fetch(written, written.read(&reads))
            }
            None => self.fetch(written, written.cells.clone()),
        }
    }

    /// A join whose sides have been shuffled.
    pub(super) fn shuffled_join(
        &mut self,
        id: NodeId,
        join: &Join,
        planned: Strategy,
        sides: &[Written; 2],
    ) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let [left, right] = sides;
        let Some(conf) = self.adaptive(node) else {
            let (left, right) =
                (self.fetch(left, left.cells.clone())?, self.fetch(right, right.cells.clone())?);
            return self.joined(planned, left, right, join.long_key);
        };
        let outputs = [left.output(), right.output()];
        let sizes = [outputs[0].bytes_by_partition(), outputs[1].bytes_by_partition()];
        let mut strategy = planned;
        if join.strategy.is_none() {
            let table = |side: usize| self.plan.node(node.inputs[side]).table;
            let shuffled = join_strategy::shuffled(self.conf, &table(0), &table(1), outputs[0].partitions());
            let side = |side: usize| JoinSide { sizes: &sizes[side], data_size: table(side).bytes };
            strategy = join_strategy(shuffled, side(0), side(1), join.join_type, conf);
        }
        if strategy == Strategy::Broadcast {
            return self.switched_to_broadcast(id, conf, sides, &sizes);
        }
        let target = self.target(conf, left.wire_bytes().saturating_add(right.wire_bytes()));
        let skewed = conf.skew_join.and_then(|skew| {
            let sides = [SkewSide::of(&outputs[0]), SkewSide::of(&outputs[1])];
            let [left, right] = &sides;
            skewed_join(left, right, join.join_type, skew, conf.advisory_partition_size, MOST_SPLITS)
        });
        if skewed.as_ref().is_some_and(|reads| reads.len() > MOST_SPLITS) {
            return Err(Error::new(format!(
                "data set `{}`: adaptive execution splits a join into more than {MOST_SPLITS} tasks",
                node.name
            ))
            .help("raise spark.sql.adaptive.advisoryPartitionSizeInBytes"));
        }
        let both = |read: Read| [read.clone(), read];
        let reads: Vec<[Read; 2]> = match (skewed, target) {
            (Some(reads), Some(target)) => coalesced_beside_splits(reads, [&sizes[0], &sizes[1]], target),
            (Some(reads), None) => reads,
            (None, target) => {
                let whole = target.and_then(|target| coalesced(&[&sizes[0], &sizes[1]], target));
                let each = || Read::each(outputs[0].partitions());
                whole
                    .map_or_else(each, |whole| whole.into_iter().map(Read::whole).collect())
                    .into_iter()
                    .map(both)
                    .collect()
            }
        };
        self.check_tasks(&node.name, reads.len() as u64)?;
        let (lefts, rights): (Vec<Read>, Vec<Read>) =
            reads.into_iter().map(|[left, right]| (left, right)).unzip();
        let mut results = left.read(&lefts);
        for ((cell, right_part), right_read) in results.iter_mut().zip(right.read(&rights)).zip(&rights) {
            if right_read.maps.is_some() {
                // The left rows are read once for each split of the right ones, and matched in one of them.
                *cell = cell.part(right_part.rows, right.sum(right_read.reducers.clone()).rows);
            }
        }
        let left = self.fetch(left, left.read(&lefts))?;
        let right = self.fetch(right, right.read(&rights))?;
        let mut stream = self.joined(strategy, left, right, join.long_key)?;
        stream.cells = results;
        Ok(stream)
    }

    /// The right side turned out to be small: the driver collects it from its shuffle, and the left one is read where it
    /// was written.
    fn switched_to_broadcast(
        &mut self,
        id: NodeId,
        conf: &AdaptiveConf,
        [left, right]: &[Written; 2],
        sizes: &[Vec<u64>; 2],
    ) -> Result<Stream, Error> {
        let reads = |written: &Written, sizes: &[u64]| {
            let target = self.target(conf, written.wire_bytes());
            let whole = target.and_then(|target| coalesced(&[sizes], target));
            let partitions = sizes.len() as u32;
            if conf.local_shuffle_reader {
                let tasks = whole.map_or(partitions, |whole| whole.len() as u32);
                return local_reads(written.maps.len() as u32, partitions, tasks);
            }
            whole.map_or_else(|| Read::each(partitions), |whole| whole.into_iter().map(Read::whole).collect())
        };
        let (left_reads, right_reads) = (reads(left, &sizes[0]), reads(right, &sizes[1]));
        let broadcast = match self.relations.iter().find(|(node, _)| *node == id) {
            Some(&(_, known)) => known,
            None => {
                let build = self.fetch(right, right.read(&right_reads))?;
                let broadcast = self.relation(id, build, &[left.stage])?;
                self.relations.push((id, broadcast));
                broadcast
            }
        };
        let mut stream = self.fetch(left, left.read(&left_reads))?;
        stream.ops.push(Op::ReadBroadcast { broadcast, joined: true });
        Ok(stream)
    }

    /// The settings, where they may change what reads a shuffle of a step: a number of partitions that the program gives
    /// stays (`REPARTITION_BY_NUM`).
    fn adaptive(&self, node: &Node) -> Option<&'p AdaptiveConf> {
        self.conf.adaptive.as_ref().filter(|_| node.partitions.is_none())
    }

    /// What coalescing aims at in one group of shuffles, which hold so many bytes.
    fn target(&self, conf: &AdaptiveConf, bytes: u64) -> Option<Target> {
        let target = Target::of(conf)?;
        Some(match self.united_bytes {
            Some(all) => target.for_part(bytes, all),
            None => target,
        })
    }

    /// Bytes of the shuffles that the stage reads which ends with this step.
    pub(super) fn shuffled_bytes(&self, id: NodeId) -> u64 {
        let mut of_nodes: Vec<u64> = Vec::with_capacity(id.0 as usize + 1);
        for (at, node) in self.plan.nodes[..=id.0 as usize].iter().enumerate() {
            let below = |input: usize| of_nodes[node.inputs[input].0 as usize];
            let wire = |input: usize| self.plan.node(node.inputs[input]).table.wire_bytes;
            let shuffled = |bytes: u64| if node.partitions.is_none() { bytes } else { 0 };
            let bytes = match &node.operator {
                Operator::Narrow
                | Operator::Python(_)
                | Operator::Coalesce
                | Operator::UserHeap { .. }
                | Operator::Leak { .. }
                | Operator::ReadBroadcast { .. } => below(0),
                Operator::Sort { within_partitions: true, .. } => below(0),
                Operator::Union => (0..node.inputs.len()).map(below).fold(0, u64::saturating_add),
                Operator::Repartition { .. } | Operator::Sort { .. } | Operator::Window { .. } => {
                    shuffled(wire(0))
                }
                Operator::Aggregate { combined, .. } => shuffled(combined.wire_bytes),
                Operator::Join(join) => {
                    let id = NodeId(at as u32);
                    match self.join_strategy(id, join, self.sql_partitions(node)) {
                        Strategy::Broadcast => below(0),
                        _ => shuffled(wire(0).saturating_add(wire(1))),
                    }
                }
                Operator::Scan { .. }
                | Operator::Recorded(_)
                | Operator::GroupByKey { .. }
                | Operator::ReduceByKey { .. }
                | Operator::Cache { .. } => 0,
            };
            of_nodes.push(bytes);
        }
        of_nodes.pop().unwrap_or(0)
    }
}

impl Written {
    fn output(&self) -> MapOutput {
        MapOutput::new(self.maps.clone(), self.cells.iter().map(|cell| cell.wire_bytes).collect())
    }

    fn wire_bytes(&self) -> u64 {
        self.cells.iter().map(|cell| cell.wire_bytes).fold(0, u64::saturating_add)
    }

    /// All of some partitions.
    fn sum(&self, reducers: Range<u32>) -> Cell {
        let cells = &self.cells[reducers.start as usize..reducers.end as usize];
        cells.iter().fold(Cell::default(), |sum, cell| sum.with(cell))
    }

    /// What is in each of these reads.
    fn read(&self, reads: &[Read]) -> Vec<Cell> {
        // By partitions: what each map task has of them.
        let mut divided: BTreeMap<(u32, u32), Vec<Cell>> = BTreeMap::new();
        let cells = reads.iter().map(|read| {
            let Some(maps) = &read.maps else { return self.sum(read.reducers.clone()) };
            let key = (read.reducers.start, read.reducers.end);
            let of_maps = divided.entry(key).or_insert_with(|| {
                let sum = self.sum(read.reducers.clone());
                let part = |total: u64| apportion(total, self.maps.iter().copied());
                let parts = part(sum.rows).into_iter().zip(part(sum.bytes)).zip(part(sum.wire_bytes));
                let cell = |((rows, bytes), wire_bytes)| {
                    let largest_group = sum.part(rows, sum.rows).largest_group;
                    Cell { rows, bytes, wire_bytes, largest_group }
                };
                parts.map(cell).collect()
            });
            let of_maps = &of_maps[maps.start as usize..maps.end as usize];
            let groups = of_maps.iter().map(|cell| cell.largest_group).fold(0, u64::saturating_add);
            let sum = of_maps.iter().fold(Cell::default(), |sum, cell| sum.with(cell));
            Cell { largest_group: groups.min(sum.rows), ..sum }
        });
        cells.collect()
    }
}

//! Where a stage is cut: one set of tasks writes a shuffle, another one reads it.

use sim_core::ids::{ProgramId, ShuffleId, StageId};
use sim_core::workload::{Op, Program, Shuffle, Stage};

use super::Lowering;
use super::stream::{Cell, Stream};
use crate::Error;
use crate::plan::{Keys, Node, NodeId, Operator, Table, apportion};

/// One side of a step that shuffles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Side {
    /// The step that reads the shuffle.
    pub(super) reader: NodeId,
    /// Which of its inputs is written.
    pub(super) input: usize,
}

/// A shuffle that a stage of the workload writes.
#[derive(Clone, Debug)]
pub(super) struct Written {
    side: Side,
    shuffle: ShuffleId,
    /// Who writes it.
    pub(super) stage: StageId,
    /// What is in its partitions.
    pub(super) cells: Vec<Cell>,
    /// Bytes that each map task writes.
    pub(super) maps: Vec<u64>,
    lasting: bool,
}

/// Shuffles that need not be written again.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchanges {
    written: Vec<Written>,
    /// Above zero while RDDs are lowered: they are the same in all jobs, so that their shuffles are written once. A
    /// query is planned anew for each action.
    rdd_depth: u32,
}

impl Exchanges {
    /// A new action: what the queries of the last one shuffled is of no use for it.
    pub(super) fn next_action(&mut self) {
        self.written.retain(|written| written.lasting);
    }
}

impl Lowering<'_> {
    /// Runs `lower` for an RDD, whose shuffles later jobs find written.
    pub(super) fn of_rdd<T>(
        &mut self,
        lower: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.exchanges.rdd_depth += 1;
        let lowered = lower(self);
        self.exchanges.rdd_depth -= 1;
        lowered
    }

    /// Tasks that fetch what `map` writes, a partition each: `table`, dealt out by `keys`.
    pub(super) fn exchange(
        &mut self,
        side: Side,
        partitions: u32,
        table: &Table,
        keys: &Keys,
        map: impl FnOnce(&mut Self, ShuffleId) -> Result<Stream, Error>,
    ) -> Result<Stream, Error> {
        let written = self.written(side, partitions, table, keys, map)?;
        self.fetch(&written, written.cells.clone())
    }

    /// What `map` writes: `table`, dealt out by `keys`.
    pub(super) fn written(
        &mut self,
        side: Side,
        partitions: u32,
        table: &Table,
        keys: &Keys,
        map: impl FnOnce(&mut Self, ShuffleId) -> Result<Stream, Error>,
    ) -> Result<Written, Error> {
        if let Some(known) = self.known(side) {
            return Ok(known.clone());
        }
        let node = self.plan.node(side.reader);
        self.check_tasks(&node.name, u64::from(partitions))?;
        let shuffle = ShuffleId::at(self.workload.shuffles.len());
        let name = format!("{} {}", verb(&node.operator), node.name);
        self.workload.shuffles.push(Shuffle { name: name.clone(), partitions });
        let united = self.united_bytes.take();
        let stream = map(self, shuffle)?;
        self.united_bytes = united;
        let maps = stream.each(|cell| cell.wire_bytes);
        let stage = self.stage(format!("map side of {name}"), node, stream, Some(shuffle))?;
        let shares = keys.split(table.rows, partitions);
        let divided = |total: u64| apportion(total, shares.iter().map(|share| share.rows));
        let cells = shares.iter().zip(divided(table.bytes)).zip(divided(table.wire_bytes)).map(
            |((share, bytes), wire_bytes)| Cell {
                rows: share.rows,
                bytes,
                wire_bytes,
                largest_group: share.largest_group,
            },
        );
        let cells = cells.collect();
        let lasting = self.exchanges.rdd_depth > 0;
        let written = Written { side, shuffle, stage, cells, maps, lasting };
        self.exchanges.written.push(written.clone());
        Ok(written)
    }

    /// Tasks that fetch a shuffle that has been written.
    pub(super) fn known_exchange(&self, side: Side) -> Option<Result<Stream, Error>> {
        let known = self.known(side)?;
        Some(self.fetch(known, known.cells.clone()))
    }

    fn known(&self, side: Side) -> Option<&Written> {
        self.exchanges.written.iter().find(|written| written.side == side)
    }

    /// Tasks that fetch these parts of a shuffle.
    pub(super) fn fetch(&self, written: &Written, cells: Vec<Cell>) -> Result<Stream, Error> {
        let mut stream = Stream::of(cells);
        stream.parents.push(written.stage);
        let bytes = stream.each(|cell| cell.wire_bytes);
        let bytes = stream.column(bytes)?;
        stream.ops.push(Op::FetchShuffle { shuffle: written.shuffle, bytes });
        stream.serialize(|cell| self.conf.costs.serialize(cell.bytes));
        Ok(stream)
    }

    /// Adds a stage.
    pub(super) fn stage(
        &mut self,
        name: String,
        node: &Node,
        mut stream: Stream,
        shuffle: Option<ShuffleId>,
    ) -> Result<StageId, Error> {
        let tasks = stream.tasks() as u32;
        self.check_tasks(&node.name, u64::from(tasks))?;
        self.tasks += u64::from(tasks);
        let mut parents = std::mem::take(&mut stream.parents);
        parents.sort_unstable();
        parents.dedup();
        let placement = std::mem::take(&mut stream.placement);
        let carried = stream.carried.take();
        let (program, values) = stream.done()?;
        let program = self.program(program);
        let stage = Stage { name, parents, program, tasks, shuffle, values, placement };
        self.workload.stages.push(stage);
        let stage = StageId::at(self.workload.stages.len() - 1);
        self.carry(stage, carried);
        Ok(stage)
    }

    /// Adds a program.
    pub(super) fn program(&mut self, program: Program) -> ProgramId {
        self.workload.programs.push(program);
        ProgramId::at(self.workload.programs.len() - 1)
    }

    /// `repartition`: the rows of its input, dealt out by key or in turn.
    pub(super) fn repartition(&mut self, id: NodeId) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let by_key = matches!(node.operator, Operator::Repartition { by_key: true });
        let keys = if by_key { &node.keys } else { &Keys::Even };
        let side = Side { reader: id, input: 0 };
        self.exchange_rows(side, keys)
    }

    /// An exchange of the rows of the only input of a step, as they are.
    pub(super) fn exchange_rows(&mut self, side: Side, keys: &Keys) -> Result<Stream, Error> {
        let node = self.plan.node(side.reader);
        let written = self.written_rows(side, self.sql_partitions(node), keys)?;
        self.adaptive_fetch(node, &written)
    }

    /// The rows of an input, written as they are.
    pub(super) fn written_rows(
        &mut self,
        side: Side,
        partitions: u32,
        keys: &Keys,
    ) -> Result<Written, Error> {
        let input = self.plan.node(side.reader).inputs[side.input];
        let table = self.plan.node(input).table;
        self.written(side, partitions, &table, keys, |lowering, shuffle| {
            let mut stream = lowering.stream(input)?;
            lowering.write_shuffle(&mut stream, shuffle, partitions)?;
            Ok(stream)
        })
    }
}

/// The step in a word.
fn verb(operator: &Operator) -> &'static str {
    match operator {
        Operator::Repartition { .. } => "repartition",
        Operator::Sort { .. } => "sort",
        Operator::Window { .. } => "window",
        Operator::Join { .. } => "join",
        Operator::Aggregate { .. } => "aggregate",
        Operator::GroupByKey { .. } => "group by key",
        Operator::ReduceByKey { .. } => "reduce by key",
        _ => "step",
    }
}

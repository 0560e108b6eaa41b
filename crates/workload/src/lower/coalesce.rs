//! `coalesce`: neighbouring partitions in one task, without a shuffle.

use sim_core::workload::Op;

use super::Lowering;
use super::stream::{Cell, Stream};
use crate::Error;
use crate::plan::Node;

impl Lowering<'_> {
    pub(super) fn coalesce(&mut self, node: &Node) -> Result<Stream, Error> {
        let stream = self.stream(node.inputs[0])?;
        let tasks = node.partitions.map_or(stream.tasks(), |partitions| partitions as usize);
        if tasks >= stream.tasks() {
            return Ok(stream);
        }
        if stream.has_consumers() || stream.ops.iter().any(|op| matches!(op, Op::ReadBlock { .. })) {
            let title =
                format!("data set `{}`: a task cannot read several cached or sorted partitions", node.name);
            return Err(Error::new(title).help("use `repartition` instead of `coalesce`"));
        }
        Ok(merged(stream, tasks))
    }
}

/// Tasks that do the work of several neighbours each.
fn merged(mut stream: Stream, tasks: usize) -> Stream {
    let from = stream.tasks();
    let start = |task: usize| (task as u128 * from as u128 / tasks as u128) as usize;
    let sums = |values: &[u64]| -> Vec<u64> {
        (0..tasks).map(|task| values[start(task)..start(task + 1)].iter().sum()).collect()
    };
    let pending = sums(&stream.take_pending());
    let columns: Vec<Vec<u64>> = stream.columns.iter().map(|column| sums(column)).collect();
    let cells = (0..tasks).map(|task| {
        stream.cells[start(task)..start(task + 1)].iter().fold(Cell::default(), |sum, cell| sum.with(cell))
    });
    let cells: Vec<Cell> = cells.collect();
    stream.with_tasks(cells, columns, pending)
}

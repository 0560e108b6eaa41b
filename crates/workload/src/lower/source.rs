//! Where a stage begins: a scan of storage, or tasks as they were recorded.

use sim_core::workload::{Op, Placement};

use super::Lowering;
use super::stream::{Cell, Stream};
use crate::Error;
use crate::plan::{Node, RecordedTask, Split, apportion, evenly};

impl Lowering<'_> {
    pub(super) fn scan(
        &self,
        node: &Node,
        splits: Option<&[Split]>,
        file_bytes: u64,
    ) -> Result<Stream, Error> {
        let even: Vec<Split>;
        let splits = match splits {
            Some(splits) => splits,
            None => {
                let partitions = node.partitions.unwrap_or_else(|| self.file_partitions(file_bytes));
                self.check_tasks(&node.name, u64::from(partitions))?;
                let rows = evenly(node.table.rows, u64::from(partitions));
                let bytes = apportion(node.table.bytes, rows.iter().copied());
                even = rows.into_iter().zip(bytes).map(|(rows, bytes)| Split { rows, bytes }).collect();
                &even
            }
        };
        let mut stream = Stream::of(cells(node, splits.iter().map(|split| (split.rows, split.bytes))));
        let file = apportion(file_bytes, splits.iter().map(|split| split.bytes));
        let bytes = stream.column(file)?;
        stream.ops.push(Op::ReadInput { bytes });
        let costs = &self.conf.costs;
        stream.spend(|cell| {
            costs.rows(cell.rows, node.cpu_ns_per_row).saturating_add(costs.decode(cell.bytes))
        });
        Ok(stream)
    }

    pub(super) fn recorded(&self, node: &Node, tasks: &[RecordedTask]) -> Result<Stream, Error> {
        let cells = cells(node, tasks.iter().map(|task| (task.rows, task.bytes)));
        let mut stream = Stream::recorded(cells, tasks.iter().map(|task| task.time.0).collect());
        let placed = tasks.iter().filter_map(|task| task.placement);
        stream.placement = placed.map(|(executor, not_before)| Placement { executor, not_before }).collect();
        Ok(stream)
    }
}

fn cells(node: &Node, tasks: impl ExactSizeIterator<Item = (u64, u64)> + Clone) -> Vec<Cell> {
    let wire = apportion(node.table.wire_bytes, tasks.clone().map(|(_, bytes)| bytes));
    let groups = tasks.len() as u32;
    let share = node.keys.split(node.table.rows, groups.max(1));
    tasks
        .zip(wire)
        .zip(share)
        .map(|(((rows, bytes), wire_bytes), share)| Cell {
            rows,
            bytes,
            wire_bytes,
            largest_group: share.largest_group.min(rows),
        })
        .collect()
}

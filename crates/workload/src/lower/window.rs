//! A window function: rows shuffled and sorted by key, then the rows of one key after the other in a buffer.

use sim_core::workload::ConsumerSpec;

use super::Lowering;
use super::exchange::Side;
use super::stream::{Demand, Stream};
use crate::Error;
use crate::plan::NodeId;

impl Lowering<'_> {
    pub(super) fn window(
        &mut self,
        id: NodeId,
        radix: bool,
        largest_group: Option<u64>,
    ) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let side = Side { reader: id, input: 0 };
        let mut stream = self.exchange_rows(side, self.sql_partitions(node), &node.keys)?;
        self.sorted(&mut stream, radix)?;
        let slot = stream.open(ConsumerSpec::RowBuffer { in_memory_rows: self.conf.window_buffer_rows })?;
        // The buffer is emptied from group to group: the largest one is what it needs.
        let rows = stream.each(|cell| largest_group.unwrap_or(cell.largest_group).min(cell.rows));
        let bytes = stream.cells.iter().zip(&rows).map(|(cell, &rows)| {
            (u128::from(cell.bytes) * u128::from(rows) / u128::from(cell.rows.max(1))) as u64
        });
        let demand = Demand { bytes: bytes.collect(), rows };
        stream.insert(slot, demand)?;
        stream.finish(slot, |_| 0)?;
        stream.spend(|cell| self.conf.costs.rows(cell.rows, node.cpu_ns_per_row));
        Ok(stream)
    }
}

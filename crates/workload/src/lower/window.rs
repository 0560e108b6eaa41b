//! A window function: rows shuffled and sorted by key, then the rows of one key after the other in a buffer.

use sim_core::workload::ConsumerSpec;

use super::Lowering;
use super::exchange::Side;
use super::stream::{Cell, Demand, Stream};
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
        let mut stream = self.exchange_rows(side, &node.keys)?;
        self.sorted(&mut stream, radix)?;
        self.buffered(&mut stream, self.conf.window_buffer_rows, |_, cell| {
            largest_group.unwrap_or(cell.largest_group).min(cell.rows)
        })?;
        stream.spend(|cell| self.conf.costs.rows(cell.rows, node.cpu_ns_per_row));
        Ok(stream)
    }

    /// Keeps the rows of one key after the other: the buffer is emptied from group to group, and the largest one, which
    /// `group` tells the rows of, is what it needs.
    pub(super) fn buffered(
        &self,
        stream: &mut Stream,
        in_memory_rows: u64,
        group: impl Fn(usize, &Cell) -> u64,
    ) -> Result<(), Error> {
        let slot = stream.open(ConsumerSpec::RowBuffer { in_memory_rows })?;
        let cells = || stream.cells.iter().enumerate();
        let rows: Vec<u64> = cells().map(|(task, cell)| group(task, cell)).collect();
        let bytes = cells().map(|(task, cell)| {
            (u128::from(cell.bytes) * u128::from(rows[task]) / u128::from(cell.rows.max(1))) as u64
        });
        let demand = Demand { bytes: bytes.collect(), rows };
        stream.insert(slot, demand)?;
        stream.finish(slot, |_| 0)
    }
}

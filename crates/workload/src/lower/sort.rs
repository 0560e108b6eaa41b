//! A sort: a shuffle by range, unless it is within partitions, then an `UnsafeExternalSorter` in each task.

use sim_core::workload::ConsumerSpec;

use super::Lowering;
use super::exchange::Side;
use super::stream::Stream;
use crate::Error;
use crate::plan::{Keys, NodeId};

impl Lowering<'_> {
    pub(super) fn sort(&mut self, id: NodeId, within_partitions: bool, radix: bool) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let mut stream = if within_partitions {
            self.stream(node.inputs[0])?
        } else {
            // Ranges are drawn from a sample so that they hold about the same number of rows, as far as keys allow.
            let keys: &Keys = &node.keys;
            self.exchange_rows(Side { reader: id, input: 0 }, keys)?
        };
        self.sorted(&mut stream, radix)?;
        Ok(stream)
    }

    /// Sorts the rows of each task.
    pub(super) fn sorted(&self, stream: &mut Stream, radix: bool) -> Result<(), Error> {
        let costs = &self.conf.costs;
        stream.spend(|cell| costs.rows(cell.rows, None));
        let slot = stream.open(ConsumerSpec::Sort { radix })?;
        let demand = stream.stored();
        stream.insert(slot, demand)?;
        stream.finish(slot, |cell| costs.sort(cell.rows, radix))?;
        stream.spend(|cell| costs.rows(cell.rows, None));
        Ok(())
    }
}

//! Hash aggregation of SQL: a partial one in the map tasks, a final one after the shuffle.

use sim_core::units::Bytes;
use sim_core::workload::{Aggregation, ConsumerSpec};

use super::Lowering;
use super::exchange::Side;
use super::stream::{Demand, Stream};
use crate::Error;
use crate::plan::{NodeId, Table, apportion};

impl Lowering<'_> {
    pub(super) fn aggregate(
        &mut self,
        id: NodeId,
        group_bytes: Bytes,
        combined: &Table,
    ) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let partitions = self.sql_partitions(node);
        let side = Side { reader: id, input: 0 };
        let groups = node.table.rows;
        let mut stream = self.exchange(side, partitions, combined, &node.keys, |lowering, shuffle| {
            let mut map = lowering.stream(node.inputs[0])?;
            // Each map task may meet every group.
            let drawn_from = vec![groups; map.tasks()];
            let spec = Aggregation { fast_map: true, group_bytes, groups: map.column(drawn_from)? };
            lowering.aggregated(&mut map, spec, combined)?;
            lowering.write_shuffle(&mut map, shuffle, partitions)?;
            Ok(map)
        })?;
        let drawn_from = apportion(groups, stream.each(|cell| cell.rows).into_iter());
        let spec = Aggregation { fast_map: false, group_bytes, groups: stream.column(drawn_from)? };
        self.aggregated(&mut stream, spec, &node.table)?;
        Ok(stream)
    }

    /// Aggregates the rows of each task to those of `groups`.
    fn aggregated(&self, stream: &mut Stream, aggregation: Aggregation, groups: &Table) -> Result<(), Error> {
        let costs = &self.conf.costs;
        stream.spend(|cell| costs.rows(cell.rows, None));
        let slot = stream.open(ConsumerSpec::Aggregate(aggregation))?;
        let rows = stream.each(|cell| cell.rows);
        // The plan has checked that all rows with the bytes of a group stay below the limit.
        let bytes = rows.iter().map(|rows| rows * aggregation.group_bytes.0).collect();
        stream.insert(slot, Demand { rows, bytes })?;
        stream.finish(slot, |_| 0)?;
        stream.reshape(groups);
        stream.spend(|cell| costs.rows(cell.rows, None));
        Ok(())
    }
}

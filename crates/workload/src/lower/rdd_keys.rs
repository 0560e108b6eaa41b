//! `groupByKey` and `reduceByKey` of the RDD API: without and with combining in the map tasks.

use sim_core::ids::ShuffleId;
use sim_core::workload::ConsumerSpec;

use super::Lowering;
use super::exchange::Side;
use super::stream::{Demand, Stream};
use crate::Error;
use crate::plan::{Items, NodeId, Table};

impl Lowering<'_> {
    /// Every row is shuffled; the reducers hold all values.
    pub(super) fn group_by_key(&mut self, id: NodeId, collection: &Items) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let table = self.plan.node(node.inputs[0]).table;
        self.of_rdd(|lowering| {
            let side = Side { reader: id, input: 0 };
            let mut stream = match lowering.known_exchange(side) {
                Some(known) => known?,
                None => {
                    let mut map = lowering.stream(node.inputs[0])?;
                    let partitions = lowering.rdd_partitions(node, map.tasks());
                    lowering.exchange(side, partitions, &table, &node.keys, |lowering, shuffle| {
                        lowering.write_shuffle(&mut map, shuffle, partitions)?;
                        Ok(map)
                    })?
                }
            };
            lowering.collected(&mut stream, collection, &node.table)?;
            Ok(stream)
        })
    }

    /// Map tasks combine in an `ExternalSorter` and shuffle a row for each of their keys.
    pub(super) fn reduce_by_key(
        &mut self,
        id: NodeId,
        map_collection: &Items,
        collection: &Items,
        combined: &Table,
    ) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        self.of_rdd(|lowering| {
            let side = Side { reader: id, input: 0 };
            let mut stream = match lowering.known_exchange(side) {
                Some(known) => known?,
                None => {
                    let map = lowering.stream(node.inputs[0])?;
                    let partitions = lowering.rdd_partitions(node, map.tasks());
                    lowering.exchange(side, partitions, combined, &node.keys, |lowering, shuffle| {
                        lowering.combined(map, shuffle, map_collection, combined)
                    })?
                }
            };
            lowering.collected(&mut stream, collection, &node.table)?;
            Ok(stream)
        })
    }

    /// Combines the rows of map tasks to those of `combined` and writes them.
    fn combined(
        &self,
        mut map: Stream,
        shuffle: ShuffleId,
        map_collection: &Items,
        combined: &Table,
    ) -> Result<Stream, Error> {
        let costs = &self.conf.costs;
        map.spend(|cell| costs.rows(cell.rows, None));
        let rows = map.each(|cell| cell.rows);
        let bytes = map_collection.over(rows.iter().copied());
        map.reshape(combined);
        map.serialize(|cell| costs.serialize(cell.bytes));
        self.write_sorted(&mut map, shuffle, ConsumerSpec::ExternalSorter, Demand { rows, bytes })?;
        Ok(map)
    }

    /// The reducers' `ExternalAppendOnlyMap`.
    fn collected(&self, stream: &mut Stream, collection: &Items, groups: &Table) -> Result<(), Error> {
        let costs = &self.conf.costs;
        stream.spend(|cell| costs.rows(cell.rows, None));
        let slot = stream.open(ConsumerSpec::AppendOnlyMap)?;
        let rows = stream.each(|cell| cell.rows);
        // The map is measured before a row goes in: the largest size that it sees is that without the last row.
        let measured = collection.over(rows.iter().copied());
        let bytes = measured.iter().zip(&rows).map(|(bytes, &rows)| bytes + bytes / (rows.max(2) - 1));
        let bytes = bytes.collect();
        stream.insert(slot, Demand { rows, bytes })?;
        stream.finish(slot, |_| 0)?;
        stream.reshape(groups);
        Ok(())
    }
}

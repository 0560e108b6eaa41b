//! Hash aggregation of SQL: a partial one in the map tasks, a final one after the shuffle.

use sim_core::memory::consumer::Groups;
use sim_core::units::Bytes;
use sim_core::workload::{Aggregation, ConsumerSpec};

use super::Lowering;
use super::exchange::Side;
use super::stream::{Demand, Stream};
use crate::Error;
use crate::plan::{NodeId, Table, apportion};

/// More groups than any task has rows: every row is new.
const MAX_GROUPS: u64 = 1 << 48;

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
        let mut stream = self.exchange(side, partitions, combined, &node.keys, |lowering, shuffle| {
            let mut map = lowering.stream(node.inputs[0])?;
            lowering.aggregated(&mut map, group_bytes, FastMap::First, combined)?;
            lowering.write_shuffle(&mut map, shuffle, partitions)?;
            Ok(map)
        })?;
        self.aggregated(&mut stream, group_bytes, FastMap::None, &node.table)?;
        Ok(stream)
    }

    /// Aggregates the rows of each task to those of `groups`.
    fn aggregated(
        &self,
        stream: &mut Stream,
        group_bytes: Bytes,
        fast: FastMap,
        groups: &Table,
    ) -> Result<(), Error> {
        let distinct = apportion(groups.rows, stream.cells.iter().map(|cell| cell.rows));
        self.grouped(stream, group_bytes, fast, &distinct, 0)?;
        stream.reshape(groups);
        stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
        Ok(())
    }

    /// Puts the rows of each task, which meet `distinct` groups, into the maps of a hash aggregation. They come in so many
    /// `runs` of one length in which no group occurs twice; 0 where rows are not grouped before.
    pub(super) fn grouped(
        &self,
        stream: &mut Stream,
        group_bytes: Bytes,
        fast: FastMap,
        distinct: &[u64],
        runs: u64,
    ) -> Result<(), Error> {
        stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
        let fast_map = match fast {
            FastMap::First => Some(stream.open(ConsumerSpec::FastMap)?),
            FastMap::None => None,
        };
        let rows = stream.each(|cell| cell.rows);
        let run_rows: Vec<u64> =
            rows.iter().map(|&rows| if runs == 0 { 1 } else { rows.div_ceil(runs) }).collect();
        let groups = stream.column(drawn_from(distinct, &rows, &run_rows))?;
        let run_rows = stream.column(run_rows)?;
        let aggregation = Aggregation { fast_map: fast_map.is_some(), group_bytes, groups, run_rows };
        let slot = stream.open(ConsumerSpec::Aggregate(aggregation))?;
        // The plan has checked that all rows with the bytes of a group stay below the limit.
        let bytes = rows.iter().map(|rows| rows.saturating_mul(group_bytes.0)).collect();
        stream.insert(slot, Demand { rows, bytes })?;
        stream.finish(slot, |_| 0)?;
        if let Some(fast_map) = fast_map {
            stream.close_with_output(fast_map);
        }
        Ok(())
    }
}

/// Whether the first groups go into a map of their own, as generated code has it for partial aggregations.
#[derive(Clone, Copy, Debug)]
pub(super) enum FastMap {
    First,
    None,
}

/// By task: from how many groups its rows must be drawn so that it meets `distinct` ones; 0 where each row is one.
fn drawn_from(distinct: &[u64], rows: &[u64], run_rows: &[u64]) -> Vec<u64> {
    let mut last = ((0, 0), 0);
    let tasks = distinct.iter().zip(rows).zip(run_rows).map(|((&distinct, &rows), &run)| {
        if last.0 != (distinct, rows) {
            last = ((distinct, rows), pool(distinct, rows, run));
        }
        last.1
    });
    tasks.collect()
}

fn pool(distinct: u64, rows: u64, run: u64) -> u64 {
    let enough = |groups: u64| Groups::drawn_from(groups).in_runs(run).added(0, 0, rows) >= distinct;
    let (mut low, mut high) = (distinct.max(1), MAX_GROUPS);
    if distinct >= rows || !enough(high) {
        return 0;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_meets_its_groups() {
        for (distinct, rows) in [(1, 10), (442_541, 500_000), (215_767, 441_555), (5_000, 1_000_000)] {
            let met = Groups::drawn_from(pool(distinct, rows, 1)).added(0, 0, rows);
            assert!(met.abs_diff(distinct) <= 1, "{met} of {distinct}");
        }
        assert_eq!(pool(10, 10, 1), 0);
        assert_eq!(pool(864_846, 8 * 221_330, 221_330).abs_diff(1_000_000) / 10, 0, "in runs");
    }
}

//! Hash aggregation of SQL: a partial one in the map tasks, a final one after the shuffle.

use sim_core::memory::consumer::Groups;
use sim_core::units::Bytes;
use sim_core::workload::{Aggregation, ConsumerSpec};

use super::Lowering;
use super::exchange::Side;
use super::stream::{Cell, Demand, Stream};
use crate::Error;
use crate::plan::{NodeId, Table, apportion};

/// A record of key and value has the length of the key before it.
const KEY_LENGTH: u64 = 4;
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
        let written = self.written(side, partitions, combined, &node.keys, |lowering, shuffle| {
            let mut map = lowering.stream(node.inputs[0])?;
            lowering.aggregated(&mut map, group_bytes, FastMap::First, combined)?;
            lowering.write_shuffle(&mut map, shuffle, partitions)?;
            Ok(map)
        })?;
        let mut stream = self.adaptive_fetch(node, &written)?;
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

impl Lowering<'_> {
    /// Object hash aggregation of the rows of each task, which meet `distinct` groups.
    ///
    /// Its map is on the heap. When it has too many groups they are sorted, and what follows of the rows goes into another
    /// sorter, each with its key before it; both are then merged.
    pub(super) fn grouped_as_objects(
        &self,
        stream: &mut Stream,
        key_bytes: u64,
        radix: bool,
        distinct: &[u64],
    ) -> Result<(), Error> {
        let most = self.conf.object_aggregate_groups.max(1);
        stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
        // Until then; all rows where there are not so many groups.
        let until = stream.cells.iter().zip(distinct).map(|(cell, &distinct)| {
            if distinct < most {
                return cell.rows;
            }
            let rows = match pool(distinct, cell.rows, 1) {
                0 => most,
                groups => Groups::drawn_from(groups).rows_for(0, 0, most),
            };
            rows.min(cell.rows)
        });
        let until: Vec<u64> = until.collect();
        if stream.cells.iter().zip(&until).all(|(cell, &until)| cell.rows == until) {
            return Ok(());
        }
        let bytes_of = |cell: &Cell, rows: u64| {
            let of_rows = u128::from(cell.bytes) * u128::from(rows) / u128::from(cell.rows.max(1));
            u64::try_from(of_rows)
                .unwrap_or(u64::MAX)
                .saturating_add(rows.saturating_mul(key_bytes + KEY_LENGTH))
        };
        let demand = |rows: &dyn Fn(usize, &Cell) -> u64| {
            let rows: Vec<u64> =
                stream.cells.iter().enumerate().map(|(task, cell)| rows(task, cell)).collect();
            let bytes = stream.cells.iter().zip(&rows).map(|(cell, &rows)| bytes_of(cell, rows)).collect();
            Demand { rows, bytes }
        };
        let groups = demand(&|task, cell| if until[task] < cell.rows { most } else { 0 });
        let rest = demand(&|task, cell| cell.rows - until[task]);
        let map = stream.open(ConsumerSpec::KeyValueSort { radix })?;
        let rows = stream.open(ConsumerSpec::KeyValueSort { radix })?;
        stream.set_aside(map, groups)?;
        stream.insert(rows, rest)?;
        stream.finish(rows, |cell| self.conf.costs.sort(cell.rows, radix))?;
        stream.close_with_output(map);
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
    use sim_core::workload::{Amount, Op};

    /// The tasks of a real `collect_set` by 300,000 keys: each sorted 128 groups and then all rows but these, and spilled
    /// both, the first ones for the others.
    #[test]
    fn object_aggregation_sorts_what_follows_its_first_groups() {
        let conf = crate::lower::PlanConf::default();
        let plan = crate::plan::Plan::default();
        let lowering = Lowering::new(&plan, &conf);
        let cells = |rows| vec![Cell { rows, bytes: rows * 118, ..Cell::default() }];
        let mut stream = Stream::of(cells(559_003));
        lowering.grouped_as_objects(&mut stream, 16, true, &[149_193]).unwrap();
        let (program, _) = stream.done().unwrap();
        let inserted: Vec<(Amount, Amount)> = program
            .ops
            .iter()
            .filter_map(|op| match op {
                Op::Insert { rows, bytes, .. } => Some((*rows, *bytes)),
                _ => None,
            })
            .collect();
        let each = 118 + 16 + 4;
        let fixed = |rows: u64| (Amount::Fixed(rows), Amount::Fixed(rows * each));
        assert_eq!(inserted, [fixed(128), fixed(559_003 - 128)]);
        let mut few = Stream::of(cells(559_003));
        lowering.grouped_as_objects(&mut few, 16, true, &[127]).unwrap();
        assert!(!few.has_consumers(), "its map is on the heap");
    }

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

//! What the driver does with results, and what it sends.

use sim_core::ids::{JobId, StageId};
use sim_core::units::Bytes;
use sim_core::workload::{Collected, Depth, Op, Payload, Relation};

use super::Lowering;
use super::stream::Stream;
use crate::Error;
use crate::plan::{Action, Api, Nesting, NodeId, Results, Table};

/// `UnsafeRow`, the header of its array, and its place in the array of rows.
const UNSAFE_ROW_BYTES: u64 = 40 + 16 + 4;
/// A row of the user's beside its bytes: `GenericRowWithSchema`, its array, boxed values.
const ROW_BYTES: u64 = 80;
/// A reference.
const REFERENCE: u64 = 4;
/// Words of a page of `LongToUnsafeRowMap` at first, and at most.
const LONG_PAGE_WORDS: (u64, u64) = (1 << 17, 1 << 30);
/// `BytesToBytesMap.MAX_CAPACITY`.
const MAX_CAPACITY: u64 = 1 << 29;
/// Key, lengths and links of a row in a `BytesToBytesMap`, the key being one column.
const RECORD_BYTES: u64 = 8 + 16 + 8;
/// From how many rows on a relation by a long key, and any other, is refused (`BroadcastExchangeExec`).
const ROW_LIMIT: (u64, u64) = (512_000_000, 357_913_941);

impl Lowering<'_> {
    /// What the driver does with the results of a job of the plan, whose last job in the workload is `job`.
    pub(super) fn driver_of(&mut self, index: usize, job: JobId) {
        let written = &self.plan.jobs[index];
        if matches!(written.action, Action::Collect) {
            let table = self.plan.node(written.on).table;
            let results = self.plan.driver.results.iter().find(|&&(of, _)| of == index);
            let collected = collected(job, &table, &results.map(|&(_, row)| row).unwrap_or_default());
            self.workload.driver.collected.push(collected);
        }
        if let Some(&(_, nesting, steps)) = self.plan.driver.nested.iter().find(|&&(of, ..)| of == index) {
            self.workload.driver.depths.push(Depth { job, needed: stack(nesting, steps) });
        }
    }

    /// The tasks of a job hold what they make of their results, all the time.
    pub(super) fn make_results(&self, index: usize, stream: &mut Stream) -> Result<(), Error> {
        let results = self.plan.driver.results.iter().find(|&&(of, _)| of == index);
        let each = results.map_or(0, |(_, row)| row.making_bytes_per_row);
        if each > 0 {
            let bytes = stream.each(|cell| cell.rows.saturating_mul(each.into()));
            let bytes = stream.column(bytes)?;
            stream.ops.insert(0, Op::Heap { bytes });
        }
        Ok(())
    }

    /// Rows that the tasks of a scan carry with them, and what the collection takes.
    pub(super) fn carried(&self, node: NodeId, stream: &Stream) -> Option<(Vec<u64>, u64)> {
        let of = self.plan.driver.parallelized.iter().find(|row| row.node == node)?;
        let bytes = stream.each(|cell| cell.rows.saturating_mul(of.task_bytes_per_row.into()));
        let rows = self.plan.node(node).table.rows;
        Some((bytes, rows.saturating_mul(of.heap_bytes_per_row.into())))
    }

    /// The tasks of a stage carry data with them.
    pub(super) fn carry(&mut self, stage: StageId, carried: Option<(Vec<u64>, u64)>) {
        if let Some((bytes, collection)) = carried {
            let collection = Bytes(collection.min(crate::sample::LIMIT - 1));
            self.workload.driver.payloads.push(Payload { stage, bytes, collection });
        }
    }

    /// The results of a job become a relation.
    pub(super) fn build_relation(&mut self, job: JobId, broadcast: u32, table: &Table, long_key: bool) {
        let (size, building) = if long_key { long_relation(table) } else { unsafe_relation(table) };
        let row_limit = if long_key { ROW_LIMIT.0 } else { ROW_LIMIT.1 };
        let (size, building) = (Bytes(size), Bytes(building));
        let relation = Relation { broadcast, rows: table.rows, row_limit, size, building };
        self.workload.driver.collected.push(Collected {
            job,
            arrived_ppm: 1_000_000,
            made: Vec::new(),
            outside: Bytes::ZERO,
            relation: Some(relation),
        });
    }
}

fn collected(job: JobId, table: &Table, results: &Results) -> Collected {
    let rows = |each: u64| table.rows.saturating_mul(each);
    let ppm = |bytes: u64| {
        let ppm = u128::from(bytes) * 1_000_000 / u128::from(table.wire_bytes.max(1));
        u64::try_from(ppm).unwrap_or(u64::MAX)
    };
    let bounded = |bytes: u64| Bytes(bytes.min(crate::sample::LIMIT - 1));
    let (arrived_ppm, made) = match results.api {
        Api::Sql => {
            let unsafe_rows = table.bytes.saturating_add(rows(UNSAFE_ROW_BYTES));
            let external = match results.heap_bytes_per_row {
                Some(each) => rows(each.into()),
                None if results.python_bytes_per_row > 0 => 0,
                None => table.bytes.saturating_add(rows(ROW_BYTES)),
            };
            (1_000_000, vec![("unsafe rows", bounded(unsafe_rows)), ("rows", bounded(external))])
        }
        Api::Rdd => {
            let objects = match results.heap_bytes_per_row {
                Some(each) => ppm(rows(each.into())),
                None => 1_000_000,
            };
            let array = match results.array_bytes_per_row {
                Some(each) => rows(each.into()),
                None if results.python_bytes_per_row > 0 => 0,
                None => rows(REFERENCE),
            };
            (objects, vec![("array", bounded(array))])
        }
    };
    let outside = bounded(rows(results.python_bytes_per_row.into()));
    Collected { job, arrived_ppm, made, outside, relation: None }
}

/// `LongToUnsafeRowMap`: size, and the most while it is built, when the page is copied into one of twice the size.
fn long_relation(table: &Table) -> (u64, u64) {
    let array = table.rows.max(1).next_power_of_two().saturating_mul(16);
    let words = table.bytes.saturating_add(table.rows.saturating_mul(8)).div_ceil(8);
    let page = words.max(LONG_PAGE_WORDS.0).next_power_of_two().saturating_mul(8);
    let before = if words > LONG_PAGE_WORDS.0 { page / 2 } else { 0 };
    let size = page.saturating_add(array).min(crate::sample::LIMIT - 1);
    (size, size.saturating_add(before))
}

/// `BytesToBytesMap`: its array has room for one and a half times the rows, and doubles when it is half full.
fn unsafe_relation(table: &Table) -> (u64, u64) {
    let pages = table.bytes.saturating_add(table.rows.saturating_mul(RECORD_BYTES));
    let first = (table.rows + table.rows / 2 + 1).next_power_of_two().clamp(64, MAX_CAPACITY);
    let grown = table.rows > first / 2 && first < MAX_CAPACITY;
    let array = if grown { first * 2 } else { first } * 16;
    let before = if grown { first * 16 } else { 0 };
    let size = pages.saturating_add(array).min(crate::sample::LIMIT - 1);
    (size, size.saturating_add(before))
}

/// Frames of so many steps. Measured (`tests/truth/driver_limits.py`).
fn stack(nesting: Nesting, steps: u32) -> Bytes {
    let each = match nesting {
        Nesting::Map => 4_900,
        Nesting::Union => 5_700,
        Nesting::Expression => 500,
    };
    Bytes(u64::from(steps) * each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_by_a_long_key_is_two_powers_of_two() {
        // 200,000 rows of 120 bytes: a page of 32 MiB, as a real one had.
        let table = Table { rows: 200_000, bytes: 24_000_000, wire_bytes: 0 };
        assert_eq!(long_relation(&table), ((32 << 20) + (4 << 20), (48 << 20) + (4 << 20)));
        let none = Table { rows: 0, bytes: 0, wire_bytes: 0 };
        assert_eq!(long_relation(&none), ((1 << 20) + 16, (1 << 20) + 16));
    }

    #[test]
    fn any_other_relation_holds_its_rows_and_an_array() {
        let table = Table { rows: 1_000, bytes: 100_000, wire_bytes: 0 };
        // 1501 rows asked for are 2048, of which 1000 are no half.
        assert_eq!(unsafe_relation(&table), (132_000 + 32_768, 132_000 + 32_768));
        let table = Table { rows: 1_300, bytes: 100_000, wire_bytes: 0 };
        assert_eq!(unsafe_relation(&table), (141_600 + 65_536, 141_600 + 65_536 + 32_768));
    }

    #[test]
    fn rows_of_a_query_are_decoded_twice_and_objects_are_there_at_once() {
        let table = Table { rows: 10, bytes: 1_000, wire_bytes: 500 };
        let rows = collected(JobId(0), &table, &Results::default());
        let made = vec![("unsafe rows", Bytes(1_600)), ("rows", Bytes(1_800))];
        assert_eq!((rows.arrived_ppm, rows.made), (1_000_000, made));
        let results = Results { api: Api::Rdd, heap_bytes_per_row: Some(100), ..Results::default() };
        let objects = collected(JobId(0), &table, &results);
        assert_eq!(objects.arrived_ppm, 2_000_000);
        assert_eq!(objects.made, [("array", Bytes(40))]);
        let python = Results { api: Api::Rdd, python_bytes_per_row: 36, ..Results::default() };
        let python = collected(JobId(0), &table, &python);
        assert_eq!((python.arrived_ppm, python.outside), (1_000_000, Bytes(360)));
        assert_eq!(python.made, [("array", Bytes::ZERO)]);
    }
}

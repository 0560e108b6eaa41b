//! From tables of tasks to what [`stage_of`](super::stage_of) takes.

use std::collections::BTreeMap;

use crate::recorded::facts::Facts;
#[cfg(test)]
use crate::recorded::facts::{AttemptFacts, Figure, StageMetrics};

/// What the tasks of a stage's attempt added to metrics: of each task, the first attempt that succeeded.
#[cfg(test)]
pub(in crate::recorded) fn stage_metrics(attempt: &AttemptFacts) -> StageMetrics {
    let tasks = attempt.tasks as usize;
    let table = &attempt.table;
    let mut rows = vec![None; tasks];
    for row in (0..table.rows()).filter(|&row| table.succeeded(row)) {
        if let Some(first) = rows.get_mut(table.index(Figure::Index, row)) {
            first.get_or_insert(row);
        }
    }
    let columns = table.sql().map(|(id, added)| {
        let amount =
            |row: &Option<usize>| row.map_or(0, |row| i64::try_from(added.at(row)).unwrap_or(i64::MAX));
        (id, rows.iter().map(amount).collect())
    });
    StageMetrics { tasks, columns: columns.collect() }
}

/// The final value of each accumulator: what tasks of all stages added, or what the driver set.
pub(in crate::recorded) fn totals(facts: &Facts) -> BTreeMap<i64, i64> {
    let mut totals = BTreeMap::<i64, i64>::new();
    for attempt in &facts.attempts {
        for (id, added) in attempt.table.sql() {
            let sum = (0..attempt.table.rows()).fold(0, |sum: u64, row| sum.saturating_add(added.at(row)));
            let total = totals.entry(id).or_default();
            *total = total.saturating_add(i64::try_from(sum).unwrap_or(i64::MAX));
        }
    }
    totals.extend(facts.queries.values().flat_map(|query| &query.driver));
    totals
}

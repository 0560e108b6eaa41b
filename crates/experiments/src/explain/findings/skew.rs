//! Skew: a task that reads four times what the median task of its stage reads, and 64 MiB at least.

use super::{All, Found, Measure};
use crate::explain::Seen;
use crate::explain::report::{Finding, FindingKind};
use crate::human;
use sim_core::observe::{StageCounters, TaskEnd};

/// Times the median.
const FACTOR: u64 = 4;
/// Bytes that the largest task reads at least.
const LEAST_BYTES: u64 = 64 << 20;

pub(super) fn find(seen: &Seen, all: &mut All) {
    for (number, stage) in seen.counters.stages.iter().enumerate() {
        let sizes = read_bytes(stage);
        let Some(&(largest, index)) = sizes.last() else { continue };
        let median = sizes[(sizes.len() - 1) / 2].0;
        if sizes.len() < 2 || largest < LEAST_BYTES || largest < median.saturating_mul(FACTOR) {
            continue;
        }
        let name = &seen.case.workload.stages[number].name;
        let times = match largest.checked_div(median) {
            Some(times) => format!("{times} times what the median task reads"),
            None => "and the median task nothing".to_owned(),
        };
        let finding = Finding {
            kind: FindingKind::Skew,
            failure: None,
            title: format!(
                "task {index} of stage {number} ({name}) reads {}, {times} ({})",
                human::bytes(largest),
                human::bytes(median)
            ),
            at_ms: stage.submitted.map(|at| at.as_ms()),
            stage: Some(number as u32),
            rdd: None,
            bytes: Some(largest),
            cause: "rows of one key go to one task, whatever the number of partitions: the stage lasts as long as that \
                    task. What helps is another key (salting), splitting the key in the query, or AQE's skew join \
                    (spark.sql.adaptive.skewJoin.enabled) for joins"
                .to_owned(),
            held: None,
            fixes: Vec::new(),
        };
        all.findings.push(Found::of(finding, Measure::Duration));
    }
}

/// Bytes that each succeeded task read from storage, caches and shuffles, with its number, smallest first.
fn read_bytes(stage: &StageCounters) -> Vec<(u64, u32)> {
    let succeeded = stage.tasks.iter().filter(|task| task.end == TaskEnd::Finished);
    let mut sizes: Vec<_> = succeeded
        .map(|task| {
            (task.metrics.input_bytes.0.saturating_add(task.metrics.shuffle_read_bytes.0), task.info.index)
        })
        .collect();
    sizes.sort_unstable();
    sizes
}

/// What a task read, the last time it succeeded, and what the median task of its stage read.
pub(in crate::explain) fn read_of(stage: &StageCounters, index: u32) -> (u64, u64) {
    let sizes = read_bytes(stage);
    let own = sizes.iter().find(|(_, task)| *task == index).map_or(0, |(bytes, _)| *bytes);
    (own, sizes.get(sizes.len().saturating_sub(1) / 2).map_or(0, |(bytes, _)| *bytes))
}

//! Too few partitions, and too many.

use super::{All, Found, Measure};
use crate::explain::Seen;
use crate::explain::report::{Finding, FindingKind};
use crate::human;
use sim_core::observe::{StageCounters, TaskEnd};

/// A median task below this is short.
const SHORT_MS: u64 = 100;
/// Launching takes at least this share of the tasks' time, in per cent.
const LAUNCH_PERCENT: u64 = 20;
/// Tasks for each core that a stage has at least: fewer would leave cores idle.
const TASKS_PER_CORE: u64 = 4;
/// Tasks that spill, of all of a stage, in per cent: fewer is skew.
const SPILLING_PERCENT: u64 = 50;

/// Stages in which half of the tasks or more spill: their partitions are larger than a task's share of the pool.
pub(super) fn too_few(seen: &Seen, all: &mut All) {
    for (number, stage) in seen.counters.stages.iter().enumerate() {
        let table = &seen.case.workload.stages[number];
        let ended = stage.tasks.iter().filter(|task| task.end == TaskEnd::Finished).count() as u64;
        if ended == 0 || stage.spilling_tasks * 100 < ended * SPILLING_PERCENT {
            continue;
        }
        let finding = Finding {
            kind: FindingKind::TooFewPartitions,
            failure: None,
            title: format!(
                "{} of the {} of stage {number} ({}) spill: {} are too few",
                human::grouped(stage.spilling_tasks),
                human::count(table.tasks.into(), "task"),
                table.name,
                human::count(table.tasks.into(), "partition")
            ),
            at_ms: stage.submitted.map(|at| at.as_ms()),
            stage: Some(number as u32),
            rdd: None,
            bytes: Some(stage.sum.memory_bytes_spilled.0),
            cause: "where most tasks spill, it is not one hot key: the usual partition is larger than what 1/N of the pool \
                    holds. Twice the partitions are half the bytes a task"
                .to_owned(),
            held: None,
            fixes: Vec::new(),
        };
        all.findings.push(Found::of(finding, Measure::Spilled));
    }
}

/// Stages of very many very short tasks.
pub(super) fn too_many(seen: &Seen, all: &mut All) {
    let cores: u64 = seen.case.run_conf.executors.iter().map(|executor| u64::from(executor.cores)).sum();
    for (number, stage) in seen.counters.stages.iter().enumerate() {
        let table = &seen.case.workload.stages[number];
        let Some(median) = median_ms(stage) else { continue };
        let (launch, time) = (stage.sum.launch.as_ms(), stage.sum.duration().as_ms());
        let short = median < SHORT_MS && launch.saturating_mul(100) >= time.saturating_mul(LAUNCH_PERCENT);
        if !short || u64::from(table.tasks) < cores.saturating_mul(TASKS_PER_CORE) {
            continue;
        }
        let finding = Finding {
            kind: FindingKind::TooManyPartitions,
            failure: None,
            title: format!(
                "the {} of stage {number} ({}) take {} each, and launching them {} % of their time",
                human::count(table.tasks.into(), "task"),
                table.name,
                human::ms(median),
                (launch * 100).checked_div(time).unwrap_or(0)
            ),
            at_ms: stage.submitted.map(|at| at.as_ms()),
            stage: Some(number as u32),
            rdd: None,
            bytes: None,
            cause: "a task costs its launch whatever it does: fewer and larger partitions do the same work with fewer \
                    launches, as long as they fit into a task's share of the pool"
                .to_owned(),
            held: None,
            fixes: Vec::new(),
        };
        all.findings.push(Found::of(finding, Measure::Duration));
    }
}

fn median_ms(stage: &StageCounters) -> Option<u64> {
    let succeeded = stage.tasks.iter().filter(|task| task.end == TaskEnd::Finished);
    let mut times: Vec<u64> = succeeded.map(|task| task.metrics.duration().as_ms()).collect();
    times.sort_unstable();
    times.get(times.len().checked_sub(1)? / 2).copied()
}

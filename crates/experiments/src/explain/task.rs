//! One task, attempt by attempt.

use super::findings::read_of;
use super::report::{Held, TaskSpill, TaskStory};
use super::{Seen, cause};
use crate::{Case, Error};

/// That the task is there.
pub(super) fn check(case: &Case, task: Option<(u32, u32)>) -> Result<(), Error> {
    let Some((stage, index)) = task else { return Ok(()) };
    let stages = &case.workload.stages;
    let Some(table) = stages.get(stage as usize) else {
        return Err(Error::Input(format!(
            "there is no stage {stage}: {} has {}, numbered from 0",
            case.name,
            crate::human::count(stages.len() as u64, "stage")
        )));
    };
    if index >= table.tasks {
        return Err(Error::Input(format!(
            "there is no task {index} in stage {stage} ({}): it has {}, numbered from 0",
            table.name,
            crate::human::count(table.tasks.into(), "task")
        )));
    }
    Ok(())
}

pub(super) fn story(seen: &Seen, stage: u32, index: u32) -> TaskStory {
    let none = sim_core::observe::StageCounters::default();
    let counters = seen.counters.stages.get(stage as usize).unwrap_or(&none);
    let report = &seen.report.stages[stage as usize];
    let all = || report.tasks.iter().flatten();
    let (read_bytes, median_read_bytes) = read_of(counters, index);
    let mut peaks: Vec<u64> = all().map(|task| task.peak_execution_memory_bytes).collect();
    peaks.sort_unstable();
    let spills = seen.watch.of_task.iter().map(|(attempt, consumer, bytes, snapshot)| {
        let held = Held::of(snapshot, &seen.case);
        TaskSpill {
            attempt: attempt.attempt,
            at_ms: snapshot.at.as_ms(),
            consumer: (*consumer).to_owned(),
            bytes: *bytes,
            cause: cause::of_shortage(&held, stage, index),
            held,
        }
    });
    TaskStory {
        stage,
        stage_name: report.name.clone(),
        index,
        attempts: all().filter(|task| task.index == index).cloned().collect(),
        read_bytes,
        median_read_bytes,
        median_peak_bytes: peaks.get(peaks.len().saturating_sub(1) / 2).copied().unwrap_or(0),
        spills: spills.collect(),
    }
}

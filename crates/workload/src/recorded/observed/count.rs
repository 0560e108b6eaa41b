//! Facts counted into observations.

use std::collections::{BTreeMap, BTreeSet};

use super::{Observed, ObservedRdd, ObservedStage, ObservedTask};
use crate::recorded::facts::{AttemptFacts, Facts, Figure};
use crate::recorded::python;
use crate::symptom;

const NANOS_PER_MS: u64 = 1_000_000;

impl Observed {
    /// What the facts say happened. `executors` gives the index in the recording of each executor of the facts;
    /// `start` is when the recording starts.
    pub(in crate::recorded) fn of(facts: &Facts, executors: &BTreeMap<usize, u32>, start: u64) -> Self {
        let mut observed = Self {
            evicted_blocks: facts.blocks.as_ref().map(|b| b.evicted.values().map(|e| e.blocks).sum()),
            evicted_bytes: facts
                .blocks
                .as_ref()
                .map(|b| b.evicted.values().fold(0, |sum: u64, e| sum.saturating_add(e.bytes))),
            evicted_broadcast_blocks: facts.blocks.as_ref().map(|blocks| blocks.evicted_variables.blocks),
            duration_ms: facts.app.ended.zip(facts.app.started).map(|(end, start)| end.saturating_sub(start)),
            python: python::observed(facts),
            rdds: rdds(facts),
            ..Self::default()
        };
        let mut cpu_ns: u64 = 0;
        for attempt in &facts.attempts {
            let stage = stage(facts, attempt);
            observed.memory_spilled_bytes =
                observed.memory_spilled_bytes.saturating_add(stage.memory_spilled_bytes);
            observed.disk_spilled_bytes =
                observed.disk_spilled_bytes.saturating_add(stage.disk_spilled_bytes);
            observed.peak_execution_memory_max_bytes =
                observed.peak_execution_memory_max_bytes.max(stage.peak_execution_memory_max_bytes);
            observed.peak_execution_memory_sum_bytes = observed
                .peak_execution_memory_sum_bytes
                .saturating_add(stage.peak_execution_memory_sum_bytes);
            observed.cache_hits += stage.cache_hits;
            observed.cache_misses += stage.cache_misses;
            observed.failed_tasks += stage.failed_tasks;
            cpu_ns = cpu_ns.saturating_add(attempt.table.sum(Figure::Cpu));
            if let Some(rdd) = single_rdd(facts, attempt)
                && let Some(rdd) = observed.rdds.iter_mut().find(|observed| observed.id == rdd)
            {
                rdd.cache_hits += stage.cache_hits;
                rdd.cache_misses += stage.cache_misses;
            }
            observed.tasks.extend(tasks(attempt, executors, start));
            observed.stages.push(stage);
        }
        observed.cpu_ms = rounded_ms(cpu_ns);
        observed.stages.sort_by_key(|stage| (stage.id, stage.attempt));
        observed.tasks.sort_by_key(|task| (task.stage, task.stage_attempt, task.index));
        let jobs = facts.jobs.iter().any(|job| job.succeeded == Some(false));
        let queries = facts.queries.values().any(|query| !query.error.is_empty());
        observed.failed = jobs || queries || facts.app.exit_code.is_some_and(|code| code != 0);
        if observed.failed {
            observed.failure = why(facts);
        }
        observed
    }
}

/// Why the application failed: what its jobs and queries say; where that tells nothing of memory, its tasks and
/// executors.
fn why(facts: &Facts) -> Option<sim_core::outcome::FailureKind> {
    let jobs = facts.jobs.iter().filter(|job| job.succeeded == Some(false)).map(|job| job.error.as_str());
    let queries = facts.queries.values().map(|query| query.error.as_str());
    // A job that was cancelled says that alone.
    let said = symptom::cause(jobs.chain(queries).filter(|text| !text.contains("cancelled")));
    match said {
        Some(sim_core::outcome::FailureKind::ExecutorLostOther) | None => {
            let tasks = facts.attempts.iter().flat_map(|attempt| attempt.failures.iter().map(String::as_str));
            let removed = facts.executors.iter().map(|executor| executor.removed_reason.as_str());
            symptom::cause(tasks.chain(removed))
                .filter(|f| *f != sim_core::outcome::FailureKind::NotMemory)
                .or(said)
        }
        said => said,
    }
}

fn rounded_ms(ns: u64) -> u64 {
    ns.saturating_add(NANOS_PER_MS / 2) / NANOS_PER_MS
}

/// The persisted RDD of a stage that has exactly one.
fn single_rdd(facts: &Facts, attempt: &AttemptFacts) -> Option<u32> {
    match facts.stages.get(&attempt.stage)?.persisted.as_slice() {
        [rdd] => Some(*rdd),
        _ => None,
    }
}

fn stage(facts: &Facts, attempt: &AttemptFacts) -> ObservedStage {
    let table = &attempt.table;
    let succeeded = (0..table.rows()).filter(|&row| table.succeeded(row));
    let (mut hits, mut misses) = (0, 0);
    if single_rdd(facts, attempt).is_some() {
        for row in succeeded {
            let hit = table.at(Figure::InputBytes, row) > 0;
            *(if hit { &mut hits } else { &mut misses }) += 1;
        }
    }
    ObservedStage {
        id: attempt.stage,
        attempt: attempt.attempt,
        name: facts.stages.get(&attempt.stage).map(|stage| stage.name.clone()).unwrap_or_default(),
        tasks: attempt.tasks,
        memory_spilled_bytes: table.sum(Figure::MemorySpilled),
        disk_spilled_bytes: table.sum(Figure::DiskSpilled),
        peak_execution_memory_max_bytes: table.max(Figure::Peak),
        peak_execution_memory_sum_bytes: table.sum(Figure::Peak),
        cache_hits: hits,
        cache_misses: misses,
        cpu_ms: rounded_ms(table.sum(Figure::Cpu)),
        duration_ms: attempt.completed.zip(attempt.submitted).map(|(end, start)| end.saturating_sub(start)),
        failed_tasks: table.rows() as u64 - table.sum(Figure::Succeeded),
    }
}

/// The attempts that tell a task best: the first that succeeded, else the last.
fn tasks(
    attempt: &AttemptFacts,
    executors: &BTreeMap<usize, u32>,
    start: u64,
) -> impl Iterator<Item = ObservedTask> {
    let table = &attempt.table;
    let mut best: BTreeMap<u64, usize> = BTreeMap::new();
    for row in 0..table.rows() {
        let known = best.entry(table.at(Figure::Index, row)).or_insert(row);
        if !table.succeeded(*known) {
            *known = row;
        }
    }
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    best.into_values().map(move |row| ObservedTask {
        stage: attempt.stage,
        stage_attempt: attempt.attempt,
        index: narrow(table.at(Figure::Index, row)),
        partition: narrow(table.at(Figure::Partition, row)),
        attempt: narrow(table.at(Figure::Attempt, row)),
        executor: executors.get(&table.index(Figure::Executor, row)).copied().unwrap_or(0),
        launch_ms: table.at(Figure::Launch, row).saturating_sub(start),
        finish_ms: table.at(Figure::Finish, row).saturating_sub(start),
        ok: table.succeeded(row),
        peak_execution_memory_bytes: table.at(Figure::Peak, row),
        memory_spilled_bytes: table.at(Figure::MemorySpilled, row),
        disk_spilled_bytes: table.at(Figure::DiskSpilled, row),
        cpu_ms: rounded_ms(table.at(Figure::Cpu, row)),
    })
}

fn rdds(facts: &Facts) -> Vec<ObservedRdd> {
    let ran: BTreeSet<u32> = facts.attempts.iter().map(|attempt| attempt.stage).collect();
    let persisted: BTreeSet<u32> =
        ran.iter().filter_map(|stage| facts.stages.get(stage)).flat_map(|s| s.persisted.clone()).collect();
    persisted
        .into_iter()
        .filter_map(|id| {
            let rdd = facts.rdds.get(&id)?;
            let evicted = facts.blocks.as_ref().map(|b| b.evicted.get(&id).copied().unwrap_or_default());
            Some(ObservedRdd {
                id,
                name: rdd.name.clone(),
                level: rdd.level?,
                partitions: rdd.partitions,
                cache_hits: 0,
                cache_misses: 0,
                evicted_blocks: evicted.map(|evicted| evicted.blocks),
                evicted_bytes: evicted.map(|evicted| evicted.bytes),
            })
        })
        .collect()
}

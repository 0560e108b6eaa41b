//! From the observers of a run to its report.

use sim_core::engine::ExecutorConf;
use sim_core::memory::MemoryMode;
use sim_core::observe::{Counters, Fingerprint, StageCounters, TaskMetrics};
use sim_core::outcome::{Outcome, Verdict as Ended};
use sim_core::units::SimTime;

use super::{
    ContainerReport, Detail, DriverReport, ErrorReport, ExecutorReport, LayoutReport, OomReport, PoolPeaks,
    RddReport, RunReport, SCHEMA_VERSION, SettingReport, StageReport, TimeParts, Unknown, Verdict,
    WarningReport, verdict,
};
use crate::Case;

pub(crate) fn build(
    case: &Case,
    outcome: &Outcome,
    counters: &Counters,
    fingerprint: Fingerprint,
    detail: Detail,
) -> RunReport {
    let sum = |part: fn(&StageCounters) -> u64| counters.stages.iter().map(part).sum::<u64>();
    let (evicted_blocks, evicted_bytes) = counters.evicted();
    let oom = match &outcome.verdict {
        Ended::Failed(failure) => OomReport::of(failure, &case.workload),
        _ => None,
    };
    let error = match &outcome.verdict {
        Ended::Failed(failure) => ErrorReport::of(failure, &case.workload, counters, case.conf.semantics()),
        _ => None,
    };
    let lost_executors =
        counters.executors.iter().filter(|executor| executor.removed.is_some()).count() as u64;
    let fetch_failed_tasks = sum(|stage| stage.fetch_failed_tasks);
    let verdict = Verdict::of(&outcome.verdict);
    let memory_spilled_bytes = sum(|stage| stage.sum.memory_bytes_spilled.0);
    let failed_tasks = sum(|stage| stage.failed_tasks);
    let verdict_text = verdict::sentence(&verdict::Facts {
        outcome,
        oom: oom.as_ref(),
        spark: verdict::spark_text(&outcome.verdict, case.conf.semantics()),
        spilled_bytes: memory_spilled_bytes,
        spilling_tasks: sum(|stage| stage.spilling_tasks),
        evicted_blocks,
        evicted_bytes: evicted_bytes.0,
        out_of_memory_tasks: failed_tasks - fetch_failed_tasks,
        lost_executors,
    });
    let executors = executors(case, outcome, counters);
    let (executors_peak, executors_ms) = presence(case, &executors, outcome.end.as_ms());
    RunReport {
        schema_version: SCHEMA_VERSION,
        input: case.name.clone(),
        question: case.question.clone(),
        spark_version: case.conf.version().to_string(),
        verdict,
        verdict_text,
        failed: verdict.failed(),
        failure: verdict::failure(&outcome.verdict),
        duration_ms: outcome.end.as_ms(),
        cpu_ms: sum(|stage| stage.sum.cpu.0 + stage.sum.serialization.0) / 1_000_000,
        time_ms: time(counters),
        memory_spilled_bytes,
        disk_spilled_bytes: sum(|stage| stage.sum.disk_bytes_spilled.0),
        peak_execution_memory_max_bytes: counters
            .stages
            .iter()
            .map(|stage| stage.peak_execution_memory_max.0)
            .max()
            .unwrap_or(0),
        peak_execution_memory_sum_bytes: sum(|stage| stage.sum.peak_execution_memory.0),
        evicted_blocks,
        evicted_bytes: evicted_bytes.0,
        evicted_broadcast_blocks: counters.evicted_other.0,
        cache_hits: sum(|stage| stage.cache_hits),
        cache_misses: sum(|stage| stage.cache_misses),
        failed_tasks,
        lost_tasks: sum(|stage| stage.lost_tasks),
        fetch_failed_tasks,
        resubmitted_tasks: sum(|stage| stage.resubmitted_tasks),
        lost_executors,
        layout: LayoutReport::of(&case.layout),
        stages: stages(case, counters, detail),
        rdds: rdds(case, counters),
        executors_peak,
        executors_ms,
        executors,
        without: None,
        driver: DriverReport::of(&case.run_conf.driver, &outcome.driver),
        warnings: outcome.warnings.iter().map(WarningReport::of).collect(),
        oom,
        error,
        conf: settings(case),
        events: outcome.events,
        fingerprint: fingerprint.to_string(),
        unknown: unknown(verdict),
    }
}

fn time(counters: &Counters) -> TimeParts {
    let mut all = TaskMetrics::default();
    counters.stages.iter().for_each(|stage| all.add(&stage.sum));
    TimeParts::of(&all)
}

fn stages(case: &Case, counters: &Counters, detail: Detail) -> Vec<StageReport> {
    let none = StageCounters::default();
    let counters = |at: usize| counters.stages.get(at).unwrap_or(&none);
    let tables = case.workload.stages.iter().enumerate();
    tables.map(|(at, stage)| StageReport::of(at, stage, counters(at), detail)).collect()
}

fn rdds(case: &Case, counters: &Counters) -> Vec<RddReport> {
    let counters = |at: usize| counters.rdds.get(at).copied().unwrap_or_default();
    let tables = case.workload.rdds.iter().enumerate();
    tables.map(|(at, rdd)| RddReport::of(at, rdd, &counters(at))).collect()
}

fn executors(case: &Case, outcome: &Outcome, counters: &Counters) -> Vec<ExecutorReport> {
    let told = &case.run_conf.executors;
    let rows = 0..told.len().max(counters.executors.len());
    rows.map(|at| {
        let peaks = counters.executors.get(at).copied().unwrap_or_default();
        let conf = conf_of(case, counters, at);
        ExecutorReport {
            executor: at as u32,
            node: conf.map_or(0, |conf| conf.node),
            cores: conf.map_or(0, |conf| conf.cores),
            added_ms: peaks.added.map(SimTime::as_ms),
            removed_ms: peaks.removed.map(SimTime::as_ms),
            instead_of: peaks.instead_of.map(|executor| executor.0),
            fetch_in_flight_peak_bytes: peaks.fetch_in_flight_peak.0,
            on_heap: PoolPeaks::of(&peaks, MemoryMode::OnHeap),
            off_heap: PoolPeaks::of(&peaks, MemoryMode::OffHeap),
            container: outcome.containers.get(at).map(ContainerReport::of),
        }
    })
    .collect()
}

/// What an executor is: as the run was told, like the one whose place it takes, or as dynamic allocation asks for them.
fn conf_of(case: &Case, counters: &Counters, at: usize) -> Option<ExecutorConf> {
    let mut at = at;
    loop {
        if let Some(conf) = case.run_conf.executors.get(at) {
            return Some(*conf);
        }
        match counters.executors.get(at).and_then(|row| row.instead_of) {
            Some(before) if before.index() < at => at = before.index(),
            _ => break,
        }
    }
    let of = case.run_conf.scheduling.allocation?;
    Some(ExecutorConf { node: at as u32 % of.nodes.max(1), ..of.executor })
}

/// The most executors at a time, and the time of all of them together.
fn presence(case: &Case, executors: &[ExecutorReport], end_ms: u64) -> (u32, u64) {
    let mut changes: Vec<(u64, i64)> = Vec::new();
    let mut all = 0;
    for executor in executors {
        let told = case.run_conf.executors.get(executor.executor as usize);
        let first = told.is_some_and(|conf| {
            conf.added == SimTime::ZERO && conf.removed.is_none_or(|removed| removed > SimTime::ZERO)
        });
        let Some(added) = executor.added_ms.or(first.then_some(0)) else { continue };
        let removed = executor.removed_ms.unwrap_or(end_ms).max(added);
        all += removed - added;
        changes.push((added, 1));
        if executor.removed_ms.is_some() {
            changes.push((removed, -1));
        }
    }
    changes.sort_unstable();
    let mut there = 0;
    let peak = changes.iter().map(|&(_, change)| {
        there += change;
        there
    });
    (peak.max().unwrap_or(0) as u32, all)
}

fn settings(case: &Case) -> Vec<SettingReport> {
    let explicit = case.conf.explicit();
    explicit
        .map(|(key, value, source)| SettingReport {
            key: key.name().to_owned(),
            value: value.to_owned(),
            source: source.to_owned(),
        })
        .collect()
}

fn unknown(verdict: Verdict) -> Vec<Unknown> {
    match verdict {
        Verdict::GaveUp => vec![Unknown {
            path: "failed".to_owned(),
            reason: "the run was given up at its bound on events; all figures end there".to_owned(),
        }],
        Verdict::Finished | Verdict::Failed | Verdict::Stalled => Vec::new(),
    }
}

//! From the observers of a run to its report.

use sim_core::memory::MemoryMode;
use sim_core::observe::{Counters, Fingerprint, StageCounters};
use sim_core::outcome::{Outcome, Verdict as Ended};

use super::{
    Detail, DriverReport, ErrorReport, ExecutorReport, LayoutReport, OomReport, PoolPeaks, RddReport,
    RunReport, SCHEMA_VERSION, SettingReport, StageReport, Unknown, Verdict, WarningReport, verdict,
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
        Ended::Failed(failure) => ErrorReport::of(failure, &case.workload, counters, &case.conf.semantics()),
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
        spark: verdict::spark_text(&outcome.verdict, &case.conf.semantics()),
        spilled_bytes: memory_spilled_bytes,
        spilling_tasks: sum(|stage| stage.spilling_tasks),
        evicted_blocks,
        evicted_bytes: evicted_bytes.0,
        out_of_memory_tasks: failed_tasks - fetch_failed_tasks,
        lost_executors,
    });
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
        cpu_ms: sum(|stage| stage.sum.cpu.0) / 1_000_000,
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
        executors: executors(case, counters),
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

fn executors(case: &Case, counters: &Counters) -> Vec<ExecutorReport> {
    let first = case.run_conf.executors.len();
    // Those that came in place of lost ones are like them.
    (0..counters.executors.len().max(first))
        .map(|at| {
            let peaks = counters.executors.get(at).copied().unwrap_or_default();
            let mut like = at;
            while like >= first {
                let instead_of = counters.executors[like].instead_of;
                like = instead_of.expect("who was not told of comes in place of another").index();
            }
            let conf = &case.run_conf.executors[like];
            ExecutorReport {
                executor: at as u32,
                node: conf.node,
                cores: conf.cores,
                on_heap: PoolPeaks::of(&peaks, MemoryMode::OnHeap),
                off_heap: PoolPeaks::of(&peaks, MemoryMode::OffHeap),
                added_ms: peaks.added.map(|at| at.as_ms()),
                removed_ms: peaks.removed.map(|at| at.as_ms()),
                instead_of: peaks.instead_of.map(|executor| executor.0),
            }
        })
        .collect()
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

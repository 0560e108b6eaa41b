//! Peaks of operators by the steps of stages, beside those that the log recorded.
//!
//! `POOLSIM_LOGS=DIR cargo test -p workload recorded::sql::peaks -- --nocapture` takes all logs in folders of `DIR`, runs
//! each step that takes memory alone, in a pool without end, and compares its peak with the `peak memory` of each task
//! that did not spill. `POOLSIM_STEPS=1` prints what each stage was taken for.

use std::collections::BTreeMap;
use std::path::Path;

use sim_core::conf::layout::Collector as Gc;
use sim_core::conf::layout::page::{PageInputs, default_page_size_bytes};
use sim_core::conf::{Semantics, SparkVersion};
use sim_core::ids::AttemptSlot;
use sim_core::memory::consumer::{Consumer, ConsumerConf, ConsumerSetup, Progress, Rows, TaskConsumers};
use sim_core::memory::{ExecutionMemory, Grant, MemoryMode, TaskMemoryConf, TaskMemoryManager};
use sim_core::units::Bytes;
use sim_core::workload::{Aggregation, Amount, ConsumerSpec};
use spark_eventlog::EventLog;

use super::{Operator, SqlStage, stage_metrics, stage_of, totals};
use crate::plan::recording::Step;
use crate::recorded::facts::{Collector, Facts, Figure, StageMetrics};

/// Memory without end.
struct Endless;

impl ExecutionMemory for Endless {
    fn acquire(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        Grant::Granted(bytes)
    }
    fn recheck(&mut self, _: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        unreachable!("nobody waits")
    }
    fn release(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Bytes {
        bytes
    }
}

/// The peak of a consumer that takes rows.
fn peak(spec: ConsumerSpec, rows: u64, bytes: u64, page_size: u64) -> u64 {
    let setup = ConsumerSetup {
        conf: ConsumerConf::default(),
        page_size: Bytes(page_size),
        tungsten_memory_mode: MemoryMode::OnHeap,
    };
    let (consumer, mode, page_size) = Consumer::new(spec, &setup);
    let mut task = TaskConsumers::new(TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default()));
    let id = task.open(consumer, mode, page_size);
    let run = |task: &mut TaskConsumers| while !matches!(task.step(&mut Endless), Progress::Done) {};
    run(&mut task);
    // Whole bytes a row: first the wider ones.
    let (each, wider) = (bytes / rows.max(1), bytes % rows.max(1));
    for (count, bytes_each) in [(wider, each + 1), (rows - wider, each)] {
        task.insert(id, Rows { count, bytes_each: Bytes(bytes_each) });
        run(&mut task);
    }
    task.metrics(id).peak_memory.0
}

#[derive(Default)]
struct Score {
    exact: u64,
    tasks: u64,
    /// Of those with more than one page.
    exact_large: u64,
    large: u64,
}

/// Peaks of all steps of a stage that take memory: operator, task, peak.
fn peaks<'a>(
    steps: &[Step],
    operators: &'a [Operator],
    tasks: usize,
    page: u64,
) -> Vec<(&'a Operator, Vec<u64>)> {
    // The rows that are topmost at each step, as its tasks have them.
    let mut stack: Vec<(Vec<u64>, Vec<u64>)> = Vec::new();
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let operator = operators.iter().find(|operator| operator.step == index);
        let top = stack.last().cloned().unwrap_or_default();
        match step {
            Step::Input { rows, bytes, .. }
            | Step::Fetch { rows, bytes, .. }
            | Step::Cached { rows, bytes, .. } => {
                stack.push((rows.over(tasks), bytes.over(tasks)));
            }
            Step::Narrow { rows, bytes } => {
                stack.pop();
                stack.push((rows.over(tasks), bytes.over(tasks)));
            }
            Step::Sort { radix } => {
                let spec = ConsumerSpec::Sort { radix: *radix };
                let of = |task: usize| peak(spec, top.0[task], top.1[task], page);
                found.extend(operator.map(|operator| (operator, (0..tasks).map(of).collect())));
            }
            Step::Aggregate { groups, group_bytes, fast_map, bytes, .. } => {
                let spec = ConsumerSpec::Aggregate(Aggregation {
                    fast_map: *fast_map,
                    group_bytes: Bytes(*group_bytes),
                    groups: Amount::Fixed(0),
                    run_rows: Amount::Fixed(1),
                });
                let of = |task: usize| peak(spec, groups.at(task), groups.at(task) * group_bytes, page);
                found.extend(operator.map(|operator| (operator, (0..tasks).map(of).collect())));
                stack.pop();
                stack.push((groups.over(tasks), bytes.over(tasks)));
            }
            Step::MergeJoin { rows, bytes } | Step::HashJoin { rows, bytes, .. } => {
                stack.truncate(stack.len().saturating_sub(2));
                stack.push((rows.over(tasks), bytes.over(tasks)));
            }
            Step::Union => {
                stack.pop();
            }
            _ => {}
        }
    }
    found
}

fn page_size(facts: &Facts) -> u64 {
    let setting = |name: &str| facts.environment.settings.get(name).map(String::as_str);
    let fraction: f64 =
        setting("spark.memory.storageFraction").and_then(|text| text.parse().ok()).unwrap_or(0.5);
    let executor = facts.executors.iter().find(|executor| executor.used && executor.max_on_heap.is_some());
    let executor = executor.expect("an executor registered");
    let off_heap = setting("spark.memory.offHeap.enabled") == Some("true");
    let pool = if off_heap { executor.max_off_heap } else { executor.max_on_heap }.unwrap_or(0);
    let cores = match setting("spark.master").and_then(|master| master.strip_prefix("local[")) {
        Some(cores) => cores.trim_end_matches(']').parse().unwrap_or(2),
        None => executor.cores.max(1),
    };
    let inputs = PageInputs {
        mode: if off_heap { MemoryMode::OffHeap } else { MemoryMode::OnHeap },
        execution_bytes: pool - (pool as f64 * fraction) as u64,
        cores,
        collector: Gc::G1,
    };
    default_page_size_bytes(&inputs, &Semantics::of(SparkVersion::V3_5))
}

fn compare(
    facts: &Facts,
    stage: &SqlStage,
    metrics: &StageMetrics,
    spilled: &[bool],
    scores: &mut BTreeMap<String, Score>,
    misses: &mut Vec<String>,
) {
    let page = page_size(facts);
    let mut all = peaks(&stage.steps, &stage.operators, metrics.tasks, page);
    for computed in stage.cached.iter().filter_map(|cached| cached.computed.as_ref()) {
        all.extend(peaks(&computed.steps, &computed.operators, metrics.tasks, page));
    }
    for (operator, peaks) in all {
        let Some(recorded) = operator.peak_memory.and_then(|id| metrics.columns.get(&id)) else { continue };
        let score = scores.entry(operator.name.clone()).or_default();
        for (task, (&recorded, &peak)) in recorded.iter().zip(&peaks).enumerate() {
            if recorded <= 0 || spilled[task] {
                continue;
            }
            let exact = recorded as u64 == peak;
            let large = recorded as u64 > 2 * page;
            score.tasks += 1;
            score.exact += u64::from(exact);
            score.large += u64::from(large);
            score.exact_large += u64::from(large && exact);
            if !exact {
                misses.push(format!("{} task {task}: {peak} for {recorded}", operator.name));
            }
        }
    }
}

/// The event logs in the folders of a folder.
fn logs(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = |path: &Path| -> Vec<_> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut entries: Vec<_> = entries.collect();
        entries.sort();
        entries
    };
    entries(folder).iter().filter_map(|run| entries(run).into_iter().next()).collect()
}

#[test]
fn peaks_are_those_recorded() {
    let Some(folder) = std::env::var_os("POOLSIM_LOGS") else {
        eprintln!("skipped: POOLSIM_LOGS names no folder of event logs");
        return;
    };
    let mut all = BTreeMap::<(String, String), Score>::new();
    let (mut unmapped, mut mapped) = (0, 0);
    for path in logs(Path::new(&folder)) {
        let name = path
            .parent()
            .and_then(Path::file_name)
            .map_or_else(String::new, |name| name.to_string_lossy().into());
        let mut log = match EventLog::open(&path) {
            Ok(log) => log,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let mut collector = Collector::new(false);
        while let Some(event) = log.next_event().expect("the log is read") {
            collector.add(&event);
        }
        let facts = collector.finish();
        let totals = totals(&facts);
        let mut scores = BTreeMap::new();
        let mut misses = Vec::new();
        for attempt in &facts.attempts {
            let job = facts.stages[&attempt.stage].job;
            let query = job.and_then(|job| facts.jobs[job].query).and_then(|query| facts.queries.get(&query));
            let metrics = stage_metrics(attempt);
            if metrics.columns.is_empty() || query.is_none() {
                continue;
            }
            let Some(stage) = query.and_then(|query| stage_of(&query.plans, &metrics, &totals)) else {
                unmapped += 1;
                eprintln!("{name}: stage {} is nowhere in its plan", attempt.stage);
                continue;
            };
            mapped += 1;
            let mut spilled = vec![false; metrics.tasks];
            for row in 0..attempt.table.rows() {
                if attempt.table.at(Figure::MemorySpilled, row) > 0 {
                    spilled[attempt.table.index(Figure::Index, row)] = true;
                }
            }
            let before = misses.len();
            compare(&facts, &stage, &metrics, &spilled, &mut scores, &mut misses);
            for miss in &misses[before..] {
                eprintln!("{name} stage {}: {miss}", attempt.stage);
            }
            if std::env::var_os("POOLSIM_STEPS").is_some() {
                eprintln!("{name} stage {}: {stage:#?}", attempt.stage);
            }
        }
        for (operator, score) in scores {
            let family = name.split('-').next().unwrap_or(&name).to_owned();
            let sum = all.entry((operator, family)).or_default();
            sum.exact += score.exact;
            sum.tasks += score.tasks;
            sum.exact_large += score.exact_large;
            sum.large += score.large;
        }
    }
    println!("{mapped} stages mapped, {unmapped} not");
    let (mut exact, mut large) = (0, 0);
    for ((operator, family), score) in &all {
        let Score { exact: all_exact, tasks, exact_large, large: all_large } = score;
        println!(
            "{operator:<20} {family:<12} {all_exact:>5} of {tasks:>5}; of more than one page {exact_large:>5} of {all_large:>5}"
        );
        exact += exact_large;
        large += all_large;
    }
    assert_eq!(unmapped, 0);
    assert!(exact * 100 >= large * 98, "{exact} of {large} peaks of more than one page are exact");
}

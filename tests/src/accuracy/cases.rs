//! Reads the logs of a set and has them replayed.

use std::collections::BTreeMap;
use std::path::Path;

use experiments::replay::{Figures, Interval, ReplayOptions, replay};
use experiments::{Layer, Settings, Slips};
use rayon::prelude::*;
use sim_core::conf::layout::Collector;
use sim_core::conf::layout::page::{PageInputs, default_page_size_bytes};
use sim_core::conf::{Key, Semantics, SparkVersion};
use sim_core::memory::MemoryMode;
use sim_core::outcome::FailureKind;
use spark_eventlog::EventLog;
use workload::recorded::{self, Recorded};

use super::figures::{Figure, Values};
use super::pairs::{Pair, asked};
use super::tasks::{Operator, TaskTruth, tasks};
use super::truth::Run;

/// Whether a run is asked for its own configuration or for another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its own.
    SelfReplay,
    /// Another's.
    WhatIf,
}

/// One question put to a log, and the answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// `from`, or `from -> to`.
    pub name: String,
    /// Which of both kinds.
    pub kind: Kind,
    /// The runs; the same one twice for a self-replay.
    pub pair: Pair,
    /// What was asked for.
    pub asked: Vec<(String, String)>,
    /// The answer, or why there is none.
    pub answer: Result<Answer, String>,
}

/// What the model answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The figures of the application.
    pub figures: Values,
    /// Between what they lie.
    pub intervals: BTreeMap<Figure, (u64, u64)>,
    /// Whether the application fails.
    pub failed: bool,
    /// Whether the model says how it ends.
    pub known: bool,
    /// Why.
    pub failure: Option<FailureKind>,
    /// By stage, in the order of those that ran, and by index.
    pub tasks: Vec<Vec<TaskAnswer>>,
}

impl Answer {
    /// A task, by its stage among those that ran and its index.
    #[must_use]
    pub fn task(&self, stage: usize, index: u32) -> Option<&TaskAnswer> {
        let tasks = self.tasks.get(stage)?;
        tasks.binary_search_by_key(&index, |task| task.index).ok().map(|at| &tasks[at])
    }
}

/// What the model answered for one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskAnswer {
    /// Its index.
    pub index: u32,
    /// Peak of its execution memory in bytes.
    pub peak: u64,
    /// Bytes that its spilled records took in memory.
    pub memory_spilled: u64,
    /// Between what both lie.
    pub interval: Option<((u64, u64), (u64, u64))>,
}

/// What the log of a run says, beyond its row.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    /// Why it failed.
    pub failure: Option<FailureKind>,
    /// Its tasks, by stage and index.
    pub tasks: Vec<TaskTruth>,
    /// Its settings.
    pub logged: BTreeMap<String, String>,
    /// Figures that the log gives otherwise than the table: the figure, the log's, the table's.
    pub disagree: Vec<(Figure, u64, u64)>,
}

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct CaseOptions {
    /// Read logs as they are by default.
    pub as_default: bool,
    /// Runs from which an interval is taken.
    pub interval_runs: u32,
    /// Seed of what these vary.
    pub seed: u64,
}

/// A log as the model gets it, and what it says.
pub struct Log {
    /// What the model gets.
    pub recorded: Recorded,
    /// The truth, from all that the log has.
    pub facts: RunFacts,
}

/// Reads the log of each run; for one that cannot be read, why.
#[must_use]
pub(super) fn read_logs(runs: &[Run], as_default: bool) -> Vec<Result<Log, String>> {
    runs.par_iter().map(|run| read_log(run, as_default)).collect()
}

fn read_log(run: &Run, as_default: bool) -> Result<Log, String> {
    let read = |as_default| read_recorded(&run.log, as_default);
    let whole = read(false)?;
    let facts = facts(run, &whole);
    let recorded = if as_default { read(true)? } else { whole };
    Ok(Log { recorded, facts })
}

fn read_recorded(log: &Path, as_default: bool) -> Result<Recorded, String> {
    let options = recorded::Options { as_default, ..recorded::Options::default() };
    let log = EventLog::open(log).map_err(|error| error.to_string())?;
    recorded::read(log, options).map_err(|error| error.to_string())
}

fn facts(run: &Run, recorded: &Recorded) -> RunFacts {
    let logged: BTreeMap<String, String> = recorded.conf.iter().cloned().collect();
    let bypass = number(&logged, Key::ShuffleSortBypassMergeThreshold).unwrap_or(200.0) as u32;
    let recording = &recorded.recording;
    let operators =
        recording.stages.iter().map(|stage| (stage.id, Operator::of(stage, recording, bypass))).collect();
    let observed = &recorded.observed;
    let said = observed_values(observed);
    let disagree = Figure::ALL.iter().filter_map(|figure| {
        let (log, table) = (said.get(*figure)?, run.truth.get(*figure)?);
        // The table rounds times.
        let differ = match figure {
            Figure::Cpu => log.abs_diff(table) > 1,
            _ => log != table,
        };
        differ.then_some((*figure, log, table))
    });
    RunFacts {
        failure: observed.failure,
        tasks: tasks(observed, &operators, page_bytes(recorded, &logged, run.configuration.cores())),
        disagree: disagree.collect(),
        logged,
    }
}

fn number(conf: &BTreeMap<String, String>, key: Key) -> Option<f64> {
    conf.get(key.name())?.parse().ok()
}

/// Size of a page of the executors of a log.
fn page_bytes(recorded: &Recorded, conf: &BTreeMap<String, String>, cores: u32) -> u64 {
    let off_heap = conf.get(Key::MemoryOffHeapEnabled.name()).is_some_and(|value| value == "true");
    let pool =
        recorded.pools.iter().map(|pools| if off_heap { pools.max_off_heap } else { pools.max_on_heap });
    let pool = pool.min().unwrap_or(0);
    let storage = (pool as f64 * number(conf, Key::MemoryStorageFraction).unwrap_or(0.5)) as u64;
    let inputs = PageInputs {
        mode: if off_heap { MemoryMode::OffHeap } else { MemoryMode::OnHeap },
        execution_bytes: pool - storage,
        cores,
        collector: Collector::G1,
    };
    default_page_size_bytes(&inputs, &Semantics::of(SparkVersion::V3_5))
}

/// Puts every question to its log. A log that cannot be read leaves its questions without an answer.
#[must_use]
pub(super) fn run(
    runs: &[Run],
    logs: &[Result<Log, String>],
    pairs: &[Pair],
    options: &CaseOptions,
) -> Vec<Case> {
    pairs.par_iter().map(|pair| case(runs, logs, *pair, options)).collect()
}

fn case(runs: &[Run], logs: &[Result<Log, String>], pair: Pair, options: &CaseOptions) -> Case {
    let (from, to) = (&runs[pair.from], &runs[pair.to]);
    let (kind, name) = match pair.from == pair.to {
        true => (Kind::SelfReplay, from.id.clone()),
        false => (Kind::WhatIf, format!("{} -> {}", from.id, to.id)),
    };
    let asked = match (&logs[pair.to], kind) {
        (Ok(log), Kind::WhatIf) => asked(&from.configuration, &to.configuration, &log.facts.logged),
        _ => Vec::new(),
    };
    let answer = match (&logs[pair.from], &logs[pair.to]) {
        (Ok(log), Ok(_)) => answer(&name, &log.recorded, kind, &asked, options),
        (Err(error), _) | (_, Err(error)) => Err(error.clone()),
    };
    Case { name, kind, pair, asked, answer }
}

fn answer(
    name: &str,
    recorded: &Recorded,
    kind: Kind,
    asked: &[(String, String)],
    options: &CaseOptions,
) -> Result<Answer, String> {
    let mut pairs = asked.to_vec();
    if kind == Kind::SelfReplay && options.interval_runs > 0 {
        // Intervals come with predictions: the log's own configuration is predicted.
        let key = Key::MemoryFraction.name();
        let own = recorded.conf.iter().find(|(name, _)| name == key);
        pairs.push((key.to_owned(), own.map_or_else(|| "0.6".to_owned(), |(_, value)| value.clone())));
    }
    let layers = match pairs.is_empty() {
        true => Vec::new(),
        false => vec![Layer { name: "the other run".to_owned(), pairs, slips: Slips::Note }],
    };
    let settings = Settings { layers, ..Settings::default() };
    let how = ReplayOptions { interval_runs: options.interval_runs, seed: options.seed, tasks: true };
    let report = replay(name, recorded, &settings, &how).map_err(|error| error.to_string())?;
    Ok(match (report.predicted, kind) {
        (Some(predicted), Kind::WhatIf) => of_figures(&predicted.figures, &predicted.interval),
        // The same run, but for the intervals.
        (Some(predicted), Kind::SelfReplay) => Answer {
            figures: values(&report.simulated),
            ..of_figures(&predicted.figures, &predicted.interval)
        },
        (None, _) => of_figures(&report.simulated, &BTreeMap::new()),
    })
}

fn of_figures(figures: &Figures, intervals: &BTreeMap<&'static str, Interval>) -> Answer {
    let interval = |figure: &Figure| {
        let interval = intervals.get(figure.name())?;
        Some((*figure, (interval.low, interval.high)))
    };
    let mut stages: Vec<_> = figures.stages.iter().collect();
    stages.sort_by_key(|stage| (stage.id, stage.attempt));
    let stages = stages.into_iter().filter_map(|stage| stage.tasks.as_ref());
    let tasks = stages.filter(|tasks| !tasks.is_empty()).map(|tasks| {
        let tasks = tasks.iter().map(|task| TaskAnswer {
            index: task.index,
            peak: task.peak_execution_memory_bytes,
            memory_spilled: task.memory_spilled_bytes,
            interval: task.interval.map(|interval| {
                let ends = |interval: Interval| (interval.low, interval.high);
                (ends(interval.peak_execution_memory_bytes), ends(interval.memory_spilled_bytes))
            }),
        });
        tasks.collect()
    });
    Answer {
        figures: values(figures),
        intervals: Figure::ALL.iter().filter_map(interval).collect(),
        failed: figures.failed == Some(true),
        known: figures.failed.is_some(),
        failure: figures.failure,
        tasks: tasks.collect(),
    }
}

fn values(figures: &Figures) -> Values {
    Values::default()
        .with(Figure::MemorySpilled, figures.memory_spilled_bytes)
        .with(Figure::DiskSpilled, figures.disk_spilled_bytes)
        .with(Figure::PeakMax, figures.peak_execution_memory_max_bytes)
        .with(Figure::PeakSum, figures.peak_execution_memory_sum_bytes)
        .with(Figure::EvictedBlocks, figures.evicted_blocks)
        .with(Figure::EvictedBytes, figures.evicted_bytes)
        .with(Figure::EvictedBroadcastBlocks, figures.evicted_broadcast_blocks)
        .with(Figure::CacheHits, figures.cache_hits)
        .with(Figure::CacheMisses, figures.cache_misses)
        .with(Figure::FailedTasks, Some(figures.failed_tasks))
        .with(Figure::Cpu, figures.cpu_ms)
        .with(Figure::Duration, figures.duration_ms)
}

fn observed_values(observed: &recorded::Observed) -> Values {
    Values::default()
        .with(Figure::MemorySpilled, Some(observed.memory_spilled_bytes))
        .with(Figure::DiskSpilled, Some(observed.disk_spilled_bytes))
        .with(Figure::PeakMax, Some(observed.peak_execution_memory_max_bytes))
        .with(Figure::PeakSum, Some(observed.peak_execution_memory_sum_bytes))
        .with(Figure::EvictedBlocks, observed.evicted_blocks)
        .with(Figure::EvictedBytes, observed.evicted_bytes)
        .with(Figure::EvictedBroadcastBlocks, observed.evicted_broadcast_blocks)
        .with(Figure::CacheHits, Some(observed.cache_hits))
        .with(Figure::CacheMisses, Some(observed.cache_misses))
        .with(Figure::FailedTasks, Some(observed.failed_tasks))
        .with(Figure::Cpu, Some(observed.cpu_ms))
        .with(Figure::Duration, observed.duration_ms)
}

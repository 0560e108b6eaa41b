//! The small real logs, replayed: spills, peaks, hits and verdicts as Spark had them, to the byte where nothing in the
//! run hung on who came first.

use std::path::Path;

use experiments::replay::{Figures, ReplayOptions, ReplayReport, StageFigures, replay};
use experiments::{Layer, LogOptions, Settings, Slips, read_log};
use sim_core::outcome::FailureKind;

fn replayed(name: &str, conf: &[(&str, &str)]) -> ReplayReport {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/logs").join(name);
    let log = std::fs::read_dir(&folder).expect("a fixture").next().expect("a log").expect("a log").path();
    // What users have: no updates of blocks, no metrics of executors.
    let options = LogOptions { as_default: true, ..LogOptions::default() };
    let recorded = read_log(&log, &options).expect("a log");
    let pairs = conf.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let layer = Layer { name: "test".to_owned(), pairs, slips: Slips::Refuse };
    let layers = if conf.is_empty() { Vec::new() } else { vec![layer] };
    let settings = Settings { layers, ..Settings::default() };
    let options = ReplayOptions { tasks: true, interval_runs: 0, ..ReplayOptions::default() };
    replay(name, &recorded, &settings, &options).expect("it can be replayed")
}

/// Peak and spill of each task, by stage and index.
fn memory_of_tasks(stages: &[StageFigures]) -> Vec<(u32, u32, u64, u64)> {
    let of_stage = |stage: &StageFigures| {
        let tasks = stage.tasks.clone().expect("they were asked for").into_iter();
        let id = stage.id;
        tasks
            .map(move |task| (id, task.index, task.peak_execution_memory_bytes, task.memory_spilled_bytes))
            .collect::<Vec<_>>()
    };
    stages.iter().flat_map(of_stage).collect()
}

#[test]
fn every_task_spills_and_holds_what_it_did() {
    let runs = ["sort-f0.1", "sort-f0.6", "sortaqe-f0.1", "sortoff-16m", "s41-sort-f0.1", "smj-f0.05"];
    for name in runs {
        let report = replayed(name, &[]);
        let [observed, simulated] =
            [&report.observed, &report.simulated].map(|figures| memory_of_tasks(&figures.stages));
        assert!(observed.iter().any(|&(_, _, peak, _)| peak > 0), "{name} holds memory");
        assert_eq!(observed, simulated, "{name}");
    }
}

#[test]
fn the_log_of_a_sort_that_fits_predicts_the_spills_of_a_tighter_pool() {
    let tight = replayed("sort-f0.1", &[]).observed;
    let report = replayed("sort-f0.6", &[("spark.memory.fraction", "0.1")]);
    assert_eq!(report.observed.memory_spilled_bytes, Some(0), "it did not spill");
    let predicted = report.predicted.expect("another configuration was asked for").figures;
    assert_eq!(memory_of_tasks(&predicted.stages), memory_of_tasks(&tight.stages));
}

#[test]
fn cached_blocks_are_found_as_often_as_they_were() {
    let hits = |figures: &Figures| (figures.cache_hits, figures.cache_misses);
    for name in ["cache-f0.1", "mixed-MAD-f0.2-sf0.9", "mixed-MO-f0.2-sf0.9", "cluster-f0.025"] {
        let report = replayed(name, &[]);
        assert!(report.observed.cache_misses > Some(0), "{name} reads a cache");
        assert_eq!(hits(&report.observed), hits(&report.simulated), "{name}");
    }
}

/// The tasks that failed left no metrics: their sizes are those of what was written for them.
#[test]
fn a_hashed_relation_runs_out_of_execution_memory() {
    let report = replayed("shj-oom", &[("spark.memory.fraction", "0.6")]);
    assert_eq!(report.observed.failure, Some(FailureKind::ExecutionMemory));
    assert_eq!(report.simulated.failure, Some(FailureKind::ExecutionMemory));
    let predicted = report.predicted.expect("another configuration was asked for").figures;
    assert_eq!(predicted.failed, Some(false), "a larger pool holds it");
}

#[test]
fn what_failed_for_another_reason_is_not_explained_by_memory() {
    let report = replayed("notmemory-badrow", &[]);
    assert_eq!(report.observed.failure, Some(FailureKind::NotMemory));
    assert_eq!(report.simulated.failed, Some(false));
}

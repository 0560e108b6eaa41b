//! How right replays and predictions are, measured on runs of real Spark.
//!
//! ```text
//!  truth.csv, logs ──read──► runs ──┬── self-replays: the log of A, asked for A
//!                                   ├── what-ifs: the log of A, asked for the configuration of B, beside B
//!                                   └── repeats: A beside another run of the same configuration
//!                                                            └──► scores ──► aims
//! ```

mod aims;
mod cases;
mod figures;
mod pairs;
mod report;
mod score;
mod sections;
mod tasks;
mod truth;

use std::path::Path;

use serde::Serialize;

pub use aims::{Aim, Reached};
pub use cases::{Answer, Case, CaseOptions, Kind, Log, RunFacts, TaskAnswer};
pub use figures::{Figure, Values};
pub use pairs::{Pair, asked, repeats, what_ifs};
pub use report::{Form, text};
pub use score::{Confusion, Score, Worst, relative_error};
pub use sections::{Evictions, FigureRow, OperatorRow, Section, TaskRow, VerdictRow, Verdicts};
pub use tasks::{IDLE_PART, Neighbours, Operator, STAMP_SLACK_MS, TaskTruth};
pub use truth::{Configuration, Program, Run, TruthError};

/// How right replays and predictions of a set of runs are.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    /// Whether logs were read as they are by default.
    pub as_default: bool,
    /// Runs of the set.
    pub runs: usize,
    /// Aims, and whether they are reached.
    pub aims: Vec<Aim>,
    /// The log of each run, asked for its own configuration.
    pub self_replay: Section,
    /// The log of each run, asked for the other configurations of its family.
    pub what_if: Section,
    /// How well one run tells another of the same configuration.
    pub ceiling: Vec<FigureRow>,
    /// Questions without an answer.
    pub unanswered: Vec<Unanswered>,
    /// Figures that the log gives otherwise than the table of truths.
    pub disagreements: Vec<Disagreement>,
    /// Every question and its answer.
    pub cases: Vec<CaseRow>,
    /// Tasks whose peak or spill is not exact, of the cases whose figures are scored.
    pub inexact: Vec<InexactTask>,
}

/// A task whose peak or spill is not exact.
#[derive(Clone, Debug, Serialize)]
pub struct InexactTask {
    /// The case.
    pub case: String,
    /// Its stage: the how manieth of those that ran, from 0.
    pub stage: usize,
    /// Its index in the stage.
    pub index: u32,
    /// What its stage does.
    pub operator: Operator,
    /// Whether neighbours came or went.
    pub neighbours: Neighbours,
    /// Peak and spill that were predicted; `None` where the task was not.
    pub predicted: Option<(u64, u64)>,
    /// Peak and spill that it had.
    pub truth: (u64, u64),
    /// Between what both were said to lie.
    pub interval: Option<((u64, u64), (u64, u64))>,
}

/// A question without an answer.
#[derive(Clone, Debug, Serialize)]
pub struct Unanswered {
    /// The case.
    pub case: String,
    /// Why.
    pub reason: String,
}

/// A figure that the log gives otherwise than the table of truths.
#[derive(Clone, Debug, Serialize)]
pub struct Disagreement {
    /// The run.
    pub run: String,
    /// The figure.
    pub figure: Figure,
    /// What the log says.
    pub log: u64,
    /// What the table says.
    pub table: u64,
}

/// A question and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct CaseRow {
    /// The case.
    pub case: String,
    /// The keys asked for.
    pub asked: Vec<String>,
    /// What was predicted, and what happened, by figure.
    pub figures: Vec<CaseFigure>,
    /// Whether it is predicted to fail.
    pub failed: bool,
    /// Whether it failed.
    pub truth_failed: bool,
}

/// One figure of a case.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CaseFigure {
    /// The figure.
    pub figure: Figure,
    /// What was predicted.
    pub predicted: Option<u64>,
    /// What happened.
    pub truth: Option<u64>,
    /// How far it is.
    pub error: Option<f64>,
    /// Between what it was said to lie.
    pub interval: Option<(u64, u64)>,
}

/// Measures a folder with `truth.csv` and the logs that it names; one family of it if one is asked for.
///
/// # Errors
/// If the table is not what it should be. A log that cannot be read leaves its questions without an answer.
pub fn measure(
    directory: &Path,
    family: Option<&str>,
    options: &CaseOptions,
) -> Result<Accuracy, TruthError> {
    let runs = truth::read(directory, family)?;
    let logs = cases::read_logs(&runs, options.as_default);
    let mut pairs: Vec<Pair> = (0..runs.len()).map(|run| Pair { from: run, to: run }).collect();
    pairs.extend(what_ifs(&runs));
    let cases = cases::run(&runs, &logs, &pairs, options);
    let facts: Vec<RunFacts> =
        logs.into_iter().map(|log| log.map(|log| log.facts).unwrap_or_default()).collect();
    Ok(gather(&runs, &facts, &cases, options.as_default))
}

/// Scores cases.
#[must_use]
pub fn gather(runs: &[Run], facts: &[RunFacts], cases: &[Case], as_default: bool) -> Accuracy {
    let self_replay = Section::of(Kind::SelfReplay, cases, runs, facts);
    let what_if = Section::of(Kind::WhatIf, cases, runs, facts);
    let ceiling = sections::ceiling(&repeats(runs), runs);
    let mut aims = aims::aims("self", &self_replay, &ceiling);
    aims.extend(aims::aims("what-if", &what_if, &ceiling));
    let unanswered = cases.iter().filter_map(|case| {
        let reason = case.answer.as_ref().err()?.clone();
        Some(Unanswered { case: case.name.clone(), reason })
    });
    let disagreements = runs.iter().zip(facts).flat_map(|(run, facts)| {
        facts.disagree.iter().map(|(figure, log, table)| Disagreement {
            run: run.id.clone(),
            figure: *figure,
            log: *log,
            table: *table,
        })
    });
    Accuracy {
        as_default,
        runs: runs.len(),
        aims,
        self_replay,
        what_if,
        ceiling,
        unanswered: unanswered.collect(),
        disagreements: disagreements.collect(),
        cases: cases.iter().filter_map(|case| row(case, &runs[case.pair.to])).collect(),
        inexact: cases.iter().flat_map(|case| inexact(case, runs, facts)).collect(),
    }
}

fn inexact(case: &Case, runs: &[Run], facts: &[RunFacts]) -> Vec<InexactTask> {
    let Ok(answer) = &case.answer else { return Vec::new() };
    if runs[case.pair.from].failed || runs[case.pair.to].failed {
        return Vec::new();
    }
    let rows = facts[case.pair.to].tasks.iter().map(|task| {
        let answered = answer.task(task.stage, task.index);
        InexactTask {
            case: case.name.clone(),
            stage: task.stage,
            index: task.index,
            operator: task.operator,
            neighbours: task.neighbours,
            predicted: answered.map(|task| (task.peak, task.memory_spilled)),
            truth: (task.peak, task.memory_spilled),
            interval: answered.and_then(|task| task.interval),
        }
    });
    rows.filter(|row| row.predicted != Some(row.truth)).collect()
}

fn row(case: &Case, to: &Run) -> Option<CaseRow> {
    let answer = case.answer.as_ref().ok()?;
    let figures = Figure::ALL.iter().map(|figure| {
        let (predicted, truth) = (answer.figures.get(*figure), to.truth.get(*figure));
        CaseFigure {
            figure: *figure,
            predicted,
            truth,
            error: predicted.zip(truth).map(|(predicted, truth)| relative_error(predicted, truth)),
            interval: answer.intervals.get(figure).copied(),
        }
    });
    Some(CaseRow {
        case: case.name.clone(),
        asked: case.asked.iter().map(|(key, value)| format!("{key}={value}")).collect(),
        figures: figures.collect(),
        failed: answer.failed,
        truth_failed: to.failed,
    })
}

#[cfg(test)]
mod tests;

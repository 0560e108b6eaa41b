//! Cases, gathered into scores: by figure and family, by task, by operator, by verdict.

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::outcome::FailureKind;

use super::cases::{Answer, Case, Kind, RunFacts, TaskAnswer};
use super::figures::Figure;
use super::score::{Confusion, Score};
use super::tasks::{Neighbours, Operator, TaskTruth};
use super::truth::Run;

/// Everything that is scored of one kind of case.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Cases whose figures are scored: neither run failed, and there is an answer.
    pub scored: u64,
    /// By figure; first of all families, then of each in the order of its name.
    pub figures: Vec<FigureRow>,
    /// `disk_spilled_bytes` where the baseline spilled.
    pub disk_where_baseline_spilled: Score,
    /// Whether the application spills at all.
    pub spills: Confusion,
    /// By what evicts.
    pub evictions: Evictions,
    /// By what their stage does, more than a page or not, and neighbours.
    pub tasks: Vec<TaskRow>,
    /// By what a stage does.
    pub operators: Vec<OperatorRow>,
    /// How applications end.
    pub verdicts: Verdicts,
}

/// One figure of one family, or of all.
#[derive(Clone, Debug, Serialize)]
pub struct FigureRow {
    /// The figure.
    pub figure: Figure,
    /// The family; `None` for all.
    pub family: Option<String>,
    /// The predictions.
    pub score: Score,
    /// The null model that answers with the figure of the run that was asked. Of a self-replay that is the truth.
    pub copy: Option<Score>,
    /// The null model that answers 0.
    pub zero: Score,
}

/// Evictions by their cause.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evictions {
    /// Of runs whose tasks took no execution memory: blocks gave way to other blocks.
    pub by_storage: Score,
    /// Of runs whose tasks took some.
    pub by_execution: Score,
    /// Cases of [`Self::by_execution`] that are more than two blocks off.
    pub by_execution_beyond_two: Vec<String>,
}

/// A class of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct TaskRow {
    /// What their stage does.
    pub operator: Operator,
    /// Whether they had more than one page.
    pub pages: bool,
    /// Whether neighbours came or went.
    pub neighbours: Neighbours,
    /// Tasks.
    pub n: u64,
    /// Those with both figures exact.
    pub exact: u64,
    /// Those for which the copy of the asked run has both exact; `None` for self-replays.
    pub copy_exact: Option<u64>,
    /// Tasks that came with an interval.
    pub intervals: u64,
    /// Those of them with both figures inside.
    pub inside: u64,
    /// `Peak Execution Memory`.
    pub peak: Score,
    /// `Memory Bytes Spilled`.
    pub memory_spilled: Score,
}

/// Stages that do the same.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorRow {
    /// What they do.
    pub operator: Operator,
    /// Whether a stage spills at all.
    pub spills: Confusion,
    /// What a stage spills.
    pub memory_spilled: Score,
    /// Its largest peak.
    pub peak_max: Score,
}

/// How applications end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdicts {
    /// Cases whose end the model can know.
    pub n: u64,
    /// Those predicted wrongly: what was predicted, and what happened.
    pub wrong: Vec<VerdictRow>,
    /// Ends of which the log does not tell what they depend on: nothing is said of them, or nothing can be.
    pub cannot_be_known: Vec<VerdictRow>,
    /// Ends for want of execution memory, right ones too.
    pub execution_memory: u64,
    /// Ends that had nothing to do with memory, right ones too.
    pub not_memory: u64,
}

/// One end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerdictRow {
    /// The case.
    pub case: String,
    /// Whether it is predicted to fail, and why.
    #[serde(serialize_with = "end")]
    pub predicted: (bool, Option<FailureKind>),
    /// Whether it failed, and why.
    #[serde(serialize_with = "end")]
    pub truth: (bool, Option<FailureKind>),
}

fn end<S: serde::Serializer>(
    (failed, failure): &(bool, Option<FailureKind>),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    (failed, failure.map(FailureKind::word)).serialize(serializer)
}

impl Section {
    /// Scores the cases of one kind.
    #[must_use]
    pub fn of(kind: Kind, cases: &[Case], runs: &[Run], facts: &[RunFacts]) -> Self {
        let mut of = Gathering { what_if: kind == Kind::WhatIf, ..Gathering::default() };
        for case in cases.iter().filter(|case| case.kind == kind) {
            let Ok(answer) = &case.answer else { continue };
            let (from, to) = (&runs[case.pair.from], &runs[case.pair.to]);
            of.verdicts.add(&case.name, answer, to.failed, facts[case.pair.to].failure);
            // A log of a run that failed ends in its middle: its figures are no truth, and no baseline.
            if !from.failed && !to.failed {
                of.figures(case, answer, from, to);
                of.tasks(case, answer, &facts[case.pair.from].tasks, &facts[case.pair.to].tasks);
            }
        }
        of.section()
    }
}

#[derive(Default)]
struct Gathering {
    what_if: bool,
    scored: u64,
    figures: BTreeMap<(Figure, Option<String>), (Score, Score, Score)>,
    disk_where_baseline_spilled: Score,
    spills: Confusion,
    evictions: Evictions,
    tasks: BTreeMap<(Operator, bool, Neighbours), TaskRow>,
    operators: BTreeMap<Operator, (Confusion, Score, Score)>,
    verdicts: Verdicts,
}

impl Gathering {
    fn figures(&mut self, case: &Case, answer: &Answer, from: &Run, to: &Run) {
        self.scored += 1;
        for figure in Figure::ALL {
            let (predicted, truth) = (answer.figures.get(*figure), to.truth.get(*figure));
            for family in [None, Some(to.family.clone())] {
                let (score, copy, zero) = self.figures.entry((*figure, family)).or_default();
                score.add(&case.name, predicted, truth);
                score.add_interval(answer.intervals.get(figure).copied(), truth);
                copy.add(&case.name, from.truth.get(*figure), truth);
                zero.add(&case.name, Some(0), truth);
            }
        }
        let pair = |figure| (answer.figures.get(figure), to.truth.get(figure));
        if let (Some(predicted), Some(truth)) = pair(Figure::MemorySpilled) {
            self.spills.add(&case.name, predicted > 0, truth > 0);
        }
        if from.truth.get(Figure::MemorySpilled).is_some_and(|bytes| bytes > 0) {
            let (predicted, truth) = pair(Figure::DiskSpilled);
            self.disk_where_baseline_spilled.add(&case.name, predicted, truth);
        }
        let (predicted, truth) = pair(Figure::EvictedBlocks);
        if to.truth.get(Figure::PeakSum).is_some_and(|bytes| bytes > 0) {
            self.evictions.by_execution.add(&case.name, predicted, truth);
            if let (Some(predicted), Some(truth)) = (predicted, truth)
                && predicted.abs_diff(truth) > 2
            {
                self.evictions.by_execution_beyond_two.push(case.name.clone());
            }
        } else {
            self.evictions.by_storage.add(&case.name, predicted, truth);
        }
    }

    fn tasks(&mut self, case: &Case, answer: &Answer, from: &[TaskTruth], to: &[TaskTruth]) {
        for stage in to.chunk_by(|a, b| a.stage == b.stage) {
            let mut spilled = (0_u64, 0_u64, true);
            let mut peaks = (0_u64, 0_u64);
            for truth in stage {
                let name = format!("{} stage {} task {}", case.name, truth.stage, truth.index);
                let predicted = answer.task(truth.stage, truth.index);
                let copied = from.iter().find(|t| (t.stage, t.index) == (truth.stage, truth.index));
                self.task(&name, predicted, copied, truth);
                spilled.0 = spilled.0.saturating_add(predicted.map_or(0, |task| task.memory_spilled));
                spilled.1 = spilled.1.saturating_add(truth.memory_spilled);
                spilled.2 &= predicted.is_some();
                peaks.0 = peaks.0.max(predicted.map_or(0, |task| task.peak));
                peaks.1 = peaks.1.max(truth.peak);
            }
            let first = &stage[0];
            let name = format!("{} stage {}", case.name, first.stage);
            let (spills, memory_spilled, peak_max) = self.operators.entry(first.operator).or_default();
            let answered = |bytes| spilled.2.then_some(bytes);
            memory_spilled.add(&name, answered(spilled.0), Some(spilled.1));
            peak_max.add(&name, answered(peaks.0), Some(peaks.1));
            if spilled.2 {
                spills.add(&name, spilled.0 > 0, spilled.1 > 0);
            }
        }
    }

    fn task(
        &mut self,
        name: &str,
        predicted: Option<&TaskAnswer>,
        copied: Option<&TaskTruth>,
        truth: &TaskTruth,
    ) {
        let class = (truth.operator, truth.pages, truth.neighbours);
        let what_if = self.what_if;
        let row = self.tasks.entry(class).or_insert_with(|| TaskRow {
            operator: truth.operator,
            pages: truth.pages,
            neighbours: truth.neighbours,
            n: 0,
            exact: 0,
            copy_exact: what_if.then_some(0),
            intervals: 0,
            inside: 0,
            peak: Score::default(),
            memory_spilled: Score::default(),
        });
        let is = (truth.peak, truth.memory_spilled);
        row.n += 1;
        row.exact += u64::from(predicted.map(|task| (task.peak, task.memory_spilled)) == Some(is));
        if let Some(copies) = &mut row.copy_exact {
            *copies += u64::from(copied.map(|task| (task.peak, task.memory_spilled)) == Some(is));
        }
        if let Some((peak, spilled)) = predicted.and_then(|task| task.interval) {
            let inside = |(low, high): (u64, u64), bytes| (low..=high).contains(&bytes);
            row.intervals += 1;
            row.inside += u64::from(inside(peak, truth.peak) && inside(spilled, truth.memory_spilled));
        }
        row.peak.add(name, predicted.map(|task| task.peak), Some(truth.peak));
        row.memory_spilled.add(name, predicted.map(|task| task.memory_spilled), Some(truth.memory_spilled));
    }

    fn section(self) -> Section {
        let what_if = self.what_if;
        let figures = self.figures.into_iter().map(|((figure, family), (score, copy, zero))| FigureRow {
            figure,
            family,
            score,
            copy: what_if.then_some(copy),
            zero,
        });
        let operators = self.operators.into_iter().map(|(operator, (spills, memory_spilled, peak_max))| {
            OperatorRow { operator, spills, memory_spilled, peak_max }
        });
        Section {
            scored: self.scored,
            figures: figures.collect(),
            disk_where_baseline_spilled: self.disk_where_baseline_spilled,
            spills: self.spills,
            evictions: self.evictions,
            tasks: self.tasks.into_values().collect(),
            operators: operators.collect(),
            verdicts: self.verdicts,
        }
    }
}

impl Verdicts {
    fn add(&mut self, case: &str, answer: &Answer, failed: bool, failure: Option<FailureKind>) {
        let row = VerdictRow {
            case: case.to_owned(),
            predicted: (answer.failed, answer.failure),
            truth: (failed, failure),
        };
        let right = match failure.filter(|_| failed) {
            _ if !answer.known => return self.cannot_be_known.push(row),
            None => !answer.failed,
            Some(FailureKind::ExecutionMemory) => {
                self.execution_memory += 1;
                answer.failure == Some(FailureKind::ExecutionMemory)
            }
            Some(failure @ (FailureKind::MaxResultSize | FailureKind::PythonMemory)) => {
                answer.failure == Some(failure)
            }
            // The model cannot know that it fails; it must not say that memory is why.
            Some(FailureKind::NotMemory) => {
                self.not_memory += 1;
                matches!(answer.failure, None | Some(FailureKind::NotMemory))
            }
            Some(_) => return self.cannot_be_known.push(row),
        };
        self.n += 1;
        if !right {
            self.wrong.push(row);
        }
    }
}

/// How well one run tells another of the same configuration: no model can do better.
#[must_use]
pub(super) fn ceiling(repeats: &[super::pairs::Pair], runs: &[Run]) -> Vec<FigureRow> {
    let mut scores: BTreeMap<(Figure, Option<String>), (Score, Score)> = BTreeMap::new();
    for pair in repeats {
        let (from, to) = (&runs[pair.from], &runs[pair.to]);
        if from.failed || to.failed {
            continue;
        }
        let name = format!("{} -> {}", from.id, to.id);
        for figure in Figure::ALL {
            for family in [None, Some(to.family.clone())] {
                let (score, zero) = scores.entry((*figure, family)).or_default();
                score.add(&name, from.truth.get(*figure), to.truth.get(*figure));
                zero.add(&name, Some(0), to.truth.get(*figure));
            }
        }
    }
    let rows = scores.into_iter().map(|((figure, family), (score, zero))| FigureRow {
        figure,
        family,
        score,
        copy: None,
        zero,
    });
    rows.collect()
}

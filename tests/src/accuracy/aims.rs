//! What is aimed at, and whether it is reached.

use serde::Serialize;

use super::figures::Figure;
use super::score::Score;
use super::sections::{FigureRow, Section, TaskRow};
use super::tasks::{Neighbours, Operator};

/// Whether an aim is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Reached {
    /// It is.
    Pass,
    /// It is not.
    Miss,
    /// Nothing in the set asks for it.
    None,
}

/// One aim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aim {
    /// What is aimed at.
    pub aim: String,
    /// Of which kind of cases.
    pub of: &'static str,
    /// Whether it is reached.
    pub reached: Reached,
    /// The figures that say so.
    pub figures: String,
}

/// Largest mean error of the application's memory spill.
const SPILL_MEAN: f64 = 0.05;
/// Its largest error.
const SPILL_WORST: f64 = 0.15;
/// Least share of cases with exact hits.
const HITS_EXACT: f64 = 0.95;
/// Largest mean error of what hash aggregations spill.
const AGGREGATION_MEAN: f64 = 0.05;
/// Largest mean error of what joins and windows spill, and of spills on disk.
const OTHERS_MEAN: f64 = 0.10;
/// Figures in which a prediction must not be worse than a null model.
const AGAINST_NULL: [Figure; 7] = [
    Figure::MemorySpilled,
    Figure::DiskSpilled,
    Figure::PeakMax,
    Figure::PeakSum,
    Figure::EvictedBlocks,
    Figure::CacheHits,
    Figure::CacheMisses,
];

/// The aims of one kind of cases, `ceiling` being how well one run tells another of the same configuration.
#[must_use]
pub(super) fn aims(of: &'static str, section: &Section, ceiling: &[FigureRow]) -> Vec<Aim> {
    let mut list = List { of, aims: Vec::new() };
    list.sort_tasks(section);
    let spill = overall(&section.figures, Figure::MemorySpilled);
    list.mean("application memory spill: 5 % mean", spill, SPILL_MEAN, ceiling, Figure::MemorySpilled);
    list.add(
        "application memory spill: 15 % worst",
        spill.and_then(Score::worst_error).map(|error| error <= SPILL_WORST),
        spill.map_or_else(String::new, worst),
    );
    let spills = &section.spills;
    let said = format!(
        "{} of {} right; false alarms: {}; misses: {}",
        spills.n() - spills.wrong(),
        spills.n(),
        names(&spills.false_alarms),
        names(&spills.misses)
    );
    list.add("spills at all: right in all", (spills.n() > 0).then(|| spills.wrong() == 0), said);
    list.cache(section);
    list.operators(section);
    list.mean(
        "disk spill where the baseline spilled: 10 % mean",
        Some(&section.disk_where_baseline_spilled),
        OTHERS_MEAN,
        ceiling,
        Figure::DiskSpilled,
    );
    let verdicts = &section.verdicts;
    let wrong: Vec<String> = verdicts.wrong.iter().map(|row| row.case.clone()).collect();
    list.add(
        "verdicts: right where modelled, memory blamed for nothing else",
        (verdicts.n > 0).then_some(wrong.is_empty()),
        format!(
            "{} of {} right ({} of execution memory, {} not of memory); wrong: {}; cannot be known: {}",
            verdicts.n - wrong.len() as u64,
            verdicts.n,
            verdicts.execution_memory,
            verdicts.not_memory,
            names(&wrong),
            verdicts.cannot_be_known.len()
        ),
    );
    for figure in AGAINST_NULL {
        list.against_null(section, figure);
    }
    list.aims
}

/// The score of a figure over all families.
#[must_use]
pub(super) fn overall(rows: &[FigureRow], figure: Figure) -> Option<&Score> {
    row(rows, figure).map(|row| &row.score)
}

fn row(rows: &[FigureRow], figure: Figure) -> Option<&FigureRow> {
    rows.iter().find(|row| row.figure == figure && row.family.is_none())
}

struct List {
    of: &'static str,
    aims: Vec<Aim>,
}

impl List {
    fn add(&mut self, aim: &str, reached: Option<bool>, figures: String) {
        let reached = match reached {
            Some(true) => Reached::Pass,
            Some(false) => Reached::Miss,
            None => Reached::None,
        };
        self.aims.push(Aim { aim: aim.to_owned(), of: self.of, reached, figures });
    }

    fn mean(&mut self, aim: &str, score: Option<&Score>, most: f64, ceiling: &[FigureRow], figure: Figure) {
        let mean = score.and_then(Score::mean);
        let repeats = overall(ceiling, figure).and_then(Score::mean);
        let said = score.map_or_else(String::new, |score| {
            format!("mean {} of {}, {}; repeats: {}", percent(mean), score.n, worst(score), percent(repeats))
        });
        self.add(aim, mean.map(|mean| mean <= most), said);
    }

    fn sort_tasks(&mut self, section: &Section) {
        let of = |untouched: bool| {
            let rows = section.tasks.iter().filter(move |row| {
                row.operator == Operator::Sort
                    && row.pages
                    && (row.neighbours == Neighbours::Untouched) == untouched
            });
            let sum = |field: fn(&TaskRow) -> u64| rows.clone().map(field).sum::<u64>();
            (sum(|row| row.n), sum(|row| row.exact), sum(|row| row.intervals), sum(|row| row.inside))
        };
        let (n, exact, ..) = of(true);
        self.add(
            "sort tasks of more than one page, untouched: peak and spill exact in all",
            (n > 0).then_some(exact == n),
            format!("{exact} of {n} exact"),
        );
        let (n, exact, intervals, inside) = of(false);
        self.add(
            "sort tasks of more than one page, touched: inside the interval",
            (intervals > 0).then_some(inside == intervals),
            format!("{inside} of {intervals} inside; {exact} of {n} exact"),
        );
    }

    fn cache(&mut self, section: &Section) {
        let hits = overall(&section.figures, Figure::CacheHits);
        self.add(
            "cache hits: exact in 95 %",
            hits.and_then(Score::exact_share).map(|share| share >= HITS_EXACT),
            hits.map_or_else(String::new, exact),
        );
        let by_storage = &section.evictions.by_storage;
        self.add(
            "evictions by other RDDs: exact",
            (by_storage.n > 0).then_some(by_storage.exact == by_storage.n),
            exact(by_storage),
        );
        let by_execution = &section.evictions.by_execution;
        let beyond = &section.evictions.by_execution_beyond_two;
        self.add(
            "evictions by execution: 2 blocks off at most",
            (by_execution.n > 0).then_some(beyond.is_empty()),
            format!(
                "{} of {} within 2 blocks; beyond: {}",
                by_execution.n - beyond.len() as u64,
                by_execution.n,
                names(beyond)
            ),
        );
        let all = overall(&section.figures, Figure::EvictedBlocks);
        self.add(
            "evictions: none where there are none",
            all.filter(|all| all.n + all.both_zero > 0).map(|all| all.false_alarms == 0),
            all.map_or_else(String::new, |all| {
                format!("{} false of {}", all.false_alarms, all.false_alarms + all.both_zero)
            }),
        );
    }

    fn operators(&mut self, section: &Section) {
        let find = |operator| section.operators.iter().find(|row| row.operator == operator);
        if let Some(row) = find(Operator::HashAggregation) {
            let said = format!(
                "{} of {} stages right; false alarms: {}; misses: {}",
                row.spills.n() - row.spills.wrong(),
                row.spills.n(),
                names(&row.spills.false_alarms),
                names(&row.spills.misses)
            );
            self.add(
                "hash aggregation: falls back or not, right in all",
                (row.spills.n() > 0).then(|| row.spills.wrong() == 0),
                said,
            );
        }
        for (operator, most, aim) in [
            (Operator::HashAggregation, AGGREGATION_MEAN, "hash aggregation: bytes within 5 %, stages"),
            (Operator::Join, OTHERS_MEAN, "joins: 10 % mean, stages"),
            (Operator::Window, OTHERS_MEAN, "windows: 10 % mean, stages"),
        ] {
            let score = find(operator).map(|row| &row.memory_spilled);
            let mean = score.and_then(Score::mean);
            let said = score.map_or_else(String::new, |score| {
                format!("mean {} of {}, {}", percent(mean), score.n, worst(score))
            });
            self.add(aim, mean.map(|mean| mean <= most), said);
        }
    }

    fn against_null(&mut self, section: &Section, figure: Figure) {
        let Some(row) = row(&section.figures, figure) else { return };
        let model = row.score.mean();
        let zero = row.zero.mean();
        let copy = row.copy.as_ref().map(Score::mean);
        let nulls = [zero, copy.flatten()].into_iter().flatten().fold(f64::INFINITY, f64::min);
        let said = match copy {
            Some(copy) => format!("{}; copy {}, zero {}", percent(model), percent(copy), percent(zero)),
            None => format!("{}; zero {}", percent(model), percent(zero)),
        };
        let name = format!("{}: no worse than a null model", figure.name());
        self.add(&name, model.filter(|_| nulls.is_finite()).map(|model| model <= nulls), said);
    }
}

fn exact(score: &Score) -> String {
    format!("{} of {} exact, {}", score.exact, score.n, worst(score))
}

fn worst(score: &Score) -> String {
    score.worst.as_ref().map_or_else(String::new, |worst| {
        let (p, t) = (worst.predicted, worst.truth);
        format!("worst {} ({}: {p} for {t})", percent(Some(worst.error)), worst.case)
    })
}

/// A share, as people write it.
#[must_use]
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// Names, a few of many.
fn names(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names {
        [] => "none".to_owned(),
        few if few.len() <= SHOWN => few.join(", "),
        many => format!("{} and {} more", many[..SHOWN].join(", "), many.len() - SHOWN),
    }
}

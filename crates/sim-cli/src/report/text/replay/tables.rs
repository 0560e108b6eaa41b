//! The tables of a replay: the application, its stages, its cached data.

use std::io::{self, Write};

use experiments::human;
use experiments::replay::{Errors, ErrorsOf, Figures, ReplayReport, StageFigures, numbers};

use super::cells::{UNKNOWN, change, error, figure, interval};
use crate::report::text::run::section;
use crate::report::text::table::{Side::Left, Side::Right, Table};
use crate::screen::{Ink, Screen, name};

/// Columns of a name.
const NAME: usize = 24;
/// A figure of a stage.
type Part = fn(&StageFigures) -> Option<u64>;

/// Stages and cached RDDs that are shown.
const ROWS: usize = 20;

pub(super) fn write(report: &ReplayReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    section(screen, out, "application")?;
    lines(out, &application(report, screen))?;
    let stages = worst_stages(report);
    let shown = stages.len().min(ROWS);
    if shown > 0 {
        section(screen, out, "stages, those with most memory first")?;
        lines(out, &stage_table(report, &stages[..shown], screen))?;
        more(screen, out, stages.len() - shown, "stage")?;
    }
    let shown = report.observed.rdds.len().min(ROWS);
    if shown > 0 {
        section(screen, out, "cached data")?;
        lines(out, &rdd_table(report, shown, screen))?;
        more(screen, out, report.observed.rdds.len() - shown, "cached RDD")?;
    }
    Ok(())
}

fn lines(out: &mut impl Write, table: &Table<'_>) -> io::Result<()> {
    table.lines().iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn more(screen: Screen, out: &mut impl Write, left: usize, noun: &str) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    let text = format!("and {}: all of them with --format json or csv", human::count(left as u64, noun));
    writeln!(out, "{}", screen.paint(Ink::Faint, &text))
}

/// Titles of the figures of an application.
const TITLES: [(&str, &str); 12] = [
    ("memory_spilled_bytes", "memory spilled"),
    ("disk_spilled_bytes", "on disk"),
    ("peak_execution_memory_max_bytes", "largest task peak"),
    ("peak_execution_memory_sum_bytes", "sum of task peaks"),
    ("evicted_blocks", "blocks evicted"),
    ("evicted_bytes", "their size"),
    ("evicted_broadcast_blocks", "broadcasts evicted"),
    ("cache_hits", "cache hits"),
    ("cache_misses", "cache misses"),
    ("failed_tasks", "failed tasks"),
    ("cpu_ms", "CPU time"),
    ("duration_ms", "wall time"),
];

fn application(report: &ReplayReport, screen: Screen) -> Table<'static> {
    let titles = ["", "observed", "simulated", "error", "predicted", "change", "interval"];
    let mut table =
        Table::new(screen, titles.map(|title| (title, if title.is_empty() { Left } else { Right })));
    let of = |figures: &Figures, key: &str| {
        numbers(figures).into_iter().find(|(name, _)| *name == key).and_then(|(_, figure)| figure)
    };
    for (key, title) in TITLES {
        let [observed, simulated] = [&report.observed, &report.simulated].map(|figures| of(figures, key));
        let mut row = vec![
            title.to_owned(),
            figure(key, observed),
            figure(key, simulated),
            error(report.errors.app.get(key)),
        ];
        match &report.predicted {
            None => row.extend([String::new(), String::new(), String::new()]),
            Some(predicted) => {
                let now = of(&predicted.figures, key);
                row.extend([
                    figure(key, now),
                    change(simulated, now),
                    interval(key, predicted.interval.get(key)),
                ]);
            }
        }
        table.row(row);
    }
    table
}

/// The stages of the log: those that spilled or will spill most first, then by their peaks.
fn worst_stages(report: &ReplayReport) -> Vec<&StageFigures> {
    let mut stages: Vec<&StageFigures> = report.observed.stages.iter().collect();
    let most = |of: &StageFigures, figure: Part| {
        let runs = [Some(&report.simulated), report.predicted.as_ref().map(|predicted| &predicted.figures)];
        let others = runs.into_iter().flatten().filter_map(|run| find(run, of.id));
        others.chain([of]).filter_map(figure).max().unwrap_or(0)
    };
    stages.sort_by_cached_key(|stage| {
        let weight = (
            most(stage, |stage| stage.memory_spilled_bytes),
            most(stage, |stage| stage.peak_execution_memory_max_bytes),
        );
        (std::cmp::Reverse(weight), stage.id, stage.attempt)
    });
    stages
}

fn find(figures: &Figures, id: u32) -> Option<&StageFigures> {
    figures.stages.iter().find(|stage| stage.id == id)
}

fn stage_table(report: &ReplayReport, stages: &[&StageFigures], screen: Screen) -> Table<'static> {
    let third = if report.predicted.is_some() { "predicted" } else { "error" };
    let titles = [
        ("#", Right),
        ("stage", Left),
        ("tasks", Right),
        ("task peak", Right),
        ("simulated", Right),
        (third, Right),
        ("spilled", Right),
        ("simulated", Right),
        (third, Right),
    ];
    let mut table = Table::new(screen, titles);
    for stage in stages {
        let simulated = find(&report.simulated, stage.id);
        let number = match stage.attempt {
            0 => stage.id.to_string(),
            attempt => format!("{}.{attempt}", stage.id),
        };
        let mut row = vec![number, name(&stage.name, NAME), human::grouped(stage.task_count.into())];
        let figures: [(&str, Part); 2] = [
            ("peak_execution_memory_max_bytes", |stage| stage.peak_execution_memory_max_bytes),
            ("memory_spilled_bytes", |stage| stage.memory_spilled_bytes),
        ];
        for (key, of) in figures {
            row.push(figure(key, of(stage)));
            row.push(figure(key, simulated.and_then(of)));
            row.push(match &report.predicted {
                Some(predicted) => figure(key, find(&predicted.figures, stage.id).and_then(of)),
                None => error(of_stage(&report.errors, stage.id).and_then(|errors| errors.figures.get(key))),
            });
        }
        table.row(row);
    }
    table
}

fn of_stage(errors: &Errors, id: u32) -> Option<&ErrorsOf> {
    errors.stages.iter().find(|stage| stage.id == id)
}

fn rdd_table(report: &ReplayReport, shown: usize, screen: Screen) -> Table<'static> {
    let third = if report.predicted.is_some() { "predicted" } else { "" };
    let titles = [
        ("#", Right),
        ("data set", Left),
        ("level", Left),
        ("parts", Right),
        ("hits", Right),
        ("simulated", Right),
        (third, Right),
        ("evicted", Right),
        ("simulated", Right),
        (third, Right),
    ];
    let mut table = Table::new(screen, titles);
    for rdd in &report.observed.rdds[..shown] {
        let find = |figures: &Figures| figures.rdds.iter().find(|other| other.id == rdd.id).cloned();
        let simulated = find(&report.simulated);
        let predicted = report.predicted.as_ref().map(|predicted| find(&predicted.figures));
        let count = |figure: Option<u64>| figure.map_or(UNKNOWN.to_owned(), human::grouped);
        let third = |of: fn(&experiments::replay::RddFigures) -> Option<u64>| {
            predicted.as_ref().map_or(String::new(), |rdd| count(rdd.as_ref().and_then(of)))
        };
        table.row([
            rdd.id.to_string(),
            name(&rdd.name, NAME),
            if predicted.is_some() { String::new() } else { name(&rdd.level, NAME) },
            human::grouped(rdd.partitions.into()),
            count(rdd.cache_hits),
            count(simulated.as_ref().and_then(|rdd| rdd.cache_hits)),
            third(|rdd| rdd.cache_hits),
            count(rdd.evicted_blocks),
            count(simulated.as_ref().and_then(|rdd| rdd.evicted_blocks)),
            third(|rdd| rdd.evicted_blocks),
        ]);
    }
    table
}

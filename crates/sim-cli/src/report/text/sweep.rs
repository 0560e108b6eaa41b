//! The screen of a sweep: a row for each combination, then what it says.

use std::io::{self, Write};

use experiments::human;
use experiments::report::{RunReport, Verdict};
use experiments::sweep::{Point, SweepReport};

use super::header::{MARGIN, fact, wrap};
use super::stages::{number, size};
use super::table::{Side::Left, Side::Right, Table};
use crate::report::csv::verdict;
use crate::screen::{Ink, Screen, name};

pub(crate) fn write(report: &SweepReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", screen.paint(Ink::Title, &name(&report.input, screen.width)))?;
    for line in wrap(&name(&report.question, 1000), screen.width) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    for line in table(report, screen).lines() {
        writeln!(out, "{line}")?;
    }
    for (reason, points) in refusals(report) {
        let label = label(report, points[0]);
        let others = match points.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        writeln!(out)?;
        for (at, line) in
            wrap(&format!("{label}{others}: {reason}"), screen.width - MARGIN).iter().enumerate()
        {
            fact(screen, out, if at == 0 { "refused" } else { "" }, line)?;
        }
    }
    writeln!(out)?;
    for (title, text) in findings(report) {
        fact(screen, out, title, &text)?;
    }
    Ok(())
}

fn table(report: &SweepReport, screen: Screen) -> Table<'_> {
    let mut columns: Vec<(&str, _)> = report.keys.iter().map(|key| (short(key), Right)).collect();
    columns.extend([
        ("took", Right),
        ("task peak", Right),
        ("spilled", Right),
        ("on disk", Right),
        ("evicted", Right),
        ("cache hits", Right),
        ("misses", Right),
        ("failed", Right),
        ("verdict", Left),
    ]);
    let mut table = Table::new(screen, columns);
    for point in &report.points {
        let values = point.values.iter().map(|value| name(value, 30));
        match &point.report {
            Some(run) => table.row(values.chain(figures(run))),
            None => {
                let nothing = std::iter::repeat_n(String::new(), 8);
                table.row(values.chain(nothing).chain(["refused".to_owned()]));
            }
        }
    }
    table
}

fn figures(run: &RunReport) -> [String; 9] {
    [
        human::ms(run.duration_ms),
        size(run.peak_execution_memory_max_bytes),
        size(run.memory_spilled_bytes),
        size(run.disk_spilled_bytes),
        size(run.evicted_bytes),
        number(run.cache_hits),
        number(run.cache_misses),
        number(run.failed_tasks),
        verdict(run.verdict).to_owned(),
    ]
}

/// Why combinations are refused, each reason with all of them.
fn refusals(report: &SweepReport) -> Vec<(&str, Vec<&Point>)> {
    let mut refusals: Vec<(&str, Vec<&Point>)> = Vec::new();
    for point in &report.points {
        let Some(reason) = point.refused.as_deref() else { continue };
        match refusals.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, points)) => points.push(point),
            None => refusals.push((reason, vec![point])),
        }
    }
    refusals
}

/// What the table says, exactly: the shortest of the runs that finish, and whether the settings matter at all.
fn findings(report: &SweepReport) -> Vec<(&'static str, String)> {
    let finished = report.points.iter().filter_map(|point| {
        let run = point.report.as_ref()?;
        (run.verdict == Verdict::Finished).then_some((point, run))
    });
    let finished: Vec<(&Point, &RunReport)> = finished.collect();
    let total = human::count(report.points.len() as u64, "combination");
    let Some((best, run)) = finished.iter().min_by_key(|(_, run)| run.duration_ms) else {
        return vec![("result", format!("none of {total} finishes"))];
    };
    let slowest = finished.iter().map(|(_, run)| run.duration_ms).max().unwrap_or(run.duration_ms);
    let runs = report.points.iter().map(|point| point.report.as_ref().map(|run| &run.fingerprint));
    let runs: Vec<_> = runs.collect();
    if runs.len() > 1 && runs.iter().all(|fingerprint| fingerprint == &runs[0]) {
        return vec![("result", format!("all {total} run the same, event by event"))];
    }
    vec![
        (
            "result",
            format!(
                "{} of {total} finish, in {} to {}",
                finished.len(),
                human::ms(run.duration_ms),
                human::ms(slowest)
            ),
        ),
        ("shortest", label(report, best)),
    ]
}

fn label(report: &SweepReport, point: &Point) -> String {
    let pairs = report.keys.iter().zip(&point.values);
    pairs.map(|(key, value)| format!("{}={}", name(key, 60), name(value, 30))).collect::<Vec<_>>().join(" ")
}

/// A key without what all keys have in common.
fn short(key: &str) -> &str {
    key.strip_prefix("spark.").unwrap_or(key)
}

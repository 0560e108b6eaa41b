//! The attempts to look at first: those that failed, spilled most or waited most.

use std::io::{self, Write};

use experiments::report::{StageReport, TaskReport, TaskStatus};
use experiments::{RunReport, human};

use super::run::section;
use super::stages::size;
use super::table::{NOTHING_THERE, Side::Left, Side::Right, Table};
use crate::screen::Screen;

/// Attempts shown of each kind.
const SHOWN: usize = 3;

pub(super) fn write(report: &RunReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let rows = pick(report);
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(
        screen,
        [
            ("stage", Right),
            ("task", Right),
            ("attempt", Right),
            ("executor", Right),
            ("why", Left),
            ("start", Right),
            ("took", Right),
            ("peak", Right),
            ("spilled", Right),
            ("waited", Right),
        ],
    );
    for (why, stage, task) in rows {
        table.row([
            stage.stage.to_string(),
            task.index.to_string(),
            task.attempt.to_string(),
            task.executor.to_string(),
            why.to_owned(),
            human::ms(task.launched_ms),
            human::ms(task.ended_ms - task.launched_ms),
            size(task.peak_execution_memory_bytes),
            size(task.memory_spilled_bytes),
            if waited(task) == 0 { NOTHING_THERE.to_owned() } else { human::ms(waited(task)) },
        ]);
    }
    section(screen, out, "attempts in trouble")?;
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// How much of a kind of trouble an attempt had.
type Amount = fn(&TaskReport) -> u64;
type Row<'r> = (&'static str, &'r StageReport, &'r TaskReport);

/// Up to [`SHOWN`] of each kind, none twice.
fn pick(report: &RunReport) -> Vec<Row<'_>> {
    let all = || {
        let stages = report.stages.iter();
        stages.flat_map(|stage| stage.tasks.iter().flatten().map(move |task| (stage, task)))
    };
    let kinds: [(&'static str, Amount); 3] = [
        // The last attempt of a task first: it is the one that aborted its stage.
        ("failed", |task| u64::from(failed(task)) * u64::from(task.attempt + 1)),
        ("spilled most", |task| u64::from(!failed(task)) * task.memory_spilled_bytes),
        ("waited most", |task| u64::from(!failed(task)) * waited(task)),
    ];
    let mut picked: Vec<Row<'_>> = Vec::new();
    for (why, amount) in kinds {
        let known = |task: &TaskReport| picked.iter().any(|(.., other)| std::ptr::eq(*other, task));
        let mut most: Vec<_> = all().filter(|(_, task)| amount(task) > 0 && !known(task)).collect();
        // A stable sort: of equals, the first.
        most.sort_by_key(|(_, task)| std::cmp::Reverse(amount(task)));
        picked.extend(most.into_iter().take(SHOWN).map(|(stage, task)| (why, stage, task)));
    }
    picked
}

fn failed(task: &TaskReport) -> bool {
    task.status == TaskStatus::Failed
}

fn waited(task: &TaskReport) -> u64 {
    task.time_ms.wait
}

//! The tables of a run: what its stages did to memory, where their time went, and what became of cached data.

use std::io::{self, Write};

use experiments::report::{RddReport, StageReport, StageStatus, TimeParts};
use experiments::{RunReport, human};

use super::run::section;
use super::table::{NOTHING_THERE, Side::Left, Side::Right, Table};
use crate::screen::{Screen, name};

/// Columns of a name.
const NAME: usize = 24;

pub(super) fn write(report: &RunReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    print(screen, out, "stages", &memory(report, screen))?;
    print(screen, out, "where the time of their tasks went", &time(report, screen))?;
    print(screen, out, "cached data", &cached(report, screen))
}

fn print(screen: Screen, out: &mut impl Write, title: &str, table: &Table<'_>) -> io::Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    section(screen, out, title)?;
    for line in table.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn memory(report: &RunReport, screen: Screen) -> Table<'static> {
    let mut table = Table::new(
        screen,
        [
            ("#", Right),
            ("stage", Left),
            ("tasks", Right),
            ("start", Right),
            ("took", Right),
            ("task peak", Right),
            ("spilled", Right),
            ("on disk", Right),
            ("evicted", Right),
            ("ended", Left),
        ],
    );
    for stage in &report.stages {
        let took = stage.ended_ms.zip(stage.submitted_ms).map(|(ended, submitted)| ended - submitted);
        table.row([
            stage.stage.to_string(),
            name(&stage.name, NAME),
            human::grouped(stage.task_count.into()),
            optional(stage.submitted_ms),
            optional(took),
            size(stage.peak_execution_memory_max_bytes),
            size(stage.memory_spilled_bytes),
            size(stage.disk_spilled_bytes),
            size(stage.evicted_bytes),
            ended(stage),
        ]);
    }
    table
}

fn ended(stage: &StageReport) -> String {
    let state = state(stage);
    if stage.attempts > 1 { format!("{state}, {} attempts", stage.attempts) } else { state }
}

fn state(stage: &StageReport) -> String {
    match (stage.status, stage.failed_tasks) {
        (StageStatus::Succeeded, 0) => "ok".to_owned(),
        (StageStatus::Succeeded, failed) => format!("ok, {failed} failed before"),
        (StageStatus::Failed, 0) => "aborted".to_owned(),
        (StageStatus::Failed, failed) => format!("aborted, {failed} failed"),
        (StageStatus::Unfinished, 0) => "unfinished".to_owned(),
        (StageStatus::Unfinished, failed) => format!("unfinished, {failed} failed"),
        (StageStatus::Skipped, _) => "skipped".to_owned(),
        (StageStatus::NotRun, _) => "not run".to_owned(),
    }
}

/// Shares of the time of all attempts of each stage, and of all of them.
fn time(report: &RunReport, screen: Screen) -> Table<'static> {
    let titles = TimeParts::NAMES.map(|name| if name == "serialization" { "serialize" } else { name });
    let mut columns = vec![("#", Right), ("stage", Left), ("task time", Right)];
    columns.extend(titles.map(|title| (title, Right)));
    let mut table = Table::new(screen, columns);
    let mut row = |number: String, name: String, time: &TimeParts| {
        let total = time.total();
        if total > 0 {
            let parts = time.parts().map(|part| percent(part, total));
            table.row([number, name, human::ms(total)].into_iter().chain(parts));
        }
    };
    for stage in &report.stages {
        row(stage.stage.to_string(), name(&stage.name, NAME), &stage.time_ms);
    }
    if report.stages.len() > 1 {
        row(String::new(), "all".to_owned(), &report.time_ms);
    }
    table
}

fn cached(report: &RunReport, screen: Screen) -> Table<'static> {
    let mut table = Table::new(
        screen,
        [
            ("#", Right),
            ("data set", Left),
            ("partitions", Right),
            ("read: memory", Right),
            ("disk", Right),
            ("remote", Right),
            ("computed", Right),
            ("refused", Right),
            ("evicted: to disk", Right),
            ("dropped", Right),
        ],
    );
    for rdd in &report.rdds {
        table.row(rdd_row(rdd));
    }
    table
}

fn rdd_row(rdd: &RddReport) -> [String; 10] {
    [
        rdd.rdd.to_string(),
        name(&rdd.name, NAME),
        human::grouped(rdd.partitions),
        number(rdd.memory_reads),
        number(rdd.disk_reads),
        number(rdd.remote_reads),
        number(rdd.computed),
        number(rdd.refused),
        number(rdd.evicted_to_disk_blocks),
        number(rdd.evicted_dropped_blocks),
    ]
}

/// Whole per cents, `<1%` for what is less and not nothing.
fn percent(part: u64, total: u64) -> String {
    match u128::from(part) * 100 / u128::from(total) {
        0 if part == 0 => NOTHING_THERE.to_owned(),
        0 => "<1%".to_owned(),
        percent => format!("{percent}%"),
    }
}

/// A size, `-` for none.
pub(super) fn size(bytes: u64) -> String {
    if bytes == 0 { NOTHING_THERE.to_owned() } else { human::bytes(bytes) }
}

/// A number, `-` for none.
pub(super) fn number(number: u64) -> String {
    if number == 0 { NOTHING_THERE.to_owned() } else { human::grouped(number) }
}

fn optional(ms: Option<u64>) -> String {
    ms.map_or(NOTHING_THERE.to_owned(), human::ms)
}

#[cfg(test)]
mod tests {
    #[test]
    fn little_is_not_nothing() {
        assert_eq!(
            [(0, 9), (1, 1000), (1, 9), (9, 9)].map(|(part, of)| super::percent(part, of)),
            ["-", "<1%", "11%", "100%"]
        );
    }
}

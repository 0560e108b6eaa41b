//! The screen of an examined log.

use std::collections::BTreeMap;
use std::io::{self, Write};

use experiments::doctor::{DoctorReport, Inferred};
use experiments::human;

use super::header::{MARGIN, fact, wrap};
use super::run::section;
use crate::screen::{Ink, Screen, name};

pub(crate) fn write(report: &DoctorReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\n", screen.paint(Ink::Title, &name(&report.input, screen.width)))?;
    let mut line = |title: &str, text: &str| lines(screen, out, title, text);
    line("application", &application(report))?;
    line("holds", &holds(report))?;
    line("read", &read(report))?;
    for trouble in troubles(report) {
        line("", &trouble)?;
    }
    let figures =
        |figures: &[&str]| figures.iter().map(|figure| words(figure)).collect::<Vec<_>>().join(", ");
    if !report.exact.is_empty() {
        section(screen, out, "exact: the log states it")?;
        lines(screen, out, "", &figures(&report.exact))?;
    }
    if !report.inferred.is_empty() {
        section(screen, out, "inferred: it follows by a rule that need not hold")?;
        for inferred in &report.inferred {
            lines(screen, out, "", &rule(inferred))?;
        }
    }
    if !report.unknown.is_empty() {
        section(screen, out, "unknown")?;
        let mut reasons: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
        for unknown in &report.unknown {
            let reason = (unknown.reason.as_str(), unknown.key.as_deref());
            reasons.entry(reason).or_default().push(words(unknown.path.trim_start_matches("observed.")));
        }
        for ((reason, key), paths) in reasons {
            let key = key.map_or(String::new(), |key| format!(" ({key})"));
            lines(screen, out, "", &format!("{}: {reason}{key}", paths.join(", ")))?;
        }
    }
    if !report.notes.is_empty() {
        section(screen, out, "notes")?;
        for note in &report.notes {
            lines(screen, out, "", &name(note, 2_000))?;
        }
    }
    if !report.next_run.is_empty() {
        section(screen, out, "for the next run, in spark-defaults.conf")?;
        for setting in &report.next_run {
            writeln!(out, "{} {}", setting.key, setting.value)?;
        }
    }
    Ok(())
}

fn lines(screen: Screen, out: &mut impl Write, title: &str, text: &str) -> io::Result<()> {
    for (at, line) in wrap(text, screen.width - MARGIN).iter().enumerate() {
        fact(screen, out, if at == 0 { title } else { "" }, line)?;
    }
    Ok(())
}

/// A file without its folders.
fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// A name of a figure in words.
fn words(figure: &str) -> String {
    figure.replace('_', " ")
}

fn application(report: &DoctorReport) -> String {
    let app = &report.app;
    let title = match (app.name.as_str(), app.id.as_str()) {
        ("", "") => "(without a name)".to_owned(),
        ("", id) => name(id, 60),
        (title, "") => name(title, 60),
        (title, id) => format!("{} ({})", name(title, 60), name(id, 60)),
    };
    let version = match (report.spark_version.as_str(), report.modelled) {
        ("", _) => format!("the log does not say which Spark: {} stands in", report.semantics_version),
        (version, true) => format!("Spark {}", name(version, 40)),
        (version, false) => {
            format!(
                "Spark {}, which is not modelled: {} stands in",
                name(version, 40),
                report.semantics_version
            )
        }
    };
    format!("{title}, {version}")
}

fn holds(report: &DoctorReport) -> String {
    [
        human::count(report.executors, "executor"),
        human::count(report.jobs, "job"),
        human::count(report.stages, "stage"),
        human::count(report.tasks, "task"),
        human::count(report.rdds, "cached RDD"),
    ]
    .join(", ")
}

fn read(report: &DoctorReport) -> String {
    let reading = &report.reading;
    let end = match (reading.application_end, reading.in_progress) {
        (true, _) => "to the end of the application",
        (false, true) => "the application still runs or was killed: the log has no end yet",
        (false, false) => "the log lacks the end of the application",
    };
    format!(
        "{} in {} of {}, {end}",
        human::count(reading.events, "event"),
        human::count(reading.lines, "line"),
        human::count(reading.files, "file")
    )
}

/// What was wrong with the log.
fn troubles(report: &DoctorReport) -> Vec<String> {
    let reading = &report.reading;
    let mut troubles = Vec::new();
    if !reading.log_start {
        troubles.push("its beginning is missing: it does not say which Spark wrote it".to_owned());
    }
    if reading.malformed_lines > 0 {
        let places: Vec<String> = reading
            .first_malformed
            .iter()
            .take(3)
            .map(|place| match &place.file {
                Some(file) => format!("{}:{}", name(base(file), 80), place.line),
                None => format!("line {}", place.line),
            })
            .collect();
        troubles.push(format!(
            "{} no event, the first at {}",
            match reading.malformed_lines {
                1 => "1 line is".to_owned(),
                n => format!("{} lines are", human::grouped(n)),
            },
            places.join(", ")
        ));
    }
    if reading.incomplete_lines > 0 {
        troubles.push("its last line is incomplete: it was cut off, or is being written".to_owned());
    }
    if reading.damages > 0 {
        troubles.push(format!(
            "the compressed stream is damaged in {}, {} of them cut off",
            human::count(reading.damages, "place"),
            reading.truncated
        ));
    }
    if reading.compacted_files > 0 {
        troubles.push("a part of it is compacted: events of jobs that ended are gone".to_owned());
    }
    for (from, to) in &reading.missing_indices {
        troubles.push(format!("files {from} to {to} of the rolling log are missing"));
    }
    if reading.other_logs > 0 {
        troubles.push(format!("{} beside it not read", human::count(reading.other_logs, "earlier log")));
    }
    if !reading.events_not_read.is_empty() {
        let all: Vec<String> = reading
            .events_not_read
            .iter()
            .map(|(event, count)| {
                let short = event.rsplit('.').next().unwrap_or(event);
                format!("{} {}", human::grouped(*count), name(short, 60))
            })
            .collect();
        troubles.push(format!("not read beyond their names: {}", all.join(", ")));
    }
    troubles
}

fn rule(inferred: &Inferred) -> String {
    let stages = match inferred.stages.len() {
        0 => String::new(),
        1 => format!(" (stage {})", inferred.stages[0]),
        n => format!(" ({n} stages)"),
    };
    format!("{}{stages}: {}", words(inferred.figure), inferred.rule)
}

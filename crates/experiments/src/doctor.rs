//! What an event log can and cannot answer, what is wrong with it, and what to log next time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sim_core::conf::SparkVersion;
use sim_core::conf::version::{Coverage, ParsedVersion};
use spark_eventlog::{Diagnostics, Event};
use workload::recorded::{Kind, Recorded};

use crate::DEFAULT_VERSION;
use crate::replay::{AppReport, Unknown, unknown};

/// The version of the names and meanings of this report.
pub const SCHEMA_VERSION: u32 = 1;

/// What an event log can and cannot answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DoctorReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The name of the log.
    pub input: String,
    /// The application.
    pub app: AppReport,
    /// The version of Spark as the log writes it; empty if it does not say.
    pub spark_version: String,
    /// The version whose behaviour is modelled.
    pub semantics_version: String,
    /// Whether the two are the same release.
    pub modelled: bool,
    /// Number of executors.
    pub executors: u64,
    /// Number of jobs that ran.
    pub jobs: u64,
    /// Number of stages that ran.
    pub stages: u64,
    /// Number of tasks of these stages.
    pub tasks: u64,
    /// Number of cached RDDs.
    pub rdds: u64,
    /// What was read, and what was wrong with it.
    pub reading: Reading,
    /// Figures that the log states.
    pub exact: Vec<&'static str>,
    /// Figures that follow from what it states.
    pub inferred: Vec<Inferred>,
    /// Figures that it does not tell.
    pub unknown: Vec<Unknown>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// Settings that would have recorded what is unknown.
    pub next_run: Vec<NextSetting>,
}

/// What was read of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Files read to their end.
    pub files: u64,
    /// Lines.
    pub lines: u64,
    /// Events.
    pub events: u64,
    /// Lines that are no event.
    pub malformed_lines: u64,
    /// Where the first of them are.
    pub first_malformed: Vec<Malformed>,
    /// Files whose last line lacks its end: written at this moment, or cut off.
    pub incomplete_lines: u64,
    /// Places where a compressed stream is damaged or ends too early.
    pub damages: u64,
    /// How many of the first of them just end too early, as a log does that is still written.
    pub truncated: u64,
    /// Files of a rolling log that hold a compacted part.
    pub compacted_files: u64,
    /// Indices of a rolling log that are missing, from and to.
    pub missing_indices: Vec<(u64, u64)>,
    /// Logs of earlier attempts beside it, which were not read.
    pub other_logs: u64,
    /// Whether the log says which Spark wrote it.
    pub log_start: bool,
    /// Whether the application came to its end.
    pub application_end: bool,
    /// Whether its name says that it is still written.
    pub in_progress: bool,
    /// Events of which only the name is read, by name.
    pub events_not_read: BTreeMap<String, u64>,
}

/// A line that is no event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Malformed {
    /// The file; `null` where names are not shown.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: u64,
}

/// A figure that follows from what the log states by a rule that need not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inferred {
    /// The figure.
    pub figure: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// The stages that it is inferred for; empty for the application.
    pub stages: Vec<u32>,
}

/// A setting for the next run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextSetting {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: &'static str,
    /// The figures that it records.
    pub records: Vec<String>,
}

/// Examines a log. With `redact`, names of files and of events that Spark does not have are left out.
#[must_use]
pub fn doctor(name: &str, recorded: &Recorded, redact: bool) -> DoctorReport {
    let recording = &recorded.recording;
    let parsed = recorded.version.parse::<ParsedVersion>().ok();
    let semantics: SparkVersion = parsed.as_ref().map_or(DEFAULT_VERSION, |parsed| parsed.version);
    let unknown = unknown(recorded);
    DoctorReport {
        schema_version: SCHEMA_VERSION,
        input: name.to_owned(),
        app: AppReport::of(recorded),
        spark_version: recorded.version.clone(),
        semantics_version: semantics.to_string(),
        modelled: parsed.is_some_and(|parsed| parsed.coverage == Coverage::Modelled),
        executors: recording.executors.len() as u64,
        jobs: recording.jobs.len() as u64,
        stages: recording.stages.len() as u64,
        tasks: recording.stages.iter().map(|stage| u64::from(stage.tasks)).sum(),
        rdds: recording.rdds.len() as u64,
        reading: reading(&recorded.diagnostics, redact),
        exact: exact(recorded),
        inferred: inferred(recorded),
        next_run: next_run(&unknown),
        unknown,
        notes: recorded.notes.iter().map(|note| note.text.clone()).collect(),
    }
}

fn reading(diagnostics: &Diagnostics, redact: bool) -> Reading {
    let not_read = diagnostics.events.iter().filter(|(name, _)| !name.is_empty() && !Event::is_typed(name));
    let mut events_not_read = BTreeMap::new();
    for (name, count) in not_read {
        let name = if redact && !name.contains("SparkListener") { "(other)" } else { name.as_str() };
        *events_not_read.entry(name.to_owned()).or_insert(0) += count;
    }
    Reading {
        files: diagnostics.files_read,
        lines: diagnostics.lines,
        events: diagnostics.event_count(),
        malformed_lines: diagnostics.malformed_lines,
        first_malformed: diagnostics
            .first_malformed
            .iter()
            .map(|malformed| Malformed {
                file: (!redact).then(|| malformed.file.clone()),
                line: malformed.line,
            })
            .collect(),
        incomplete_lines: diagnostics.incomplete_lines,
        damages: diagnostics.damages,
        truncated: diagnostics.damaged_streams.iter().filter(|damage| damage.truncated).count() as u64,
        compacted_files: diagnostics.compacted_files,
        missing_indices: diagnostics
            .missing_indices
            .iter()
            .map(|missing| (*missing.start(), *missing.end()))
            .collect(),
        other_logs: diagnostics.other_logs.len() as u64,
        log_start: diagnostics.log_start_seen,
        application_end: diagnostics.application_end_seen,
        in_progress: diagnostics.in_progress,
        events_not_read,
    }
}

/// Figures that are exact wherever they are.
fn exact(recorded: &Recorded) -> Vec<&'static str> {
    let of = |exact: bool| {
        recorded
            .grades
            .iter()
            .filter(move |grade| (grade.kind == Kind::Exact) == exact)
            .map(|grade| grade.figure)
    };
    let others: BTreeSet<&str> = of(false).collect();
    let exact: BTreeSet<&'static str> = of(true).filter(|figure| !others.contains(figure)).collect();
    exact.into_iter().collect()
}

fn inferred(recorded: &Recorded) -> Vec<Inferred> {
    let mut stages: BTreeMap<(&'static str, &'static str), BTreeSet<u32>> = BTreeMap::new();
    for grade in &recorded.grades {
        if let Kind::Inferred { rule } = grade.kind {
            stages.entry((grade.figure, rule)).or_default().extend(grade.stage);
        }
    }
    let row = |((figure, rule), stages): ((&'static str, &'static str), BTreeSet<u32>)| Inferred {
        figure,
        rule,
        stages: stages.into_iter().collect(),
    };
    stages.into_iter().map(row).collect()
}

fn next_run(unknown: &[Unknown]) -> Vec<NextSetting> {
    let mut records: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for unknown in unknown {
        if let Some(key) = &unknown.key {
            records.entry(key).or_default().push(unknown.path.clone());
        }
    }
    let row =
        |(key, records): (&str, Vec<String>)| NextSetting { key: key.to_owned(), value: "true", records };
    records.into_iter().map(row).collect()
}

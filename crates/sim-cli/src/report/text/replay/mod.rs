//! The screen of a replay.

mod cells;
mod tables;

use std::io::{self, Write};

use experiments::human;
use experiments::replay::{FailureModel, Figures, Placement, Predicted, ReplayExecutor, ReplayReport};

use self::cells::failure;
use super::header::{MARGIN, fact, wrap};
use crate::screen::{Ink, Screen, name};

pub(crate) fn write(report: &ReplayReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}\n", screen.paint(Ink::Title, &name(&report.input, screen.width)))?;
    facts(screen, out, "application", &application(report))?;
    for (at, line) in executors(&report.executors).iter().enumerate() {
        fact(screen, out, if at == 0 { "executors" } else { "" }, line)?;
    }
    if let Some(predicted) = &report.predicted {
        for (at, line) in what_if(predicted).iter().enumerate() {
            facts(screen, out, if at == 0 { "what if" } else { "" }, line)?;
        }
    }
    tables::write(report, screen, out)?;
    writeln!(out)?;
    verdict(report, screen, out)?;
    fact(screen, out, "fingerprint", &report.fingerprint)
}

/// A fact that may take several lines.
fn facts(screen: Screen, out: &mut impl Write, title: &str, text: &str) -> io::Result<()> {
    for (at, line) in wrap(text, screen.width - MARGIN).iter().enumerate() {
        fact(screen, out, if at == 0 { title } else { "" }, line)?;
    }
    Ok(())
}

fn application(report: &ReplayReport) -> String {
    let app = &report.app;
    let mut text = match (app.name.as_str(), app.id.as_str()) {
        ("", "") => "(without a name)".to_owned(),
        ("", id) => name(id, 60),
        (title, "") => name(title, 60),
        (title, id) => format!("{} ({})", name(title, 60), name(id, 60)),
    };
    match report.spark_version.as_str() {
        "" => text += &format!(", no version of Spark: modelled as {}", report.semantics_version),
        version => {
            text += &format!(", Spark {}, modelled as {}", name(version, 30), report.semantics_version);
        }
    }
    if !app.complete {
        text += "; the log does not have its end";
    }
    text
}

/// Executors that are alike on one line.
fn executors(executors: &[ReplayExecutor]) -> Vec<String> {
    let mut kinds: Vec<(&ReplayExecutor, u64)> = Vec::new();
    let key = |e: &ReplayExecutor| (e.cores, e.on_heap_bytes, e.off_heap_bytes, e.reported_on_heap_bytes);
    for executor in executors {
        match kinds.iter_mut().find(|(kind, _)| key(kind) == key(executor)) {
            Some((_, count)) => *count += 1,
            None => kinds.push((executor, 1)),
        }
    }
    let line = |(kind, count): &(&ReplayExecutor, u64)| {
        let mut text = format!(
            "{} of {}, {} of unified memory",
            human::count(*count, "executor"),
            human::count(kind.cores.into(), "core"),
            human::bytes(kind.on_heap_bytes)
        );
        match kind.reported_on_heap_bytes {
            Some(reported) if reported == kind.on_heap_bytes => text += " as reported",
            Some(reported) => text += &format!(" ({} reported)", human::bytes(reported)),
            None => {}
        }
        if kind.off_heap_bytes > 0 {
            text += &format!(", {} off the heap", human::bytes(kind.off_heap_bytes));
        }
        text
    };
    kinds.iter().map(line).collect()
}

/// What is asked: the settings that change, and how sure the answer can be.
fn what_if(predicted: &Predicted) -> Vec<String> {
    let mut lines: Vec<String> = predicted
        .conf
        .iter()
        .map(|setting| match &setting.from {
            Some(from) => format!("{} {} instead of {}", setting.key, name(&setting.to, 60), name(from, 60)),
            None => format!("{} {}", setting.key, name(&setting.to, 60)),
        })
        .collect();
    if lines.is_empty() {
        lines.push("nothing changes".to_owned());
    }
    if predicted.placement == Placement::Anew {
        lines.push("the executors are others: tasks are scheduled anew".to_owned());
    }
    if predicted.recut {
        lines.push("stages have other numbers of tasks than in the log: theirs are inferred".to_owned());
    }
    lines
}

fn verdict(report: &ReplayReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mut line = |title: &str, figures: &Figures, more: &str| {
        let text = format!("{}{more}", ended(figures));
        let ink = match figures.failed {
            Some(true) => Ink::Alarm,
            Some(false) => Ink::Good,
            None => Ink::Faint,
        };
        for (at, part) in wrap(&text, screen.width - MARGIN).iter().enumerate() {
            fact(screen, out, if at == 0 { title } else { "" }, &screen.paint(ink, part))?;
        }
        Ok::<(), io::Error>(())
    };
    let reason = report.failure_reason.as_deref().unwrap_or_default();
    let cannot = format!(": it cannot be known from this log: {reason}");
    let more = match report.failure_model {
        FailureModel::None | FailureModel::Modelled => "",
        FailureModel::CannotBeKnown => &cannot,
        FailureModel::NotMemory => ": memory does not explain it",
    };
    line("observed", &report.observed, more)?;
    let unsure = |path: &str| {
        let row = report.unknown.iter().find(|unknown| unknown.path == path);
        let told = report.failure_model == FailureModel::CannotBeKnown;
        row.filter(|row| !told || report.failure_reason.as_deref() != Some(&row.reason))
            .map_or_else(String::new, |row| format!(": {}", row.reason))
    };
    line("simulated", &report.simulated, &unsure("simulated.failed"))?;
    if let Some(predicted) = &report.predicted {
        let may = predicted.interval.get("failed").filter(|interval| interval.low != interval.high);
        let more = match may {
            Some(_) => "; it depends on the order of events".to_owned(),
            None => unsure("predicted.failed"),
        };
        line("predicted", &predicted.figures, &more)?;
    }
    Ok(())
}

fn ended(figures: &Figures) -> String {
    match (figures.failed, figures.failure) {
        (None, _) => "whether the application fails is not known".to_owned(),
        (Some(false), _) => match figures.failed_tasks {
            0 => "the application finishes".to_owned(),
            failed => format!(
                "the application finishes; {} failed before",
                human::count(failed, "attempt of a task")
            ),
        },
        (Some(true), None) => "the application fails".to_owned(),
        (Some(true), Some(why)) => format!("the application fails ({})", failure(why)),
    }
}

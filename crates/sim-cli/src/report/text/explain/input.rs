//! Why the memory of an input ran short: the verdict, its first cause and the best fix; then everything that was found.

use std::io::{self, Write};

use experiments::explain::{Effect, ExplainReport, Finding, FindingKind, Fix, Held, Judged};
use experiments::human;
use experiments::report::{FailureKind, HolderReport, Verdict};

use super::super::header::{MARGIN, fact, wrap};
use super::super::run::section;
use super::{paragraph, task};
use crate::screen::{Ink, Screen, name};

/// Attempts and RDDs shown of those that held memory.
const HOLDERS: usize = 4;

pub(crate) fn write(report: &ExplainReport, screen: Screen, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{}", screen.paint(Ink::Title, &name(&report.input, screen.width)))?;
    for line in wrap(&name(&report.question, 1000), screen.width) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    summary(report, screen, out)?;
    for text in &report.sure {
        paragraph(screen, out, "how sure", text)?;
    }
    for (at, finding) in report.findings.iter().enumerate() {
        tell(report, finding, at + 1, screen, out)?;
    }
    if !report.left.is_empty() {
        section(screen, out, "and besides")?;
        for text in &report.left {
            paragraph(screen, out, "", text)?;
        }
    }
    if let Some(story) = &report.task {
        task::write(story, screen, out)?;
    }
    Ok(())
}

/// What one reads first.
fn summary(report: &ExplainReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let ink = if report.verdict == Verdict::Finished { Ink::Good } else { Ink::Alarm };
    for (at, line) in wrap(&report.verdict_text, screen.width - MARGIN).iter().enumerate() {
        fact(screen, out, if at == 0 { "verdict" } else { "" }, &screen.paint(ink, line))?;
    }
    let Some(first) = report.findings.first() else {
        return fact(screen, out, "found", "nothing: no failure, no spill, no eviction, no waste");
    };
    paragraph(screen, out, "cause", &first.cause)?;
    match first.fixes.first().filter(|best| matches!(best.effect, Effect::Solves | Effect::Helps)) {
        Some(best) => {
            let fix = &report.fixes[best.fix];
            paragraph(screen, out, "best fix", &format!("{}: {}", change(fix), best.text))
        }
        None if first.fixes.is_empty() => Ok(()),
        None => paragraph(screen, out, "best fix", "none of what was tried helps; see below"),
    }
}

fn tell(
    report: &ExplainReport,
    finding: &Finding,
    number: usize,
    screen: Screen,
    out: &mut impl Write,
) -> io::Result<()> {
    section(screen, out, &format!("{number}. {}", kind(finding)))?;
    paragraph(screen, out, "what", &finding.title)?;
    if let Some(at) = finding.at_ms {
        fact(screen, out, "when", &human::ms(at))?;
    }
    paragraph(screen, out, "why", &finding.cause)?;
    if let Some(held) = &finding.held {
        who_held(held, screen, out)?;
    }
    tried(report, &finding.fixes, screen, out)
}

/// Who held the memory at a moment.
pub(super) fn who_held(held: &Held, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let mode = if held.mode == "off_heap" { " off the heap" } else { "" };
    let pool = format!(
        "executor {}: of {}{mode}, {} execution in {}, {} storage",
        held.executor,
        human::bytes(held.unified_bytes),
        human::bytes(held.execution_used_bytes),
        human::count(held.active_tasks, "active task"),
        human::bytes(held.storage_used_bytes)
    );
    paragraph(screen, out, "held by", &pool)?;
    for attempt in held.attempts.iter().take(HOLDERS) {
        paragraph(screen, out, "", &holding(attempt))?;
    }
    if held.attempts.len() > HOLDERS {
        fact(
            screen,
            out,
            "",
            &format!("and {} more", human::count((held.attempts.len() - HOLDERS) as u64, "task")),
        )?;
    }
    for rdd in held.rdds.iter().take(HOLDERS) {
        let text = format!("{}: {}", name(&rdd.name, 60), human::bytes(rdd.held_bytes));
        fact(screen, out, "", &if rdd.rdd.is_some() { format!("cache of {text}") } else { text })?;
    }
    Ok(())
}

fn holding(attempt: &HolderReport) -> String {
    let consumers = attempt.consumers.iter();
    let consumers: Vec<String> =
        consumers.map(|held| format!("{} {}", held.consumer, human::bytes(held.held_bytes))).collect();
    let colon = if consumers.is_empty() { "" } else { ": " };
    format!(
        "task {} of stage {}: {}{colon}{}",
        attempt.index,
        attempt.stage,
        human::bytes(attempt.held_bytes),
        consumers.join(", ")
    )
}

fn tried(report: &ExplainReport, fixes: &[Judged], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let groups: [(&str, Ink, &[Effect]); 4] = [
        ("solves it", Ink::Good, &[Effect::Solves]),
        ("helps", Ink::Good, &[Effect::Helps]),
        ("no help", Ink::Faint, &[Effect::DoesNotHelp, Effect::Harms, Effect::Refused]),
        ("no effect", Ink::Faint, &[Effect::ChangesNothing]),
    ];
    for (title, ink, effects) in groups {
        let of: Vec<&Judged> = fixes.iter().filter(|judged| effects.contains(&judged.effect)).collect();
        if effects == [Effect::ChangesNothing] {
            let names: Vec<&str> = of.iter().map(|judged| report.fixes[judged.fix].text.as_str()).collect();
            if !names.is_empty() {
                paragraph(screen, out, title, &names.join("; "))?;
            }
            continue;
        }
        for (at, judged) in of.iter().enumerate() {
            let title = if at == 0 { title } else { "" };
            for (line_at, line) in
                wrap(&change(&report.fixes[judged.fix]), screen.width - MARGIN).iter().enumerate()
            {
                fact(screen, out, if line_at == 0 { title } else { "" }, &screen.paint(ink, line))?;
            }
            for line in wrap(&judged.text, screen.width - MARGIN - 2) {
                fact(screen, out, "", &format!("  {line}"))?;
            }
        }
    }
    Ok(())
}

/// A change and its settings.
fn change(fix: &Fix) -> String {
    let settings: Vec<String> =
        fix.settings.iter().map(|setting| format!("{}={}", setting.key, setting.value)).collect();
    match settings.as_slice() {
        [] => fix.text.clone(),
        settings => format!("{} ({})", settings.join(" "), fix.text),
    }
}

fn kind(finding: &Finding) -> String {
    let word = match finding.kind {
        FindingKind::Failure => "failure",
        FindingKind::ObservedFailure => "failure in the log",
        FindingKind::Stall => "hang",
        FindingKind::Spill => "spill",
        FindingKind::Eviction => "eviction",
        FindingKind::TooFewPartitions => "too few partitions",
        FindingKind::TooManyPartitions => "too many partitions",
        FindingKind::Skew => "skew",
        FindingKind::UselessCache => "useless cache",
        FindingKind::WastedMemory => "wasted memory",
    };
    match finding.failure.map(FailureKind::word) {
        Some(failure) => format!("{word}: {failure}"),
        None => word.to_owned(),
    }
}

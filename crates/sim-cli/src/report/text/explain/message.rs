//! What a pasted message means.

use std::io::Write;

use experiments::explain::message::{MessageReport, Recognised};

use super::super::header::{MARGIN, fact, wrap};
use super::super::run::section;
use super::{list, paragraph};
use crate::screen::{Ink, Screen, name};

/// Symptoms shown besides the root.
const SHOWN: usize = 6;

pub(crate) fn write(report: &MessageReport, screen: Screen, out: &mut impl Write) -> anyhow::Result<()> {
    let answer = &report.answer;
    let ink = if report.root.failure.is_some() { Ink::Alarm } else { Ink::Title };
    for line in wrap(&answer.verdict, screen.width) {
        writeln!(out, "{}", screen.paint(ink, &line))?;
    }
    writeln!(out)?;
    paragraph(screen, out, "kind", kind(&report.root))?;
    paragraph(screen, out, "ended", &answer.process)?;
    paragraph(screen, out, "said", &name(&report.root.line, 300))?;

    section(screen, out, "what it means")?;
    list(screen, out, "", &answer.means)?;
    if !answer.means_not.is_empty() {
        section(screen, out, "what it does not mean")?;
        list(screen, out, "", &answer.means_not)?;
    }
    if !answer.settings.is_empty() {
        section(screen, out, "what to set, the best first")?;
        for advice in &answer.settings {
            writeln!(out, "{:MARGIN$}{}", "", screen.paint(Ink::Good, &advice.setting))?;
            for line in wrap(&advice.why, screen.width - MARGIN - 2) {
                fact(screen, out, "", &format!("  {line}"))?;
            }
        }
    }
    if !answer.look_at.is_empty() {
        section(screen, out, "what to look at next")?;
        list(screen, out, "", &answer.look_at)?;
    }
    if !answer.commands.is_empty() {
        section(screen, out, "what to run")?;
        for command in &answer.commands {
            fact(screen, out, "", command)?;
        }
    }
    if !report.follows.is_empty() {
        section(screen, out, "what follows of it in the text")?;
        for symptom in report.follows.iter().take(SHOWN) {
            paragraph(screen, out, "", &format!("{}: {}", kind(symptom), name(&symptom.line, 160)))?;
        }
        if report.follows.len() > SHOWN {
            fact(screen, out, "", &format!("and {} more", report.follows.len() - SHOWN))?;
        }
    }
    Ok(())
}

fn kind(symptom: &Recognised) -> &'static str {
    symptom.failure.map_or("no failure", experiments::report::FailureKind::word)
}

//! The screen of a run.

use std::io::Write;

use experiments::Run;
use experiments::human;
use experiments::report::Verdict;

use super::{containers, error, header, oom, stages, timeline, trouble, warnings, without};
use crate::screen::{Ink, Screen};

pub(crate) fn write(run: &Run, screen: Screen, out: &mut impl Write) -> anyhow::Result<()> {
    let report = &run.report;
    header::write(report, screen, out)?;
    if let Some(samples) = &run.timeline {
        timeline::write(report, samples, screen, out)?;
    }
    stages::write(report, screen, out)?;
    trouble::write(report, screen, out)?;
    containers::write(report, screen, out)?;
    if let Some(other) = &report.without {
        without::write(report, other, screen, out)?;
    }
    warnings::write(&report.warnings, screen, out)?;
    if let Some(oom_report) = &report.oom {
        oom::write(oom_report, screen, out)?;
    }
    if let Some(error_report) = &report.error {
        error::write(error_report, screen, out)?;
    }
    let ink = match report.verdict {
        Verdict::Finished => Ink::Good,
        Verdict::Failed | Verdict::Stalled | Verdict::GaveUp => Ink::Alarm,
    };
    writeln!(out)?;
    for (at, line) in header::wrap(&report.verdict_text, screen.width - header::MARGIN).iter().enumerate() {
        let title = if at == 0 { "verdict" } else { "" };
        header::fact(screen, out, title, &screen.paint(ink, line))?;
    }
    let fingerprint = format!("{} of {}", report.fingerprint, human::count(report.events, "event"));
    header::fact(screen, out, "fingerprint", &fingerprint)?;
    Ok(())
}

/// A title with a blank line above it.
pub(super) fn section(screen: Screen, out: &mut impl Write, title: &str) -> std::io::Result<()> {
    writeln!(out, "\n{}", screen.paint(Ink::Title, title))
}

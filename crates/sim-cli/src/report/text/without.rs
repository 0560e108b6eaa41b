//! What an application would gain if something cost no time.

use std::io::{self, Write};

use experiments::without::{Part, WithoutReport};
use experiments::{RunReport, human};

use super::header::{MARGIN, fact, wrap};
use super::run::section;
use super::stages::size;
use crate::screen::Screen;

pub(super) fn write(
    report: &RunReport,
    without: &WithoutReport,
    screen: Screen,
    out: &mut impl Write,
) -> io::Result<()> {
    let parts: Vec<&str> = without.parts.iter().copied().map(Part::word).collect();
    section(screen, out, &format!("if this cost no time: {}", parts.join(", ")))?;
    fact(screen, out, "job", &change(report.duration_ms, without.duration_ms))?;
    fact(screen, out, "task time", &change(report.time_ms.total(), without.time_ms.total()))?;
    fact(screen, out, "cpu", &change(report.cpu_ms, without.cpu_ms))?;
    if report.memory_spilled_bytes != without.memory_spilled_bytes {
        let (before, after) = (size(report.memory_spilled_bytes), size(without.memory_spilled_bytes));
        fact(screen, out, "spilled", &format!("{before} -> {after}: tasks meet others at other moments"))?;
    }
    if without.failed != report.failed {
        fact(screen, out, "", "that run does not end as this one does")?;
    }
    let honest = "Requests for memory follow the same rules at other moments: the schedule changes too, so that the \
                  gain is not the sum of the time taken away.";
    for line in wrap(honest, screen.width - MARGIN) {
        fact(screen, out, "", &line)?;
    }
    Ok(())
}

fn change(before: u64, after: u64) -> String {
    let (word, difference) =
        if after <= before { ("less", before - after) } else { ("more", after - before) };
    let percent = (u128::from(difference) * 100).checked_div(before.into()).unwrap_or(0);
    format!("{} -> {} ({} {word}, {percent}%)", human::ms(before), human::ms(after), human::ms(difference))
}

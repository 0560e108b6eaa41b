//! The containers of executors, where they are worth a word.

use std::cmp::Reverse;
use std::io::{self, Write};

use experiments::human;
use experiments::report::{ContainerReport, RunReport};

use super::header::fact;
use super::run::section;
use crate::screen::Screen;

/// Executors shown.
const SHOWN: usize = 3;

pub(super) fn write(report: &RunReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let containers = report.executors.iter().filter_map(|one| Some((one.executor, one.container.as_ref()?)));
    let mut told: Vec<(u32, &ContainerReport)> =
        containers.filter(|(_, container)| container.is_worth_a_word()).collect();
    if told.is_empty() {
        return Ok(());
    }
    told.sort_by_key(|(executor, container)| {
        (container.killed.is_none(), Reverse(container.peak_bytes), *executor)
    });
    section(screen, out, "containers at their largest (a model, but for memory off the heap)")?;
    for (executor, container) in told.iter().take(SHOWN) {
        fact(screen, out, &format!("executor {executor}"), &held(container))?;
        fact(screen, out, "", &parts(container))?;
    }
    if told.len() > SHOWN {
        fact(screen, out, "", &format!("and {} more", told.len() - SHOWN))?;
    }
    Ok(())
}

fn held(container: &ContainerReport) -> String {
    let peak = human::bytes(container.peak_bytes);
    let workers = match container.python_workers {
        0 => String::new(),
        n => format!(", {}", human::count(u64::from(n), "python worker")),
    };
    match (container.killed, container.limit_bytes) {
        (Some(kill), Some(limit)) => format!(
            "killed with {} of {}: exit code {}{workers}",
            human::bytes(kill.used_bytes),
            human::bytes(limit),
            kill.exit_code
        ),
        (_, Some(limit)) => format!("{peak} of {}{workers}", human::bytes(limit)),
        (_, None) => format!("{peak}, without a limit{workers}"),
    }
}

fn parts(container: &ContainerReport) -> String {
    let mut parts: Vec<(&str, u64)> = container.parts.iter().map(|(&part, &bytes)| (part, bytes)).collect();
    parts.retain(|&(_, bytes)| bytes > 0);
    parts.sort_by_key(|&(part, bytes)| (Reverse(bytes), part));
    let named = parts.iter().map(|(part, bytes)| format!("{part} {}", human::bytes(*bytes)));
    named.collect::<Vec<_>>().join(", ")
}

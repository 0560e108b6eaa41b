//! One task, attempt by attempt.

use std::io::{self, Write};

use experiments::explain::TaskStory;
use experiments::human;
use experiments::report::TaskStatus;

use super::super::header::fact;
use super::super::run::section;
use super::input::who_held;
use super::paragraph;
use crate::screen::{Screen, name};

pub(super) fn write(story: &TaskStory, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let title = format!("task {} of stage {} ({})", story.index, story.stage, name(&story.stage_name, 40));
    section(screen, out, &title)?;
    let read = format!(
        "{}; the median task of the stage {}",
        human::bytes(story.read_bytes),
        human::bytes(story.median_read_bytes)
    );
    fact(screen, out, "read", &read)?;
    fact(screen, out, "median peak", &human::bytes(story.median_peak_bytes))?;
    if story.attempts.is_empty() {
        return fact(screen, out, "", "it was never launched");
    }
    for attempt in &story.attempts {
        let status = match attempt.status {
            TaskStatus::Succeeded => "succeeded",
            TaskStatus::Failed => "failed",
            TaskStatus::Killed => "was killed with its stage",
            TaskStatus::Lost => "was lost with its executor",
        };
        let text = format!(
            "{status} on executor {} after {}, launched at {}; peak {}, spilled {} in {}",
            attempt.executor,
            human::ms(attempt.ended_ms.saturating_sub(attempt.launched_ms)),
            human::ms(attempt.launched_ms),
            human::bytes(attempt.peak_execution_memory_bytes),
            human::bytes(attempt.memory_spilled_bytes),
            human::count(attempt.spills, "piece")
        );
        paragraph(screen, out, &format!("attempt {}", attempt.attempt), &text)?;
    }
    for spill in &story.spills {
        let text = format!(
            "{} at {}, attempt {}: {}; {}",
            spill.consumer,
            human::ms(spill.at_ms),
            spill.attempt,
            human::bytes(spill.bytes),
            spill.cause
        );
        paragraph(screen, out, "spill", &text)?;
        who_held(&spill.held, screen, out)?;
    }
    Ok(())
}

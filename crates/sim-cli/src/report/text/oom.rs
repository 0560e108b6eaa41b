//! The error that ended an application: who asked, and who held the memory.

use std::io::{self, Write};

use experiments::human;
use experiments::report::{HolderReport, OomReport};

use super::header::fact;
use super::run::section;
use crate::screen::{Screen, name};

/// Holders shown.
const SHOWN: usize = 8;

pub(super) fn write(oom: &OomReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    section(screen, out, "out of memory")?;
    let who = format!(
        "{} of task {} of stage {} ({}), job {}",
        oom.consumer,
        oom.index,
        oom.stage,
        name(&oom.stage_name, 40),
        name(&oom.job, 40)
    );
    fact(screen, out, "who asked", &who)?;
    fact(screen, out, "error", &oom.error)?;
    let pools = format!(
        "{} execution pool, {} storage in use",
        human::bytes(oom.execution_pool_bytes),
        human::bytes(oom.storage_used_bytes)
    );
    fact(screen, out, "then", &pools)?;
    for (at, holder) in oom.holders.iter().take(SHOWN).enumerate() {
        fact(screen, out, if at == 0 { "holders" } else { "" }, &holding(holder))?;
    }
    if oom.holders.len() > SHOWN {
        fact(screen, out, "", &format!("and {} more", oom.holders.len() - SHOWN))?;
    }
    Ok(())
}

fn holding(holder: &HolderReport) -> String {
    let consumers = holder.consumers.iter();
    let consumers: Vec<String> = consumers
        .map(|consumer| format!("{} {}", consumer.consumer, human::bytes(consumer.held_bytes)))
        .collect();
    format!(
        "task {} of stage {}: {}{}{}",
        holder.index,
        holder.stage,
        human::bytes(holder.held_bytes),
        if consumers.is_empty() { "" } else { ": " },
        consumers.join(", ")
    )
}

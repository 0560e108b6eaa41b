//! The failure that ended an application where it was no lack of execution memory.

use std::io::{self, Write};

use experiments::human;
use experiments::report::ErrorReport;

use super::header::{self, fact};
use super::run::section;
use crate::screen::Screen;

pub(super) fn write(error: &ErrorReport, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    section(screen, out, "failure")?;
    if let Some(kind) = error.kind {
        fact(screen, out, "kind", kind.word())?;
    }
    let lines = error.text.as_deref().unwrap_or_default().lines();
    let lines = lines.flat_map(|line| header::wrap(line, screen.width - header::MARGIN));
    for (at, line) in lines.enumerate() {
        fact(screen, out, if at == 0 { "Spark says" } else { "" }, &line)?;
    }
    if let Some(code) = error.exit_code {
        fact(screen, out, "exit code", &code.to_string())?;
    }
    for (at, part) in error.parts.iter().enumerate() {
        let held = format!("{} {}", part.name, human::bytes(part.held_bytes));
        fact(screen, out, if at == 0 { "held by" } else { "" }, &held)?;
    }
    Ok(())
}

//! What Spark warns of.

use std::io::{self, Write};

use experiments::report::WarningReport;

use super::header::{self, fact};
use super::run::section;
use crate::screen::Screen;

/// Warnings shown.
const SHOWN: usize = 4;

pub(super) fn write(warnings: &[WarningReport], screen: Screen, out: &mut impl Write) -> io::Result<()> {
    if warnings.is_empty() {
        return Ok(());
    }
    section(screen, out, "warnings")?;
    for (at, warning) in warnings.iter().take(SHOWN).enumerate() {
        for (line, text) in header::wrap(&warning.text, screen.width - header::MARGIN).iter().enumerate() {
            fact(screen, out, if at + line == 0 { "Spark says" } else { "" }, text)?;
        }
    }
    if warnings.len() > SHOWN {
        fact(screen, out, "", &format!("and {} more", warnings.len() - SHOWN))?;
    }
    Ok(())
}

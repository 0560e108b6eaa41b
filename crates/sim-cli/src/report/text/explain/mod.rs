//! The screens of explanations.

mod input;
mod message;
mod task;

pub(crate) use input::write as input;
pub(crate) use message::write as message;

use std::io::{self, Write};

use super::header::{MARGIN, fact, wrap};
use crate::screen::{Screen, name};

/// The most characters of a text of the input that are shown.
const LONG: usize = 2_000;

/// A fact in as many lines as it takes.
fn paragraph(screen: Screen, out: &mut impl Write, title: &str, text: &str) -> io::Result<()> {
    for (at, line) in wrap(&name(text, LONG), screen.width - MARGIN).iter().enumerate() {
        fact(screen, out, if at == 0 { title } else { "" }, line)?;
    }
    Ok(())
}

/// Several facts under one title, each begun with a dash.
fn list<'t>(
    screen: Screen,
    out: &mut impl Write,
    title: &str,
    items: impl IntoIterator<Item = &'t String>,
) -> io::Result<()> {
    let mut title = title;
    for item in items {
        for (at, line) in wrap(&name(item, LONG), screen.width - MARGIN - 2).iter().enumerate() {
            let dash = if at == 0 { "- " } else { "  " };
            fact(screen, out, title, &format!("{dash}{line}"))?;
            title = "";
        }
    }
    Ok(())
}

//! The commands, one a file.

pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod layout;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod size;
pub(crate) mod sweep;

use std::path::Path;

use experiments::{Input, Note};

use crate::args::Color;
use crate::screen::Screen;

/// Opens an input; `-` is standard input.
fn open(path: &Path, seed: Option<u64>) -> anyhow::Result<Input> {
    Ok(match path.as_os_str() == "-" {
        true => Input::read("standard input", std::io::stdin(), seed)?,
        false => Input::open(path, seed)?,
    })
}

/// What the result is shown on: files are plain.
fn screen(output: Option<&Path>, color: Color) -> Screen {
    match output {
        Some(path) if path.as_os_str() != "-" => Screen::PLAIN,
        _ => Screen::stdout(color),
    }
}

/// Prints how the input was understood, keys that are not read only where that was asked for.
fn print_notes(notes: &[Note], verbose: bool) {
    for note in notes {
        if verbose || !matches!(note, Note::Unread { .. }) {
            eprintln!("note: {note}");
        }
    }
}

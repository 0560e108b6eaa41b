//! `poolsim check`.

use std::path::Path;

use experiments::check::{CheckReport, check as check_input};
use experiments::{Input, Settings};

use super::screen;
use crate::args::{CheckArgs, CheckFormat, Color};
use crate::exit::Exit;
use crate::failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{json, text};

/// Opens a scenario; `-` is standard input.
fn open(path: &Path) -> anyhow::Result<Input> {
    Ok(match path.as_os_str() == "-" {
        true => Input::read("standard input", std::io::stdin(), None)?,
        false => Input::open_scenario(path)?,
    })
}

pub(crate) fn check(args: &CheckArgs, color: Color) -> anyhow::Result<Exit> {
    let mut output = Output::open(args.output.as_deref())?;
    let screen = screen(args.output.as_deref(), color);
    let mut reports: Vec<CheckReport> = Vec::new();
    let mut unreadable = false;
    {
        let progress = Progress::bar("checking", args.files.len() as u64);
        for file in &args.files {
            let checked = open(file).and_then(|input| Ok(check_input(&input, &Settings::default())?));
            match checked {
                Ok(report) => reports.push(report),
                // One bad file does not hide what the others say.
                Err(error) => {
                    failure::print(&error);
                    unreadable = true;
                }
            }
            progress.advance();
        }
    }
    match args.format {
        // Nothing was checked: the error says it all.
        CheckFormat::Text if unreadable && reports.is_empty() => {}
        CheckFormat::Text => text::check::write(&reports, screen, &mut output)?,
        CheckFormat::Json => json::write(&reports, &mut output)?,
    }
    output.finish()?;
    Ok(match (unreadable, reports.iter().all(CheckReport::ok)) {
        (true, _) => Exit::BadInput,
        (false, false) => Exit::BadAnswer,
        (false, true) => Exit::Answered,
    })
}

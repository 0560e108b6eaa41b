//! `poolsim explain`.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use experiments::Error;
use experiments::explain::{ExplainOptions, message};

use super::{open, print_notes, screen};
use crate::args::{Color, ExplainArgs, ExplainFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{json, text};

/// The most bytes of a message that are read: logs are for `poolsim explain LOG`.
const MAX_MESSAGE: u64 = 16 << 20;

pub(crate) fn explain(args: &ExplainArgs, color: Color) -> anyhow::Result<Exit> {
    match (&args.message, &args.input) {
        (Some(text), _) => explain_message(&message_text(text)?, args, color),
        (None, Some(path)) => explain_input(path, args, color),
        (None, None) => unreachable!("the arguments want one of them"),
    }
}

fn explain_input(path: &Path, args: &ExplainArgs, color: Color) -> anyhow::Result<Exit> {
    let settings = args.settings.settings()?;
    let input = open(path, settings.seed)?;
    print_notes(&input.notes, args.settings.verbose);
    let mut output = Output::open(args.output.as_deref())?;
    let report = {
        let _progress = Progress::spinner(&format!("explaining {}", input.name));
        experiments::explain::explain(&input, &settings, ExplainOptions { task: args.task }, || ())?
    };
    match args.format {
        ExplainFormat::Text => {
            text::explain::input(&report, screen(args.output.as_deref(), color), &mut output)?;
        }
        ExplainFormat::Json => json::write(&report, &mut output)?,
    }
    output.finish()?;
    Ok(Exit::Answered)
}

fn explain_message(text: &str, args: &ExplainArgs, color: Color) -> anyhow::Result<Exit> {
    let Some(report) = message::explain(text) else {
        return Err(Error::Input(not_recognised(text)).into());
    };
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        ExplainFormat::Text => {
            text::explain::message(&report, screen(args.output.as_deref(), color), &mut output)?;
        }
        ExplainFormat::Json => json::write(&report, &mut output)?,
    }
    output.finish()?;
    Ok(Exit::Answered)
}

/// The text of `--message`, or of standard input for `-`.
fn message_text(text: &str) -> anyhow::Result<String> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_MESSAGE + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.len() as u64 > MAX_MESSAGE {
        let why = "standard input is larger than 16 MiB: paste the error and the lines around it; \
                   an event log is explained by `poolsim explain LOG`";
        return Err(Error::Input(why.to_owned()).into());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn not_recognised(text: &str) -> String {
    let found = match text.trim().lines().next() {
        None => "the message is empty".to_owned(),
        Some(line) => format!("nothing in the message is known: {}", crate::screen::name(line, 80)),
    };
    format!(
        "{found}\n  what is understood: errors of Spark's memory, of the JVM (OutOfMemoryError and its kin), of YARN and \
         Kubernetes (killed containers), of Python workers, lost executors, and exit codes (52, 137, 143, -104)\n  \
         give the line with the exception and those that begin with `Caused by:`"
    )
}

//! `poolsim replay`.

use experiments::read_log;
use experiments::replay::{ReplayOptions, replay as replay_log};

use super::screen;
use crate::args::{Color, ReplayArgs, ReplayFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{json, replay_csv, text};

pub(crate) fn replay(args: &ReplayArgs, color: Color) -> anyhow::Result<Exit> {
    let settings = args.settings.settings()?;
    let mut output = Output::open(args.output.as_deref())?;
    let name = args.log.name();
    let report = {
        let _progress = Progress::spinner(&format!("replaying {name}"));
        let recorded = read_log(&args.log.path, &args.log.options())?;
        let options = ReplayOptions {
            interval_runs: args.runs,
            seed: settings.seed.unwrap_or(0),
            tasks: args.tasks && args.format == ReplayFormat::Json,
        };
        replay_log(&name, &recorded, &settings, &options)?
    };
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    match args.format {
        ReplayFormat::Text => {
            text::replay::write(&report, screen(args.output.as_deref(), color), &mut output)?;
        }
        ReplayFormat::Json => json::write(&report, &mut output)?,
        ReplayFormat::Csv => replay_csv::write(&report, &mut output)?,
    }
    output.finish()?;
    let predicted = report.predicted.as_ref().map(|predicted| predicted.figures.failed);
    Ok(match predicted.unwrap_or(report.simulated.failed) {
        Some(true) => Exit::BadAnswer,
        Some(false) | None => Exit::Answered,
    })
}

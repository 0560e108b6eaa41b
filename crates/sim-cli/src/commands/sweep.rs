//! `poolsim sweep`.

use experiments::Error;
use experiments::sweep::{Axis, size, sweep as sweep_input};

use super::{open, screen};
use crate::args::{Color, SweepArgs, SweepFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{csv, json, text};

pub(crate) fn sweep(args: &SweepArgs, color: Color) -> anyhow::Result<Exit> {
    let axes = args.vary.iter().map(|text| text.parse()).collect::<Result<Vec<Axis>, Error>>()?;
    let settings = args.settings.settings()?;
    let input = open(&args.input, settings.seed)?;
    let mut output = Output::open(args.output.as_deref())?;
    let report = {
        let progress = Progress::bar(&format!("sweeping {}", input.name), size(&axes));
        sweep_input(&input, &settings, &axes, || progress.advance())?
    };
    match args.format {
        SweepFormat::Text => text::sweep::write(&report, screen(args.output.as_deref(), color), &mut output)?,
        SweepFormat::Json => json::write(&report, &mut output)?,
        SweepFormat::Csv => csv::sweep(&report, &mut output)?,
    }
    output.finish()?;
    Ok(Exit::Answered)
}

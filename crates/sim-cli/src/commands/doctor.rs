//! `poolsim doctor`.

use experiments::doctor::doctor as examine;
use experiments::read_log;

use super::screen;
use crate::args::{Color, DoctorArgs, DoctorFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{json, text};

pub(crate) fn doctor(args: &DoctorArgs, color: Color) -> anyhow::Result<Exit> {
    let mut output = Output::open(args.output.as_deref())?;
    let name = args.log.name();
    let options = args.log.options();
    let report = {
        let _progress = Progress::spinner(&format!("reading {name}"));
        examine(&name, &read_log(&args.log.path, &options)?, options.redact)
    };
    match args.format {
        DoctorFormat::Text => {
            text::doctor::write(&report, screen(args.output.as_deref(), color), &mut output)?;
        }
        DoctorFormat::Json => json::write(&report, &mut output)?,
    }
    output.finish()?;
    Ok(Exit::Answered)
}

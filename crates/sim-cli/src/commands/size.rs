//! `poolsim size`.

use experiments::size::size as size_executors;

use super::{open, screen};
use crate::args::{Color, SizeArgs, SizeFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{json, text};

pub(crate) fn size(args: &SizeArgs, color: Color) -> anyhow::Result<Exit> {
    let settings = args.settings.settings()?;
    let input = args.input.as_deref().map(|path| open(path, settings.seed)).transpose()?;
    let request = args.request(settings);
    let report = {
        let name = input.as_ref().map_or("executors", |input| input.name.as_str());
        let _progress = Progress::spinner(&format!("sizing {name}"));
        size_executors(&request, input.as_ref(), || ())?
    };
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        SizeFormat::Text => text::size::write(&report, screen(args.output.as_deref(), color), &mut output)?,
        SizeFormat::Json => json::write(&report, &mut output)?,
    }
    output.finish()?;
    Ok(Exit::Answered)
}

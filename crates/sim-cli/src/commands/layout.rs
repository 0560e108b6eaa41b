//! `poolsim layout`.

use experiments::layout::{Request, layout as lay_out};

use super::screen;
use crate::args::{Color, LayoutArgs, LayoutFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{json, layout_csv, text};

pub(crate) fn layout(args: &LayoutArgs, color: Color) -> anyhow::Result<Exit> {
    let settings = args.settings.settings()?;
    let mut request = match (&args.input, &args.submit) {
        (Some(path), _) => {
            let _progress = Progress::spinner(&format!("reading {}", path.display()));
            Request::open(path, &args.log_options(), &settings)?
        }
        (None, Some(line)) => Request::of_submit(line, &settings)?,
        (None, None) => Request::of_settings(&settings),
    };
    request.verbose = args.settings.verbose;
    let report = lay_out(&request)?;
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        LayoutFormat::Text => {
            text::layout::write(&report, screen(args.output.as_deref(), color), &mut output)?;
        }
        LayoutFormat::Json => json::write(&report, &mut output)?,
        LayoutFormat::Csv => layout_csv::write(&report, &mut output)?,
    }
    output.finish()?;
    Ok(Exit::Answered)
}

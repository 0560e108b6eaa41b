//! `poolsim run`.

use experiments::report::Verdict;
use experiments::without::without;
use experiments::{Case, Keep};

use super::{open, print_notes, screen};
use crate::args::{Color, RunArgs, RunFormat};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{csv, json, jsonl, text, timeline_csv};

pub(crate) fn run(args: &RunArgs, color: Color) -> anyhow::Result<Exit> {
    let settings = args.settings.settings()?;
    let input = open(&args.input, settings.seed)?;
    let case = Case::of(&input, &settings)?;
    print_notes(&case.notes, args.settings.verbose);
    let mut output = Output::open(args.output.as_deref())?;
    let timeline = args.timeline.as_deref().map(|path| Output::open(Some(path))).transpose()?;

    let text_format = args.format == RunFormat::Text;
    let keep = Keep {
        timeline: text_format || timeline.is_some(),
        journal: args.format == RunFormat::Jsonl,
        tasks: text_format || args.tasks,
    };
    let run = {
        let _progress = Progress::spinner(&format!("running {}", input.name));
        let mut run = experiments::run(&case, keep);
        if !args.without.is_empty() {
            let parts: Vec<_> = args.without.iter().map(|&part| part.into()).collect();
            run.report.without = Some(without(&input, &settings, &parts, &run.report)?);
        }
        run
    };

    if let (Some(mut file), Some(samples)) = (timeline, &run.timeline) {
        timeline_csv::write(samples, &mut file)?;
        file.finish()?;
    }
    match args.format {
        RunFormat::Text => text::run::write(&run, screen(args.output.as_deref(), color), &mut output)?,
        RunFormat::Json => json::write(&run.report, &mut output)?,
        RunFormat::Csv => csv::stages(&run.report, &mut output)?,
        RunFormat::Jsonl => jsonl::write(run.journal.as_ref(), &mut output)?,
    }
    output.finish()?;
    Ok(match run.report.verdict {
        Verdict::Finished => Exit::Answered,
        Verdict::Failed | Verdict::Stalled | Verdict::GaveUp => Exit::BadAnswer,
    })
}

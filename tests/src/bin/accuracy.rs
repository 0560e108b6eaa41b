//! How right replays and predictions are, measured on a folder of real runs: a `truth.csv` and the logs that it names.
//!
//! Exit codes: 0 every aim is reached; 1 one is missed; 2 the folder is not what it should be.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use poolsim_tests::accuracy::{CaseOptions, Form, Reached, measure, text};

/// Scores self-replays and what-ifs of real runs.
#[derive(Parser)]
struct Args {
    /// Folder with `truth.csv` and the logs that it names.
    dir: PathBuf,
    /// Read the logs as Spark writes them by default: without updates of blocks and metrics of executors.
    #[arg(long)]
    as_default: bool,
    /// Only the runs of this family.
    #[arg(long)]
    family: Option<String>,
    /// Runs from which each interval is taken; 0 for no intervals.
    #[arg(long, default_value_t = 24)]
    interval_runs: u32,
    /// Seed of what these runs vary.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also each figure of each case that is not exact.
    #[arg(long)]
    pairs: bool,
    /// JSON in place of tables.
    #[arg(long, conflicts_with_all = ["pairs", "markdown"])]
    json: bool,
    /// Tables in Markdown.
    #[arg(long)]
    markdown: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let options =
        CaseOptions { as_default: args.as_default, interval_runs: args.interval_runs, seed: args.seed };
    let accuracy = match measure(&args.dir, args.family.as_deref(), &options) {
        Ok(accuracy) => accuracy,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let form = if args.markdown { Form::Markdown } else { Form::Screen };
    let out = match args.json {
        true => serde_json::to_string_pretty(&accuracy).expect("its maps have names for keys") + "\n",
        false => text(&accuracy, form, args.pairs),
    };
    match io::stdout().lock().write_all(out.as_bytes()) {
        // A reader that has seen enough is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
        _ => {}
    }
    let missed = accuracy.aims.iter().any(|aim| aim.reached == Reached::Miss);
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

//! `poolsim import`.

use std::path::PathBuf;

use clap::Args;

use super::LogArgs;

/// Make a scenario of an event log: a file that can be edited, run, swept and checked.
///
/// Running it does what `poolsim replay` simulates, to the same fingerprint. Of the settings of the application only
/// those that the model knows are in it.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,

    /// Write the scenario to a file, which appears when it is complete; without, to standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

const AFTER: &str = "\
Examples:
  poolsim import spark-events/app-20261120131042-0000.zstd -o app.ron
  poolsim run app.ron --conf spark.executor.memory=4g
  poolsim sweep app.ron --vary spark.memory.fraction=0.4,0.6,0.8
  poolsim import app.zstd --redact -o shareable.ron";

//! `poolsim sweep`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SettingArgs;

/// Run a scenario or an event log under every combination of some settings.
///
/// Runs go on in parallel; the result is the same for every number of threads. Combinations that Spark refuses are rows
/// of the result too.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct SweepArgs {
    /// A scenario (.ron) or an event log of Spark; `-` is standard input.
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,

    /// Values of a key: `key=a,b,c` or `key=lo..hi:step`; may be given several times.
    #[arg(long, required = true, value_name = "KEY=VALUES")]
    pub(crate) vary: Vec<String>,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = SweepFormat::Text, help_heading = "Output")]
    pub(crate) format: SweepFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

const AFTER: &str = "\
Examples:
  poolsim sweep scenarios/first-look.ron --vary spark.memory.storageFraction=0.1,0.5,0.9
  poolsim sweep scenarios/first-look.ron --vary spark.memory.storageFraction=0.1..0.9:0.1 --format csv
  poolsim sweep scenarios/first-look.ron --vary spark.executor.memory=1g..4g:1g \\
                                         --vary spark.sql.shuffle.partitions=4,16,64";

/// How to print a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SweepFormat {
    /// A table.
    Text,
    /// The report of every run.
    Json,
    /// A line for each combination.
    Csv,
}

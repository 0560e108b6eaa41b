//! `poolsim replay`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{LogArgs, SettingArgs};

/// Replay an event log: what happened beside what the model says, and what another configuration would do.
///
/// The log is run under the configuration that it was recorded with, and each figure stands beside the observed one with
/// its error. With --conf (or --properties-file, --spark-version) it is also run under that configuration: the
/// prediction, its change, and between what it lies over orders of waking and other times of tasks.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = ReplayFormat::Text, help_heading = "Output")]
    pub(crate) format: ReplayFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// With --format json: a row for each task of each stage too.
    #[arg(long, help_heading = "Output")]
    pub(crate) tasks: bool,

    /// Runs from which the interval of a prediction is taken; 0 for none.
    #[arg(long, value_name = "NUMBER", default_value_t = 24, help_heading = "Output")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) runs: u32,

    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

const AFTER: &str = "\
Examples:
  poolsim replay spark-events/app-20261120131042-0000.zstd
  poolsim replay app.zstd --conf spark.memory.fraction=0.4
  poolsim replay app.zstd --properties-file spark-defaults.conf --runs 100
  poolsim replay eventlog_v2_app-1 --format json | jq .errors.memory_spilled_bytes
  poolsim doctor app.zstd                    # what this log can and cannot answer

How to read it:
  An error is |simulated - observed| / the larger of both. `fit` stands where a constant of the
  model was taken from the same figure of the same log: it says nothing about other logs. `?`
  is what the log does not tell; `poolsim doctor` says which setting would have recorded it.
  Exit code 1: the application fails, as simulated or as predicted.";

/// How to print a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayFormat {
    /// For people.
    Text,
    /// The whole report.
    Json,
    /// A line for each figure of the application, of each stage and of each cached RDD.
    Csv,
}

//! `poolsim doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::LogArgs;

/// Examine an event log: what it can and cannot answer, what is wrong with it, and what to log next time.
///
/// Every figure is exact, inferred by a rule, or unknown; for what is unknown the settings are printed that would have
/// recorded it, as lines for spark-defaults.conf.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = DoctorFormat::Text, help_heading = "Output")]
    pub(crate) format: DoctorFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

const AFTER: &str = "\
Examples:
  poolsim doctor spark-events/app-20261120131042-0000.zstd
  poolsim doctor app.inprogress --format json | jq .next_run";

/// How to print it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// For people.
    Text,
    /// As data.
    Json,
}

//! `poolsim check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Run scenarios and test what they expect; for continuous integration.
///
/// Every scenario is run as written and once for each of its variants. Each expectation is printed with what was found,
/// what is wanted and the ground that it rests on: `real` (a run of Spark), `source` (Spark's source), `arithmetic`, or
/// `model`. Exit code 1 where one is broken.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Scenarios (.ron).
    #[arg(required = true, value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How to print what became of expectations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// A list with an object for each scenario.
    Json,
}

//! `poolsim explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Explain an input or a pasted message: who held the memory, why it was short, and what helps.
///
/// Of a message: what it means in Spark's rules, what it does not mean, and the settings that matter.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ExplainArgs {
    /// Explain this text in place of an input: an error, an exit code or a whole stack trace; `-` is standard input.
    #[arg(short, long, value_name = "TEXT", required = true, allow_hyphen_values = true)]
    pub(crate) message: Option<String>,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = ExplainFormat::Text, help_heading = "Output")]
    pub(crate) format: ExplainFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

const AFTER: &str = "\
Examples:
  poolsim explain --message 'Container killed by YARN for exceeding memory limits. 16.9 GB of 16 GB'
  poolsim explain --message 137
  poolsim explain --message - < stderr.txt";

/// How to print an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people.
    Text,
    /// The whole report.
    Json,
}

//! `poolsim explain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SettingArgs;

/// Explain an input or a pasted message: who held the memory, why it was short, and what helps.
///
/// Of an input: each failure, and the largest spills and evictions, with the moment, the holders and the cause in Spark's
/// rules; also skew, useless caches, wasted memory, too few and too many partitions. What may help is simulated on the
/// input itself before it is told, with its cost; what does not help is told too. Of a message: what it means, what it
/// does not mean, and the settings that matter.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct ExplainArgs {
    /// A scenario (.ron) or an event log of Spark; `-` is standard input.
    #[arg(value_name = "INPUT", required_unless_present = "message", conflicts_with = "message")]
    pub(crate) input: Option<PathBuf>,

    /// Explain this text in place of an input: an error, an exit code or a whole stack trace; `-` is standard input.
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) message: Option<String>,

    /// Also tell one task: its attempts, what it read beside the median, its first spills and who held the memory then.
    #[arg(long, value_name = "STAGE.INDEX", value_parser = task, conflicts_with = "message")]
    pub(crate) task: Option<(u32, u32)>,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = ExplainFormat::Text, help_heading = "Output")]
    pub(crate) format: ExplainFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

/// `3.17` is task 17 of stage 3.
fn task(text: &str) -> Result<(u32, u32), String> {
    let parts =
        text.split_once('.').and_then(|(stage, index)| Some((stage.parse().ok()?, index.parse().ok()?)));
    parts.ok_or_else(|| "write the stage's number, a point and the task's: 3.17".to_owned())
}

const AFTER: &str = "\
Examples:
  poolsim explain scenarios/first-look.ron
  poolsim explain app.zstd --task 3.17
  poolsim explain app.zstd --conf spark.executor.memory=4g --format json
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

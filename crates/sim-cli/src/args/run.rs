//! `poolsim run`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use experiments::without::Part;

use super::SettingArgs;

/// Run a scenario or an event log: what happens to its memory, when and why.
///
/// Shows the pools of each executor over time (execution from below, storage from above, the moving boundary between
/// them), what each stage spilled, evicted and waited for, the attempts in trouble, and the verdict in one sentence.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct RunArgs {
    /// A scenario (.ron) or an event log of Spark; `-` is standard input.
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = RunFormat::Text, help_heading = "Output")]
    pub(crate) format: RunFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Also write the pools of each executor over time, as CSV.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) timeline: Option<PathBuf>,

    /// With --format json: a row for each attempt of each stage too.
    #[arg(long, help_heading = "Output")]
    pub(crate) tasks: bool,

    /// Run it once more where this costs no time, and say what the application would gain.
    ///
    /// May be given several times, or as a list. Requests for memory follow the same rules, at other moments: the gain
    /// can be more or less than the time that is taken away.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) without: Vec<Without>,

    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

const AFTER: &str = "\
Examples:
  poolsim run scenarios/first-look.ron
  poolsim run scenarios/first-look.ron --conf spark.memory.storageFraction=0.2
  poolsim run scenarios/first-look.ron --properties-file spark-defaults.conf --spark-version 4.1
  poolsim run scenarios/first-look.ron --format json | jq .memory_spilled_bytes
  poolsim run scenarios/first-look.ron --timeline pools.csv -o report.txt
  poolsim run scenarios/first-look.ron --without spill,disk

How to read the chart:
  A column shows the fullest moment of its span of time. Execution memory grows from below,
  storage memory from above; the line between them is the boundary of the two pools. The rows
  under the chart count, for each column, spills, evictions, refused blocks and errors, and the
  most tasks that waited for memory at a time.";

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Without {
    /// Serializing and writing spills.
    Spill,
    /// Collecting garbage.
    Gc,
    /// Moving bytes between nodes.
    Network,
    /// Reading and writing disks, for spills too.
    Disk,
}

impl From<Without> for Part {
    fn from(without: Without) -> Self {
        match without {
            Without::Spill => Self::Spill,
            Without::Gc => Self::Gc,
            Without::Network => Self::Network,
            Without::Disk => Self::Disk,
        }
    }
}

/// How to print a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    /// For people.
    Text,
    /// The whole report; its names are those of `expect:` blocks.
    Json,
    /// A line for each stage.
    Csv,
    /// A JSON object for each event, in order.
    Jsonl,
}

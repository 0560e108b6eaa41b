//! `poolsim layout`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use experiments::LogOptions;

use super::SettingArgs;

/// Lay out the memory of a configuration: containers, heaps, pools, and what the cluster manager makes of them.
///
/// Shows every part of the container of an executor and of the driver to the byte and to scale, with its key, value,
/// formula and source; what YARN, Kubernetes or standalone workers make of it; a page; and what a task can have by the
/// number of active tasks. What Spark or a cluster manager refuses is shown in Spark's own words and is an answer.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct LayoutArgs {
    /// A scenario (.ron) or an event log of Spark, whose settings are laid out; `-` is standard input. Without, the
    /// defaults.
    #[arg(value_name = "INPUT")]
    pub(crate) input: Option<PathBuf>,

    /// A line of spark-submit, quoted as a whole: its options, settings and properties file are laid out.
    #[arg(long, value_name = "LINE", conflicts_with = "input")]
    pub(crate) submit: Option<String>,

    /// Which log, of a folder or ZIP that has several: the name of its file or folder there.
    #[arg(long, value_name = "NAME")]
    pub(crate) log: Option<String>,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = LayoutFormat::Text, help_heading = "Output")]
    pub(crate) format: LayoutFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

impl LayoutArgs {
    /// How a log is read.
    pub(crate) fn log_options(&self) -> LogOptions {
        LogOptions { log: self.log.clone(), ..LogOptions::default() }
    }
}

const AFTER: &str = "\
Examples:
  poolsim layout
  poolsim layout --conf spark.executor.memory=10g --conf spark.executor.cores=4
  poolsim layout --conf spark.master=yarn --conf spark.executor.memory=14g
  poolsim layout --submit 'spark-submit --master k8s://cluster --deploy-mode cluster job.py'
  poolsim layout --properties-file spark-defaults.conf --format json | jq .executor.container
  poolsim layout spark-events/app-20261120131042-0000.zstd

How to read it:
  Bars are to scale: each part starts where the one before it ends. A part too small for a column
  is a dot. The last words of each part say where its rule stands and what it rests on: `source`
  (Spark's code), `real` (measured), `arithmetic`, or `model`.";

/// How to print a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayoutFormat {
    /// For people.
    Text,
    /// The whole layout.
    Json,
    /// A line for each part.
    Csv,
}

//! The command line as it is written.

mod check;
mod doctor;
mod explain;
mod import;
mod layout;
mod log;
mod replay;
mod run;
mod settings;
mod size;
mod sweep;

pub(crate) use check::{CheckArgs, CheckFormat};
pub(crate) use doctor::{DoctorArgs, DoctorFormat};
pub(crate) use explain::{ExplainArgs, ExplainFormat};
pub(crate) use import::ImportArgs;
pub(crate) use layout::{LayoutArgs, LayoutFormat};
pub(crate) use log::LogArgs;
pub(crate) use replay::{ReplayArgs, ReplayFormat};
pub(crate) use run::{RunArgs, RunFormat};
pub(crate) use settings::SettingArgs;
pub(crate) use size::{SizeArgs, SizeFormat};
pub(crate) use sweep::{SweepArgs, SweepFormat};

use clap::{Parser, Subcommand, ValueEnum};

/// What will my Spark job do with its memory, and what if I change it?
///
/// poolsim runs a scenario or an event log of Spark on a model of Spark's executor memory: the same grants, evictions and
/// spills as Spark's own classes, operation by operation, under simulated time. A scenario is a small file in RON that
/// says what data there is, what is done with it and on which cluster.
#[derive(Debug, Parser)]
#[command(name = "poolsim", version, max_term_width = 100)]
#[command(after_help = "Start with: poolsim run scenarios/first-look.ron")]
#[command(after_long_help = AFTER)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; they never carry meaning alone.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    #[arg(hide_possible_values = false, help_heading = "Screen")]
    pub(crate) color: Color,
}

const AFTER: &str = "\
Start here:
  poolsim run scenarios/first-look.ron
  poolsim run scenarios/first-look.ron --conf spark.memory.storageFraction=0.2
  poolsim sweep scenarios/first-look.ron --vary spark.memory.storageFraction=0.1..0.9:0.2
  poolsim explain scenarios/first-look.ron
  poolsim check scenarios/*.ron
  poolsim replay app.zstd --conf spark.memory.fraction=0.4     # an event log of Spark

Exit codes:
  0    answered
  1    the answer is bad: the application fails, or an expectation is broken
  2    input or output is at fault; the message says what was found and what to do
  130  interrupted";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario or an event log: what happens to its memory, when and why.
    Run(RunArgs),
    /// Replay an event log: what happened beside what the model says, and another configuration.
    Replay(ReplayArgs),
    /// Make a scenario of an event log, to edit, run and sweep.
    Import(ImportArgs),
    /// Examine an event log: what it can and cannot answer, and what to log next time.
    Doctor(DoctorArgs),
    /// Explain an input or a pasted message: who held the memory, why it was short, and what helps.
    Explain(ExplainArgs),
    /// Run scenarios and test what they expect; for continuous integration.
    Check(CheckArgs),
    /// Run a scenario or an event log under every combination of some settings.
    Sweep(SweepArgs),
    /// Lay out the memory of a configuration: containers, heaps, pools, and what the cluster manager makes of them.
    Layout(LayoutArgs),
    /// Size executors for a cluster and its data, with every sum shown and lines of spark-submit.
    Size(SizeArgs),
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}

//! `poolsim size`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use experiments::Settings;
use experiments::size::{Manager, Request, parse_size};

use super::SettingArgs;

/// Size executors for a cluster and its data, with every sum shown and lines of spark-submit.
///
/// Parts the memory and cores of the nodes in several ways, from one core for each executor to one executor for each
/// node; sizes heaps so that containers fit as the cluster manager rounds them; leaves room for the driver; and cuts the
/// data into partitions. With a scenario each way is simulated. With --executor-memory it says whether executors of
/// that size fit, and what does.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER)]
pub(crate) struct SizeArgs {
    /// A scenario (.ron) or an event log of Spark to simulate under each way; `-` is standard input.
    #[arg(value_name = "INPUT")]
    pub(crate) input: Option<PathBuf>,

    /// Number of nodes, all alike.
    #[arg(long, value_name = "NUMBER", help_heading = "Cluster")]
    nodes: u32,

    /// Cores of a node.
    #[arg(long, value_name = "NUMBER", help_heading = "Cluster")]
    node_cores: u32,

    /// Memory of a node, as 128g.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Cluster")]
    node_memory: u64,

    /// Cores of a node that the system and its daemons have.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, help_heading = "Cluster")]
    os_cores: u32,

    /// Memory of a node that the system and its daemons have; without, a tenth.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Cluster")]
    os_memory: Option<u64>,

    /// Who runs the cluster.
    #[arg(long, value_enum, default_value_t = MasterArg::Yarn, help_heading = "Cluster")]
    master: MasterArg,

    /// Size of the data as stored, as 1t; without, partitions are not counted.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Cluster")]
    data: Option<u64>,

    /// Cores of an executor: one more way that is tried.
    #[arg(long, value_name = "NUMBER", help_heading = "Proposal")]
    executor_cores: Option<u32>,

    /// Executors on a node; without, as many as have the cores.
    #[arg(long, value_name = "NUMBER", help_heading = "Proposal")]
    executors_per_node: Option<u32>,

    /// Heap of an executor, as 14g: whether that fits is said.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Proposal")]
    executor_memory: Option<u64>,

    /// How to print the result.
    #[arg(short, long, value_enum, default_value_t = SizeFormat::Text, help_heading = "Output")]
    pub(crate) format: SizeFormat,

    /// Write the result to a file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

impl SizeArgs {
    /// What these flags ask.
    pub(crate) fn request(&self, settings: Settings) -> Request {
        Request {
            nodes: self.nodes,
            node_cores: self.node_cores,
            node_memory_bytes: self.node_memory,
            os_cores: self.os_cores,
            os_memory_bytes: self.os_memory,
            data_bytes: self.data,
            manager: match self.master {
                MasterArg::Yarn => Manager::Yarn,
                MasterArg::K8s => Manager::Kubernetes,
                MasterArg::Standalone => Manager::Standalone,
            },
            executor_cores: self.executor_cores,
            executors_per_node: self.executors_per_node,
            executor_memory_bytes: self.executor_memory,
            settings,
        }
    }
}

const AFTER: &str = "\
Examples:
  poolsim size --nodes 10 --node-cores 32 --node-memory 128g --data 1t
  poolsim size --nodes 10 --node-cores 32 --node-memory 128g --master k8s --conf poolsim.isPython=true
  poolsim size --nodes 10 --node-cores 32 --node-memory 128g \\
               --executor-cores 4 --executors-per-node 8 --executor-memory 14g
  poolsim size --nodes 2 --node-cores 8 --node-memory 16g scenarios/first-look.ron

How to read it:
  Sums are exact: containers are the ones of `poolsim layout`. What share of a node is the
  system's, how many cores an executor should have and how many partitions a shuffle are rules of
  thumb, marked `model`; give a scenario or an event log to see what they do to a job.";

/// A cluster manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MasterArg {
    /// Hadoop YARN: containers in steps.
    Yarn,
    /// Kubernetes: pods.
    K8s,
    /// Spark's own workers, which count heaps alone.
    Standalone,
}

/// How to print sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SizeFormat {
    /// For people.
    Text,
    /// The whole report.
    Json,
}

//! Sizes of executors as data: what `--format json` prints.

use serde::Serialize;
use workload::scenario::Ground;

use crate::report::Verdict;

/// The version of the names and meanings of this report.
pub const SCHEMA_VERSION: u32 = 1;

/// Executors for a cluster, in several ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SizeReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The Spark version whose rules hold.
    pub spark_version: String,
    /// What there is.
    pub cluster: ClusterReport,
    /// The ways, from many small executors to few large ones.
    pub candidates: Vec<Candidate>,
    /// Index of the candidate to begin with; `null` where none fits.
    pub recommended: Option<usize>,
    /// The executors that were proposed, as they are; `null` where none were.
    pub proposal: Option<Proposal>,
    /// How the data is cut; `null` where its size is not given.
    pub partitions: Option<Partitions>,
    /// The scenario that the candidates were simulated with.
    pub scenario: Option<String>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// A step of a calculation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// What is calculated.
    pub what: &'static str,
    /// The calculation with its result.
    pub arithmetic: String,
    /// What it rests on.
    pub ground: Ground,
}

/// The nodes of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClusterReport {
    /// `yarn`, `kubernetes` or `standalone`.
    pub cluster_manager: &'static str,
    /// Number of nodes, all alike.
    pub nodes: u32,
    /// Cores of a node.
    pub node_cores: u32,
    /// Memory of a node.
    pub node_memory_bytes: u64,
    /// Cores of a node that executors can have.
    pub usable_cores: u32,
    /// Memory of a node that containers can have, in whole MiB.
    pub usable_memory_bytes: u64,
    /// How that comes about.
    pub steps: Vec<Step>,
}

/// Executors that fill the nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// What it is called.
    pub name: String,
    /// Cores of an executor.
    pub executor_cores: u32,
    /// Executors on a node.
    pub executors_per_node: u32,
    /// Executors in all, less what the driver or application master displaces.
    pub executors: u32,
    /// Tasks at a time.
    pub slots: u64,
    /// `spark.executor.memory`.
    pub heap_bytes: u64,
    /// Memory beside the heap.
    pub overhead_bytes: u64,
    /// What an executor asks for.
    pub container_bytes: u64,
    /// What it is given.
    pub granted_bytes: u64,
    /// What execution and storage share in one executor.
    pub unified_bytes: u64,
    /// What they share in all executors together.
    pub unified_total_bytes: u64,
    /// 1/N of that where all cores of an executor work: what a task can have.
    pub task_share_bytes: u64,
    /// Memory of a node that no executor has.
    pub unused_memory_bytes: u64,
    /// Cores of a node that no executor has.
    pub unused_cores: u32,
    /// How all this comes about.
    pub steps: Vec<Step>,
    /// What speaks for it, and against it.
    pub why: Vec<String>,
    /// A line that starts it.
    pub submit: String,
    /// What became of the scenario under it.
    pub simulated: Option<Simulated>,
    /// Why it is none, where Spark or the nodes refuse it.
    pub refused: Option<String>,
}

/// A scenario under a candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Simulated {
    /// How it ended.
    pub verdict: Verdict,
    /// The same in one sentence.
    pub verdict_text: String,
    /// From the submission of the first job to the end of the last.
    pub duration_ms: u64,
    /// Bytes that tasks spilled from memory.
    pub memory_spilled_bytes: u64,
    /// Cached blocks that left memory for others.
    pub evicted_blocks: u64,
}

/// Executors as they were proposed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// Cores of an executor.
    pub executor_cores: u32,
    /// Executors on a node.
    pub executors_per_node: u32,
    /// `spark.executor.memory`.
    pub heap_bytes: u64,
    /// What an executor asks for.
    pub container_bytes: u64,
    /// What it is given.
    pub granted_bytes: u64,
    /// All that the executors of a node ask for.
    pub node_asked_bytes: u64,
    /// All that they would have to be given.
    pub node_granted_bytes: u64,
    /// Whether a node holds them, by memory and by cores.
    pub fits: bool,
    /// Executors of that size that a node holds.
    pub executors_that_fit: u64,
    /// The largest heap with which so many fit; `null` where none does.
    pub heap_that_fits_bytes: Option<u64>,
    /// How all this comes about.
    pub steps: Vec<Step>,
    /// A line that starts what fits; `null` where nothing does.
    pub submit: Option<String>,
}

/// How data is cut into partitions, for the recommended executors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Partitions {
    /// Bytes of the data as stored.
    pub data_bytes: u64,
    /// Bytes of a partition of a scan.
    pub split_bytes: u64,
    /// Partitions of a scan of splittable files.
    pub input_partitions: u64,
    /// Partitions of a shuffle as set.
    pub shuffle_partitions_set: u64,
    /// Partitions of a shuffle of all the data that are proposed.
    pub shuffle_partitions: u64,
    /// How this comes about.
    pub steps: Vec<Step>,
    /// Where the rules end.
    pub limits: Vec<String>,
}

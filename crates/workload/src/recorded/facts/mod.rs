//! The events of a log as compact tables: what the fit and the observations are made of.
//!
//! A task takes at most 300 bytes, whatever its line was long.

mod blocks;
mod collect;
mod compact;
mod environment;
pub mod plan;
mod tasks;

use std::collections::BTreeMap;

pub(crate) use collect::Collector;

pub use blocks::{BlockFacts, Evictions, RddPut, VariablePut};
pub use compact::Compact;
pub use environment::{Environment, Withheld};
pub use plan::{PlanMetric, PlanNode, StageMetrics};
pub use tasks::{Figure, TaskRow, TaskTable};

use sim_core::storage::StorageLevel;

/// The events of a log. Times are milliseconds after [`Facts::origin`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Version of Spark as the log writes it; empty if it does not.
    pub version: String,
    /// The application.
    pub app: AppFacts,
    /// Settings.
    pub environment: Environment,
    /// A day before the first time of the log, in milliseconds of the epoch.
    pub origin: u64,
    /// Executors in the order in which they were met, the driver too where it registered.
    pub executors: Vec<ExecutorFacts>,
    /// RDDs by id, as the last stage that lists them describes them.
    pub rdds: BTreeMap<u32, RddFacts>,
    /// Stages by id, also those that were skipped.
    pub stages: BTreeMap<u32, StageFacts>,
    /// Attempts of stages in the order in which they were submitted.
    pub attempts: Vec<AttemptFacts>,
    /// Jobs in the order in which they were submitted.
    pub jobs: Vec<JobFacts>,
    /// Queries by execution id.
    pub queries: BTreeMap<i64, QueryFacts>,
    /// Blocks; `None` if the log has no updates of them.
    pub blocks: Option<BlockFacts>,
    /// RDDs that were unpersisted, with the number of jobs submitted before that.
    pub unpersisted: Vec<(u32, usize)>,
    /// Tasks that ended in a stage that the log did not submit.
    pub stray_tasks: u64,
}

/// The application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppFacts {
    /// `spark.app.name`.
    pub name: String,
    /// `spark.app.id`.
    pub id: String,
    /// The attempt.
    pub attempt: Option<String>,
    /// Start.
    pub started: Option<u64>,
    /// End.
    pub ended: Option<u64>,
    /// Exit code, since 4.0.
    pub exit_code: Option<i64>,
}

/// An executor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutorFacts {
    /// As Spark names it.
    pub id: String,
    /// Index of its host, in the order in which hosts were met.
    pub host: Option<u32>,
    /// Cores; 0 if not told.
    pub cores: u32,
    /// When it was added.
    pub added: Option<u64>,
    /// When it was removed.
    pub removed: Option<u64>,
    /// Why.
    pub removed_reason: String,
    /// Bytes of its unified pool on the heap.
    pub max_on_heap: Option<u64>,
    /// Bytes of its pool off the heap.
    pub max_off_heap: Option<u64>,
    /// Whether a task ran on it.
    pub used: bool,
}

/// An RDD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RddFacts {
    /// Its name, as `ShuffledRDD`.
    pub name: String,
    /// Name of the operation that made it, as `groupByKey`.
    pub scope: String,
    /// Number of its partitions.
    pub partitions: u32,
    /// RDDs that it is computed from, in order.
    pub parents: Vec<u32>,
    /// How it was persisted, when it was.
    pub level: Option<StorageLevel>,
}

/// A stage as its jobs know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageFacts {
    /// Its name.
    pub name: String,
    /// Number of its tasks.
    pub tasks: u32,
    /// Its RDDs, that of the stage first.
    pub rdds: Vec<u32>,
    /// Those of them that were persisted when it was submitted.
    pub persisted: Vec<u32>,
    /// Stages whose shuffles it reads.
    pub parents: Vec<u32>,
    /// Index of the first job that lists it.
    pub job: Option<usize>,
}

/// An attempt of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttemptFacts {
    /// `Stage ID`.
    pub stage: u32,
    /// `Stage Attempt ID`.
    pub attempt: u32,
    /// Number of its tasks.
    pub tasks: u32,
    /// When it was submitted.
    pub submitted: Option<u64>,
    /// When it ended.
    pub completed: Option<u64>,
    /// Whether its tasks write a shuffle.
    pub writes_shuffle: bool,
    /// Attempts of its tasks.
    pub table: TaskTable,
    /// Bytes of address space of the Python processes below an executor, where it is largest; 0 if the log has none.
    pub python_tree_bytes: u64,
    /// Texts of failed attempts, each once and at most [`AttemptFacts::TEXTS`].
    pub failures: Vec<String>,
}

impl AttemptFacts {
    /// Texts of failures that are kept.
    pub const TEXTS: usize = 20;
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFacts {
    /// `Job ID`.
    pub id: u32,
    /// When it was submitted.
    pub submitted: u64,
    /// Its stages, also those that were skipped.
    pub stages: Vec<u32>,
    /// The query that it belongs to.
    pub query: Option<i64>,
    /// How it ended; `None` if the log does not say.
    pub succeeded: Option<bool>,
    /// The message of the exception that failed it.
    pub error: String,
}

/// A query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryFacts {
    /// Its plans, that after the last change at the end.
    pub plans: Vec<PlanNode>,
    /// What the driver counted, by accumulator.
    pub driver: BTreeMap<i64, i64>,
    /// What failed it; empty if it succeeded.
    pub error: String,
}

/// Characters of a text that are kept.
const LONGEST: usize = 2_000;

/// The text, cut where it is absurdly long.
fn kept(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

//! The layout of memory as data: what `--format json` prints.

use serde::Serialize;
use workload::scenario::Ground;

use crate::report::SettingReport;

/// The version of the names and meanings of this report.
pub const SCHEMA_VERSION: u32 = 1;

/// What a configuration makes of the memory of every process, and what the cluster manager makes of that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayoutReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Where the settings are from, for people.
    pub input: String,
    /// The Spark version whose behaviour is shown.
    pub spark_version: String,
    /// Where the application runs.
    pub deployment: DeploymentReport,
    /// What becomes of it.
    pub outcome: Outcome,
    /// An executor; `null` in local mode, where the driver executes.
    pub executor: Option<ProcessLayout>,
    /// The driver.
    pub driver: ProcessLayout,
    /// YARN's application master, where it is not the driver.
    pub application_master: Option<ProcessLayout>,
    /// What the executors of a log reported, beside what their settings give.
    pub observed: Vec<ObservedPool>,
    /// What was set, sorted by key.
    pub conf: Vec<SettingReport>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// Where an application runs, as far as memory depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentReport {
    /// `spark.master`; `null` where nobody named one.
    pub master: Option<String>,
    /// `local`, `standalone`, `yarn` or `kubernetes`; without a master it is `kubernetes`, whose containers are what
    /// the settings add up to.
    pub cluster_manager: &'static str,
    /// `client` or `cluster`.
    pub deploy_mode: &'static str,
    /// `jvm`, `python` or `r`.
    pub language: &'static str,
}

/// One process: its container, and the pools of its JVM.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProcessLayout {
    /// `executor`, `driver` or `application_master`.
    pub process: &'static str,
    /// Whether something holds it to the size of its container.
    pub limited: bool,
    /// The container with everything in it.
    pub container: Part,
    /// The heap of its JVM.
    pub heap: HeapReport,
    /// Cores it was told it has; `null` where that is the machine's.
    pub cores: Option<u32>,
    /// Tasks that it runs at a time; 0 where it runs none.
    pub slots: u32,
    /// Where consumers of execution memory allocate: `on_heap` or `off_heap`.
    pub consumers: &'static str,
    /// A page of such a consumer; `null` where it depends on the machine's processors.
    pub page: Option<Part>,
    /// What a task can have, by the number of active tasks.
    pub shares: Vec<TaskShare>,
    /// The address space of each Python worker, where `spark.executor.pyspark.memory` limits it.
    pub python_worker_limit: Option<Part>,
    /// The figures that Spark itself shows of the pools; `null` where it does not start.
    pub shown: Option<Shown>,
    /// What Spark refuses when it starts.
    pub refused: Option<Refusal>,
}

/// A part of a container, with the parts that it is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Its size.
    pub bytes: u64,
    /// The settings that it follows from.
    pub settings: Vec<PartSetting>,
    /// How it follows from them, with the numbers in place.
    pub formula: String,
    /// Where that is written: file and function of Spark, or who measured it.
    pub source: &'static str,
    /// What that rests on.
    pub ground: Ground,
    /// What lives in it.
    pub holds: &'static str,
    /// What it is made of, from its start to its end.
    pub parts: Vec<Part>,
}

/// A setting and who set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartSetting {
    /// The key.
    pub key: &'static str,
    /// Its value; `null` where it has none.
    pub value: Option<String>,
    /// Where it is set; `null` where the value is the default.
    pub set_in: Option<String>,
}

/// The heap of a JVM: what it is started with, and what it says it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeapReport {
    /// `-Xmx`.
    pub xmx_bytes: u64,
    /// Whether `-Xms` is the same, as Kubernetes starts executors.
    pub xms_is_xmx: bool,
    /// The collector.
    pub collector: &'static str,
    /// Who says so: a key, or `default`.
    pub collector_from: &'static str,
    /// `Runtime.maxMemory`, or what replaces it.
    pub reported_bytes: u64,
    /// The same heap under every collector.
    pub by_collector: Vec<ByCollector>,
}

/// A heap under one collector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByCollector {
    /// The collector.
    pub collector: &'static str,
    /// Whether `-Xms` is `-Xmx`.
    pub xms_is_xmx: bool,
    /// `Runtime.maxMemory`.
    pub reported_bytes: u64,
    /// What execution and storage share; `null` where Spark does not start.
    pub unified_bytes: Option<u64>,
    /// How Spark shows that; `null` where it does not start.
    pub shown: Option<Shown>,
    /// Whether it is the one of this layout.
    pub chosen: bool,
}

/// The figures that Spark shows of the pools, on the heap and off it together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// `Maximum Memory` of `SparkListenerBlockManagerAdded`.
    pub block_manager_bytes: u64,
    /// The driver's log: `Registering block manager .. with 434.4 MiB RAM`.
    pub log: String,
    /// `Storage Memory` of the web UI since 3.0, in steps of 1024.
    pub web_ui: String,
    /// The same of 2.x, in steps of 1000.
    pub web_ui_2: String,
}

/// What each of some active tasks can have of the execution memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TaskShare {
    /// Tasks that hold or ask for memory at the same time.
    pub active_tasks: u32,
    /// The most, with nothing cached: 1/N of all unified memory.
    pub most_bytes: u64,
    /// What a task may wait for, with nothing cached: 1/2N.
    pub least_bytes: u64,
    /// The most, with cached blocks in the whole storage region.
    pub most_beside_cache_bytes: u64,
    /// What a task may wait for then.
    pub least_beside_cache_bytes: u64,
}

/// Settings that Spark refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What is wrong and what to do.
    pub text: String,
    /// What Spark says.
    pub spark_text: String,
}

/// What the cluster manager makes of the containers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The one word.
    pub verdict: OutcomeVerdict,
    /// The same in a sentence.
    pub text: String,
    /// What Spark says, where it says something.
    pub spark_text: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What is asked for and given, by process.
    pub containers: Vec<Grant>,
    /// The sizes of the cluster that decide.
    pub settings: Vec<PartSetting>,
}

/// What becomes of an application before its first task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeVerdict {
    /// Its containers are given.
    Granted,
    /// It is refused when it is submitted.
    RefusedAtSubmission,
    /// It waits for containers that no node can give.
    NeverScheduled,
    /// Its JVM refuses its settings when it starts.
    RefusedAtStart,
    /// There are no containers.
    NoContainers,
}

/// A container as it is asked for and given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// `executor`, `driver` or `application_master`.
    pub process: &'static str,
    /// What counts of it for the cluster manager.
    pub asked_bytes: u64,
    /// What is given; `null` where nothing is.
    pub granted_bytes: Option<u64>,
    /// What rounding adds, which the JVM does not know of; `null` where nothing is given.
    pub rounding_bytes: Option<u64>,
    /// How many fit on one node by memory; `null` where no size of a node is known.
    pub per_node: Option<u64>,
    /// How the sum is done.
    pub formula: String,
}

/// The pool of an executor as a log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObservedPool {
    /// The executor.
    pub executor: String,
    /// `Maximum Onheap Memory` of its block manager.
    pub on_heap_bytes: u64,
    /// What the settings of the log give.
    pub computed_on_heap_bytes: Option<u64>,
    /// Computed less observed.
    pub on_heap_difference_bytes: Option<i64>,
    /// `Maximum Offheap Memory` of its block manager.
    pub off_heap_bytes: u64,
    /// What the settings of the log give.
    pub computed_off_heap_bytes: Option<u64>,
    /// Computed less observed.
    pub off_heap_difference_bytes: Option<i64>,
}

impl Part {
    /// A part without parts.
    pub(crate) fn new(name: &'static str, bytes: u64, formula: String, source: &'static str) -> Self {
        let (ground, holds) = (Ground::Source, "");
        Self { name, bytes, settings: Vec::new(), formula, source, ground, holds, parts: Vec::new() }
    }

    /// The same with what lives in it.
    pub(crate) fn holding(mut self, holds: &'static str) -> Self {
        self.holds = holds;
        self
    }

    /// The same with the settings that it follows from.
    pub(crate) fn with(mut self, settings: Vec<PartSetting>) -> Self {
        self.settings = settings;
        self
    }

    /// The same, resting on something else than Spark's source.
    pub(crate) fn on(mut self, ground: Ground) -> Self {
        self.ground = ground;
        self
    }

    /// The same, made of parts.
    pub(crate) fn of(mut self, parts: Vec<Part>) -> Self {
        self.parts = parts;
        self
    }

    /// The part of that name, at any depth.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Part> {
        if self.name == name {
            return Some(self);
        }
        self.parts.iter().find_map(|part| part.find(name))
    }
}

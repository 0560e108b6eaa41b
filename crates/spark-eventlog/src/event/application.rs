//! The application and its environment.

use serde::Deserialize;

use super::{
    Map, Properties, Text,
    number::{long, opt_long, or_default},
};

/// The first line of a log since Spark 1.0.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LogStart<'a> {
    /// As written, e.g. `3.5.6` or `3.3.0-amzn-0`; see [`LogVersion`](crate::LogVersion).
    #[serde(borrow, rename = "Spark Version")]
    pub spark_version: Text<'a>,
}

/// `SparkListenerApplicationStart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ApplicationStart<'a> {
    /// `spark.app.name`.
    #[serde(borrow, rename = "App Name", default)]
    pub app_name: Text<'a>,
    /// E.g. `local-1795180193622`; missing before Spark 1.1.
    #[serde(borrow, rename = "App ID", default)]
    pub app_id: Option<Text<'a>>,
    /// The attempt, on YARN in cluster mode.
    #[serde(borrow, rename = "App Attempt ID", default)]
    pub app_attempt_id: Option<Text<'a>>,
    /// Milliseconds since 1970.
    #[serde(rename = "Timestamp", default, deserialize_with = "long")]
    pub timestamp: i64,
    /// Who ran it.
    #[serde(borrow, rename = "User", default)]
    pub user: Text<'a>,
}

/// `SparkListenerApplicationEnd`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ApplicationEnd {
    /// Milliseconds since 1970.
    #[serde(rename = "Timestamp", default, deserialize_with = "long")]
    pub timestamp: i64,
    /// Since 4.0, where known.
    #[serde(rename = "ExitCode", default, deserialize_with = "opt_long")]
    pub exit_code: Option<i64>,
}

/// `SparkListenerEnvironmentUpdate`. Hadoop, system and metrics properties and the class path are not kept: nobody
/// needs them, and they hold secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EnvironmentUpdate<'a> {
    /// `Java Home`, `Java Version`, `Scala Version`.
    #[serde(borrow, rename = "JVM Information", default)]
    pub jvm_information: Properties<'a>,
    /// All `spark.*` keys that were set. They may hold secrets, of which Spark redacts only those whose name says so.
    #[serde(borrow, rename = "Spark Properties", default)]
    pub spark_properties: Properties<'a>,
}

/// `SparkListenerResourceProfileAdded`, since 3.1.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ResourceProfileAdded<'a> {
    /// 0 is the default profile.
    #[serde(rename = "Resource Profile Id", default, deserialize_with = "long")]
    pub resource_profile_id: i64,
    /// By resource: `cores`, `memory`, `offHeap`, `memoryOverhead`, `pyspark.memory` (all memory in MiB), and others.
    #[serde(borrow, rename = "Executor Resource Requests", default)]
    pub executor_resource_requests: Map<'a, ResourceRequest>,
    /// By resource: `cpus`, and others.
    #[serde(borrow, rename = "Task Resource Requests", default)]
    pub task_resource_requests: Map<'a, ResourceRequest>,
}

/// How much of a resource an executor or a task asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct ResourceRequest {
    /// MiB for memory, else a number; a task may ask for a fraction.
    #[serde(rename = "Amount", default, deserialize_with = "or_default")]
    pub amount: f64,
}

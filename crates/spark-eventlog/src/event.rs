//! Events as Spark writes them, one JSON object a line.
//!
//! Numbers are Java's `long`, so `i64`, negative ones too. Whatever some version lacks is optional or has a default.

mod application;
mod block;
mod deep;
mod executor;
mod map;
mod number;
mod sql;
mod stage;
mod task;
mod text;

use serde::Deserialize;

pub use application::{
    ApplicationEnd, ApplicationStart, EnvironmentUpdate, LogStart, ResourceProfileAdded, ResourceRequest,
};
pub use block::{BlockId, BlockUpdated, BlockUpdatedInfo, StorageLevel, UnpersistRdd};
pub use executor::{
    BlockManagerAdded, BlockManagerId, BlockManagerRemoved, ExecutorAdded, ExecutorInfo, ExecutorMetrics,
    ExecutorRemoved, StageExecutorMetrics,
};
pub use map::{Map, Properties};
pub use sql::{
    AccumUpdate, DriverAccumUpdates, SparkPlanInfo, SqlAdaptiveExecutionUpdate, SqlAdaptiveSqlMetricUpdates,
    SqlExecutionEnd, SqlExecutionStart, SqlPlanMetric,
};
pub use stage::{JobEnd, JobResult, JobStart, RddInfo, StageCompleted, StageInfo, StageSubmitted};
pub use task::{
    Accumulable, BlockStatus, InputMetrics, OutputMetrics, ShuffleReadMetrics, ShuffleWriteMetrics, TaskEnd,
    TaskEndReason, TaskInfo, TaskMetrics, TaskStart, UpdatedBlock,
};
pub use text::Text;

/// Declares [`Event`]: each variant with the type it holds and Spark's names for it.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident($type:ty) = $name:literal,)*) => {
        /// One event. It borrows from its line.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(clippy::large_enum_variant, reason = "boxes would be an allocation a task")]
        pub enum Event<'a> {
            $($(#[$doc])* $variant($type),)*
            /// An event that holds nothing about memory, time and structure, or that is not known: its name as
            /// written. The rest of its line is not parsed.
            Other(Text<'a>),
            /// A line that is no event. It is counted, with its reason, in [`Diagnostics`](crate::Diagnostics).
            Malformed,
        }

        impl<'a> Event<'a> {
            /// The name as it is in the log; empty if malformed.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Other(name) => name,
                    Self::Malformed => "",
                }
            }

            /// Whether events of this name are typed; of others only the name is read.
            #[must_use]
            pub fn is_typed(name: &str) -> bool {
                [$($name),*].contains(&name)
            }

            fn parse_named(name: &str, line: &'a [u8]) -> Option<serde_json::Result<Self>> {
                match name {
                    $($name => Some(json(line).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

events! {
    /// The version that wrote the log.
    LogStart(LogStart<'a>) = "SparkListenerLogStart",
    /// The application's name and start.
    ApplicationStart(ApplicationStart<'a>) = "SparkListenerApplicationStart",
    /// The end of the application; missing if it crashed or still runs.
    ApplicationEnd(ApplicationEnd) = "SparkListenerApplicationEnd",
    /// JVM and configuration.
    EnvironmentUpdate(EnvironmentUpdate<'a>) = "SparkListenerEnvironmentUpdate",
    /// What executors and tasks ask for.
    ResourceProfileAdded(ResourceProfileAdded<'a>) = "SparkListenerResourceProfileAdded",
    /// An executor came.
    ExecutorAdded(ExecutorAdded<'a>) = "SparkListenerExecutorAdded",
    /// An executor left.
    ExecutorRemoved(ExecutorRemoved<'a>) = "SparkListenerExecutorRemoved",
    /// A block manager came, with the sizes of its pools.
    BlockManagerAdded(BlockManagerAdded<'a>) = "SparkListenerBlockManagerAdded",
    /// A block manager left.
    BlockManagerRemoved(BlockManagerRemoved<'a>) = "SparkListenerBlockManagerRemoved",
    /// A job with its stages.
    JobStart(JobStart<'a>) = "SparkListenerJobStart",
    /// How a job ended.
    JobEnd(JobEnd<'a>) = "SparkListenerJobEnd",
    /// An attempt of a stage starts.
    StageSubmitted(StageSubmitted<'a>) = "SparkListenerStageSubmitted",
    /// An attempt of a stage ended.
    StageCompleted(StageCompleted<'a>) = "SparkListenerStageCompleted",
    /// Peaks of an executor during a stage.
    StageExecutorMetrics(StageExecutorMetrics<'a>) = "SparkListenerStageExecutorMetrics",
    /// A task starts.
    TaskStart(TaskStart<'a>) = "SparkListenerTaskStart",
    /// A task ended, with all that it measured.
    TaskEnd(TaskEnd<'a>) = "SparkListenerTaskEnd",
    /// A block was stored, moved or removed.
    BlockUpdated(BlockUpdated<'a>) = "SparkListenerBlockUpdated",
    /// An RDD is no longer persisted.
    UnpersistRdd(UnpersistRdd) = "SparkListenerUnpersistRDD",
    /// An SQL execution starts, with its plan.
    SqlExecutionStart(SqlExecutionStart<'a>) = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart",
    /// An SQL execution ended.
    SqlExecutionEnd(SqlExecutionEnd<'a>) = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd",
    /// Adaptive execution changed the plan.
    SqlAdaptiveExecutionUpdate(SqlAdaptiveExecutionUpdate<'a>) =
        "org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate",
    /// Adaptive execution planned a subquery.
    SqlAdaptiveSqlMetricUpdates(SqlAdaptiveSqlMetricUpdates<'a>) =
        "org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveSQLMetricUpdates",
    /// Metrics that the driver counted.
    DriverAccumUpdates(DriverAccumUpdates) = "org.apache.spark.sql.execution.ui.SparkListenerDriverAccumUpdates",
}

/// Just the name, wherever it stands in the object.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, rename = "Event")]
    event: Text<'a>,
}

impl<'a> Event<'a> {
    /// Reads one line, with or without its end.
    ///
    /// # Errors
    ///
    /// The line is no JSON object, lacks `Event` or an id without which the event means nothing, holds a number that
    /// no Java `long` can, or is nested deeper than 128 levels; a plan may have 500 nodes one below the other.
    ///
    /// ```
    /// use spark_eventlog::Event;
    /// let line = br#"{"Event":"SparkListenerUnpersistRDD","RDD ID":7}"#;
    /// assert!(matches!(Event::parse(line), Ok(Event::UnpersistRdd(event)) if event.rdd_id == 7));
    /// ```
    pub fn parse(line: &'a [u8]) -> serde_json::Result<Self> {
        if let Some(name) = leading_name(line) {
            return match Self::parse_any(name, line) {
                Some(event) => event,
                None if line.trim_ascii_end().ends_with(b"}") => Ok(Self::Other(name.into())),
                None => json::<Named<'_>>(line).map(|named| Self::Other(named.event)),
            };
        }
        let Named { event } = json(line)?;
        Self::parse_any(&event, line).unwrap_or(Ok(Self::Other(event)))
    }

    fn parse_any(name: &str, line: &'a [u8]) -> Option<serde_json::Result<Self>> {
        match Self::parse_named(name, line) {
            Some(Err(error)) if deep::is_too_deep(&error) => deep::parse(name, line).or(Some(Err(error))),
            parsed => parsed,
        }
    }
}

/// Text is checked once a line rather than once a string, which is faster. A line that is no text may still be an event:
/// what is wrong may be in a field that nobody reads.
fn json<'a, T: Deserialize<'a>>(line: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(line) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(line),
    }
}

/// The name in a line that Spark wrote: it always comes first, without spaces.
fn leading_name(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(b"{\"Event\":\"")?;
    let name = &rest[..memchr::memchr2(b'"', b'\\', rest)?];
    (rest[name.len()] == b'"').then(|| std::str::from_utf8(name).ok()).flatten()
}

//! What a replay reports.

use std::collections::BTreeMap;

use serde::Serialize;
use workload::recorded::{Grade, Recorded};

use super::Figures;
use crate::report::SettingReport;

/// The version of the names and meanings of this report.
pub const SCHEMA_VERSION: u32 = 1;

/// What happened beside what the model says of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The name of the log.
    pub input: String,
    /// The application.
    pub app: AppReport,
    /// The version of Spark as the log writes it; empty if it does not say.
    pub spark_version: String,
    /// The version whose behaviour is modelled.
    pub semantics_version: String,
    /// The executors, by index.
    pub executors: Vec<ReplayExecutor>,
    /// The settings of the log that the model knows, by key, and those that a replay adds.
    pub conf: Vec<SettingReport>,
    /// What the log says happened.
    pub observed: Figures,
    /// What the model says of the log's own configuration.
    pub simulated: Figures,
    /// What the model says of another configuration, where one was asked for.
    pub predicted: Option<Predicted>,
    /// How far the simulated figures are from the observed ones.
    pub errors: Errors,
    /// What the model has to say about how the application ended.
    pub failure_model: FailureModel,
    /// Why it cannot be known from this log how the application ends, where [`FailureModel::CannotBeKnown`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Figures of `observed` that are `null`, and why.
    pub unknown: Vec<Unknown>,
    /// How sure each figure is that the log gives.
    pub grades: Vec<Grade>,
    /// What was wrong with the log, or is not modelled.
    pub notes: Vec<String>,
    /// A hash of every event of the simulated run.
    pub fingerprint: String,
}

/// The application of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppReport {
    /// `spark.app.name`.
    pub name: String,
    /// `spark.app.id`; empty if the log does not say.
    pub id: String,
    /// The attempt, where the cluster manager numbers them.
    pub attempt: Option<String>,
    /// Start in milliseconds of the epoch.
    pub started_ms: Option<u64>,
    /// Whether the log has the end of the application.
    pub complete: bool,
}

impl AppReport {
    pub(crate) fn of(recorded: &Recorded) -> Self {
        let app = &recorded.app;
        Self {
            name: app.name.clone(),
            id: app.id.clone(),
            attempt: app.attempt.clone(),
            started_ms: app.started_ms,
            complete: app.complete,
        }
    }
}

/// An executor of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplayExecutor {
    /// As Spark names it.
    pub id: String,
    /// The machine that it is on, numbered from 0.
    pub node: u32,
    /// Its cores in the simulated run.
    pub cores: u32,
    /// Bytes that execution and storage share on the heap, as it reported them; `null` if the log does not say.
    pub reported_on_heap_bytes: Option<u64>,
    /// Bytes that they share off the heap.
    pub reported_off_heap_bytes: Option<u64>,
    /// The first of them in the simulated run.
    pub on_heap_bytes: u64,
    /// The second of them in the simulated run.
    pub off_heap_bytes: u64,
}

/// What the model says of another configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predicted {
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// By figure of the application: between what it lies over wake orders and jittered times. Empty if not asked for.
    pub interval: BTreeMap<&'static str, Interval>,
    /// Whether tasks run where they ran.
    pub placement: Placement,
    /// Whether stages have other numbers of tasks than in the log: their tasks are inferred then.
    pub recut: bool,
    /// What is set otherwise than in the log, by key.
    pub conf: Vec<ChangedSetting>,
    /// A hash of every event of the run.
    pub fingerprint: String,
}

/// The least and the most of a figure over several runs; the prediction lies inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// The least.
    pub low: u64,
    /// The most.
    pub high: u64,
    /// Number of runs.
    pub runs: u32,
}

/// Where the tasks of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// On the executors that they ran on.
    Kept,
    /// Scheduled anew.
    Anew,
}

/// A setting that a prediction changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedSetting {
    /// The key.
    pub key: String,
    /// Its value in the log; `null` if it was not set there.
    pub from: Option<String>,
    /// Its value in the prediction.
    pub to: String,
}

/// How far simulated figures are from observed ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Errors {
    /// Of the application, by figure.
    #[serde(flatten)]
    pub app: BTreeMap<&'static str, FigureError>,
    /// Of the stages that both have.
    pub stages: Vec<ErrorsOf>,
    /// Of the cached RDDs that both have.
    pub rdds: Vec<ErrorsOf>,
}

/// The same of a stage or an RDD.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ErrorsOf {
    /// `Stage ID` or `RDD ID`.
    pub id: u32,
    /// By figure.
    #[serde(flatten)]
    pub figures: BTreeMap<&'static str, FigureError>,
}

/// One figure, observed and simulated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FigureError {
    /// What happened; `null` if the log does not say.
    pub observed: Option<u64>,
    /// What the model says.
    pub simulated: Option<u64>,
    /// |simulated - observed| / max(simulated, observed), 0 where both are 0; `null` where one is.
    pub error: Option<f64>,
    /// What the error says.
    pub kind: ErrorKind,
}

/// What an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The model did not see the figure.
    Accuracy,
    /// Constants of the model were taken from this figure of the same log: it says nothing on other logs.
    Fit,
}

/// What the model has to say about how the application ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureModel {
    /// It did not fail.
    None,
    /// It failed for a reason that the model has.
    Modelled,
    /// It failed for want of something that this log does not measure: see
    /// [`ReplayReport::failure_reason`]. `failed` of a run that does not fail is `null` then.
    CannotBeKnown,
    /// It failed for a reason that is not memory, which memory does not explain.
    NotMemory,
}

/// A figure that the log does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Its path in the report.
    pub path: String,
    /// Why.
    pub reason: String,
    /// The setting that would have recorded it; `null` if none would.
    pub key: Option<String>,
}

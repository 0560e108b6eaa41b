//! Jobs, stages and RDDs.

use serde::{
    Deserialize,
    de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

use super::{
    Accumulable, Properties, StorageLevel, Text,
    number::{long, opt_long, or_default},
};

/// `SparkListenerJobStart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct JobStart<'a> {
    /// From 0.
    #[serde(rename = "Job ID", deserialize_with = "long")]
    pub job_id: i64,
    /// Milliseconds since 1970; missing before 1.1.
    #[serde(rename = "Submission Time", default, deserialize_with = "opt_long")]
    pub submission_time: Option<i64>,
    /// All stages of the job, also those that will be skipped; missing before 1.2.
    #[serde(borrow, rename = "Stage Infos", default, deserialize_with = "or_default")]
    pub stage_infos: Vec<StageInfo<'a>>,
    /// Their ids.
    #[serde(rename = "Stage IDs", default, deserialize_with = "or_default")]
    pub stage_ids: Vec<i64>,
    /// Local properties of the thread that started it, e.g. `spark.sql.execution.id`.
    #[serde(borrow, rename = "Properties", default)]
    pub properties: Properties<'a>,
}

/// `SparkListenerJobEnd`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct JobEnd<'a> {
    /// Which job.
    #[serde(rename = "Job ID", deserialize_with = "long")]
    pub job_id: i64,
    /// Milliseconds since 1970; missing before 1.1.
    #[serde(rename = "Completion Time", default, deserialize_with = "opt_long")]
    pub completion_time: Option<i64>,
    /// How it ended.
    #[serde(borrow, rename = "Job Result", default)]
    pub job_result: JobResult<'a>,
}

/// How a job ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobResult<'a> {
    /// `JobSucceeded` or `JobFailed`.
    pub result: Text<'a>,
    /// The message of the exception that failed it.
    pub message: Option<Text<'a>>,
}

impl JobResult<'_> {
    /// Whether the job succeeded.
    pub fn succeeded(&self) -> bool {
        self.result == "JobSucceeded"
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JobResult<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JobResultVisitor)
    }
}

/// An object, or its `Result` alone.
struct JobResultVisitor;

#[derive(Deserialize)]
struct WholeJobResult<'a> {
    #[serde(borrow, rename = "Result", default)]
    result: Text<'a>,
    #[serde(borrow, rename = "Exception", default)]
    exception: Option<JobException<'a>>,
}

#[derive(Deserialize)]
struct JobException<'a> {
    #[serde(borrow, rename = "Message", default)]
    message: Option<Text<'a>>,
}

impl<'de> Visitor<'de> for JobResultVisitor {
    type Value = JobResult<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a job result")
    }

    fn visit_borrowed_str<E: Error>(self, result: &'de str) -> Result<Self::Value, E> {
        Ok(JobResult { result: result.into(), message: None })
    }

    fn visit_str<E: Error>(self, result: &str) -> Result<Self::Value, E> {
        Ok(JobResult { result: result.to_owned().into(), message: None })
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(JobResult::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let WholeJobResult { result, exception } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        Ok(JobResult { result, message: exception.and_then(|exception| exception.message) })
    }
}

/// `SparkListenerStageSubmitted`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StageSubmitted<'a> {
    /// The attempt of the stage as it starts.
    #[serde(borrow, rename = "Stage Info")]
    pub stage_info: StageInfo<'a>,
    /// Local properties of the job.
    #[serde(borrow, rename = "Properties", default)]
    pub properties: Properties<'a>,
}

/// `SparkListenerStageCompleted`, also of a stage that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StageCompleted<'a> {
    /// The attempt of the stage as it ended.
    #[serde(borrow, rename = "Stage Info")]
    pub stage_info: StageInfo<'a>,
}

/// An attempt of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StageInfo<'a> {
    /// From 0, over all jobs.
    #[serde(rename = "Stage ID", deserialize_with = "long")]
    pub stage_id: i64,
    /// From 0; missing before 1.1.
    #[serde(rename = "Stage Attempt ID", default, deserialize_with = "long")]
    pub stage_attempt_id: i64,
    /// Call site, e.g. `collect at App.scala:10`.
    #[serde(borrow, rename = "Stage Name", default)]
    pub stage_name: Text<'a>,
    /// Tasks; fewer than the partitions of the last RDD when only some are asked for.
    #[serde(rename = "Number of Tasks", default, deserialize_with = "long")]
    pub number_of_tasks: i64,
    /// The RDD of the stage and its ancestors inside of the stage. Lineage of a cached RDD is listed too.
    #[serde(borrow, rename = "RDD Info", default, deserialize_with = "or_default")]
    pub rdd_info: Vec<RddInfo<'a>>,
    /// Stages whose shuffles it reads; missing before 1.4.
    #[serde(rename = "Parent IDs", default, deserialize_with = "or_default")]
    pub parent_ids: Vec<i64>,
    /// Milliseconds since 1970.
    #[serde(rename = "Submission Time", default, deserialize_with = "opt_long")]
    pub submission_time: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(rename = "Completion Time", default, deserialize_with = "opt_long")]
    pub completion_time: Option<i64>,
    /// Why it failed, if it did.
    #[serde(borrow, rename = "Failure Reason", default)]
    pub failure_reason: Option<Text<'a>>,
    /// Totals over its tasks so far, in `value`.
    #[serde(borrow, rename = "Accumulables", default, deserialize_with = "or_default")]
    pub accumulables: Vec<Accumulable<'a>>,
    /// Since 3.1.
    #[serde(rename = "Resource Profile Id", default, deserialize_with = "opt_long")]
    pub resource_profile_id: Option<i64>,
}

/// An RDD of a stage. The sizes that Spark writes with it are always 0 and not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RddInfo<'a> {
    /// From 0.
    #[serde(rename = "RDD ID", deserialize_with = "long")]
    pub rdd_id: i64,
    /// E.g. `MapPartitionsRDD`, or what the user called it.
    #[serde(borrow, rename = "Name", default)]
    pub name: Text<'a>,
    /// A JSON object `{"id": .., "name": ..}` as text; since 1.4.
    #[serde(borrow, rename = "Scope", default)]
    pub scope: Option<Text<'a>>,
    /// Where it was made; since 1.6.
    #[serde(borrow, rename = "Callsite", default)]
    pub callsite: Text<'a>,
    /// RDDs that it is computed from; since 1.4.
    #[serde(rename = "Parent IDs", default, deserialize_with = "or_default")]
    pub parent_ids: Vec<i64>,
    /// How it is persisted, if at all.
    #[serde(rename = "Storage Level", default, deserialize_with = "or_default")]
    pub storage_level: StorageLevel,
    /// Partitions.
    #[serde(rename = "Number of Partitions", default, deserialize_with = "long")]
    pub number_of_partitions: i64,
    /// Whether its stage is a barrier stage; since 2.4.
    #[serde(rename = "Barrier", default)]
    pub barrier: bool,
}

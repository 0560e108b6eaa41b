//! What ended an application other than a lack of execution memory.

use serde::Serialize;
use sim_core::conf::Semantics;
use sim_core::observe::Counters;
use sim_core::outcome::{Cause, JobFailure, LossReason, driver_text};
use sim_core::workload::Workload;

use super::FailureKind;
use super::verdict::serialize_failure;

/// The failure that ended an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// Its kind.
    #[serde(serialize_with = "serialize_failure")]
    pub kind: Option<FailureKind>,
    /// What Spark says, where the model knows its words.
    pub text: Option<String>,
    /// The name of the job; the first of those that had not ended where the whole application was ended.
    pub job: String,
    /// The number of the stage, where one was aborted.
    pub stage: Option<u32>,
    /// The task's number in the stage, where it was one that failed.
    pub index: Option<u32>,
    /// How often the task, the stage or executors had failed.
    pub failures: u32,
    /// The exit code of the application's process or of the executor that was lost last.
    pub exit_code: Option<i32>,
    /// What had grown too large, by part, largest first.
    pub parts: Vec<PartReport>,
}

/// A part of what had grown too large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartReport {
    /// Its name.
    pub name: &'static str,
    /// Its bytes.
    pub held_bytes: u64,
}

/// `SparkExitCode.EXCEED_MAX_EXECUTOR_FAILURES`, `ApplicationMaster.EXIT_MAX_EXECUTOR_FAILURES`.
const MAX_EXECUTOR_FAILURES: i32 = 11;

impl ErrorReport {
    /// What ended an application; `None` where it was a lack of execution memory.
    pub(super) fn of(
        failure: &JobFailure,
        workload: &Workload,
        counters: &Counters,
        semantics: &Semantics,
    ) -> Option<Self> {
        if matches!(failure.cause, Cause::ExecutionMemory(_)) {
            return None;
        }
        let stage = failure.stage.map_or(0, |stage| stage.index());
        let attempts = counters.stages.get(stage).map_or(1, |stage| stage.attempts);
        let table = failure.stage.map(|stage| &workload.stages[stage.index()]);
        let name = table.map_or("", |table| table.name.as_str());
        let writes = table.is_some_and(|table| table.shuffle.is_some());
        let kind = if writes { "ShuffleMapStage" } else { "ResultStage" };
        Some(Self {
            kind: Some(failure.cause.kind()),
            text: failure
                .loss_text(kind, name, attempts.saturating_sub(1))
                .or_else(|| driver_text(&failure.cause, failure.stage, failure.index, semantics)),
            job: workload.jobs[failure.job.index()].name.clone(),
            stage: failure.stage.map(|stage| stage.0),
            index: failure.index,
            failures: match failure.cause {
                Cause::ExecutorFailures { failures, .. } => failures,
                _ => failure.failures,
            },
            exit_code: exit_code(&failure.cause),
            parts: parts(&failure.cause),
        })
    }
}

fn exit_code(cause: &Cause) -> Option<i32> {
    match cause {
        Cause::ExecutorFailures { .. } => Some(MAX_EXECUTOR_FAILURES),
        Cause::ExecutorLost(loss) => loss.exit_code(),
        _ => None,
    }
}

fn parts(cause: &Cause) -> Vec<PartReport> {
    let parts = match cause {
        Cause::ExecutorLost(loss) | Cause::ExecutorFailures { last: loss, .. } => match &loss.reason {
            LossReason::ContainerLimit(report) => &report.parts,
            LossReason::Heap(report) | LossReason::GcOverhead(report) => &report.parts,
            LossReason::Removed
            | LossReason::Idle
            | LossReason::Excluded
            | LossReason::Killed
            | LossReason::Preempted => {
                return Vec::new();
            }
        },
        Cause::ExecutorHeap(report) | Cause::GcOverhead(report) | Cause::DriverHeap { heap: report, .. } => {
            &report.parts
        }
        Cause::DriverContainer(report) => &report.parts,
        _ => return Vec::new(),
    };
    parts.iter().map(|&(name, bytes)| PartReport { name, held_bytes: bytes.0 }).collect()
}

/// The cause in a few words, for the verdict.
pub(super) fn sentence(failure: &JobFailure) -> Option<String> {
    let times = |n: u32| if n == 1 { "once".to_owned() } else { format!("{n} times") };
    let stage = failure.stage.map_or(0, |stage| stage.0);
    Some(match &failure.cause {
        Cause::ExecutorLost(loss) => match failure.index {
            Some(index) => format!(
                "task {index} of stage {stage} lost its executor {}, the last time executor {} ({})",
                times(failure.failures),
                loss.executor.0,
                why(&loss.reason)
            ),
            None => format!("its only executor was lost ({})", why(&loss.reason)),
        },
        Cause::StageAttempts { attempts, shuffle } => format!(
            "stage {stage} was given up after {attempts} attempts that found map output of shuffle {} missing",
            shuffle.0
        ),
        Cause::ExecutorFailures { failures, limit, last } => format!(
            "{failures} executors failed, the limit is {limit}; the last was executor {} ({})",
            last.executor.0,
            why(&last.reason)
        ),
        Cause::ExcludedEverywhere { .. } => {
            format!("a task of stage {stage} cannot run anywhere: it is excluded on all executors")
        }
        _ => return None,
    })
}

fn why(reason: &LossReason) -> String {
    match reason {
        LossReason::Removed => "removed".to_owned(),
        LossReason::Idle => "given back".to_owned(),
        LossReason::Excluded => "given back, since a task was excluded from it".to_owned(),
        LossReason::Killed => "killed".to_owned(),
        LossReason::Preempted => "preempted".to_owned(),
        LossReason::ContainerLimit(_) => "its container outgrew its limit".to_owned(),
        LossReason::Heap(_) => "out of heap".to_owned(),
        LossReason::GcOverhead(_) => "GC overhead limit exceeded".to_owned(),
    }
}

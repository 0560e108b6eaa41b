//! How a run ended, as a word and as one sentence.

use serde::Serialize;
use sim_core::conf::semantics::Semantics;
use sim_core::outcome::{Cause, Outcome, Stall, Verdict as Ended, driver_text};
use sim_core::units::Bytes;

pub use sim_core::outcome::FailureKind;

use super::OomReport;
use crate::human;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every job has succeeded.
    Finished,
    /// A task failed too often: the application was aborted.
    Failed,
    /// Attempts wait for memory that nobody gives back, or tasks for an executor: Spark would hang.
    Stalled,
    /// The bound on events was reached: no answer.
    GaveUp,
}

/// The name of a kind of failure, in reports.
pub(crate) fn serialize_failure<S: serde::Serializer>(
    failure: &Option<FailureKind>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    failure.map(FailureKind::word).serialize(serializer)
}

/// Why a run failed, where it did.
pub(crate) fn failure(ended: &Ended) -> Option<FailureKind> {
    match ended {
        Ended::Failed(failure) => Some(failure.cause.kind()),
        Ended::Stalled { why: Stall::Memory, .. } => Some(FailureKind::ExecutionMemory),
        Ended::Stalled { why: Stall::NoExecutor { .. }, .. } => Some(FailureKind::ExecutorLostOther),
        Ended::Finished | Ended::GaveUp => None,
    }
}

/// What Spark says where it is the driver that fails, and what was too large where Spark does not say.
pub(super) fn spark_text(ended: &Ended, semantics: &Semantics) -> Option<String> {
    let Ended::Failed(failure) = ended else { return None };
    let text = driver_text(&failure.cause, failure.stage, failure.index, semantics)?;
    let size = |bytes: Bytes| human::bytes(bytes.0);
    Some(match &failure.cause {
        Cause::DriverHeap { heap, .. } => format!(
            "{text} (the driver's heap of {} held {} and had no room for {} more)",
            size(heap.capacity),
            size(heap.live),
            size(heap.asked)
        ),
        Cause::StackOverflow { needed, limit } => {
            format!("{text} (frames of {} on a stack of {})", size(*needed), size(*limit))
        }
        _ => text,
    })
}

impl Verdict {
    pub(super) fn of(ended: &Ended) -> Self {
        match ended {
            Ended::Finished => Self::Finished,
            Ended::Failed(_) => Self::Failed,
            Ended::Stalled { .. } => Self::Stalled,
            Ended::GaveUp => Self::GaveUp,
        }
    }

    /// Whether the application fails; `None` where that is not known.
    #[must_use]
    pub fn failed(self) -> Option<bool> {
        match self {
            Self::Finished => Some(false),
            Self::Failed | Self::Stalled => Some(true),
            Self::GaveUp => None,
        }
    }
}

/// What the sentence is made of.
pub(super) struct Facts<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) oom: Option<&'a OomReport>,
    /// What Spark says, where it is the driver that fails.
    pub(super) spark: Option<String>,
    pub(super) spilled_bytes: u64,
    pub(super) spilling_tasks: u64,
    pub(super) evicted_blocks: u64,
    pub(super) evicted_bytes: u64,
    pub(super) out_of_memory_tasks: u64,
    pub(super) lost_executors: u64,
}

/// One sentence, without a full stop.
pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let time = human::ms(facts.outcome.end.as_ms());
    match &facts.outcome.verdict {
        Ended::Finished => format!("the application finishes in {time}{}", pressure(facts)),
        Ended::Failed(failure) => {
            let cause = facts
                .oom
                .map(cause)
                .or_else(|| facts.spark.clone())
                .or_else(|| super::failure::sentence(failure));
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("the application fails after {time}{cause}")
        }
        Ended::Stalled { why: Stall::NoExecutor { tasks }, .. } => format!(
            "the application hangs after {time}: {} left and no executor to run {}",
            match tasks {
                1 => "1 task is".to_owned(),
                n => format!("{} tasks are", human::grouped(*n)),
            },
            if *tasks == 1 { "it" } else { "them" }
        ),
        Ended::Stalled { why: Stall::Memory, waiting } => format!(
            "the application hangs after {time}: {} for memory that nobody gives back",
            match waiting.len() {
                1 => "1 attempt waits".to_owned(),
                n => format!("{n} attempts wait"),
            }
        ),
        Ended::GaveUp => format!(
            "no answer: given up after {} events, at {time} of simulated time",
            human::grouped(facts.outcome.events)
        ),
    }
}

fn pressure(facts: &Facts<'_>) -> String {
    let mut parts = Vec::new();
    if facts.spilled_bytes > 0 {
        let verb = if facts.spilling_tasks == 1 { "spills" } else { "spill" };
        let tasks = human::count(facts.spilling_tasks, "task");
        parts.push(format!("{tasks} {verb} {}", human::bytes(facts.spilled_bytes)));
    }
    if facts.evicted_blocks > 0 {
        let blocks = human::count(facts.evicted_blocks, "cached block");
        let verb = if facts.evicted_blocks == 1 { "is" } else { "are" };
        parts.push(format!("{blocks} ({}) {verb} evicted", human::bytes(facts.evicted_bytes)));
    }
    if facts.out_of_memory_tasks > 0 {
        let attempts = human::count(facts.out_of_memory_tasks, "attempt");
        parts.push(format!("{attempts} out of memory and succeed later"));
    }
    if facts.lost_executors > 0 {
        let verb = if facts.lost_executors == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} lost", human::count(facts.lost_executors, "executor")));
    }
    match parts.as_slice() {
        [] => " without a spill or an eviction".to_owned(),
        [one] => format!("; {one}"),
        [most @ .., last] => format!("; {} and {last}", most.join(", ")),
    }
}

fn cause(oom: &OomReport) -> String {
    let times = match oom.failures {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    let asked = match (oom.required_bytes, oom.granted_bytes) {
        (Some(required), Some(got)) => {
            format!("asked for {} and got {}", human::bytes(required), human::bytes(got))
        }
        (Some(required), None) => format!("asked for {}", human::bytes(required)),
        _ => "got too little".to_owned(),
    };
    format!(
        "task {} of stage {} ran out of execution memory {times}; its {} {asked}",
        oom.index, oom.stage, oom.consumer
    )
}

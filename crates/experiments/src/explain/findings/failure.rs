//! Failures: of the application, of attempts that were tried again, and of a log whose recording does not fail.

use sim_core::outcome::{Cause, Stall, Verdict};
use workload::recorded::Observed;

use super::{All, Found, Measure};
use crate::explain::report::{Finding, FindingKind, Held};
use crate::explain::watch::Failures;
use crate::explain::{Seen, cause};
use crate::human;
use crate::report::FailureKind;

pub(super) fn find(seen: &Seen, observed: Option<&Observed>, all: &mut All) {
    of_application(seen, all);
    for ((stage, kind), failures) in &seen.watch.failures {
        let told = all.findings.iter().any(|found| {
            found.finding.failure == Some(*kind) && found.finding.stage.is_none_or(|told| told == stage.0)
        });
        if !told {
            all.findings.push(of_attempts(seen, stage.0, *kind, failures));
        }
    }
    of_log(seen, observed, all);
}

/// What ended the application.
fn of_application(seen: &Seen, all: &mut All) {
    let found = match &seen.outcome.verdict {
        Verdict::Failed(failed) => {
            let stage = failed.stage.map(|stage| stage.0);
            let kind = failed.cause.kind();
            let seen_of = failed.stage.and_then(|stage| seen.watch.failures.get(&(stage, kind)));
            let held = seen_of.map(|failures| held_of(seen, failures));
            let at = seen_of.map_or(seen.outcome.end, |failures| failures.then.at);
            let task = failed.index.map_or(String::new(), |index| format!("task {index} of "));
            let place = failed.stage.map_or("the application".to_owned(), |stage| {
                format!("{task}stage {} ({})", stage.0, seen.case.workload.stages[stage.index()].name)
            });
            let times =
                if failed.failures > 1 { format!(" {} times", failed.failures) } else { String::new() };
            let told = held.as_ref().zip(seen_of).map(|(held, of)| (held, of.first.stage.0, of.first.index));
            let finding = Finding {
                kind: FindingKind::Failure,
                failure: Some(kind),
                title: format!("{place} failed{times}, and the application with it: {}", kind_words(kind)),
                at_ms: Some(at.as_ms()),
                stage,
                rdd: None,
                bytes: None,
                cause: cause::of_failure(&failed.cause, told),
                held,
                fixes: Vec::new(),
            };
            let heap = by_heap(kind);
            Found {
                least_heap: heap,
                cause: Some(failed.cause.clone()),
                ..Found::of(finding, Measure::Failure)
            }
        }
        Verdict::Stalled { why, waiting } => {
            let (failure, cause) = match why {
                Stall::Memory => (
                    FailureKind::ExecutionMemory,
                    "every task that could give memory back waits for memory itself: Spark would hang, without an error"
                        .to_owned(),
                ),
                Stall::NoExecutor { tasks } => (
                    FailureKind::ExecutorLostOther,
                    format!("{} left, and no executor is there or comes that could run them", human::count(*tasks, "task")),
                ),
            };
            let finding = Finding {
                kind: FindingKind::Stall,
                failure: Some(failure),
                title: format!(
                    "the application hangs; {} for memory",
                    match waiting.len() {
                        1 => "1 attempt waits".to_owned(),
                        n => format!("{n} attempts wait"),
                    }
                ),
                at_ms: Some(seen.outcome.end.as_ms()),
                stage: waiting.first().map(|(stage, ..)| stage.0),
                rdd: None,
                bytes: None,
                cause,
                held: None,
                fixes: Vec::new(),
            };
            Found { least_heap: *why == Stall::Memory, ..Found::of(finding, Measure::Failure) }
        }
        Verdict::Finished | Verdict::GaveUp => return,
    };
    all.findings.push(found);
}

/// Attempts that failed in an application that goes on, or in another stage.
fn of_attempts(seen: &Seen, stage: u32, kind: FailureKind, failures: &Failures) -> Found {
    let name = &seen.case.workload.stages[stage as usize].name;
    let held = held_of(seen, failures);
    let finding = Finding {
        kind: FindingKind::Failure,
        failure: Some(kind),
        title: format!(
            "{} of stage {stage} ({name}) failed: {}",
            human::count(failures.attempts, "attempt"),
            kind_words(kind)
        ),
        at_ms: Some(failures.then.at.as_ms()),
        stage: Some(stage),
        rdd: None,
        bytes: None,
        cause: cause::of_failure(&failures.cause, Some((&held, stage, failures.first.index))),
        held: Some(held),
        fixes: Vec::new(),
    };
    let measure = if seen.report.failed == Some(true) { Measure::Failure } else { Measure::FailedTasks };
    Found { cause: Some(failures.cause.clone()), ..Found::of(finding, measure) }
}

/// A log that failed for a reason that its recording does not meet.
fn of_log(seen: &Seen, observed: Option<&Observed>, all: &mut All) {
    let Some(kind) = observed.filter(|observed| observed.failed).and_then(|observed| observed.failure) else {
        return;
    };
    if seen.report.failure == Some(kind) {
        return;
    }
    let finding = Finding {
        kind: FindingKind::ObservedFailure,
        failure: Some(kind),
        title: format!("the log says that the application failed: {}", kind_words(kind)),
        at_ms: None,
        stage: None,
        rdd: None,
        bytes: None,
        cause: "the run of its recording does not fail in this way: a log ends where the application did, and does not \
                say what a failed task would have asked for. Paste the error into `poolsim explain --message`"
            .to_owned(),
        held: None,
        fixes: Vec::new(),
    };
    // What cannot be seen to fail cannot be seen to be cured.
    all.findings.push(Found { remedies: &[], ..Found::of(finding, Measure::Failure) });
}

/// Who held the memory: the error itself knows best, the attempt is gone when its end is told.
fn held_of(seen: &Seen, failures: &Failures) -> Held {
    let mut then = failures.then.clone();
    match &failures.cause {
        Cause::ExecutionMemory(oom) => {
            then.holders.clone_from(&oom.holders);
            then.storage_used = oom.storage_used;
            then.active_tasks = then.active_tasks.max(oom.holders.len() as u64);
            then.execution_used =
                oom.holders.iter().fold(sim_core::units::Bytes::ZERO, |sum, holder| sum + holder.bytes);
        }
        Cause::ExecutorHeap(heap) | Cause::GcOverhead(heap) => then.holders.clone_from(&heap.holders),
        _ => {}
    }
    Held::of(&then, &seen.case)
}

/// Whether a larger heap is what the least of is looked for.
fn by_heap(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::ExecutionMemory | FailureKind::ExecutorHeap | FailureKind::GcOverhead)
}

/// A kind of failure in words.
fn kind_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::ExecutionMemory => "out of execution memory",
        FailureKind::ExecutorHeap => "an executor's heap is full",
        FailureKind::GcOverhead => "an executor did nothing but collect garbage",
        FailureKind::ContainerLimit => "a container above its limit was killed",
        FailureKind::PythonMemory => "a Python worker has no memory left",
        FailureKind::DriverHeap => "the driver's heap is full",
        FailureKind::DriverContainer => "the driver's container was killed",
        FailureKind::MaxResultSize => "results larger than spark.driver.maxResultSize",
        FailureKind::BroadcastLimit => "a table too large to be broadcast",
        FailureKind::TaskResultOrRpcSize => "a task or result larger than a message",
        FailureKind::StackOverflow => "a thread's stack is too small",
        FailureKind::ExecutorLostOther => "an executor was lost",
        FailureKind::NotMemory => "not for memory",
    }
}

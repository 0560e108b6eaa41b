//! Why, in Spark's rules.

use sim_core::memory::consumer::Failure;
use sim_core::outcome::{Cause, ContainerReport, ExecutorLoss, HeapReport, LossReason};
use sim_core::units::Bytes;

use super::report::Held;
use crate::human;
use crate::report::words;

/// Why a task that asked for more got nothing.
pub(super) fn of_shortage(held: &Held, stage: u32, index: u32) -> String {
    let (share, own) = (held.share(), held.of_task(stage, index));
    let tasks = human::count(held.active_tasks, "task");
    let mut text = if held.active_tasks <= 1 {
        format!(
            "the task had the pool for itself: execution can have {} of it at most, and it held {}",
            human::bytes(held.largest_execution_pool()),
            human::bytes(own)
        )
    } else if own.saturating_mul(10) >= share.saturating_mul(8) {
        format!(
            "{tasks} were active, and each may hold at most 1/{} of what execution can have, {} of {}; this one held {}",
            held.active_tasks,
            human::bytes(share),
            human::bytes(held.largest_execution_pool()),
            human::bytes(own)
        )
    } else {
        format!(
            "{tasks} held {} together, and nothing takes execution memory from another task; this one held {} of the \
             {} that 1/{} allows",
            human::bytes(held.execution_used_bytes),
            human::bytes(own),
            human::bytes(share),
            held.active_tasks
        )
    };
    let kept = held.storage_used_bytes.min(held.storage_region_bytes);
    if kept > 0 {
        text.push_str(&format!(
            "; {} of blocks lie in the storage region ({}), from which execution does not evict",
            human::bytes(kept),
            human::bytes(held.storage_region_bytes)
        ));
    }
    text
}

/// Why blocks of an RDD were evicted.
pub(super) fn of_eviction(for_execution: bool, on_disk: bool, held: &Held) -> String {
    let what = if on_disk {
        "they are read from disk from then on"
    } else {
        "their level keeps no copy on disk: they are computed again at the next use"
    };
    if for_execution {
        format!(
            "tasks asked for execution memory while storage held more than its region of {}: what is above it is \
             borrowed, and goes first, least recently used blocks before others; {what}",
            human::bytes(held.storage_region_bytes)
        )
    } else {
        format!(
            "other blocks were to be stored, and a block may push out those of other RDDs, least recently used first, \
             never those of its own; {what}"
        )
    }
}

/// Why an attempt, an executor or the application failed. Every cause is told.
pub(super) fn of_failure(cause: &Cause, held: Option<(&Held, u32, u32)>) -> String {
    match cause {
        Cause::ExecutionMemory(oom) => {
            let why = match oom.failure {
                Failure::PointerArray => {
                    "the array of a sorter doubles, old and new at once: it needs three times what it has; "
                }
                Failure::HashRelation { .. } | Failure::HashMap => {
                    "a hash relation cannot spill, and while it doubles the old and the new array are there at once; "
                }
                Failure::Aggregation => "the aggregation had spilled its map and could not even sort; ",
                Failure::TooLargePage(_) | Failure::TooManyPages => "no pool is large enough for that; ",
                Failure::Orphaned => {
                    "its entry in the pool was removed while it waited (Spark: NoSuchElementException); "
                }
                Failure::UnableToAcquire { .. } => "nothing of the task could spill any more; ",
            };
            let shortage = held.map_or(String::new(), |(held, stage, index)| of_shortage(held, stage, index));
            let said = words(oom.failure);
            let text = format!("{} ({}): {why}{shortage}", oom.consumer, said.trim_end_matches('.'));
            text.trim_end_matches("; ").to_owned()
        }
        Cause::ExecutorHeap(heap) => format!("the executor's heap, outside of the pools: {}", heap_of(heap)),
        Cause::GcOverhead(heap) => {
            format!("the collector got too little back of a heap full of live objects: {}", heap_of(heap))
        }
        Cause::ExecutorLost(loss) => of_loss(loss),
        Cause::FetchFailed { shuffle, executor } => format!(
            "the map output of shuffle {} on executor {} is gone: it went with its executor",
            shuffle.0, executor.0
        ),
        Cause::StageAttempts { attempts, shuffle } => format!(
            "map output of shuffle {} was gone each time: {attempts} attempts of a stage in a row are all that \
             spark.stage.maxConsecutiveAttempts allows",
            shuffle.0
        ),
        Cause::ExecutorFailures { failures, limit, last } => format!(
            "{failures} executors failed, {limit} may (spark.executor.maxNumFailures); the last one: {}",
            of_loss(last)
        ),
        Cause::ExcludedEverywhere { .. } => {
            "the task is excluded on every executor (spark.excludeOnFailure): see why it failed there"
                .to_owned()
        }
        Cause::PythonMemory { needed, limit } => format!(
            "a Python worker needs {} and may have {}: spark.executor.pyspark.memory divided by the cores, as address \
             space",
            size(*needed),
            size(*limit)
        ),
        Cause::ResultLost { executor } => format!(
            "the result of a task was a block of executor {} when that was lost, before the driver had fetched it",
            executor.0
        ),
        Cause::BroadcastTimeout { timeout } => format!(
            "a table was not broadcast within the {} s of spark.sql.broadcastTimeout",
            timeout.as_ms() / 1000
        ),
        Cause::MemoryLeak { bytes } => format!(
            "an operator did not give {} back, and spark.unsafe.exceptionOnMemoryLeak makes a failure of that",
            size(*bytes)
        ),
        Cause::StackOverflow { needed, limit } => {
            format!("a recursion needs {} of stack and a thread has {} (-Xss)", size(*needed), size(*limit))
        }
        Cause::MaxResultSize { tasks, total, limit } => format!(
            "the results of the first {} are {} together, spark.driver.maxResultSize is {}: the sum is taken in the order \
             in which tasks end",
            human::count((*tasks).into(), "task"),
            size(*total),
            size(*limit)
        ),
        Cause::TaskTooLarge { bytes, limit } => format!(
            "a serialized task has {}, a message may have {} (spark.rpc.message.maxSize)",
            size(*bytes),
            size(*limit)
        ),
        Cause::BroadcastRows { rows, limit } => format!(
            "the table has {} rows, such a relation may have {}: no setting moves this limit",
            human::grouped(*rows),
            human::grouped(*limit)
        ),
        Cause::BroadcastBytes { bytes, limit } => {
            format!("the table has {}, a broadcast relation may have {}", size(*bytes), size(*limit))
        }
        Cause::DriverHeap { heap, broadcast } => format!(
            "the driver's heap{}: {}",
            if *broadcast { ", while it built a table to broadcast" } else { "" },
            heap_of(heap)
        ),
        Cause::DriverContainer(report) => format!("the driver's container: {}", container_of(report)),
    }
}

/// Why an executor was lost.
pub(super) fn of_loss(loss: &ExecutorLoss) -> String {
    let executor = loss.executor.0;
    match &loss.reason {
        LossReason::Removed => format!("executor {executor} left, as the input says"),
        LossReason::Excluded => {
            format!("executor {executor} was given back, since a task was excluded from it")
        }
        LossReason::Idle => format!("executor {executor} was given back by dynamic allocation"),
        LossReason::Killed => format!("the process of executor {executor} was killed from outside"),
        LossReason::Preempted => {
            format!("the cluster manager took the container of executor {executor} for somebody else")
        }
        LossReason::ContainerLimit(report) => {
            format!("the container of executor {executor} was killed: {}", container_of(report))
        }
        LossReason::Heap(heap) => {
            format!("the JVM of executor {executor} ended itself (exit code 52): {}", heap_of(heap))
        }
        LossReason::GcOverhead(heap) => {
            format!(
                "the JVM of executor {executor} did nothing but collect (exit code 52): {}",
                heap_of(heap)
            )
        }
    }
}

fn heap_of(heap: &HeapReport) -> String {
    format!(
        "{} live of {}, and {} were asked for{}",
        size(heap.live),
        size(heap.capacity),
        size(heap.asked),
        parts(&heap.parts)
    )
}

fn container_of(report: &ContainerReport) -> String {
    format!("{} of {} used{}", size(report.used), size(report.limit), parts(&report.parts))
}

/// The largest parts by name.
fn parts(parts: &[(&'static str, Bytes)]) -> String {
    const SHOWN: usize = 4;
    let told: Vec<String> =
        parts.iter().take(SHOWN).map(|(name, held)| format!("{name} {}", size(*held))).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

fn size(bytes: Bytes) -> String {
    human::bytes(bytes.0)
}

//! The journal: a JSON object for each event, in order.

use std::io::Write;

use serde_json::{Value, json};
use sim_core::observe::{AttemptInfo, BlockSource, EvictedFor, Journal, JournalEntry, Moment, TaskMetrics};
use sim_core::outcome::Cause;
use sim_core::storage::ToDisk;

/// Writes nothing where no journal was kept.
pub(crate) fn write(journal: Option<&Journal>, out: &mut impl Write) -> anyhow::Result<()> {
    for entry in journal.iter().flat_map(|journal| &journal.entries) {
        serde_json::to_writer(&mut *out, &line(entry))?;
        writeln!(out)?;
    }
    Ok(())
}

/// `at_ns` and `event` come first.
fn line(entry: &JournalEntry) -> Value {
    let (event, fields) = event(&entry.moment);
    let mut line = json!({ "at_ns": entry.at.0, "event": event });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields);
    }
    line
}

fn event(moment: &Moment) -> (&'static str, Value) {
    match moment {
        Moment::JobSubmitted(job) => ("job_submitted", json!({ "job": job.0 })),
        Moment::JobEnded(job, ok) => ("job_ended", json!({ "job": job.0, "succeeded": ok })),
        Moment::StageSubmitted(stage) => ("stage_submitted", json!({ "stage": stage.0 })),
        Moment::StageSkipped(stage) => ("stage_skipped", json!({ "stage": stage.0 })),
        Moment::StageEnded(stage, ok) => ("stage_ended", json!({ "stage": stage.0, "succeeded": ok })),
        Moment::AttemptLaunched(info) => ("attempt_launched", attempt(info, json!({}))),
        Moment::AttemptWaits(info) => ("attempt_waits", attempt(info, json!({}))),
        Moment::AttemptFinished(info, task) => ("attempt_finished", attempt(info, metrics(task))),
        Moment::AttemptFailed(info, task, cause) => {
            let mut fields = metrics(task);
            fields["failure"] = json!(cause.kind().word());
            if let Cause::ExecutionMemory(oom) = &**cause {
                fields["consumer"] = json!(oom.consumer);
            }
            ("attempt_failed", attempt(info, fields))
        }
        Moment::AttemptKilled(info) => ("attempt_killed", attempt(info, json!({}))),
        Moment::AttemptLost(info, loss) => {
            ("attempt_lost", attempt(info, json!({ "failure": loss.reason.kind().word() })))
        }
        Moment::Spilling { attempt: info, consumer, rows, bytes, disk_bytes } => {
            let fields = json!({
                "consumer": consumer, "rows": rows,
                "memory_spilled_bytes": bytes.0, "disk_spilled_bytes": disk_bytes.0,
            });
            ("spilling", attempt(info, fields))
        }
        Moment::Evicted { executor: _, dropped, by, reason } => {
            let reason = match reason {
                EvictedFor::Execution => "execution",
                EvictedFor::Storage => "storage",
            };
            let to_disk = match dropped.to_disk {
                ToDisk::No => "no",
                ToDisk::Written => "written",
                ToDisk::AlreadyThere => "already_there",
            };
            let fields = json!({
                "rdd": dropped.rdd.map(|rdd| rdd.0), "block": dropped.block.0,
                "evicted_bytes": dropped.size.0, "to_disk": to_disk, "for": reason,
            });
            ("block_evicted", attempt(by, fields))
        }
        Moment::BlockRead { attempt: info, rdd, partition, source } => {
            let source = match source {
                BlockSource::Memory => "memory",
                BlockSource::Disk => "disk",
                BlockSource::Remote => "remote",
                BlockSource::Computed => "computed",
                BlockSource::Unpersisted => "unpersisted",
            };
            let fields = json!({ "rdd": rdd.0, "partition": partition, "source": source });
            ("block_read", attempt(info, fields))
        }
        Moment::BlockStored { attempt: info, rdd, partition, memory, disk } => {
            let fields = json!({
                "rdd": rdd.0, "partition": partition, "memory_bytes": memory.0, "disk_bytes": disk.0,
            });
            ("block_stored", attempt(info, fields))
        }
        Moment::BlockRefused { attempt: info, rdd, partition } => {
            ("block_refused", attempt(info, json!({ "rdd": rdd.0, "partition": partition })))
        }
        Moment::Unpersisted(rdd) => ("unpersisted", json!({ "rdd": rdd.0 })),
        Moment::ExecutorAdded(executor) => ("executor_added", json!({ "executor": executor.0 })),
        Moment::ExecutorRemoved(executor, reason) => (
            "executor_removed",
            json!({
                "executor": executor.0,
                "failure": reason.kind().word(),
                "exit_code": reason.exit_code(),
            }),
        ),
        Moment::ExecutorRequested { executor, instead_of } => {
            ("executor_requested", json!({ "executor": executor.0, "instead_of": instead_of.0 }))
        }
        Moment::TaskResubmitted { stage, index, executor } => {
            ("task_resubmitted", json!({ "stage": stage.0, "index": index, "executor": executor.0 }))
        }
        Moment::BlockLost { executor, rdd, partition, memory, disk } => {
            let fields = json!({
                "executor": executor.0, "rdd": rdd.0, "partition": partition,
                "memory_bytes": memory.0, "disk_bytes": disk.0,
            });
            ("block_lost", fields)
        }
    }
}

/// Who it was, then what it was.
fn attempt(info: &AttemptInfo, fields: Value) -> Value {
    let mut all = json!({
        "stage": info.stage.0, "stage_attempt": info.stage_attempt, "index": info.index, "attempt": info.attempt,
        "executor": info.executor.0,
    });
    if let (Value::Object(all), Value::Object(fields)) = (&mut all, fields) {
        all.extend(fields);
    }
    all
}

fn metrics(task: &TaskMetrics) -> Value {
    json!({
        "memory_spilled_bytes": task.memory_bytes_spilled.0,
        "disk_spilled_bytes": task.disk_bytes_spilled.0,
        "peak_execution_memory_bytes": task.peak_execution_memory.0,
        "cpu_ns": task.cpu.0,
        "serialization_ns": task.serialization.0,
        "shuffle_ns": task.shuffle.0,
        "gc_ns": task.gc_wait.0,
        "network_ns": task.network.0,
        "disk_ns": task.disk.0,
        "spill_ns": task.spill.0,
        "evict_ns": task.evict.0,
        "pool_wait_ns": task.pool_wait.0,
        "lock_wait_ns": task.lock_wait.0,
        "launch_ns": task.launch.0,
        "jvm_gc_ns": task.jvm_gc_time.0,
    })
}

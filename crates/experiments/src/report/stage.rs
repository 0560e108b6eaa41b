//! Stages and attempts in the report.

use serde::Serialize;
use sim_core::observe::{StageCounters, TaskEnd, TaskRow};
use sim_core::workload::Stage;

use super::{Detail, TimeParts};

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageReport {
    /// Its number.
    pub stage: u32,
    /// Shown to people.
    pub name: String,
    /// What became of it.
    pub status: StageStatus,
    /// Number of its tasks.
    pub task_count: u32,
    /// When its tasks could run.
    pub submitted_ms: Option<u64>,
    /// When its last task ended.
    pub ended_ms: Option<u64>,
    /// `Memory Bytes Spilled`.
    pub memory_spilled_bytes: u64,
    /// `Disk Bytes Spilled`.
    pub disk_spilled_bytes: u64,
    /// Number of spills.
    pub spills: u64,
    /// Attempts that spilled.
    pub spilling_tasks: u64,
    /// The largest `Peak Execution Memory` of an attempt.
    pub peak_execution_memory_max_bytes: u64,
    /// The sum over all attempts.
    pub peak_execution_memory_sum_bytes: u64,
    /// Cached partitions that requests of this stage evicted.
    pub evicted_blocks: u64,
    /// Their bytes.
    pub evicted_bytes: u64,
    /// Cached partitions that were found.
    pub cache_hits: u64,
    /// Cached partitions that had to be computed.
    pub cache_misses: u64,
    /// Bytes read from storage and from cached blocks.
    pub input_bytes: u64,
    /// Bytes fetched from shuffles.
    pub shuffle_read_bytes: u64,
    /// Bytes written as map output.
    pub shuffle_write_bytes: u64,
    /// `JVM GC Time` of its attempts: what the beans of the collectors of their executors counted while they ran.
    pub jvm_gc_ms: u64,
    /// Attempts that failed.
    pub failed_tasks: u64,
    /// Attempts that were killed: the stage was aborted, or another attempt of the task has succeeded.
    pub killed_tasks: u64,
    /// Attempts that were launched beside slow ones.
    pub speculative_tasks: u64,
    /// How many of them were the first to end.
    pub speculative_wins: u64,
    /// Attempts that were lost with their executor.
    pub lost_tasks: u64,
    /// Attempts that found map output missing; they are among the failed ones.
    pub fetch_failed_tasks: u64,
    /// Tasks that had succeeded and ran once more, as their map output was lost while the stage ran.
    pub resubmitted_tasks: u64,
    /// How often the stage was submitted.
    pub attempts: u32,
    /// Where the time of its attempts went.
    pub time_ms: TimeParts,
    /// How much of `time_ms.wait` was waiting for the pool; the rest was waiting for the memory manager's lock, and for
    /// blocks that others compute.
    pub pool_wait_ms: u64,
    /// How much of `time_ms.disk` was writing blocks that their requests evicted.
    pub evict_ms: u64,
    /// Its attempts by index and attempt, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<TaskReport>>,
}

/// What became of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// Every task has succeeded.
    Succeeded,
    /// It was aborted.
    Failed,
    /// The run ended before it did: it hangs, or the run was given up.
    Unfinished,
    /// Its shuffle was written before.
    Skipped,
    /// It was never submitted.
    NotRun,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// It has succeeded.
    Succeeded,
    /// It threw.
    Failed,
    /// Its stage was aborted, or another attempt of its task has succeeded.
    Killed,
    /// Its executor was lost.
    Lost,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskReport {
    /// Its task's number in the stage.
    pub index: u32,
    /// Which attempt of the stage it is of: 0 for the first one.
    pub stage_attempt: u32,
    /// 0 for the first attempt in that attempt of the stage.
    pub attempt: u32,
    /// Where it ran.
    pub executor: u32,
    /// What became of it.
    pub status: TaskStatus,
    /// When it was launched.
    pub launched_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// `Memory Bytes Spilled`.
    pub memory_spilled_bytes: u64,
    /// `Disk Bytes Spilled`.
    pub disk_spilled_bytes: u64,
    /// Number of spills.
    pub spills: u64,
    /// `Peak Execution Memory`.
    pub peak_execution_memory_bytes: u64,
    /// `JVM GC Time`.
    pub jvm_gc_ms: u64,
    /// Where its time went.
    pub time_ms: TimeParts,
    /// How much of `time_ms.wait` was waiting for the pool.
    pub pool_wait_ms: u64,
}

impl StageReport {
    pub(super) fn of(number: usize, stage: &Stage, counters: &StageCounters, detail: Detail) -> Self {
        let sum = &counters.sum;
        let status = match (counters.skipped, counters.submitted, counters.succeeded) {
            (true, ..) => StageStatus::Skipped,
            (_, None, _) => StageStatus::NotRun,
            (.., true) => StageStatus::Succeeded,
            (.., false) if counters.ended.is_none() => StageStatus::Unfinished,
            (.., false) => StageStatus::Failed,
        };
        Self {
            stage: number as u32,
            name: stage.name.clone(),
            status,
            task_count: stage.tasks,
            submitted_ms: counters.submitted.map(|at| at.as_ms()),
            ended_ms: counters.ended.map(|at| at.as_ms()),
            memory_spilled_bytes: sum.memory_bytes_spilled.0,
            disk_spilled_bytes: sum.disk_bytes_spilled.0,
            spills: sum.spills,
            spilling_tasks: counters.spilling_tasks,
            peak_execution_memory_max_bytes: counters.peak_execution_memory_max.0,
            peak_execution_memory_sum_bytes: sum.peak_execution_memory.0,
            evicted_blocks: counters.evicted.0,
            evicted_bytes: counters.evicted.1.0,
            cache_hits: counters.cache_hits,
            cache_misses: counters.cache_misses,
            input_bytes: sum.input_bytes.0,
            shuffle_read_bytes: sum.shuffle_read_bytes.0,
            shuffle_write_bytes: sum.shuffle_write_bytes.0,
            jvm_gc_ms: sum.jvm_gc_time.as_ms(),
            failed_tasks: counters.failed_tasks,
            killed_tasks: counters.killed_tasks,
            lost_tasks: counters.lost_tasks,
            fetch_failed_tasks: counters.fetch_failed_tasks,
            resubmitted_tasks: counters.resubmitted_tasks,
            attempts: counters.attempts,
            speculative_tasks: counters.speculative_tasks.0,
            speculative_wins: counters.speculative_tasks.1,
            time_ms: TimeParts::of(sum),
            pool_wait_ms: sum.pool_wait.as_ms(),
            evict_ms: sum.evict.as_ms(),
            tasks: (detail == Detail::Tasks).then(|| tasks(&counters.tasks)),
        }
    }
}

fn tasks(rows: &[TaskRow]) -> Vec<TaskReport> {
    let mut tasks: Vec<TaskReport> = rows.iter().map(TaskReport::of).collect();
    tasks.sort_by_key(|task| (task.index, task.stage_attempt, task.attempt));
    tasks
}

impl TaskReport {
    fn of(row: &TaskRow) -> Self {
        let metrics = &row.metrics;
        Self {
            index: row.info.index,
            stage_attempt: row.info.stage_attempt,
            attempt: row.info.attempt,
            executor: row.info.executor.0,
            status: match row.end {
                TaskEnd::Finished => TaskStatus::Succeeded,
                TaskEnd::Failed => TaskStatus::Failed,
                TaskEnd::Killed => TaskStatus::Killed,
                TaskEnd::Lost => TaskStatus::Lost,
            },
            launched_ms: row.info.launched.as_ms(),
            ended_ms: row.ended.as_ms(),
            memory_spilled_bytes: metrics.memory_bytes_spilled.0,
            disk_spilled_bytes: metrics.disk_bytes_spilled.0,
            spills: metrics.spills,
            peak_execution_memory_bytes: metrics.peak_execution_memory.0,
            jvm_gc_ms: metrics.jvm_gc_time.as_ms(),
            time_ms: TimeParts::of(metrics),
            pool_wait_ms: metrics.pool_wait.as_ms(),
        }
    }
}

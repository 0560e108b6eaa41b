//! What Spark says of a failure, word for word as far as a simulation knows the words.
//!
//! Spark: `TaskSetManager.handleFailedTask`, `DAGScheduler.handleTaskCompletion`, `ExecutorLostFailure.toErrorString`
//! (`TaskEndReason.scala`), `YarnAllocator.processCompletedContainers`, `ExecutorPodsLifecycleManager.exitReasonMessage`,
//! `ApplicationMaster`, `ExecutorPodsAllocator`. Hosts and task numbers are not simulated and left out.

use crate::observe::AttemptInfo;
use crate::units::Bytes;

use super::{Cause, ContainerReport, ExecutorLoss, JobFailure, LossReason};

/// YARN: `YarnAllocator.PMEM_EXCEEDED_EXIT_CODE`.
const PMEM_EXCEEDED: i32 = -104;
/// YARN: `ContainerExitStatus.PREEMPTED`.
const PREEMPTED: i32 = -102;

impl LossReason {
    /// Why an executor was lost, in Spark's words.
    #[must_use]
    pub fn text(&self, executor: u32) -> String {
        match self {
            Self::Removed => "Executor was removed".to_owned(),
            Self::Idle | Self::Excluded => "Executor killed by driver.".to_owned(),
            Self::Killed => {
                // What a connection that breaks off tells (`CoarseGrainedSchedulerBackend.onDisconnected`).
                "Remote RPC client disassociated. Likely due to containers exceeding thresholds, or network issues. \
                 Check driver logs for WARN messages."
                    .to_owned()
            }
            Self::Preempted => "Container was preempted.".to_owned(),
            Self::ContainerLimit(report) => container_text(report, executor),
            Self::Heap(_) | Self::GcOverhead(_) => "Command exited with code 52".to_owned(),
        }
    }
}

fn container_text(report: &ContainerReport, executor: u32) -> String {
    if report.exit_code == PMEM_EXCEEDED {
        let (used, limit) = (hadoop_size(report.used.0), hadoop_size(report.limit.0));
        return format!(
            "Container killed by YARN for exceeding physical memory limits. {used} of {limit} physical memory used. \
             Consider boosting spark.executor.memoryOverhead."
        );
    }
    format!(
        "The executor with id {executor} exited with exit code {}(SIGKILL, possible container OOM).",
        report.exit_code
    )
}

/// A size as YARN writes it (`StringUtils.TraditionalBinaryPrefix`): one decimal below 100 of a unit, if it has any.
fn hadoop_size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1 << 10 {
        return format!("{bytes} B");
    }
    let unit = (bytes.ilog2() as usize / 10).min(UNITS.len());
    let size = 1_u64 << (10 * unit);
    if bytes.is_multiple_of(size) {
        format!("{} {}", bytes / size, UNITS[unit - 1])
    } else {
        format!("{:.1} {}", bytes as f64 / size as f64, UNITS[unit - 1])
    }
}

impl ExecutorLoss {
    /// Its exit code as the driver shows it, where its process ended or was killed.
    #[must_use]
    pub const fn exit_code(&self) -> Option<i32> {
        match self.reason {
            LossReason::Preempted => Some(PREEMPTED),
            _ => self.reason.exit_code(),
        }
    }

    /// What becomes of its tasks (`ExecutorLostFailure.toErrorString`).
    #[must_use]
    pub fn text(&self) -> String {
        let executor = self.executor.0;
        let caused = if self.reason.caused_by_app() {
            "caused by one of the running tasks"
        } else {
            "unrelated to the running tasks"
        };
        let reason = self.reason.text(executor);
        format!("ExecutorLostFailure (executor {executor} exited {caused}) Reason: {reason}")
    }
}

impl JobFailure {
    /// What Spark says of losses, fetch failures and their limits; `None` where the cause has words of its own. A stage is
    /// a `ResultStage` or a `ShuffleMapStage` to it.
    #[must_use]
    pub fn loss_text(&self, stage_kind: &str, stage_name: &str, stage_attempt: u32) -> Option<String> {
        let (stage, index) = (self.stage.map_or(0, |stage| stage.0), self.index.unwrap_or(0));
        match &self.cause {
            Cause::ExecutorLost(loss) if self.stage.is_some() => Some(format!(
                "Job aborted due to stage failure: Task {index} in stage {stage}.{stage_attempt} failed {} times, most \
                 recent failure: Lost task {index}.{} in stage {stage}.{stage_attempt} (executor {}): {}",
                self.failures,
                self.failures.saturating_sub(1),
                loss.executor.0,
                loss.text()
            )),
            Cause::ExecutorLost(loss) => Some(loss.text()),
            Cause::StageAttempts { attempts, shuffle } => Some(format!(
                "Job aborted due to stage failure: {stage_kind} {stage} ({stage_name}) has failed the maximum allowable \
                 number of times: {attempts}. Most recent failure reason:\norg.apache.spark.shuffle.\
                 MetadataFetchFailedException: Missing an output location for shuffle {}",
                shuffle.0
            )),
            Cause::ExecutorFailures { limit, .. } => {
                Some(format!("Max number of executor failures ({limit}) reached"))
            }
            Cause::ExcludedEverywhere { last } => {
                let last = last.as_ref().map_or_else(String::new, |last| most_recent(&last.0, &last.1));
                Some(format!(
                    "Job aborted due to stage failure: \nAborting TaskSet {stage}.{stage_attempt} because task {index} \
                     (partition {index})\ncannot run anywhere due to node and executor excludeOnFailure.\nMost recent \
                     failure:\n{last}\n\nExcludeOnFailure behavior can be configured via spark.excludeOnFailure.*.\n"
                ))
            }
            // Between the two lines Spark has those of the user's own code.
            Cause::PythonMemory { .. } => Some(format!(
                "Job aborted due to stage failure: Task {index} in stage {stage}.{stage_attempt} failed {} times, most \
                 recent failure: Lost task {index}.{} in stage {stage}.{stage_attempt}: org.apache.spark.api.python.\
                 PythonException: Traceback (most recent call last):\nMemoryError\n",
                self.failures,
                self.failures.saturating_sub(1),
            )),
            Cause::MemoryLeak { bytes } => Some(format!(
                "Job aborted due to stage failure: Task {index} in stage {stage}.{stage_attempt} failed {} times, most \
                 recent failure: Lost task {index}.{attempt} in stage {stage}.{stage_attempt}: {}, task \
                 {index}.{attempt} in stage {stage}.{stage_attempt}",
                self.failures,
                leak_error(*bytes),
                attempt = self.failures.saturating_sub(1),
            )),
            _ => None,
        }
    }
}

fn leak_error(bytes: Bytes) -> String {
    format!("org.apache.spark.SparkException: [INTERNAL_ERROR_EXECUTOR] {}", super::driver_text::leak(bytes))
}

/// The most recent failure of a stage (`TaskSetExcludelist.getLatestFailureReason`), as far as its words are known.
fn most_recent(info: &AttemptInfo, cause: &Cause) -> String {
    let text = match cause {
        Cause::ExecutorLost(loss) => loss.text(),
        Cause::ExecutionMemory(_) => "org.apache.spark.memory.SparkOutOfMemoryError".to_owned(),
        Cause::PythonMemory { .. } => "org.apache.spark.api.python.PythonException".to_owned(),
        Cause::MemoryLeak { bytes } => leak_error(*bytes),
        _ => String::new(),
    };
    format!(
        "Lost task {}.{} in stage {}.{} (executor {}): {text}",
        info.index, info.attempt, info.stage.0, info.stage_attempt, info.executor.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ExecutorId;

    #[test]
    fn containers_that_yarn_kills_are_described_in_its_words() {
        let gib = |tenths: u64| Bytes(tenths * (1 << 30) / 10);
        let report =
            ContainerReport { used: gib(169), limit: gib(160), parts: vec![], exit_code: PMEM_EXCEEDED };
        let loss = ExecutorLoss { executor: ExecutorId(3), reason: LossReason::ContainerLimit(report) };
        assert_eq!(
            loss.text(),
            "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Container killed by YARN \
             for exceeding physical memory limits. 16.9 GB of 16 GB physical memory used. Consider boosting \
             spark.executor.memoryOverhead."
        );
    }

    #[test]
    fn pods_are_killed_with_137_and_preempted_containers_are_nobodys_fault() {
        let limit = Bytes(1 << 30);
        let report = ContainerReport { used: limit, limit, parts: vec![], exit_code: 137 };
        assert_eq!(
            LossReason::ContainerLimit(report).text(1),
            "The executor with id 1 exited with exit code 137(SIGKILL, possible container OOM)."
        );
        let loss = ExecutorLoss { executor: ExecutorId(1), reason: LossReason::Preempted };
        assert!(loss.text().contains("unrelated to the running tasks"), "{}", loss.text());
        assert_eq!(loss.exit_code(), Some(-102));
    }

    #[test]
    fn a_worker_without_memory_fails_its_task_in_sparks_words() {
        let failure = JobFailure {
            job: crate::ids::JobId(0),
            stage: Some(crate::ids::StageId(0)),
            index: Some(1),
            failures: 4,
            cause: Cause::PythonMemory { needed: Bytes::mib(129), limit: Bytes::mib(128) },
        };
        assert_eq!(
            failure.loss_text("ShuffleMapStage", "count", 0).expect("its words"),
            "Job aborted due to stage failure: Task 1 in stage 0.0 failed 4 times, most recent failure: Lost task 1.3 \
             in stage 0.0: org.apache.spark.api.python.PythonException: Traceback (most recent call last):\nMemoryError\n"
        );
    }

    #[test]
    fn sizes_are_written_as_yarn_writes_them() {
        assert_eq!(hadoop_size(512), "512 B");
        assert_eq!(hadoop_size(1 << 20), "1 MB");
        assert_eq!(hadoop_size(1_503_238_553), "1.4 GB");
    }
}

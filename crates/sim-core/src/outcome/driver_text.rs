//! Spark's own words for what the driver cannot hold or send.

use super::{Cause, Warning};
use crate::conf::quantity::bytes_to_string;
use crate::conf::semantics::{ErrorText, Semantics};
use crate::ids::StageId;
use crate::units::Bytes;

/// What Spark says of a cause that is the driver's, or of a stack; `None` for causes that are not. `stage` and `index`
/// are those of the failure.
#[must_use]
pub fn driver_text(
    cause: &Cause,
    stage: Option<StageId>,
    index: Option<u32>,
    semantics: &Semantics,
) -> Option<String> {
    let size = |bytes: Bytes| bytes_to_string(bytes.0);
    let aborted = |text: String| format!("Job aborted due to stage failure: {text}");
    Some(match cause {
        // TaskSetManager.canFetchMoreResults
        Cause::MaxResultSize { tasks, total, limit } => aborted(format!(
            "Total size of serialized results of {tasks} tasks ({}) is bigger than spark.driver.maxResultSize ({})",
            size(*total),
            size(*limit)
        )),
        // CoarseGrainedSchedulerBackend.launchTasks
        Cause::TaskTooLarge { bytes, limit } => aborted(format!(
            "Serialized task {}:{} was {} bytes, which exceeds max allowed: spark.rpc.message.maxSize ({} bytes). \
             Consider increasing spark.rpc.message.maxSize or using broadcast variables for large values.",
            stage.map_or(0, |stage| stage.0),
            index.unwrap_or(0),
            bytes.0,
            limit.0
        )),
        // QueryExecutionErrors.cannotBroadcastTableOverMaxTableRowsError
        Cause::BroadcastRows { rows, limit } => {
            format!("Cannot broadcast the table over {limit} rows: {rows} rows.")
        }
        // QueryExecutionErrors.cannotBroadcastTableOverMaxTableBytesError
        Cause::BroadcastBytes { bytes, limit } => {
            format!("Cannot broadcast the table that is larger than {}: {}.", size(*limit), size(*bytes))
        }
        // QueryExecutionErrors.executeBroadcastTimeoutError
        Cause::BroadcastTimeout { timeout } => {
            let hint = match semantics.error_text {
                ErrorText::Plain => "",
                ErrorText::SqlState => " or remove the broadcast hint if it exists in your code",
            };
            format!(
                "Could not execute broadcast in {} secs. You can increase the timeout for broadcasts via \
                 spark.sql.broadcastTimeout or disable broadcast join by setting \
                 spark.sql.autoBroadcastJoinThreshold to -1{hint}.",
                timeout.as_ms() / 1000
            )
        }
        // QueryExecutionErrors.notEnoughMemoryToBuildAndBroadcastTableError, of tables that have no name
        Cause::DriverHeap { broadcast: true, .. } => {
            let hint = match semantics.error_text {
                ErrorText::Plain => "",
                ErrorText::SqlState => {
                    " or apply the shuffle sort merge join hint as described in the Spark documentation: \
                     https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-hints.html#join-hints."
                }
            };
            format!(
                "Not enough memory to build and broadcast the table to all worker nodes. As a workaround, you can \
                 either disable broadcast by setting spark.sql.autoBroadcastJoinThreshold to -1 or increase the \
                 spark driver memory by setting spark.driver.memory to a higher value.{hint}"
            )
        }
        Cause::DriverHeap { broadcast: false, .. } => {
            "java.lang.OutOfMemoryError: Java heap space".to_owned()
        }
        Cause::StackOverflow { .. } => "java.lang.StackOverflowError".to_owned(),
        Cause::ResultLost { .. } => "TaskResultLost (result lost from block manager)".to_owned(),
        _ => return None,
    })
}

/// `Executor.TaskRunner.run`; the name of the task follows.
pub(super) fn leak(bytes: Bytes) -> String {
    format!("Managed memory leak detected; size = {} bytes", bytes.0)
}

impl Warning {
    /// What Spark logs.
    #[must_use]
    pub fn spark_text(&self) -> String {
        match self {
            // TaskSetManager.prepareLaunchingTask
            Self::LargeTask { stage, bytes } => format!(
                "Stage {} contains a task of very large size ({} KiB). The maximum recommended task size is 1000 KiB.",
                stage.0,
                bytes.0 / 1024
            ),
            // Executor.TaskRunner.run; the number of the task in the application is not the model's to know.
            Self::ResultDropped { stage, index, bytes, limit } => format!(
                "Finished task {index}.0 in stage {}.0. Result is larger than maxResultSize ({} > {}), dropping it.",
                stage.0,
                bytes_to_string(bytes.0),
                bytes_to_string(limit.0)
            ),
            Self::MemoryLeak { stage, index, bytes } => {
                format!("{}, task {index}.0 in stage {}.0", leak(*bytes), stage.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::SparkVersion;
    use crate::outcome::HeapReport;
    use crate::units::SimTime;

    fn text(cause: &Cause, version: SparkVersion) -> String {
        let semantics = Semantics::of(version);
        driver_text(cause, Some(StageId(3)), Some(7), &semantics).expect("a cause of the driver's")
    }

    #[test]
    fn the_words_are_those_of_real_runs() {
        let cause = Cause::MaxResultSize { tasks: 13, total: Bytes(71_228_480), limit: Bytes::mib(64) };
        assert_eq!(
            text(&cause, SparkVersion::V3_5),
            "Job aborted due to stage failure: Total size of serialized results of 13 tasks (67.9 MiB) is bigger \
             than spark.driver.maxResultSize (64.0 MiB)"
        );
        let cause = Cause::TaskTooLarge { bytes: Bytes(200_003_500), limit: Bytes::mib(128) };
        assert_eq!(
            text(&cause, SparkVersion::V3_5),
            "Job aborted due to stage failure: Serialized task 3:7 was 200003500 bytes, which exceeds max allowed: \
             spark.rpc.message.maxSize (134217728 bytes). Consider increasing spark.rpc.message.maxSize or using \
             broadcast variables for large values."
        );
        let warning = Warning::LargeTask { stage: StageId(0), bytes: Bytes::kib(195_321) };
        assert_eq!(
            warning.spark_text(),
            "Stage 0 contains a task of very large size (195321 KiB). The maximum recommended task size is 1000 KiB."
        );
    }

    #[test]
    fn broadcasts_are_refused_in_the_words_of_the_version() {
        let bytes = Cause::BroadcastBytes { bytes: Bytes::gib(12), limit: Bytes::gib(8) };
        let refused = "Cannot broadcast the table that is larger than 8.0 GiB: 12.0 GiB.";
        assert_eq!(text(&bytes, SparkVersion::V3_5), refused);
        let rows = Cause::BroadcastRows { rows: 512_000_000, limit: 512_000_000 };
        let refused = "Cannot broadcast the table over 512000000 rows: 512000000 rows.";
        assert_eq!(text(&rows, SparkVersion::V4_1), refused);
        let heap = HeapReport {
            capacity: Bytes(0),
            live: Bytes(0),
            asked: Bytes(0),
            parts: vec![],
            holders: vec![],
        };
        let heap = Cause::DriverHeap { heap, broadcast: true };
        assert!(text(&heap, SparkVersion::V3_5).ends_with("spark.driver.memory to a higher value."));
        assert!(text(&heap, SparkVersion::V4_1).ends_with("#join-hints."));
        let late = Cause::BroadcastTimeout { timeout: SimTime::from_ms(300_000) };
        let said = text(&late, SparkVersion::V3_5);
        assert!(said.starts_with("Could not execute broadcast in 300 secs. "), "{said}");
        assert!(said.ends_with("spark.sql.autoBroadcastJoinThreshold to -1."), "{said}");
    }
}

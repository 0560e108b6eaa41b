//! Which failure a text of Spark's tells.

use sim_core::outcome::FailureKind;

/// What a text must hold to tell a failure, and what it must not; the first row that fits.
///
/// Spark: `core/src/main/resources/error/error-conditions.json`, `TaskSetManager.scala`, `SparkExitCode.scala`,
/// `YarnAllocator.scala`. An executor's exit code 52 is an `OutOfMemoryError`, 137 a kill from outside.
const ROWS: &[(&str, FailureKind)] = &[
    ("is bigger than spark.driver.maxResultSize", FailureKind::MaxResultSize),
    ("bigger than spark.driver.maxResultSize", FailureKind::MaxResultSize),
    ("is bigger than local maxResultSize", FailureKind::MaxResultSize),
    ("Not enough memory to build and broadcast the table", FailureKind::DriverHeap),
    ("Cannot broadcast the table", FailureKind::BroadcastLimit),
    ("_LEGACY_ERROR_TEMP_2249", FailureKind::BroadcastLimit),
    ("exceeds max allowed: spark.rpc.message.maxSize", FailureKind::TaskResultOrRpcSize),
    ("spark.rpc.message.maxSize", FailureKind::TaskResultOrRpcSize),
    ("Kryo serialization failed: Buffer overflow", FailureKind::TaskResultOrRpcSize),
    ("SparkOutOfMemoryError", FailureKind::ExecutionMemory),
    ("UNABLE_TO_ACQUIRE_MEMORY", FailureKind::ExecutionMemory),
    ("Unable to acquire", FailureKind::ExecutionMemory),
    ("memory to build hash relation", FailureKind::ExecutionMemory),
    ("There is not enough memory to build hash map", FailureKind::ExecutionMemory),
    ("There is no enough memory to build hash map", FailureKind::ExecutionMemory),
    ("Cannot allocate a page with more than", FailureKind::ExecutionMemory),
    ("GC overhead limit exceeded", FailureKind::GcOverhead),
    ("OutOfMemoryError", FailureKind::ExecutorHeap),
    ("Java heap space", FailureKind::ExecutorHeap),
    ("StackOverflowError", FailureKind::StackOverflow),
    ("exceeding physical memory limits", FailureKind::ContainerLimit),
    ("exceeding memory limits", FailureKind::ContainerLimit),
    ("exceeding virtual memory limits", FailureKind::ContainerLimit),
    ("OOMKilled", FailureKind::ContainerLimit),
    ("exit code 137", FailureKind::ContainerLimit),
    ("exited with code 137", FailureKind::ContainerLimit),
    ("Exit status: 137", FailureKind::ContainerLimit),
    ("exited with code 52", FailureKind::ExecutorHeap),
    ("exit code 52", FailureKind::ExecutorHeap),
    ("Exit status: 52", FailureKind::ExecutorHeap),
];

/// What tells that executors were lost, where nothing tells why.
const LOST: &[&str] = &[
    "ExecutorLostFailure",
    "Executor heartbeat timed out",
    "Remote RPC client disassociated",
    "executor lost",
];

/// The failure that a text tells; `None` if it is empty.
pub(super) fn told(text: &str) -> Option<FailureKind> {
    if text.is_empty() {
        return None;
    }
    // Python's error is a part of the name of Java's.
    if text.replace("OutOfMemoryError", "").contains("MemoryError") {
        return Some(FailureKind::PythonMemory);
    }
    let row = ROWS.iter().find(|(part, _)| text.contains(part)).map(|&(_, failure)| failure);
    Some(row.unwrap_or_else(|| {
        let lost = LOST.iter().any(|part| text.contains(part));
        if lost { FailureKind::ExecutorLostOther } else { FailureKind::NotMemory }
    }))
}

/// Which of several failures is the cause: one of memory before the loss of executors, that before any other.
pub(super) fn cause<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<FailureKind> {
    let mut found: Vec<FailureKind> = texts.into_iter().filter_map(told).collect();
    // Stable: of two of a rank the first.
    found.sort_by_key(|failure| match failure {
        FailureKind::NotMemory => 2,
        FailureKind::ExecutorLostOther => 1,
        _ => 0,
    });
    found.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_spark_tell_their_failure() {
        for (text, failure) in [
            (
                "Job aborted due to stage failure: Total size of serialized results of 5 tasks (67.9 MiB) is bigger \
                 than spark.driver.maxResultSize 64.0 MiB.",
                FailureKind::MaxResultSize,
            ),
            (
                "Can't acquire 33554432 bytes memory to build hash relation, got 9437184 bytes",
                FailureKind::ExecutionMemory,
            ),
            (
                "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes of memory, got 0.",
                FailureKind::ExecutionMemory,
            ),
            (
                "ExceptionFailure: org.apache.spark.memory.SparkOutOfMemoryError: Unable to acquire 65536 bytes",
                FailureKind::ExecutionMemory,
            ),
            ("java.lang.OutOfMemoryError: Java heap space", FailureKind::ExecutorHeap),
            ("java.lang.OutOfMemoryError: GC overhead limit exceeded", FailureKind::GcOverhead),
            (
                "org.apache.spark.api.python.PythonException: Traceback\nMemoryError\n",
                FailureKind::PythonMemory,
            ),
            (
                "Not enough memory to build and broadcast the table to all worker nodes. As a workaround, ...",
                FailureKind::DriverHeap,
            ),
            ("Cannot broadcast the table that is larger than 8.0 GiB: 9.1 GiB.", FailureKind::BroadcastLimit),
            (
                "Container killed by YARN for exceeding physical memory limits. 1.4 GB of 1.4 GB physical memory used.",
                FailureKind::ContainerLimit,
            ),
            (
                "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Command exited \
                 with code 52",
                FailureKind::ExecutorHeap,
            ),
            (
                "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Remote RPC client \
                 disassociated.",
                FailureKind::ExecutorLostOther,
            ),
            (
                "Serialized task 1:0 was 200000000 bytes, which exceeds max allowed: spark.rpc.message.maxSize",
                FailureKind::TaskResultOrRpcSize,
            ),
            ("java.lang.StackOverflowError", FailureKind::StackOverflow),
            ("[ARITHMETIC_OVERFLOW] long overflow.", FailureKind::NotMemory),
        ] {
            assert_eq!(told(text), Some(failure), "{text}");
        }
        assert_eq!(told(""), None);
    }

    #[test]
    fn memory_comes_before_what_it_brings_about() {
        let texts =
            ["TaskKilled", "ExecutorLostFailure: heartbeat", "java.lang.OutOfMemoryError: Java heap space"];
        assert_eq!(cause(texts), Some(FailureKind::ExecutorHeap));
        assert_eq!(cause(texts[..2].iter().copied()), Some(FailureKind::ExecutorLostOther));
        assert_eq!(cause([]), None);
    }
}

//! Which failure a text of Spark's tells.

use crate::Failure;

/// What a text must hold to tell a failure, and what it must not; the first row that fits.
///
/// Spark: `core/src/main/resources/error/error-conditions.json`, `TaskSetManager.scala`, `SparkExitCode.scala`,
/// `YarnAllocator.scala`. An executor's exit code 52 is an `OutOfMemoryError`, 137 a kill from outside.
const ROWS: &[(&str, Failure)] = &[
    ("is bigger than spark.driver.maxResultSize", Failure::MaxResultSize),
    ("bigger than spark.driver.maxResultSize", Failure::MaxResultSize),
    ("is bigger than local maxResultSize", Failure::MaxResultSize),
    ("Not enough memory to build and broadcast the table", Failure::DriverHeap),
    ("Cannot broadcast the table", Failure::BroadcastLimit),
    ("_LEGACY_ERROR_TEMP_2249", Failure::BroadcastLimit),
    ("exceeds max allowed: spark.rpc.message.maxSize", Failure::TaskResultOrRpcSize),
    ("spark.rpc.message.maxSize", Failure::TaskResultOrRpcSize),
    ("Kryo serialization failed: Buffer overflow", Failure::TaskResultOrRpcSize),
    ("SparkOutOfMemoryError", Failure::ExecutionMemory),
    ("UNABLE_TO_ACQUIRE_MEMORY", Failure::ExecutionMemory),
    ("Unable to acquire", Failure::ExecutionMemory),
    ("memory to build hash relation", Failure::ExecutionMemory),
    ("There is not enough memory to build hash map", Failure::ExecutionMemory),
    ("There is no enough memory to build hash map", Failure::ExecutionMemory),
    ("Cannot allocate a page with more than", Failure::ExecutionMemory),
    ("GC overhead limit exceeded", Failure::GcOverhead),
    ("OutOfMemoryError", Failure::ExecutorHeap),
    ("Java heap space", Failure::ExecutorHeap),
    ("StackOverflowError", Failure::StackOverflow),
    ("exceeding physical memory limits", Failure::ContainerLimit),
    ("exceeding memory limits", Failure::ContainerLimit),
    ("exceeding virtual memory limits", Failure::ContainerLimit),
    ("OOMKilled", Failure::ContainerLimit),
    ("exit code 137", Failure::ContainerLimit),
    ("exited with code 137", Failure::ContainerLimit),
    ("Exit status: 137", Failure::ContainerLimit),
    ("exited with code 52", Failure::ExecutorHeap),
    ("exit code 52", Failure::ExecutorHeap),
    ("Exit status: 52", Failure::ExecutorHeap),
];

/// What tells that executors were lost, where nothing tells why.
const LOST: &[&str] = &[
    "ExecutorLostFailure",
    "Executor heartbeat timed out",
    "Remote RPC client disassociated",
    "executor lost",
];

/// The failure that a text tells; `None` if it is empty.
pub(super) fn told(text: &str) -> Option<Failure> {
    if text.is_empty() {
        return None;
    }
    // Python's error is a part of the name of Java's.
    if text.replace("OutOfMemoryError", "").contains("MemoryError") {
        return Some(Failure::PythonMemory);
    }
    let row = ROWS.iter().find(|(part, _)| text.contains(part)).map(|&(_, failure)| failure);
    Some(row.unwrap_or_else(|| {
        let lost = LOST.iter().any(|part| text.contains(part));
        if lost { Failure::ExecutorLostOther } else { Failure::NotMemory }
    }))
}

/// Which of several failures is the cause: one of memory before the loss of executors, that before any other.
pub(super) fn cause<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<Failure> {
    let mut found: Vec<Failure> = texts.into_iter().filter_map(told).collect();
    // Stable: of two of a rank the first.
    found.sort_by_key(|failure| match failure {
        Failure::NotMemory => 2,
        Failure::ExecutorLostOther => 1,
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
                Failure::MaxResultSize,
            ),
            (
                "Can't acquire 33554432 bytes memory to build hash relation, got 9437184 bytes",
                Failure::ExecutionMemory,
            ),
            (
                "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes of memory, got 0.",
                Failure::ExecutionMemory,
            ),
            (
                "ExceptionFailure: org.apache.spark.memory.SparkOutOfMemoryError: Unable to acquire 65536 bytes",
                Failure::ExecutionMemory,
            ),
            ("java.lang.OutOfMemoryError: Java heap space", Failure::ExecutorHeap),
            ("java.lang.OutOfMemoryError: GC overhead limit exceeded", Failure::GcOverhead),
            ("org.apache.spark.api.python.PythonException: Traceback\nMemoryError\n", Failure::PythonMemory),
            (
                "Not enough memory to build and broadcast the table to all worker nodes. As a workaround, ...",
                Failure::DriverHeap,
            ),
            ("Cannot broadcast the table that is larger than 8.0 GiB: 9.1 GiB.", Failure::BroadcastLimit),
            (
                "Container killed by YARN for exceeding physical memory limits. 1.4 GB of 1.4 GB physical memory used.",
                Failure::ContainerLimit,
            ),
            (
                "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Command exited \
                 with code 52",
                Failure::ExecutorHeap,
            ),
            (
                "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: Remote RPC client \
                 disassociated.",
                Failure::ExecutorLostOther,
            ),
            (
                "Serialized task 1:0 was 200000000 bytes, which exceeds max allowed: spark.rpc.message.maxSize",
                Failure::TaskResultOrRpcSize,
            ),
            ("java.lang.StackOverflowError", Failure::StackOverflow),
            ("[ARITHMETIC_OVERFLOW] long overflow.", Failure::NotMemory),
        ] {
            assert_eq!(told(text), Some(failure), "{text}");
        }
        assert_eq!(told(""), None);
    }

    #[test]
    fn memory_comes_before_what_it_brings_about() {
        let texts =
            ["TaskKilled", "ExecutorLostFailure: heartbeat", "java.lang.OutOfMemoryError: Java heap space"];
        assert_eq!(cause(texts), Some(Failure::ExecutorHeap));
        assert_eq!(cause(texts[..2].iter().copied()), Some(Failure::ExecutorLostOther));
        assert_eq!(cause([]), None);
    }
}

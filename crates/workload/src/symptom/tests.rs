//! Texts of Spark, of YARN and of the JVM, and what they tell.

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
        ("org.apache.spark.api.python.PythonException: Traceback\nMemoryError\n", FailureKind::PythonMemory),
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

/// The symptoms of a text, the root first, and a figure of the root.
fn root(text: &str, name: &str) -> (Symptom, Option<u64>) {
    let found = recognise(text);
    let root = found.first().unwrap_or_else(|| panic!("nothing in {text}"));
    (root.symptom, root.figures.get(name))
}

const GIB: u64 = 1 << 30;

#[test]
fn figures_are_read() {
    let yarn = "Container killed by YARN for exceeding memory limits. 16.9 GB of 16 GB physical memory used.";
    assert_eq!(root(yarn, "limit_bytes"), (Symptom::YarnPhysical, Some(16 * GIB)));
    assert_eq!(root(yarn, "used_bytes").1, Some(18_146_236_826));
    let node_manager = "Container [pid=7,containerID=c] is running beyond physical memory limits. Current usage: \
                        1.5 GB of 1.4 GB physical memory used; 4.2 GB of 2.9 GB virtual memory used. Killing container.";
    assert_eq!(root(node_manager, "used_bytes"), (Symptom::YarnPhysical, Some(3 * GIB / 2)));
    let acquire = "Unable to acquire 65536 bytes of memory, got 12";
    assert_eq!(root(acquire, "asked_bytes"), (Symptom::UnableToAcquire, Some(65_536)));
    assert_eq!(root(acquire, "got_bytes").1, Some(12));
    let results = "Total size of serialized results of 5 tasks (67.9 MiB) is bigger than \
                   spark.driver.maxResultSize 64.0 MiB.";
    assert_eq!(root(results, "limit_bytes"), (Symptom::MaxResultSize, Some(64 << 20)));
    assert_eq!(root(results, "tasks").1, Some(5));
    let results = "Total size of serialized results of 5 tasks (1067.9 MB) is bigger than \
                   spark.driver.maxResultSize (1024.0 MB)";
    assert_eq!(root(results, "limit_bytes").1, Some(GIB));
    let table = "Cannot broadcast the table that is larger than 8.0 GiB: 10.0 GiB.";
    assert_eq!(root(table, "total_bytes"), (Symptom::BroadcastBytes, Some(10 * GIB)));
    let rows = "Cannot broadcast the table over 357913941 rows: 400000000 rows.";
    assert_eq!(root(rows, "rows"), (Symptom::BroadcastRows, Some(400_000_000)));
    let task = "Serialized task 1:0 was 200000000 bytes, which exceeds max allowed: spark.rpc.message.maxSize \
                (134217728 bytes). Consider increasing spark.rpc.message.maxSize or using broadcast variables for \
                large values.";
    assert_eq!(root(task, "limit_bytes"), (Symptom::TaskTooLarge, Some(134_217_728)));
    let refused = "Required executor memory (10240 MB), offHeap memory (0) MB, overhead (1024 MB), and PySpark \
                   memory (0 MB) is above the max threshold (8192 MB) of this cluster!";
    assert_eq!(root(refused, "heap_mib"), (Symptom::RequiredMemory, Some(10_240)));
    assert_eq!(root(refused, "limit_mib").1, Some(8_192));
}

#[test]
fn exit_codes_are_read_in_all_their_spellings() {
    for (text, symptom) in [
        ("52", Symptom::JvmOutOfMemory),
        ("-104", Symptom::YarnPhysical),
        ("exit code 137", Symptom::Killed),
        ("Exit code: 137", Symptom::Killed),
        (
            "The executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).",
            Symptom::Killed,
        ),
        ("Container exited with a non-zero exit code 143", Symptom::Terminated),
        ("Container killed on request. Exit code is 143", Symptom::Terminated),
        ("Command exited with code 52", Symptom::JvmOutOfMemory),
        ("Container from a bad node: c on host: h. Exit status: 143. Diagnostics: x", Symptom::Terminated),
        ("Exit status: -100", Symptom::ExitCode),
        ("exitCode: 11", Symptom::ExecutorFailures),
    ] {
        assert_eq!(root(text, "").0, symptom, "{text}");
    }
    assert_eq!(recognise("exit code 0"), []);
    assert_eq!(recognise("it was slow"), []);
}

#[test]
fn of_a_stack_trace_the_root_comes_first() {
    let trace = "org.apache.spark.SparkException: Job aborted due to stage failure: Task 3 in stage 7.0 failed 4 times, \
                 most recent failure: Lost task 3.3 in stage 7.0 (TID 91) (host executor 5): ExecutorLostFailure \
                 (executor 5 exited caused by one of the running tasks) Reason: Container from a bad node: c on host: h. \
                 Exit status: 143. Diagnostics: [2024-01-01] Container killed on request. Exit code is 143\n\
                 Caused by: org.apache.spark.shuffle.MetadataFetchFailedException: Missing an output location for \
                 shuffle 4 partition 9\n\
                 \tat java.lang.Thread.run\n\
                 24/01/01 WARN YarnAllocator: Container killed by YARN for exceeding physical memory limits. 5.6 GB of \
                 5.5 GB physical memory used.";
    let found: Vec<_> = recognise(trace).iter().map(|found| found.symptom).collect();
    let all = [
        Symptom::YarnPhysical,
        Symptom::Terminated,
        Symptom::FetchFailed,
        Symptom::ExitCode,
        Symptom::ExecutorLost,
    ];
    assert_eq!(found, all);
    assert!(recognise(trace)[0].line.starts_with("24/01/01 WARN YarnAllocator"));
}

#[test]
fn every_symptom_has_one_row() {
    let mut symptoms: Vec<_> = ROWS.iter().map(|row| row.symptom).collect();
    symptoms.sort_unstable();
    assert_eq!(symptoms.last(), Some(&Symptom::DiskFull));
    assert!(symptoms.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!(symptoms.len(), Symptom::DiskFull as usize + 1);
}

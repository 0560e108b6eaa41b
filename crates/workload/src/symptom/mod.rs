//! What the texts of Spark, of the JVM and of cluster managers tell of a failure: one table for the logs that are read
//! and for the messages that people paste.

mod figures;
mod table;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::Regex;
use sim_core::outcome::FailureKind;

pub use figures::Figures;
pub use table::{ROWS, Row, Sign};

/// What a text shows, finer than a [`FailureKind`]: each has an answer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// A Python worker has no memory left.
    PythonMemory,
    /// Results of a job above `spark.driver.maxResultSize`.
    MaxResultSize,
    /// The driver's heap is full while it builds a broadcast relation.
    BroadcastHeap,
    /// More rows than a broadcast relation may have.
    BroadcastRows,
    /// More bytes than a broadcast relation may have.
    BroadcastBytes,
    /// A serialized task above `spark.rpc.message.maxSize`.
    TaskTooLarge,
    /// A record above `spark.kryoserializer.buffer.max`.
    KryoOverflow,
    /// The array of a hash relation could not be doubled.
    HashRelation,
    /// A hash map got no memory for its first array or page.
    HashMap,
    /// A hash aggregation got no memory after it fell back to sorting.
    Aggregation,
    /// The pointer array of a sorter could not grow.
    PointerArray,
    /// A page larger than a page can be.
    TooLargePage,
    /// A consumer asked for execution memory in vain.
    UnableToAcquire,
    /// Some `SparkOutOfMemoryError`.
    SparkOutOfMemory,
    /// The collector gave up.
    GcOverhead,
    /// No direct memory is left.
    DirectMemory,
    /// The operating system gives no further thread.
    NativeThread,
    /// No memory for classes is left.
    Metaspace,
    /// An array with more elements than an array can have.
    ArraySize,
    /// The heap of a JVM is full.
    HeapSpace,
    /// A thread's stack is too small.
    StackOverflow,
    /// The operating system refused memory to the JVM.
    NativeMemory,
    /// YARN killed a container above its physical limit.
    YarnPhysical,
    /// YARN killed a container above its virtual limit.
    YarnVirtual,
    /// The kernel killed a process, by SIGKILL: exit code 137.
    Killed,
    /// A JVM ended itself for an `OutOfMemoryError`: exit code 52.
    JvmOutOfMemory,
    /// Somebody asked the process to end, by SIGTERM: exit code 143.
    Terminated,
    /// Too many executors failed.
    ExecutorFailures,
    /// Native code crashed: exit code 134 or 139.
    NativeCrash,
    /// A Python worker ended without a word.
    PythonCrash,
    /// No heartbeat came for too long.
    HeartbeatTimeout,
    /// The connection to an executor broke.
    RpcDisassociated,
    /// Map output is gone, or its executor does not answer.
    FetchFailed,
    /// A process ended with some other exit code.
    ExitCode,
    /// Some loss of an executor.
    ExecutorLost,
    /// A container larger than YARN gives was refused at submission.
    RequiredMemory,
    /// A heap too small for Spark was refused at start.
    SystemMemory,
    /// A task ended and left execution memory behind: a warning.
    ManagedLeak,
    /// A block did not fit into storage memory: a warning.
    CacheRefused,
    /// A consumer spilled: a notice.
    SpillNotice,
    /// The application got no executor.
    NoResources,
    /// A broadcast took longer than it may.
    BroadcastTimeout,
    /// A block above 2 GiB.
    TooLargeFrame,
    /// A disk is full.
    DiskFull,
}

/// A symptom in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which.
    pub symptom: Symptom,
    /// The kind of failure; `None` for a warning, or where nothing has run.
    pub failure: Option<FailureKind>,
    /// The line of the text that shows it, trimmed.
    pub line: String,
    /// The figures of the text.
    pub figures: Figures,
}

/// The symptoms in a text, the root first: what brings others about stands before them in the [table](ROWS).
///
/// A whole text that is one number is taken for an exit code.
#[must_use]
pub fn recognise(text: &str) -> Vec<Found> {
    let text = text.trim();
    let codes = exit_codes(text);
    let found = ROWS.iter().filter_map(|row| {
        let sign = row.signs.iter().find(|sign| sign.is_in(text, &codes))?;
        let shows = |line: &&str| sign.is_in(line, &exit_codes(line));
        let line = text.lines().find(shows).unwrap_or(text).trim().to_owned();
        let figures = Figures::read(row.symptom, text, &codes);
        Some(Found { symptom: row.symptom, failure: row.failure, line, figures })
    });
    found.collect()
}

/// The failure that a text tells; `None` if it is empty.
#[must_use]
pub fn told(text: &str) -> Option<FailureKind> {
    if text.is_empty() {
        return None;
    }
    let codes = exit_codes(text);
    let row = ROWS.iter().find(|row| row.signs.iter().any(|sign| sign.is_in(text, &codes)));
    Some(row.and_then(|row| row.failure).unwrap_or(FailureKind::NotMemory))
}

/// Which of several failures is the cause: one of memory before the loss of executors, that before any other.
pub(crate) fn cause<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<FailureKind> {
    let mut found: Vec<FailureKind> = texts.into_iter().filter_map(told).collect();
    // Stable: of two of a rank the first.
    found.sort_by_key(|failure| match failure {
        FailureKind::NotMemory => 2,
        FailureKind::ExecutorLostOther => 1,
        _ => 0,
    });
    found.first().copied()
}

/// The exit codes that a text names, in its order; a text that is nothing but a number is one.
fn exit_codes(text: &str) -> Vec<i32> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix) \b (?: exit(?:ed)? (?:\s+with)? (?:\s+a)? (?:\s+non-zero)? (?:\s+exit)? \s* (?:code|status)
            (?:\s+is)? | exited\s+with ) \s* [:=(]? \s* (-?\d{1,4}) \b",
        )
        .expect("a pattern")
    });
    if let Ok(code) = text.parse() {
        return vec![code];
    }
    NAMED.captures_iter(text).filter_map(|found| found[1].parse().ok()).collect()
}

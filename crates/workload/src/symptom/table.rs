//! Which words tell which symptom.

use sim_core::outcome::FailureKind;

use super::Symptom;

/// A symptom, the failure that it is counted as, and what shows it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The symptom.
    pub symptom: Symptom,
    /// The kind of failure; `None` for a warning, or where nothing has run.
    pub failure: Option<FailureKind>,
    /// Any of these.
    pub signs: &'static [Sign],
}

/// Something in a text.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    /// These words.
    Text(&'static str),
    /// These words, with no letter before them: Python's `MemoryError` ends the name of Java's.
    Word(&'static str),
    /// An exit code.
    Exit(i32),
    /// Any exit code but 0.
    AnyExit,
}

impl Sign {
    /// Whether it is in a text, which names these exit codes.
    pub(super) fn is_in(self, text: &str, codes: &[i32]) -> bool {
        match self {
            Self::Text(words) => text.contains(words),
            Self::Word(words) => {
                let letter = |at: usize| text[..at].ends_with(|c: char| c.is_alphabetic());
                text.match_indices(words).any(|(at, _)| !letter(at))
            }
            Self::Exit(code) => codes.contains(&code),
            Self::AnyExit => codes.iter().any(|code| *code != 0),
        }
    }
}

use FailureKind as Kind;
use Sign::{AnyExit, Exit, Text, Word};

const fn row(symptom: Symptom, failure: Kind, signs: &'static [Sign]) -> Row {
    Row { symptom, failure: Some(failure), signs }
}

/// Not the failure of a run: a warning, or a refusal before it.
const fn note(symptom: Symptom, signs: &'static [Sign]) -> Row {
    Row { symptom, failure: None, signs }
}

/// All symptoms. Of several in a text the first row is the root: what says most precisely why comes before what follows
/// of it.
///
/// Spark: `error/error-conditions.json` (3.5: `error-classes.json`), `TaskSetManager`, `TaskMemoryManager`,
/// `SparkExitCode`, `ExecutorExitCode`, `YarnAllocator`, `Client.verifyClusterResources` (yarn), `MemoryStore`,
/// `KryoSerializer`, `BlockStoreClient`. YARN: `ContainersMonitorImpl`. The JVM: `OutOfMemoryError`.
pub const ROWS: &[Row] = &[
    row(Symptom::PythonMemory, Kind::PythonMemory, &[Word("MemoryError"), Text("ArrowMemoryError")]),
    row(
        Symptom::MaxResultSize,
        Kind::MaxResultSize,
        &[Text("bigger than spark.driver.maxResultSize"), Text("is bigger than local maxResultSize")],
    ),
    row(
        Symptom::BroadcastHeap,
        Kind::DriverHeap,
        &[Text("Not enough memory to build and broadcast the table"), Text("_LEGACY_ERROR_TEMP_2250")],
    ),
    row(
        Symptom::BroadcastRows,
        Kind::BroadcastLimit,
        &[Text("Cannot broadcast the table over"), Text("_LEGACY_ERROR_TEMP_2248")],
    ),
    row(
        Symptom::BroadcastBytes,
        Kind::BroadcastLimit,
        &[
            Text("Cannot broadcast the table"),
            Text("_LEGACY_ERROR_TEMP_2249"),
            Text("a HashedRelation that is larger than 8G"),
            Text("_LEGACY_ERROR_TEMP_2110"),
        ],
    ),
    row(Symptom::TaskTooLarge, Kind::TaskResultOrRpcSize, &[Text("spark.rpc.message.maxSize")]),
    row(
        Symptom::KryoOverflow,
        Kind::TaskResultOrRpcSize,
        &[Text("Kryo serialization failed: Buffer overflow"), Text("spark.kryoserializer.buffer.max")],
    ),
    row(
        Symptom::HashRelation,
        Kind::ExecutionMemory,
        &[Text("memory to build hash relation"), Text("_LEGACY_ERROR_TEMP_2106")],
    ),
    row(
        Symptom::HashMap,
        Kind::ExecutionMemory,
        &[
            Text("There is not enough memory to build hash map"),
            Text("There is no enough memory to build hash map"),
            Text("_LEGACY_ERROR_TEMP_2107"),
            Text("Could not allocate memory to grow BytesToBytesMap"),
            Text("_LEGACY_ERROR_TEMP_2105"),
        ],
    ),
    row(
        Symptom::Aggregation,
        Kind::ExecutionMemory,
        &[Text("No enough memory for aggregation"), Text("AGGREGATE_OUT_OF_MEMORY")],
    ),
    row(
        Symptom::PointerArray,
        Kind::ExecutionMemory,
        &[Text("Not enough memory to grow pointer array"), Text("POINTER_ARRAY_OUT_OF_MEMORY")],
    ),
    row(Symptom::TooLargePage, Kind::ExecutionMemory, &[Text("Cannot allocate a page with more than")]),
    row(
        Symptom::UnableToAcquire,
        Kind::ExecutionMemory,
        &[Text("Unable to acquire"), Text("UNABLE_TO_ACQUIRE_MEMORY")],
    ),
    row(Symptom::SparkOutOfMemory, Kind::ExecutionMemory, &[Text("SparkOutOfMemoryError")]),
    row(Symptom::GcOverhead, Kind::GcOverhead, &[Text("GC overhead limit exceeded")]),
    row(
        Symptom::DirectMemory,
        Kind::ExecutorHeap,
        &[Text("irect buffer memory"), Text("OutOfDirectMemoryError"), Text("of direct memory (used")],
    ),
    row(
        Symptom::NativeThread,
        Kind::NotMemory,
        &[Text("unable to create new native thread"), Text("unable to create native thread")],
    ),
    row(
        Symptom::Metaspace,
        Kind::ExecutorHeap,
        &[Text("Metaspace"), Text("Compressed class space"), Text("PermGen space")],
    ),
    row(Symptom::ArraySize, Kind::ExecutorHeap, &[Text("Requested array size exceeds VM limit")]),
    row(Symptom::HeapSpace, Kind::ExecutorHeap, &[Text("Java heap space"), Text("OutOfMemoryError")]),
    row(Symptom::StackOverflow, Kind::StackOverflow, &[Text("StackOverflowError")]),
    row(
        Symptom::NativeMemory,
        Kind::ExecutorLostOther,
        &[
            Text("insufficient memory for the Java Runtime Environment"),
            Text("Native memory allocation"),
            Text("Cannot allocate memory"),
        ],
    ),
    row(
        Symptom::YarnPhysical,
        Kind::ContainerLimit,
        &[
            Text("exceeding physical memory limits"),
            Text("exceeding memory limits"),
            Text("beyond physical memory limits"),
            Text("beyond the 'PHYSICAL' memory limit"),
            Exit(-104),
        ],
    ),
    row(
        Symptom::YarnVirtual,
        Kind::ContainerLimit,
        &[
            Text("exceeding virtual memory limits"),
            Text("beyond virtual memory limits"),
            Text("beyond the 'VIRTUAL' memory limit"),
            Exit(-103),
        ],
    ),
    row(Symptom::Killed, Kind::ContainerLimit, &[Text("OOMKilled"), Exit(137)]),
    row(Symptom::JvmOutOfMemory, Kind::ExecutorHeap, &[Exit(52)]),
    row(
        Symptom::ExecutorFailures,
        Kind::ExecutorLostOther,
        &[Text("Max number of executor failures"), Exit(11)],
    ),
    row(
        Symptom::NativeCrash,
        Kind::ExecutorLostOther,
        &[Text("SIGSEGV"), Text("SIGABRT"), Exit(134), Exit(139)],
    ),
    note(Symptom::PythonCrash, &[Text("Python worker exited unexpectedly")]),
    row(Symptom::HeartbeatTimeout, Kind::ExecutorLostOther, &[Text("heartbeat timed out"), Exit(56)]),
    row(Symptom::Terminated, Kind::ExecutorLostOther, &[Exit(143)]),
    row(Symptom::RpcDisassociated, Kind::ExecutorLostOther, &[Text("Remote RPC client disassociated")]),
    row(
        Symptom::FetchFailed,
        Kind::ExecutorLostOther,
        &[Text("FetchFailed"), Text("Missing an output location for shuffle")],
    ),
    row(Symptom::ExitCode, Kind::ExecutorLostOther, &[AnyExit]),
    row(
        Symptom::ExecutorLost,
        Kind::ExecutorLostOther,
        &[Text("ExecutorLostFailure"), Text("executor lost")],
    ),
    note(Symptom::RequiredMemory, &[Text("above the max threshold")]),
    note(
        Symptom::SystemMemory,
        &[Text("must be at least"), Text("INVALID_DRIVER_MEMORY"), Text("INVALID_EXECUTOR_MEMORY")],
    ),
    note(
        Symptom::ManagedLeak,
        &[Text("Managed memory leak detected"), Text("not associated with specific consumers")],
    ),
    note(
        Symptom::CacheRefused,
        &[Text("Not enough space to cache"), Text("require dropping another block from the same RDD")],
    ),
    note(
        Symptom::SpillNotice,
        &[Text("spilling sort data of"), Text("spilling in-memory map"), Text("force spilling")],
    ),
    note(Symptom::NoResources, &[Text("Initial job has not accepted any resources")]),
    note(Symptom::BroadcastTimeout, &[Text("Could not execute broadcast in")]),
    note(Symptom::TooLargeFrame, &[Text("Too large frame"), Text("Size exceeds Integer.MAX_VALUE")]),
    note(Symptom::DiskFull, &[Text("No space left on device")]),
];

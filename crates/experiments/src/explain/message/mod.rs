//! What a pasted message means in Spark's rules, what it does not mean, and what to do.

mod answer;
mod container;
mod driver;
mod heap;
mod lost;
mod other;
mod pools;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::outcome::FailureKind;
use workload::symptom::{Found, Symptom, recognise};

pub use answer::{Advice, Answer};

/// The version of the names and meanings of [`MessageReport`].
pub const SCHEMA_VERSION: u32 = 1;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The root: what brought the rest about.
    pub root: Recognised,
    /// What it means and what to do.
    pub answer: Answer,
    /// What else the text shows, in the order in which it follows of the root.
    pub follows: Vec<Recognised>,
}

/// Something that was recognised in a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recognised {
    /// What.
    pub symptom: Symptom,
    /// The kind of failure; `null` for a warning, or where nothing has run.
    #[serde(serialize_with = "crate::report::serialize_failure")]
    pub failure: Option<FailureKind>,
    /// The line that shows it.
    pub line: String,
    /// The figures of the text; names end in the unit.
    pub figures: BTreeMap<&'static str, i64>,
}

/// Which process a text tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Driver,
    Executor,
    /// The text does not say.
    Either,
}

/// Explains a text, which may be a whole stack trace; `None` where nothing in it is known.
#[must_use]
pub fn explain(text: &str) -> Option<MessageReport> {
    let side = Side::of(text);
    let mut found = recognise(text).into_iter();
    let root = found.next()?;
    let answer = answer(&root, side);
    let mut root = recognised(root);
    // The same words are thrown in both processes; only the thread tells which.
    if side == Side::Driver
        && matches!(root.failure, Some(FailureKind::ExecutorHeap | FailureKind::GcOverhead))
    {
        root.failure = Some(FailureKind::DriverHeap);
    }
    // A code that has no row of its own says nothing beside a better sign.
    let follows = found.filter(|found| found.symptom != Symptom::ExitCode).map(recognised).collect();
    Some(MessageReport { schema_version: SCHEMA_VERSION, root, answer, follows })
}

fn recognised(found: Found) -> Recognised {
    let figures = found.figures.iter().collect();
    Recognised { symptom: found.symptom, failure: found.failure, line: found.line, figures }
}

impl Side {
    fn of(text: &str) -> Self {
        let any = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
        let executor = [
            "Lost task",
            "Executor task launch worker",
            "org.apache.spark.executor.Executor",
            "ExecutorLostFailure",
            "CoarseGrainedExecutorBackend",
            "ERROR Executor",
        ];
        let driver = [
            "Exception in thread \"main\"",
            "broadcast-exchange",
            "BroadcastExchangeExec",
            "dag-scheduler-event-loop",
            "task-result-getter",
            "org.apache.spark.deploy.SparkSubmit",
            "CollectResult",
            "Dataset.collect",
            "toPandas",
        ];
        if any(&executor) {
            Self::Executor
        } else if any(&driver) {
            Self::Driver
        } else {
            Self::Either
        }
    }

    /// Its name in a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Driver => "the driver",
            Self::Executor => "an executor",
            Self::Either => "an executor or the driver",
        }
    }

    /// The prefix of its settings.
    pub(crate) fn prefix(self) -> &'static str {
        if self == Self::Driver { "spark.driver" } else { "spark.executor" }
    }
}

/// Every symptom has an answer: the compiler asks for it.
fn answer(found: &Found, side: Side) -> Answer {
    let figures = &found.figures;
    match found.symptom {
        Symptom::UnableToAcquire | Symptom::SparkOutOfMemory => pools::unable_to_acquire(figures),
        Symptom::HashRelation | Symptom::HashMap => pools::hash_relation(figures),
        Symptom::Aggregation => pools::aggregation(),
        Symptom::PointerArray => pools::pointer_array(),
        Symptom::TooLargePage => pools::too_large_page(),
        Symptom::ManagedLeak => pools::managed_leak(figures),
        Symptom::CacheRefused => pools::cache_refused(figures),
        Symptom::SpillNotice => pools::spill_notice(figures),
        Symptom::HeapSpace | Symptom::JvmOutOfMemory => heap::heap_space(found, side),
        Symptom::GcOverhead => heap::gc_overhead(side),
        Symptom::ArraySize => heap::array_size(side),
        Symptom::DirectMemory => heap::direct_memory(figures, side),
        Symptom::Metaspace => heap::metaspace(side),
        Symptom::NativeThread => heap::native_thread(side),
        Symptom::NativeMemory => heap::native_memory(figures),
        Symptom::StackOverflow => heap::stack_overflow(side),
        Symptom::YarnPhysical => container::yarn_physical(figures, side),
        Symptom::YarnVirtual => container::yarn_virtual(figures),
        Symptom::Killed => container::killed(side),
        Symptom::PythonMemory => container::python_memory(),
        Symptom::PythonCrash => container::python_crash(),
        Symptom::RequiredMemory => container::required_memory(figures),
        Symptom::SystemMemory => container::system_memory(figures, &found.line),
        Symptom::MaxResultSize => driver::max_result_size(figures),
        Symptom::BroadcastHeap => driver::broadcast_heap(),
        Symptom::BroadcastRows => driver::broadcast_rows(figures),
        Symptom::BroadcastBytes => driver::broadcast_bytes(figures),
        Symptom::BroadcastTimeout => driver::broadcast_timeout(figures),
        Symptom::TaskTooLarge => driver::task_too_large(figures),
        Symptom::KryoOverflow => driver::kryo_overflow(figures),
        Symptom::HeartbeatTimeout => lost::heartbeat_timeout(figures),
        Symptom::RpcDisassociated | Symptom::ExecutorLost => lost::disassociated(),
        Symptom::Terminated => lost::terminated(),
        Symptom::FetchFailed => lost::fetch_failed(),
        Symptom::ExecutorFailures => lost::executor_failures(figures),
        Symptom::NativeCrash => lost::native_crash(figures),
        Symptom::ExitCode => lost::exit_code(figures),
        Symptom::NoResources => other::no_resources(),
        Symptom::TooLargeFrame => other::too_large_frame(figures),
        Symptom::DiskFull => other::disk_full(),
    }
}

//! Whether the application fails: what the model can say of it, and what no log tells.

use sim_core::units::Bytes;
use workload::recorded::Observed;

use super::{FailureModel, Figures, Unknown};
use crate::Case;
use crate::human;
use crate::report::FailureKind;

/// The setting that makes executors sample the memory of the processes below them.
const PROCESS_TREE: &str = "spark.executor.processTreeMetrics.enabled";

/// Why it cannot be known from a log how an application ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untold {
    pub(super) reason: String,
    /// The setting that would have recorded more; `None` if none would.
    pub(super) key: Option<&'static str>,
}

impl Untold {
    fn of(reason: &str) -> Self {
        Self { reason: reason.to_owned(), key: None }
    }

    /// As a row of what is not known.
    pub(super) fn at(self, path: &str) -> Unknown {
        Unknown { path: path.to_owned(), reason: self.reason, key: self.key.map(ToOwned::to_owned) }
    }
}

/// What the model has to say about how the application ended.
pub(super) fn failure_model(observed: &Observed) -> FailureModel {
    match (observed.failed, observed.failure) {
        (false, _) => FailureModel::None,
        (true, Some(FailureKind::NotMemory)) => FailureModel::NotMemory,
        (true, _) if untold(observed).is_some() => FailureModel::CannotBeKnown,
        (true, _) => FailureModel::Modelled,
    }
}

/// Why a log that ends in this failure does not tell what it depends on; `None` where it does, or where there is none.
pub(super) fn untold(observed: &Observed) -> Option<Untold> {
    if !observed.failed {
        return None;
    }
    let Some(failure) = observed.failure else {
        return Some(Untold::of("the log does not say why it failed"));
    };
    let reason = match failure {
        FailureKind::ExecutionMemory | FailureKind::MaxResultSize | FailureKind::NotMemory => return None,
        FailureKind::ExecutorHeap | FailureKind::GcOverhead => {
            "no log says what user code holds in the heap: only how full the heap was"
        }
        FailureKind::DriverHeap => {
            "no log says what the driver's heap held: a relation or a result that it had no room for is in no event"
        }
        FailureKind::DriverContainer | FailureKind::ContainerLimit => {
            "no log says what a container held when it was killed: its processes are sampled, and the last sample is \
             never sent"
        }
        FailureKind::PythonMemory => {
            let had = observed.python.and_then(|python| python.worker_address_space_bytes);
            let Some(had) = had else {
                return Some(Untold {
                    reason: "the log has no memory of Python workers".to_owned(),
                    key: Some(PROCESS_TREE),
                });
            };
            return Some(Untold::of(&format!(
                "a Python worker had {} at least before its limit ended it: no log says what it would have needed",
                human::bytes(had)
            )));
        }
        FailureKind::BroadcastLimit => {
            "rows and bytes of a relation are logged once it is built: of one that was refused there are none"
        }
        FailureKind::TaskResultOrRpcSize => "no event has the size of a serialized task, message or record",
        FailureKind::StackOverflow => "no event has the depth of a lineage, an expression or a stack",
        FailureKind::ExecutorLostOther => "the log does not say what took the executor away",
    };
    Some(Untold::of(reason))
}

/// Why it is not known whether the Python workers of a run have room; `None` where it is, or where they need none.
///
/// A worker needs at least what was sampled, and at most the address space in which it has worked.
/// Where the log shows that it needs more than a limit, the run says so itself, as far as it has a step in Python.
fn python(observed: &Observed, own: &Case, asked: &Case, fails: bool) -> Option<Untold> {
    let python = observed.python?;
    let limit = |case: &Case| case.run_conf.container.and_then(|conf| conf.python.worker_limit);
    let limit_of_log = limit(own);
    let now = limit(asked)?;
    if fails && python.worker_address_space_bytes.is_some_and(|had| had > now.0) {
        return None;
    }
    let worked = observed.failure != Some(FailureKind::PythonMemory);
    if worked && limit_of_log.is_some_and(|limit| now >= limit) {
        return None;
    }
    let known = match python.worker_address_space_bytes {
        None => "the log has no memory of them".to_owned(),
        Some(had) => format!("the largest had {} at least, as sampled", human::bytes(had)),
    };
    let proven = match limit_of_log.filter(|_| worked) {
        Some(Bytes(limit)) => format!(", and has worked within {}", human::bytes(limit)),
        None => String::new(),
    };
    Some(Untold {
        reason: format!(
            "it is not known whether {} are enough for a Python worker: {known}{proven}",
            human::bytes(now.0)
        ),
        key: python.worker_address_space_bytes.is_none().then_some(PROCESS_TREE),
    })
}

/// Takes back the word that a run ends well, or that a worker in Python ends it, where the log cannot tell; why.
pub(super) fn doubt(figures: &mut Figures, observed: &Observed, own: &Case, asked: &Case) -> Option<Untold> {
    if figures.failed == Some(true) && figures.failure != Some(FailureKind::PythonMemory) {
        return None;
    }
    // What another limit of Python's memory does is told apart below.
    let ends_well = figures.failed == Some(false);
    let of_log =
        untold(observed).filter(|_| ends_well && observed.failure != Some(FailureKind::PythonMemory));
    let why = of_log.or_else(|| python(observed, own, asked, !ends_well))?;
    (figures.failed, figures.failure) = (None, None);
    Some(why)
}

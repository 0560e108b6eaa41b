//! What the containers of executors held.

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::cluster::container::Part;
use sim_core::outcome::ContainerUse;

/// What the container of an executor held when it held the most. Only the parts named in `exact` are accounted for by
/// Spark; the others are a model of what a JVM and Python take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContainerReport {
    /// Its limit; `null` where nobody limits it.
    pub limit_bytes: Option<u64>,
    /// All its parts.
    pub peak_bytes: u64,
    /// The parts then: `heap`, `off_heap`, `classes`, `code`, `stacks`, `collector`, `direct`, `native`, `python`.
    pub parts: BTreeMap<&'static str, u64>,
    /// Those of them that are no model.
    pub exact: Vec<&'static str>,
    /// Python workers that there were at a time at most.
    pub python_workers: u32,
    /// Whether it was killed for its size, and with what in it.
    pub killed: Option<ContainerKill>,
}

/// A container was killed for its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ContainerKill {
    /// What was measured.
    pub used_bytes: u64,
    /// -104 on YARN, 137 on Kubernetes.
    pub exit_code: i32,
}

impl ContainerReport {
    pub(super) fn of(held: &ContainerUse) -> Self {
        let named = |part: &Part| (part.word(), held.peak.of(*part).0);
        let exact = Part::ALL.iter().filter(|part| part.is_exact());
        Self {
            limit_bytes: held.limit.map(|limit| limit.0),
            peak_bytes: held.peak.total().0,
            parts: Part::ALL.iter().map(named).collect(),
            exact: exact.map(|part| part.word()).collect(),
            python_workers: held.workers,
            killed: held.killed.map(|(used, exit_code)| ContainerKill { used_bytes: used.0, exit_code }),
        }
    }

    /// Whether a reader should be told: it was killed, it was above its limit, or Python was in it.
    #[must_use]
    pub fn is_worth_a_word(&self) -> bool {
        let above = self.limit_bytes.is_some_and(|limit| self.peak_bytes > limit);
        self.killed.is_some() || above || self.python_workers > 0
    }
}

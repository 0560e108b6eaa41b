//! What is found in a run: one file a rule. The thresholds are told in docs/explain.md.

mod cached;
mod failure;
mod partitions;
mod pressure;
mod skew;
mod waste;

pub(super) use skew::read_of;
use workload::recorded::Observed;

use super::Seen;
use super::change::{Change, Remedy};
use super::report::Finding;

/// A finding and what is to be tried against it.
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) remedies: &'static [Remedy],
    /// What no remedy says of itself, as the name of a cache.
    pub(super) changes: Vec<Change>,
    /// How bad it is under some figures.
    pub(super) measure: Measure,
    /// Whether the least heap without it is looked for.
    pub(super) least_heap: bool,
    /// What remained of the cause (for the size of remedies).
    pub(super) cause: Option<sim_core::outcome::Cause>,
}

/// How bad a finding is: what changes are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Whether the application fails.
    Failure,
    /// Attempts that failed although the application did not.
    FailedTasks,
    /// Spilled bytes.
    Spilled,
    /// Evicted bytes.
    Evicted,
    /// The makespan.
    Duration,
}

/// What was found.
pub(super) struct All {
    pub(super) findings: Vec<Found>,
    pub(super) left: Vec<String>,
}

/// Everything that is found, failures first.
pub(super) fn find(seen: &Seen, observed: Option<&Observed>) -> All {
    let mut all = All { findings: Vec::new(), left: Vec::new() };
    failure::find(seen, observed, &mut all);
    pressure::spills(seen, &mut all);
    pressure::evictions(seen, &mut all);
    partitions::too_few(seen, &mut all);
    partitions::too_many(seen, &mut all);
    skew::find(seen, &mut all);
    cached::find(seen, &mut all);
    waste::find(seen, &mut all);
    all
}

impl Found {
    /// A finding whose remedies are those of its kind.
    fn of(finding: Finding, measure: Measure) -> Self {
        let remedies = super::change::remedies(finding.kind, finding.failure);
        Self { finding, remedies, changes: Vec::new(), measure, least_heap: false, cause: None }
    }
}

//! Running one case.

use sim_core::engine;
use sim_core::observe::{Counters, Fingerprint, Journal, Timeline};

use crate::report::{self, Detail};
use crate::{Case, RunReport};

/// What is kept of a run besides its report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// The pools as functions of time.
    pub timeline: bool,
    /// Every event.
    pub journal: bool,
    /// A row for each attempt in the report.
    pub tasks: bool,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its figures.
    pub report: RunReport,
    /// Where it was asked for.
    pub timeline: Option<Timeline>,
    /// Where it was asked for.
    pub journal: Option<Journal>,
}

/// Runs a case to its end: a pure function.
#[must_use]
pub fn run(case: &Case, keep: Keep) -> Run {
    let kept = (keep.timeline.then(Timeline::default), keep.journal.then(Journal::default));
    let observers = ((Counters::default(), Fingerprint::default()), kept);
    let (outcome, ((counters, fingerprint), (timeline, journal))) =
        engine::run(&case.workload, &case.run_conf, observers);
    let detail = if keep.tasks { Detail::Tasks } else { Detail::Stages };
    let report = report::build(case, &outcome, &counters, fingerprint, detail);
    Run { report, timeline, journal }
}

/// The fingerprint of a case, run twice: what is deterministic has one.
///
/// # Panics
/// Where the two differ.
#[must_use]
pub fn fingerprint_twice(case: &Case) -> String {
    let [first, second] = [(); 2].map(|()| run(case, Keep::default()).report.fingerprint);
    assert_eq!(first, second, "two runs of {} differ", case.name);
    first
}

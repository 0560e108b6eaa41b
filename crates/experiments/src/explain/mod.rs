//! Why memory ran short, and what would help: of an input, or of a message that somebody pasted.
//!
//! An input is run once with an observer that remembers who held the memory whenever it ran short. What is found leads
//! to changes that may help; each is simulated on the same input before it is told, with its cost, and what does not
//! help is told too.

mod cause;
mod change;
mod figures;
mod findings;
mod held;
mod least;
pub mod message;
mod report;
mod simulate;
mod sure;
mod task;
#[cfg(test)]
mod tests;
mod watch;

pub use report::{
    Effect, ExplainReport, Figures, Finding, FindingKind, Fix, Held, Judged, RddHolding, SCHEMA_VERSION,
    Setting, TaskSpill, TaskStory,
};

use sim_core::engine;
use sim_core::ids::StageId;
use sim_core::observe::{Counters, Fingerprint};
use sim_core::outcome::Outcome;

use self::watch::Watch;
use crate::report::{self as run_report, Detail};
use crate::{Case, Error, Input, RunReport, Settings};

/// What to explain besides the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExplainOptions {
    /// One task, by the number of its stage and its own in the stage.
    pub task: Option<(u32, u32)>,
}

/// The run of an input as it is, with all that was seen of it.
struct Seen {
    case: Case,
    outcome: Outcome,
    report: RunReport,
    counters: Counters,
    watch: Watch,
}

impl Seen {
    fn of(case: Case, task: Option<(StageId, u32)>) -> Self {
        let watch = Watch { task, tungsten: case.layout.tungsten_mode, ..Watch::default() };
        let observers = ((Counters::default(), Fingerprint::default()), watch);
        let (outcome, ((counters, fingerprint), watch)) =
            engine::run(&case.workload, &case.run_conf, observers);
        let report = run_report::build(&case, &outcome, &counters, fingerprint, Detail::Tasks);
        Self { case, outcome, report, counters, watch }
    }
}

/// Explains an input: runs it, and every change that may help, in parallel. The result does not depend on the number of
/// threads. `done` is told of each run as it ends.
///
/// # Errors
/// What is wrong with the settings, what Spark refuses of them, what a run cannot have, or a task that there is not.
pub fn explain(
    input: &Input,
    settings: &Settings,
    options: ExplainOptions,
    done: impl Fn() + Sync,
) -> Result<ExplainReport, Error> {
    let observed = input.observed.as_deref();
    let case = Case::of(input, settings)?;
    task::check(&case, options.task)?;
    let seen = Seen::of(case, options.task.map(|(stage, index)| (StageId(stage), index)));
    done();
    let found = findings::find(&seen, observed);
    let simulated = simulate::simulate(input, settings, &seen, &found.findings, &done)?;
    let report = &seen.report;
    let task = options.task.map(|(stage, index)| task::story(&seen, stage, index));
    Ok(ExplainReport {
        schema_version: SCHEMA_VERSION,
        input: input.name.clone(),
        question: input.scenario.question.clone(),
        spark_version: report.spark_version.clone(),
        verdict: report.verdict,
        verdict_text: report.verdict_text.clone(),
        sure: observed.map_or_else(Vec::new, |observed| sure::sure(observed, report)),
        before: Figures::of(&seen.case, report),
        findings: simulated.findings,
        left: found.left,
        fixes: simulated.fixes,
        task,
        fingerprint: report.fingerprint.clone(),
    })
}

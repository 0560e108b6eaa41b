//! What an event log recorded, as a plan that can be run again.
//!
//! [`read`] streams the events of a log into compact tables (`facts`), fits a [`Recording`] to them (`fit`), and keeps
//! apart what the log says happened ([`Observed`]), to set beside a run of the recording. The recording is made of what
//! tasks asked for; spilled bytes, evictions, hits, failures and durations of stages are only ever observed.

mod calibration;
mod conf;
pub mod facts;
mod fit;
mod grade;
mod names;
mod observed;
mod python;
pub mod sql;
#[cfg(test)]
mod tests;

pub use calibration::{Calibration, SpillRatio};
pub use grade::{Grade, Kind, Note};
pub use observed::{Observed, ObservedRdd, ObservedStage, ObservedTask};
pub use python::ObservedPython;

use std::collections::BTreeSet;

use spark_eventlog::{Diagnostics, EventLog};

use crate::Error;
use crate::lower::{MAX_BLOCKS, MAX_TASKS};
use crate::plan::recording::Recording;
use facts::{Collector, Facts};

/// How to read a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Drop what Spark does not log by default: updates of blocks, metrics of executors.
    pub as_default: bool,
    /// Put stable pseudonyms in place of names.
    pub redact: bool,
}

/// A log, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Version of Spark as the log writes it; empty if it does not say.
    pub version: String,
    /// The application.
    pub app: App,
    /// The settings that the model knows, in the order of their names, and what the log proves beyond them.
    pub conf: Vec<(String, String)>,
    /// What each executor reported as its pools.
    pub pools: Vec<ExecutorPools>,
    /// What ran, to be run again.
    pub recording: Recording,
    /// What happened.
    pub observed: Observed,
    /// How sure each figure is.
    pub grades: Vec<Grade>,
    /// What was wrong with the log, or is not modelled.
    pub notes: Vec<Note>,
    /// Figures of the outcome from which constants of the model may be taken.
    pub calibration: Calibration,
    /// What the reader read, and what was wrong with it.
    pub diagnostics: Diagnostics,
}

/// The application of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct App {
    /// `spark.app.name`.
    pub name: String,
    /// `spark.app.id`; empty if the log does not say.
    pub id: String,
    /// The attempt, where the cluster manager numbers them.
    pub attempt: Option<String>,
    /// Start in milliseconds of the epoch.
    pub started_ms: Option<u64>,
    /// When the first job was submitted, likewise: the time 0 of the recording.
    pub first_job_ms: Option<u64>,
    /// Whether the log has the end of the application.
    pub complete: bool,
}

/// What a block manager reported when it registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorPools {
    /// Name of the executor.
    pub executor: String,
    /// Bytes that execution and storage share on the heap (`Maximum Onheap Memory`).
    pub max_on_heap: u64,
    /// Bytes that they share off the heap.
    pub max_off_heap: u64,
}

/// Reads a log to its end and fits a recording to it.
///
/// # Errors
/// The log cannot be read, or holds no task.
pub fn read(mut log: EventLog, options: Options) -> Result<Recorded, Error> {
    let mut collector = Collector::new(options.as_default);
    while let Some(event) = log.next_event().map_err(|error| Error::new(error.to_string()))? {
        collector.add(&event);
    }
    let diagnostics = log.diagnostics().clone();
    let facts = collector.finish();
    if facts.attempts.iter().all(|attempt| attempt.table.rows() == 0) {
        return Err(Error::new(format!(
            "{}: no task ended in it: there is nothing to replay",
            log.diagnostics().log
        )));
    }
    check_limits(&facts)?;
    let fit::Fitted { recording, grades, mut notes, executors, start } = fit::fit(&facts);
    let pools = fit::pools(&facts, &executors);
    let conf = conf::settings(&facts, &pools, recording.executors.len(), &mut notes);
    let observed = Observed::of(&facts, &executors, start);
    let mut recorded = Recorded {
        version: facts.version.clone(),
        app: App {
            name: facts.app.name.clone(),
            id: facts.app.id.clone(),
            attempt: facts.app.attempt.clone(),
            started_ms: facts.app.started.map(|started| started.saturating_add(facts.origin)),
            first_job_ms: Some(start.saturating_add(facts.origin)),
            complete: facts.app.ended.is_some(),
        },
        conf,
        pools,
        calibration: Calibration::of(&observed),
        observed,
        recording,
        grades,
        notes,
        diagnostics,
    };
    names::clean(&mut recorded, &facts.environment.withheld, options.redact);
    Ok(recorded)
}

/// Refuses what a damaged log may claim before room is made for it.
fn check_limits(facts: &Facts) -> Result<(), Error> {
    let persisted: BTreeSet<u32> =
        facts.stages.values().flat_map(|stage| stage.persisted.iter().copied()).collect();
    let blocks = persisted.iter().filter_map(|rdd| facts.rdds.get(rdd)).map(|rdd| u64::from(rdd.partitions));
    let tasks = facts.attempts.iter().map(|attempt| u64::from(attempt.tasks));
    for (what, number, limit) in
        [("tasks", tasks.sum::<u64>(), MAX_TASKS), ("partitions of cached rdds", blocks.sum(), MAX_BLOCKS)]
    {
        if number > limit {
            return Err(Error::new(format!("the log has {number} {what}, and {limit} are allowed")));
        }
    }
    Ok(())
}

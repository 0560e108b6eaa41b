//! What happened beside what the model says: of the same configuration, and of another.
//!
//! ```text
//!  Recorded ──calibrate──► scenario ──run──► simulated      beside observed, with the error of each figure
//!                              └──(settings)──► predicted   with its interval over wake orders and jittered times
//! ```

mod figures;
mod report;

pub use figures::{Figures, RddFigures, StageFigures, TaskFigures};
pub use report::{
    AppReport, ChangedSetting, ErrorKind, Errors, ErrorsOf, FailureModel, FigureError, Interval, Placement,
    Predicted, ReplayExecutor, ReplayReport, SCHEMA_VERSION, Unknown,
};

use workload::recorded::Recorded;

use crate::{Error, Settings};

/// How to replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayOptions {
    /// Runs from which the interval of a prediction is taken; 0 for none.
    pub interval_runs: u32,
    /// Seed of what these runs vary.
    pub seed: u64,
    /// Whether stages have a row for each task.
    pub tasks: bool,
}

/// Replays a log under its own configuration, and predicts what another does where `settings` has one: a layer with a
/// key, or a version.
///
/// # Errors
/// What is wrong with the settings, what Spark refuses of them, or what a run cannot have.
pub fn replay(
    name: &str,
    recorded: &Recorded,
    settings: &Settings,
    options: &ReplayOptions,
) -> Result<ReplayReport, Error> {
    let _ = (name, recorded, settings, options);
    Err(Error::Input("replays are not run yet".to_owned()))
}

//! What happened beside what the model says: of the same configuration, and of another.
//!
//! ```text
//!  Recorded ──calibrate──► scenario ──run──► simulated      beside observed, with the error of each figure
//!                              └──(settings)──► predicted   with its interval over wake orders and jittered times
//! ```
//!
//! The simulated figures never depend on what the log says was spilled, evicted, hit or failed, nor on durations of
//! stages, jobs or the application. Two constants may be taken from it, and what they decide is called *fit*: bytes on
//! disk of a spilled byte (`disk_spilled_bytes`), and CPU time of a task's time (`cpu_ms`).

mod calibrate;
mod disk;
mod errors;
mod figures;
mod interval;
mod observed;
mod predict;
mod report;
mod scenario;
mod simulate;
mod verdict;

pub use errors::{StageRow, numbers, rdd_numbers, stage_numbers};
pub(crate) use observed::unknown;

pub use figures::{Figures, RddFigures, StageFigures, TaskFigures, TaskInterval};
pub use report::{
    AppReport, ChangedSetting, ErrorKind, Errors, ErrorsOf, FailureModel, FigureError, Interval, Placement,
    Predicted, ReplayExecutor, ReplayReport, SCHEMA_VERSION, Unknown,
};

use std::sync::Arc;

use sim_core::conf::Key;
use workload::recorded::Recorded;

use self::simulate::{Scales, simulate};
use crate::report::SettingReport;
use crate::{Case, Error, Input, Note, Settings};

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

/// The input of a log: its recording with calibrated times, under the settings that it had. It can be run, swept and
/// written as any other.
///
/// # Errors
/// What Spark refuses of the settings of the log, or what a run cannot have.
pub fn input_of(name: &str, recorded: &Recorded) -> Result<Input, Error> {
    let notes = recorded.notes.iter().map(|note| Note::OfLog { text: note.text.clone() }).collect();
    let observed = Some(Arc::new(recorded.observed.clone()));
    let mut input = Input { name: name.to_owned(), scenario: scenario::of_log(recorded), notes, observed };
    calibrate::calibrate(&mut input, &Settings::default())?;
    Ok(input)
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
    let input = input_of(name, recorded)?;
    let Some(recording) = &input.scenario.plan.recording else {
        return Err(Error::Input(format!("{name} has no recording")));
    };
    let own = Settings { max_events: settings.max_events, ..Settings::default() };
    let case = Case::of(&input, &own)?;
    let cpu = cpu_scales(recorded);
    let app = &recorded.app;
    let startup_ms = app.first_job_ms.zip(app.started_ms).map_or(0, |(job, start)| job.saturating_sub(start));
    let run = simulate(&case, recording);
    let disk = disk::disk_ratios(recorded, &run);
    let scales = Scales { cpu: &cpu, disk: &disk, startup_ms, tasks: options.tasks };
    let observed = observed::figures(&recorded.observed, options.tasks);
    let mut simulated = simulate::figures(&run, recording, &scales);
    let doubt = verdict::doubt(&mut simulated, &recorded.observed, &case, &case);
    let failure_model = verdict::failure_model(&recorded.observed);
    let reason = doubt.clone().or_else(|| verdict::untold(&recorded.observed));
    let mut unknown = observed::unknown(recorded);
    unknown.extend(doubt.map(|why| why.at("simulated.failed")));
    let asks =
        settings.spark_version.is_some() || settings.layers.iter().any(|layer| !layer.pairs.is_empty());
    let predicted = asks.then(|| predict::predict(&input, settings, &case, &scales, options)).transpose()?;
    let predicted = predicted.map(|(mut predicted, asked)| {
        let doubt = verdict::doubt(&mut predicted.figures, &recorded.observed, &case, &asked);
        unknown.extend(doubt.map(|why| why.at("predicted.failed")));
        predicted
    });
    let ratio_is_fit = recorded.calibration.disk_per_memory().is_some();
    let mut notes: Vec<String> = case.notes.iter().filter_map(shown).collect();
    let lone = errors::unmatched(&observed, &simulated);
    if !lone.is_empty() {
        let stages: Vec<String> = lone.iter().map(u32::to_string).collect();
        notes.push(format!("only one of log and model has the stages {}", stages.join(", ")));
    }
    Ok(ReplayReport {
        schema_version: SCHEMA_VERSION,
        input: name.to_owned(),
        app: AppReport::of(recorded),
        spark_version: recorded.version.clone(),
        semantics_version: case.conf.version().to_string(),
        executors: executors(recorded, &case),
        conf: conf(&case),
        errors: errors::errors(&observed, &simulated, ratio_is_fit),
        observed,
        simulated,
        predicted,
        failure_model,
        failure_reason: reason.filter(|_| failure_model == FailureModel::CannotBeKnown).map(|why| why.reason),
        unknown,
        grades: recorded.grades.clone(),
        notes,
        fingerprint: run.fingerprint.to_string(),
    })
}

/// A note as a replay shows it; keys that the model does not read are no news of a log.
fn shown(note: &Note) -> Option<String> {
    match note {
        Note::Unread { .. } => None,
        other => Some(other.to_string()),
    }
}

/// By stage: CPU time of its tasks for each of their milliseconds.
fn cpu_scales(recorded: &Recorded) -> Vec<f64> {
    let of_stage = |stage: &workload::plan::recording::Stage| {
        let time: f64 = (0..stage.tasks as usize).map(|task| stage.time_ms.at(task) as f64).sum();
        let attempts = recorded.observed.stages.iter().filter(|observed| observed.id == stage.id);
        let cpu: f64 = attempts.map(|observed| observed.cpu_ms as f64).sum();
        if time > 0.0 { cpu / time } else { 1.0 }
    };
    recorded.recording.stages.iter().map(of_stage).collect()
}

fn executors(recorded: &Recorded, case: &Case) -> Vec<ReplayExecutor> {
    let runs = case.run_conf.executors.iter().zip(&recorded.recording.executors);
    runs.map(|(run, executor)| {
        let pools = recorded.pools.iter().find(|pools| pools.executor == executor.id);
        ReplayExecutor {
            id: executor.id.clone(),
            node: executor.node,
            cores: run.cores,
            reported_on_heap_bytes: pools.map(|pools| pools.max_on_heap),
            reported_off_heap_bytes: pools.map(|pools| pools.max_off_heap),
            on_heap_bytes: run.memory.max_heap_memory.0,
            off_heap_bytes: run.memory.max_off_heap_memory.0,
        }
    })
    .collect()
}

fn conf(case: &Case) -> Vec<SettingReport> {
    let row = |(key, value, source): (Key, &str, &str)| SettingReport {
        key: key.name().to_owned(),
        value: value.to_owned(),
        source: source.to_owned(),
    };
    case.conf.explicit().map(row).collect()
}

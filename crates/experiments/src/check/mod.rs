//! Whether a scenario's expectations hold: of the scenario as written and of its variants.

mod find;
mod judge;

use rayon::prelude::*;
use serde::Serialize;
use workload::scenario::{Expectation, Ground};

use crate::{Case, Error, Input, Keep, Layer, Settings, Slips, run};

/// What became of the expectations of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    /// The name of the input.
    pub input: String,
    /// The scenario as written, then its variants.
    pub runs: Vec<CheckedRun>,
}

/// What became of the expectations of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckedRun {
    /// The name of the variant; `None` for the scenario as written.
    pub variant: Option<String>,
    /// In the order of the file.
    pub expectations: Vec<Checked>,
    /// How the run ended, in one sentence.
    pub verdict_text: String,
    /// The run's fingerprint.
    pub fingerprint: String,
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// Where in the report.
    pub path: String,
    /// Whether it holds.
    pub ok: bool,
    /// What was found, as JSON; what is wrong with the path where it leads nowhere.
    pub found: String,
    /// What is wanted, in words.
    pub wanted: String,
    /// What the expectation rests on.
    pub ground: &'static str,
    /// The reason in words.
    pub why: Option<String>,
    /// The line of the scenario, from 1.
    pub line: usize,
}

impl CheckReport {
    /// All expectations of all runs.
    pub fn expectations(&self) -> impl Iterator<Item = &Checked> {
        self.runs.iter().flat_map(|run| &run.expectations)
    }

    /// Whether every expectation holds.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.expectations().all(|checked| checked.ok)
    }
}

/// Runs a scenario and its variants and evaluates what they expect.
///
/// # Errors
/// Where a run cannot be made; what is expected of runs that fail is in the report.
pub fn check(input: &Input, settings: &Settings) -> Result<CheckReport, Error> {
    let scenario = &input.scenario;
    let as_written = (None, settings.clone(), &scenario.expect);
    let variants = scenario.variants.iter().map(|variant| {
        let layer = Layer {
            name: format!("{}, variant {}", input.name, variant.name),
            pairs: variant.conf.clone(),
            slips: Slips::Note,
        };
        (Some(variant.name.clone()), settings.with(layer), &variant.expect)
    });
    let all: Vec<_> = std::iter::once(as_written).chain(variants).collect();
    let runs = all.into_par_iter().map(|(variant, settings, expect)| {
        let report = run(&Case::of(input, &settings)?, Keep { tasks: true, ..Keep::default() }).report;
        let json = serde_json::to_value(&report).expect("a report has no maps with other keys than text");
        Ok(CheckedRun {
            variant,
            expectations: expect.iter().map(|expectation| checked(expectation, &json)).collect(),
            verdict_text: report.verdict_text,
            fingerprint: report.fingerprint,
        })
    });
    Ok(CheckReport { input: input.name.clone(), runs: runs.collect::<Result<_, Error>>()? })
}

fn checked(expectation: &Expectation, report: &serde_json::Value) -> Checked {
    let (ok, found) = match find::find(report, &expectation.path) {
        Ok(found) => (judge::holds(&expectation.test, &found), found.to_string()),
        Err(wrong) => (false, wrong),
    };
    Checked {
        path: expectation.path.clone(),
        ok,
        found,
        wanted: judge::wanted(&expectation.test),
        ground: match expectation.ground {
            Ground::Real => "real",
            Ground::Source => "source",
            Ground::Arithmetic => "arithmetic",
            Ground::Model => "model",
        },
        why: expectation.why.clone(),
        line: expectation.line,
    }
}

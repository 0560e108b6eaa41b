//! Scenario files: one question each, written in RON. `docs/scenario.md` describes every field.

mod action;
mod conf;
mod diagnose;
mod document;
mod driver;
mod entries;
mod expect;
mod loss;
mod name;
mod pool;
mod python;
mod quantity;
mod resolve;
mod setting;
mod source;
mod step;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;

pub use expect::{Expectation, Ground, Test, Value};
pub use loss::{Loss, LossWord};

pub(crate) use action::{Action, Run};
pub(crate) use diagnose::choice;
pub(crate) use document::Document;
pub(crate) use name::Name;
pub(crate) use python::{Python, Transport};
pub(crate) use quantity::{Amount, Quantity, Unit};
pub(crate) use step::{Aggregate, Cache, GroupByKey, Join, Keys, Recorded, ReduceByKey, Scan, Share, Step};

use crate::{Error, Plan};

/// How deep a scenario may nest.
pub(crate) const MAX_DEPTH: usize = 64;

/// What a scenario file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What is asked, in one sentence.
    pub question: String,
    /// The Spark version that the file names.
    pub spark_version: Option<String>,
    /// Executors and nodes.
    pub cluster: Cluster,
    /// Executors that fail because the scenario says so.
    pub losses: Vec<Loss>,
    /// Spark and `poolsim.*` keys with their values as text, in the order of the file; `cluster` comes first, as
    /// `spark.executor.instances`, `spark.executor.cores` and `spark.executor.memory`.
    pub conf: Vec<(String, String)>,
    /// What runs, all random draws made.
    pub plan: Plan,
    /// What is expected of a run as written.
    pub expect: Vec<Expectation>,
    /// The same plan under other settings.
    pub variants: Vec<Variant>,
}

/// Executors and the nodes that they run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Number of executors.
    pub executors: u32,
    /// Number of nodes; executors are dealt out to them in turn.
    pub nodes: u32,
}

/// The same scenario under other settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Shown to people; no two of a scenario are alike.
    pub name: String,
    /// Settings that replace those of the scenario.
    pub conf: Vec<(String, String)>,
    /// What is expected then.
    pub expect: Vec<Expectation>,
}

impl Scenario {
    /// Reads a scenario file. `seed` replaces the seed that the file gives.
    ///
    /// # Errors
    /// What is wrong with the file, shown with its lines.
    pub fn read(path: &Path, seed: Option<u64>) -> Result<Self, Error> {
        Self::parse(&path.display().to_string(), &source::read(path)?, seed)
    }

    /// Reads the text of a scenario; `name` is its file's, for messages. `seed` replaces the seed that it gives.
    ///
    /// # Errors
    /// What is wrong with the text, shown with its lines.
    pub fn parse(name: &str, text: &str, seed: Option<u64>) -> Result<Self, Error> {
        let text = source::accept(name, text)?;
        let document: Document<'_> = options()
            .from_str(text)
            .map_err(|error| diagnose::diagnose(text, &error))
            .map_err(|error| error.within(name, text))?;
        resolve::resolve(&document, text, seed).map_err(|error| error.within(name, text))
    }
}

/// How RON is read everywhere: without `Some(..)`, and with one pair of parentheses around the fields of a step.
pub(crate) fn options() -> ron::Options {
    use ron::extensions::Extensions;
    ron::Options::default()
        .with_default_extension(
            Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES,
        )
        .with_recursion_limit(MAX_DEPTH)
}

//! The file as it is written: what `docs/scenario.md` describes, before names are resolved.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::action::Action;
use super::entries::Entries;
use super::expect::RawExpectation;
use super::loss::Loss;
use super::name::Name;
use super::pool::PoolText;
use super::quantity::{Bytes, Unit as _};
use super::setting::Setting;
use super::step::Step;
use crate::plan::Recording;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(rename = "scenario", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Document<'a> {
    pub(crate) question: String,
    #[serde(default)]
    pub(crate) spark_version: Option<Name<'a>>,
    #[serde(default)]
    pub(crate) seed: u64,
    #[serde(default)]
    pub(crate) cluster: ClusterText,
    #[serde(default)]
    pub(crate) conf: Entries<'a, Setting>,
    #[serde(default)]
    pub(crate) data: Entries<'a, Vec<Step<'a>>>,
    #[serde(default)]
    pub(crate) pools: Entries<'a, PoolText>,
    #[serde(default)]
    pub(crate) jobs: Vec<Action<'a>>,
    #[serde(default)]
    pub(crate) recording: Option<Recording>,
    #[serde(default)]
    pub(crate) expect: Entries<'a, RawExpectation>,
    #[serde(default)]
    pub(crate) variants: Vec<VariantText<'a>>,
}

/// Executors and the nodes that they run on.
#[derive(Debug, Deserialize)]
#[serde(rename = "cluster", deny_unknown_fields)]
pub(crate) struct ClusterText {
    #[serde(default = "one")]
    pub(crate) executors: NonZeroU32,
    #[serde(default)]
    pub(crate) nodes: Option<NonZeroU32>,
    #[serde(default)]
    pub(crate) cores: Option<NonZeroU32>,
    #[serde(default)]
    pub(crate) memory: Option<MemoryText>,
    #[serde(default)]
    pub(crate) lose: Vec<Loss>,
}

impl Default for ClusterText {
    fn default() -> Self {
        Self { executors: one(), nodes: None, cores: None, memory: None, lose: Vec::new() }
    }
}

/// `spark.executor.memory` as text, checked to be a size; a bare number is MiB there, so it needs a suffix here.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct MemoryText(pub(crate) String);

impl TryFrom<String> for MemoryText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Bytes::parse(&text)?;
        if text.ends_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("`{text}` has no unit: write \"{text}m\" for MiB"));
        }
        Ok(Self(text))
    }
}

/// The same scenario under other settings.
#[derive(Debug, Deserialize)]
#[serde(rename = "variant", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct VariantText<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) conf: Entries<'a, Setting>,
    pub(crate) expect: Entries<'a, RawExpectation>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

//! The jobs of a scenario, as they are written: one runs after the other.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::driver::{Nested, Results};
use super::name::Name;

/// What the driver does next.
#[derive(Debug, Deserialize)]
#[serde(rename = "job", deny_unknown_fields, rename_all = "snake_case", bound(deserialize = "'de: 'a"))]
pub(crate) enum Action<'a> {
    Count(Run<'a>),
    Foreach(Run<'a>),
    Collect(Run<'a>),
    Write(Run<'a>),
    Take {
        on: Name<'a>,
        rows: u64,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        delay_ms: u32,
        #[serde(default)]
        pool: Option<Name<'a>>,
    },
    Unpersist {
        on: Name<'a>,
    },
    Repeat {
        times: NonZeroU32,
        jobs: Vec<Action<'a>>,
    },
    Together(Vec<Action<'a>>),
}

/// An action on a data set.
#[derive(Debug, Deserialize)]
#[serde(rename = "action", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Run<'a> {
    pub(crate) on: Name<'a>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) delay_ms: u32,
    #[serde(default)]
    pub(crate) pool: Option<Name<'a>>,
    pub(crate) results: Option<Results>,
    #[serde(default)]
    pub(crate) nested: Option<Nested>,
}

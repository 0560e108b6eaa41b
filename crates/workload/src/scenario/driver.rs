//! What the driver has to do with data and jobs, as it is written.

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::plan::{Api, Nesting};

/// A collection of the driver's that its tasks carry with them (`sc.parallelize`).
#[derive(Debug, Deserialize)]
#[serde(rename = "parallelized", deny_unknown_fields)]
pub(crate) struct Parallelized {
    /// Bytes of a row in a serialized task.
    pub(crate) task_bytes_per_row: u32,
    /// Bytes of a row in the driver's heap: the collection, and the slices that are cut of it.
    pub(crate) heap_bytes_per_row: u32,
}

/// What becomes of collected rows.
#[derive(Debug, Deserialize)]
#[serde(rename = "results", deny_unknown_fields)]
pub(crate) struct Results {
    #[serde(default)]
    pub(crate) api: Api,
    #[serde(default)]
    pub(crate) heap_bytes_per_row: Option<u32>,
    #[serde(default)]
    pub(crate) array_bytes_per_row: Option<u32>,
    #[serde(default)]
    pub(crate) making_bytes_per_row: u32,
    #[serde(default)]
    pub(crate) python_bytes_per_row: u32,
}

/// Steps that follow each other in a lineage or an expression, beyond those that are written.
#[derive(Debug, Deserialize)]
#[serde(rename = "nested", deny_unknown_fields)]
pub(crate) struct Nested {
    pub(crate) of: Nesting,
    pub(crate) steps: NonZeroU32,
}

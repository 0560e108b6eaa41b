//! A function in Python, as it is written.

use serde::Deserialize;

use super::quantity::{Amount, Bytes};

/// A function that Python workers run on all rows.
#[derive(Debug, Deserialize)]
#[serde(rename = "python", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Python<'a> {
    pub(crate) cpu_ns_per_row: u64,
    #[serde(default)]
    pub(crate) row_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) transport: Transport,
    #[serde(default)]
    pub(crate) object_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) worker_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) held_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) leaked_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) merged_bytes: Option<Amount<'a, Bytes>>,
}

/// How rows come to Python.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename = "transport", rename_all = "snake_case")]
pub(crate) enum Transport {
    /// A UDF of a query.
    #[default]
    Pickled,
    /// A pandas UDF of a query.
    Arrow,
    /// A function of an RDD.
    Rdd,
}

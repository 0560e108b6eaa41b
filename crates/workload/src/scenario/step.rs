//! The steps of a data set, as they are written. Each follows the one before it, as chained calls do in Spark.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::driver::Parallelized;
use super::name::Name;
use super::python::Python;
use super::quantity::{Amount, Bytes, Count};
use crate::adaptive::JoinType;
use crate::plan::{Api, Strategy};

/// One step.
#[derive(Debug, Deserialize)]
#[serde(rename = "step", deny_unknown_fields, rename_all = "snake_case", bound(deserialize = "'de: 'a"))]
pub(crate) enum Step<'a> {
    From(Name<'a>),
    Scan(Scan<'a>),
    Recorded(Recorded),
    Filter {
        keep: Share,
        #[serde(default)]
        cpu_ns_per_row: Option<u64>,
    },
    Project {
        row_bytes: Amount<'a, Bytes>,
        #[serde(default)]
        cpu_ns_per_row: Option<u64>,
    },
    Python(Python<'a>),
    Repartition {
        #[serde(default)]
        partitions: Option<NonZeroU32>,
        #[serde(default)]
        by_key: bool,
    },
    Coalesce {
        partitions: NonZeroU32,
    },
    Union {
        with: Vec<Name<'a>>,
    },
    Sort {
        #[serde(default)]
        within_partitions: bool,
        #[serde(default = "yes")]
        radix: bool,
        #[serde(default)]
        partitions: Option<NonZeroU32>,
    },
    Window {
        #[serde(default)]
        largest_group: Option<Amount<'a, Count>>,
        #[serde(default = "yes")]
        radix: bool,
        #[serde(default)]
        partitions: Option<NonZeroU32>,
    },
    Join(Join<'a>),
    Aggregate(Aggregate<'a>),
    GroupByKey(GroupByKey<'a>),
    ReduceByKey(ReduceByKey<'a>),
    ReadBroadcast {
        pieces: Amount<'a, Bytes>,
        value: Amount<'a, Bytes>,
    },
    Leak {
        bytes: Amount<'a, Bytes>,
    },
    UserHeap {
        bytes: Amount<'a, Bytes>,
    },
    Cache(Cache<'a>),
}

/// Input from storage.
#[derive(Debug, Deserialize)]
#[serde(rename = "scan", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Scan<'a> {
    #[serde(default)]
    pub(crate) rows: Option<Amount<'a, Count>>,
    #[serde(default)]
    pub(crate) rows_per_partition: Option<Amount<'a, Count>>,
    #[serde(default)]
    pub(crate) partitions: Option<NonZeroU32>,
    pub(crate) row_bytes: Amount<'a, Bytes>,
    #[serde(default)]
    pub(crate) compression: Ratio,
    #[serde(default)]
    pub(crate) file_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) parallelized: Option<Parallelized>,
    #[serde(default)]
    pub(crate) keys: Keys,
    #[serde(default)]
    pub(crate) cpu_ns_per_row: Option<u64>,
}

/// Tasks as a log recorded them: columns, one entry a task.
#[derive(Debug, Deserialize)]
#[serde(rename = "recorded", deny_unknown_fields)]
pub(crate) struct Recorded {
    pub(crate) rows: Vec<u64>,
    pub(crate) bytes: Vec<u64>,
    pub(crate) time_ms: Vec<u64>,
    #[serde(default)]
    pub(crate) executor: Vec<u32>,
    #[serde(default)]
    pub(crate) not_before_ms: Vec<u64>,
    #[serde(default)]
    pub(crate) compression: Ratio,
}

/// A join; the data set named in `with` is its right side.
#[derive(Debug, Deserialize)]
#[serde(rename = "join", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Join<'a> {
    pub(crate) with: Name<'a>,
    #[serde(default)]
    pub(crate) strategy: Option<Strategy>,
    #[serde(default)]
    pub(crate) rows: Option<Amount<'a, Count>>,
    #[serde(default)]
    pub(crate) row_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default = "yes")]
    pub(crate) long_key: bool,
    #[serde(default)]
    pub(crate) join_type: JoinType,
    #[serde(default)]
    pub(crate) estimated_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) partitions: Option<NonZeroU32>,
}

/// Hash aggregation.
#[derive(Debug, Deserialize)]
#[serde(rename = "aggregate", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Aggregate<'a> {
    pub(crate) groups: Amount<'a, Count>,
    pub(crate) group_bytes: Amount<'a, Bytes>,
    #[serde(default)]
    pub(crate) combined_rows: Option<Amount<'a, Count>>,
    #[serde(default)]
    pub(crate) partitions: Option<NonZeroU32>,
}

/// `groupByKey`.
#[derive(Debug, Deserialize)]
#[serde(rename = "group_by_key", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct GroupByKey<'a> {
    pub(crate) groups: Amount<'a, Count>,
    pub(crate) collection_bytes: Amount<'a, Bytes>,
    #[serde(default)]
    pub(crate) partitions: Option<NonZeroU32>,
}

/// `reduceByKey`.
#[derive(Debug, Deserialize)]
#[serde(rename = "reduce_by_key", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct ReduceByKey<'a> {
    pub(crate) groups: Amount<'a, Count>,
    pub(crate) map_collection_bytes: Amount<'a, Bytes>,
    pub(crate) collection_bytes: Amount<'a, Bytes>,
    #[serde(default)]
    pub(crate) combined_rows: Option<Amount<'a, Count>>,
    #[serde(default)]
    pub(crate) partitions: Option<NonZeroU32>,
}

/// `persist`.
#[derive(Debug, Deserialize)]
#[serde(rename = "cache", deny_unknown_fields, bound(deserialize = "'de: 'a"))]
pub(crate) struct Cache<'a> {
    #[serde(default)]
    pub(crate) level: Option<String>,
    #[serde(default)]
    pub(crate) api: Api,
    #[serde(default)]
    pub(crate) block_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) block_disk_bytes: Option<Amount<'a, Bytes>>,
    #[serde(default)]
    pub(crate) block_elements: Option<Amount<'a, Count>>,
}

/// How rows lie on keys.
#[derive(Debug, Default, Deserialize)]
#[serde(rename = "keys", deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Keys {
    #[default]
    Even,
    Uniform {
        count: std::num::NonZeroU64,
    },
    Zipf {
        count: std::num::NonZeroU64,
        exponent: Exponent,
    },
    Hot {
        share: Share,
        count: std::num::NonZeroU64,
    },
    Weights(Vec<u64>),
}

/// A share, 0 to 1.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Share(pub(crate) f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(format!("{share} is no share: use 0 to 1"))
        }
    }
}

/// Bytes of rows for each byte that they take compressed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Ratio(pub(crate) f64);

impl Default for Ratio {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Ratio {
    type Error = String;

    fn try_from(ratio: f64) -> Result<Self, String> {
        if (0.01..=1000.0).contains(&ratio) {
            Ok(Self(ratio))
        } else {
            Err(format!("{ratio} is no compression: use 0.01 to 1000, 1 for none"))
        }
    }
}

/// An exponent of Zipf's law.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Exponent(pub(crate) f64);

impl TryFrom<f64> for Exponent {
    type Error = String;

    fn try_from(exponent: f64) -> Result<Self, String> {
        if (0.0..=10.0).contains(&exponent) {
            Ok(Self(exponent))
        } else {
            Err(format!("{exponent} is no exponent: use 0 to 10"))
        }
    }
}

fn yes() -> bool {
    true
}

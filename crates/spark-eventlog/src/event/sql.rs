//! SQL executions and their plans.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    Properties, Text,
    number::{Count, long, opt_long, or_default},
};

/// `SparkListenerSQLExecutionStart`. The texts that repeat the plan and the call stack are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlExecutionStart<'a> {
    /// Jobs name it in their property `spark.sql.execution.id`.
    #[serde(deserialize_with = "long")]
    pub execution_id: i64,
    /// The execution that started this one, or itself; since 3.4.
    #[serde(default, deserialize_with = "opt_long")]
    pub root_execution_id: Option<i64>,
    /// Job description or call site.
    #[serde(borrow, default)]
    pub description: Text<'a>,
    /// The plan before adaptive changes.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub spark_plan_info: SparkPlanInfo<'a>,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "long")]
    pub time: i64,
    /// SQL keys that the session changed; since 3.3.
    #[serde(borrow, default)]
    pub modified_configs: Properties<'a>,
}

/// `SparkListenerSQLAdaptiveExecutionUpdate`: the plan after a change. Since 3.0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlAdaptiveExecutionUpdate<'a> {
    /// Which execution.
    #[serde(deserialize_with = "long")]
    pub execution_id: i64,
    /// The plan from now on.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub spark_plan_info: SparkPlanInfo<'a>,
}

/// `SparkListenerSQLAdaptiveSQLMetricUpdates`: metrics of a subquery's plan. Since 3.0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlAdaptiveSqlMetricUpdates<'a> {
    /// Which execution.
    #[serde(deserialize_with = "long")]
    pub execution_id: i64,
    /// The metrics.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub sql_plan_metrics: Vec<SqlPlanMetric<'a>>,
}

/// `SparkListenerDriverAccumUpdates`: what the driver counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverAccumUpdates {
    /// Which execution.
    #[serde(deserialize_with = "long")]
    pub execution_id: i64,
    /// Accumulator ids with their values.
    #[serde(default, deserialize_with = "or_default")]
    pub accum_updates: Vec<AccumUpdate>,
}

/// An accumulator and its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccumUpdate {
    /// Over the whole application.
    pub id: i64,
    /// `None` if it is no whole number.
    pub value: Option<i64>,
}

impl<'de> Deserialize<'de> for AccumUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AccumUpdateVisitor)
    }
}

/// `[id, value]`, or a Scala tuple as an object `{"_1": id, "_2": value}`.
struct AccumUpdateVisitor;

impl<'de> Visitor<'de> for AccumUpdateVisitor {
    type Value = AccumUpdate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an accumulator id with its value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let id = list.next_element::<Count>()?.and_then(|count| count.0).unwrap_or(-1);
        let value = list.next_element::<Count>()?.and_then(|count| count.0);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(AccumUpdate { id, value })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut update = AccumUpdate { id: -1, value: None };
        while let Some((key, Count(value))) = map.next_entry::<Text<'de>, Count>()? {
            match key.as_str() {
                "_1" => update.id = value.unwrap_or(-1),
                "_2" => update.value = value,
                _ => {}
            }
        }
        Ok(update)
    }
}

/// `SparkListenerSQLExecutionEnd`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlExecutionEnd<'a> {
    /// Which execution.
    #[serde(deserialize_with = "long")]
    pub execution_id: i64,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "long")]
    pub time: i64,
    /// Since 3.4; empty or missing if it succeeded. A failure of the driver may show nowhere else.
    #[serde(borrow, default)]
    pub error_message: Option<Text<'a>>,
}

/// A node of a physical plan with what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SparkPlanInfo<'a> {
    /// E.g. `Sort`, `WholeStageCodegen (2)`.
    #[serde(borrow, default)]
    pub node_name: Text<'a>,
    /// One line that describes it.
    #[serde(borrow, default)]
    pub simple_string: Text<'a>,
    /// What feeds it.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub children: Vec<SparkPlanInfo<'a>>,
    /// Facts of scans, such as `Format`.
    #[serde(borrow, default)]
    pub metadata: Properties<'a>,
    /// Its metrics.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub metrics: Vec<SqlPlanMetric<'a>>,
}

/// A metric of a plan node. Tasks report it in their accumulables under its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqlPlanMetric<'a> {
    /// E.g. `peak memory`.
    #[serde(borrow, default)]
    pub name: Text<'a>,
    /// Over the whole application.
    #[serde(deserialize_with = "long")]
    pub accumulator_id: i64,
    /// `sum`, `size`, `timing`, `nsTiming` or `average`.
    #[serde(borrow, default)]
    pub metric_type: Text<'a>,
}

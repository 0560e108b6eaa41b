//! Plans that are nested deeper than JSON is read at once.
//!
//! A join of a dozen tables is: each takes several nodes, and each node two levels of JSON. They are read node by node
//! instead, which reads what is below again at each level.

use serde::{Deserialize, de::Error};
use serde_json::{Result, value::RawValue};

use super::{
    Event, Properties, SparkPlanInfo, SqlAdaptiveExecutionUpdate, SqlExecutionStart, SqlPlanMetric, Text,
    json,
    number::{long, opt_long, or_default},
};

/// The deepest plan in nodes: as deep as Spark's own reader goes (1000 levels of JSON).
const MAX_DEPTH: usize = 500;
/// The largest plan of that kind in bytes.
const MAX_BYTES: usize = 16 << 20;

/// Whether a line is malformed just since it is deep.
pub(super) fn is_too_deep(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().starts_with("recursion limit exceeded")
}

/// Reads an event again whose plan may be what is too deep; `None` if it has none.
pub(super) fn parse<'a>(name: &str, line: &'a [u8]) -> Option<Result<Event<'a>>> {
    match name.rsplit('.').next()? {
        "SparkListenerSQLExecutionStart" => Some(start(line)),
        "SparkListenerSQLAdaptiveExecutionUpdate" => Some(update(line)),
        _ => None,
    }
}

/// [`SqlExecutionStart`] with its plan as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    #[serde(deserialize_with = "long")]
    execution_id: i64,
    #[serde(default, deserialize_with = "opt_long")]
    root_execution_id: Option<i64>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow)]
    spark_plan_info: &'a RawValue,
    #[serde(default, deserialize_with = "long")]
    time: i64,
    #[serde(borrow, default)]
    modified_configs: Properties<'a>,
}

fn start(line: &[u8]) -> Result<Event<'_>> {
    let Start { execution_id, root_execution_id, description, spark_plan_info, time, modified_configs } =
        json(line)?;
    let spark_plan_info = plan(spark_plan_info)?;
    Ok(Event::SqlExecutionStart(SqlExecutionStart {
        execution_id,
        root_execution_id,
        description,
        spark_plan_info,
        time,
        modified_configs,
    }))
}

/// [`SqlAdaptiveExecutionUpdate`] with its plan as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update<'a> {
    #[serde(deserialize_with = "long")]
    execution_id: i64,
    #[serde(borrow)]
    spark_plan_info: &'a RawValue,
}

fn update(line: &[u8]) -> Result<Event<'_>> {
    let Update { execution_id, spark_plan_info } = json(line)?;
    let spark_plan_info = plan(spark_plan_info)?;
    Ok(Event::SqlAdaptiveExecutionUpdate(SqlAdaptiveExecutionUpdate { execution_id, spark_plan_info }))
}

/// [`SparkPlanInfo`] with its children as they are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    #[serde(borrow, default)]
    node_name: Text<'a>,
    #[serde(borrow, default)]
    simple_string: Text<'a>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    children: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    metadata: Properties<'a>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    metrics: Vec<SqlPlanMetric<'a>>,
}

fn plan(raw: &RawValue) -> Result<SparkPlanInfo<'_>> {
    if raw.get().len() > MAX_BYTES {
        return Err(Error::custom(format!("a plan that is deep is larger than {MAX_BYTES} bytes")));
    }
    // The nodes from the root to the present one, each with the children that are still to be read.
    let mut path = vec![node(raw)?];
    loop {
        let depth = path.len();
        let (_, children) = &mut path[depth - 1];
        if let Some(child) = children.next() {
            if depth == MAX_DEPTH {
                return Err(Error::custom(format!("the plan is deeper than {MAX_DEPTH} nodes")));
            }
            path.push(node(child)?);
            continue;
        }
        let Some((done, _)) = path.pop() else { return Err(Error::custom("a plan without nodes")) };
        match path.last_mut() {
            Some((parent, _)) => parent.children.push(done),
            None => return Ok(done),
        }
    }
}

fn node(raw: &RawValue) -> Result<(SparkPlanInfo<'_>, std::vec::IntoIter<&RawValue>)> {
    let Node { node_name, simple_string, children, metadata, metrics } = serde_json::from_str(raw.get())?;
    let node = SparkPlanInfo { node_name, simple_string, children: Vec::new(), metadata, metrics };
    Ok((node, children.into_iter()))
}

//! Plans of queries as their events describe them, and what one stage's tasks added to their metrics.

use std::collections::BTreeMap;

/// A node of a query's plan (`SparkPlanInfo`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanNode {
    /// `nodeName`.
    pub name: String,
    /// `simpleString`: the node in one line, without its children.
    pub text: String,
    /// Its inputs, then its subqueries.
    pub children: Vec<PlanNode>,
    /// Its SQL metrics.
    pub metrics: Vec<PlanMetric>,
}

/// A SQL metric of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanMetric {
    /// As people read it: `number of output rows`.
    pub name: String,
    /// The accumulator that tasks update.
    pub id: i64,
    /// `sum`, `size`, `timing`, `nsTiming` or `average`.
    pub kind: String,
}

/// What the tasks of one stage added to SQL metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageMetrics {
    /// Number of tasks.
    pub tasks: usize,
    /// By accumulator: what each task added, 0 where it added nothing. An accumulator that no task updated has no column.
    pub columns: BTreeMap<i64, Vec<i64>>,
}

//! Plans of queries, and what the tasks of a stage added to their metrics.

use std::collections::BTreeMap;

/// A node of a physical plan as `sparkPlanInfo` writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanNode {
    /// `nodeName`, as `Sort` or `WholeStageCodegen (3)`.
    pub name: String,
    /// `simpleString`: the node with its arguments.
    pub text: String,
    /// Its children.
    pub children: Vec<PlanNode>,
    /// Its metrics.
    pub metrics: Vec<PlanMetric>,
}

/// A metric of a node: an accumulator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanMetric {
    /// As the UI shows it, as `number of output rows`.
    pub name: String,
    /// Id of the accumulator.
    pub id: i64,
    /// `sum`, `size`, `timing`, `nsTiming` or `average`.
    pub kind: String,
}

/// What the tasks of one stage added to the accumulators of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageMetrics {
    /// Number of tasks.
    pub tasks: usize,
    /// For each accumulator a column by index of task; 0 where a task added nothing.
    pub columns: BTreeMap<i64, Vec<i64>>,
}

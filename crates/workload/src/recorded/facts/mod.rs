//! The events of a log as compact tables.

mod plan;

pub use plan::{PlanMetric, PlanNode, StageMetrics};

//! What a log tells of Python workers.
//!
//! Since Spark 3.0 executors sample the memory of the processes below them, where
//! `spark.executor.processTreeMetrics.enabled` asks for it: a daemon of Python and its workers are one figure. The largest
//! worker needs at least the mean of what is not the daemon's, and may have needed more between two samples.

use sim_core::cluster::python::Transport;

use super::facts::{Facts, PlanNode};

/// A metric that only nodes of plans have that send rows to Python (`PythonSQLMetrics`).
pub(super) const SENT: &str = "data sent to Python workers";

/// What is known of the Python workers of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObservedPython {
    /// Bytes of address space that the largest worker had at least; `None` where the log has no metrics of processes.
    pub worker_address_space_bytes: Option<u64>,
}

/// Of the whole application; `None` where nothing in it was done by Python on executors.
pub(super) fn observed(facts: &Facts) -> Option<ObservedPython> {
    let most = facts.attempts.iter().filter_map(|attempt| worker_address_space(facts, attempt.stage)).max();
    let of_rdds = || facts.rdds.values().any(|rdd| rdd.name == "PythonRDD");
    let works = most.is_some() || most_nodes(facts) > 0 || of_rdds();
    works.then_some(ObservedPython { worker_address_space_bytes: most })
}

/// Bytes of address space that the largest worker had at least while a stage ran.
pub(super) fn worker_address_space(facts: &Facts, stage: u32) -> Option<u64> {
    let attempts = facts.attempts.iter().filter(|attempt| attempt.stage == stage);
    let tree = attempts.map(|attempt| attempt.python_tree_bytes).max().filter(|&bytes| bytes > 0)?;
    // A worker for each task that runs and each node that asks for one: more than there can be is on the safe side.
    let slots = facts.executors.iter().filter(|executor| executor.used).map(|executor| executor.cores).max();
    let workers = u64::from(slots.unwrap_or(0)).max(1).saturating_mul(most_nodes(facts).max(1));
    let daemon = Transport::Pickled.address_space().0;
    Some(tree.saturating_sub(daemon) / workers)
}

/// The most nodes that send rows to Python of any plan.
fn most_nodes(facts: &Facts) -> u64 {
    let plans = facts.queries.values().flat_map(|query| &query.plans);
    plans.map(nodes).max().unwrap_or(0)
}

fn nodes(plan: &PlanNode) -> u64 {
    let own = plan.metrics.iter().any(|metric| metric.name == SENT);
    plan.children.iter().fold(u64::from(own), |sum, child| sum.saturating_add(nodes(child)))
}

//! From a query's plan and what the tasks of a stage added to its metrics to what these tasks do.
//!
//! A plan's node has metrics; the tasks of a stage update those of the nodes that they run. That finds the
//! [fragment](tree) of the plan that a stage ran, between the exchange that it wrote and those that it read. The
//! [walk] goes down from the top of the fragment and yields [`Step`]s in the order in which rows pass them, with
//! amounts for each task from the metrics: rows read and put out. [Widths](widths) of rows come from the exchanges.
//!
//! Only what tasks asked for is read. Spills, fallbacks to sorting and the like never are: `peak memory` is read where
//! no model of an operator exists.

mod aggregate;
mod columns;
mod gather;
mod group_size;
mod joins;
mod kind;
mod output;
#[cfg(test)]
mod peaks;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod walk;
mod widths;

use std::collections::BTreeMap;

use super::facts::{PlanNode, StageMetrics};
use crate::plan::recording::{Column, PartitionsFrom, Step};
use columns::Schema;
#[cfg(test)]
use gather::stage_metrics;
pub(super) use gather::totals;
use tree::Tree;
use walk::{Context, Walk};
use widths::Widths;

/// What the tasks of a stage did of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqlStage {
    /// What they did, in order. [`Step::Fetch`], [`Step::ReadBroadcast`] and [`Step::Cached`] name the exchanges,
    /// broadcasts and caches below by index. Bytes read from storage are not in the metrics: `file_bytes` are 0.
    pub steps: Vec<Step>,
    /// Which nodes of the plan these steps are.
    pub operators: Vec<Operator>,
    /// Where the rows go; None where they stay in a cache.
    pub output: Option<SqlOutput>,
    /// Exchanges that were read: the smallest accumulator id of each.
    pub exchanges: Vec<i64>,
    /// Broadcasts that were read: the smallest accumulator id of each.
    pub broadcasts: Vec<i64>,
    /// Caches that were read or filled.
    pub cached: Vec<CachedScan>,
    /// What had to be inferred.
    pub notes: Vec<Note>,
}

/// A node of the plan that became a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Index of the step.
    pub step: usize,
    /// `nodeName`.
    pub name: String,
    /// Accumulator of its `peak memory`, where it has one.
    pub peak_memory: Option<i64>,
}

/// Where the rows of a stage go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlOutput {
    /// Into a shuffle.
    Exchange {
        /// The smallest accumulator id of the exchange.
        key: i64,
        /// Rows written.
        rows: Column,
        /// Their bytes as `UnsafeRow`.
        bytes: Column,
        /// Bytes written.
        wire_bytes: Column,
        /// Reduce partitions by the plan. A range partitioning may have fewer, if its keys have fewer values.
        partitions: u32,
        /// What decides on that number. Exchanges that Spark puts in name `spark.sql.shuffle.partitions`, though they may
        /// follow the other side of a join: compare the number with the setting.
        partitions_from: PartitionsFrom,
    },
    /// To the driver, which broadcasts them.
    Broadcast {
        /// The smallest accumulator id of the broadcast.
        key: i64,
        /// Bytes of all rows as the driver has put them into the broadcast value (`data size`).
        bytes: u64,
        /// Rows of it.
        rows: u64,
    },
    /// To the driver: results, subqueries, and the samples from which ranges are drawn.
    Result,
    /// To storage.
    Write,
}

/// A cached query that a stage reads.
#[derive(Clone, Debug, PartialEq)]
pub struct CachedScan {
    /// The smallest accumulator id of the plan that fills it: the same in all queries that read it. None where that plan
    /// has no metrics.
    pub key: Option<i64>,
    /// The topmost node of that plan, in one line: the name of its RDD has it too, unless the table has a name.
    pub text: String,
    /// What is read: `nodeName` and columns, in one line.
    pub scan: String,
    /// How partitions are computed, where tasks of this stage did so.
    pub computed: Option<Computed>,
}

/// How partitions of a cache are computed. Amounts are by task of the stage; tasks that did not compute have 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Computed {
    /// As the steps of a stage.
    pub steps: Vec<Step>,
    /// Which nodes of the plan these steps are.
    pub operators: Vec<Operator>,
    /// Rows that went into the cache.
    pub rows: Column,
}

/// Something that the metrics do not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// `nodeName` of the node.
    pub node: String,
    /// What was done about it.
    pub text: &'static str,
}

/// What the tasks of a stage did of a query; None where no node of the plan was touched by the stage.
///
/// `query` has all versions of its plan, the newest last (adaptive execution plans again). `totals` are the final values
/// of its accumulators: over the tasks of all stages and, where the driver sets them, the driver's. Rows of an exchange
/// have a width by these.
#[must_use]
pub fn stage_of(query: &[PlanNode], metrics: &StageMetrics, totals: &BTreeMap<i64, i64>) -> Option<SqlStage> {
    let mut best: Option<(Tree<'_>, usize, usize)> = None;
    for plan in query.iter().rev() {
        let tree = Tree::of(plan);
        // An older version only where it explains more of what the tasks updated.
        if let Some((fragment, touched)) = tree.fragment_of(metrics)
            && best.as_ref().is_none_or(|&(.., most)| touched > most)
        {
            best = Some((tree, fragment, touched));
        }
    }
    let (tree, fragment, _) = best?;
    let mut schema = Schema::of(&tree);
    let widths = Widths::of(&tree, &mut schema, totals);
    let touched = tree.touched(metrics);
    let context =
        Context { tree: &tree, schema: &schema, widths: &widths, metrics, totals, touched: &touched };
    let mut walk = Walk::new(&context);
    let rows = walk.fragment(fragment);
    let output = output::of(&context, fragment, totals);
    Some(walk.done(&rows, output))
}

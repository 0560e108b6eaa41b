//! Stages of which no task succeeded: what they would have read is known of those who wrote it.

use std::collections::BTreeMap;

use super::Fitter;
use super::lineage::Read;
use super::queries::with_key;
use crate::recorded::facts::{PlanNode, StageMetrics};

impl Fitter<'_> {
    /// What the tasks of a run would have counted of the exchanges that they were to fetch: an even share of what was
    /// written. `None` if none of them is known.
    pub(super) fn expected_metrics(&mut self, run: usize) -> Option<StageMetrics> {
        let tasks = self.runs[run].tasks();
        let writers: Vec<usize> = self.reads[run]
            .iter()
            .filter_map(|read| match read {
                Read::Shuffle { of, .. } => self.writers.get(of)?.iter().rev().find(|&&writer| writer < run),
                Read::Source | Read::Cached(_) => None,
            })
            .copied()
            .collect();
        let plans = self.plans(run)?;
        let mut columns = BTreeMap::new();
        for (&key, _) in self.exchanges.iter().filter(|(_, writer)| writers.contains(writer)) {
            let Some(node) = plans.iter().rev().find_map(|plan| with_key(plan, key)) else { continue };
            for (read, written) in
                [("records read", "shuffle records written"), ("local bytes read", "shuffle bytes written")]
            {
                let (Some(read), Some(written)) = (metric(node, read), metric(node, written)) else {
                    continue;
                };
                let total = self.totals.get(&written).copied().unwrap_or(0);
                columns.insert(read, vec![total / i64::try_from(tasks.max(1)).unwrap_or(i64::MAX); tasks]);
            }
        }
        if columns.is_empty() {
            return None;
        }
        let stage = self.runs[run].stage;
        self.inferred(
            "tasks",
            Some(stage),
            "of a stage without a task that succeeded, each task reads an even share of what was written for it",
        );
        Some(StageMetrics { tasks, columns })
    }
}

fn metric(node: &PlanNode, name: &str) -> Option<i64> {
    node.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.id)
}

//! Which cached RDDs a task reads, and how often, if everything that was stored is there.
//!
//! `Input Metrics` add up all blocks that a task finds. A task that reads `a` twice, and `b` that is computed of `a`,
//! tells their sum alone; with a known, it tells `b`. A block that the task itself computes is found from its second
//! reading on.

use std::collections::{BTreeMap, BTreeSet};

use super::lineage::{is_cached, narrow_parents};
use super::runs::Run;
use super::{cached, cached::Cell};
use crate::recorded::facts::{Facts, Figure, StageFacts};

/// Times that a task finds a block of each RDD.
pub(super) type Found = BTreeMap<u32, u64>;

/// RDDs that a walk visits at most: without a cache in between, lineages that branch have exponentially many paths.
const MAX_VISITS: u32 = 10_000;

/// What the tasks of a run find, by what each of them is the first to compute.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits(BTreeMap<Vec<u32>, Option<Found>>);

impl Hits {
    /// The hits of the tasks of each run.
    pub(super) fn of_runs(
        facts: &Facts,
        runs: &[Run<'_>],
        fills: &cached::Fills,
        filled: &BTreeMap<Cell, Vec<u32>>,
    ) -> Vec<Self> {
        let first: BTreeMap<u32, usize> = fills
            .iter()
            .filter_map(|(&rdd, cells)| Some((rdd, cells.iter().flatten().map(|cell| cell.0).min()?)))
            .collect();
        let of_run = |(index, run): (usize, &Run<'_>)| {
            let Some(stage) = facts.stages.get(&run.stage).filter(|_| !first.is_empty()) else {
                return Self::default();
            };
            let mut hits = BTreeMap::new();
            for task in (0..run.tasks()).filter(|&task| run.at(Figure::Index, task).is_some()) {
                let fills = filled.get(&(index, task)).cloned().unwrap_or_default();
                hits.entry(fills).or_insert_with_key(|fills| {
                    let there = first.iter().filter(|&(rdd, &run)| run <= index && !fills.contains(rdd));
                    let mut walk = Walk {
                        facts,
                        stage,
                        inside: stage.rdds.iter().copied().collect(),
                        there: there.map(|(&rdd, _)| rdd).collect(),
                        found: Found::new(),
                        left: MAX_VISITS,
                    };
                    walk.rdd(*stage.rdds.first()?).then_some(walk.found)
                });
            }
            Self(hits)
        };
        runs.iter().enumerate().map(of_run).collect()
    }

    /// Whether some task finds blocks of an RDD.
    pub(super) fn reads(&self, rdd: u32) -> bool {
        self.0.values().flatten().any(|found| found.contains_key(&rdd))
    }

    /// What a task finds that is the first to compute these RDDs; `None` if its input has more than blocks.
    pub(super) fn of(&self, fills: &[u32]) -> Option<&Found> {
        self.0.get(fills)?.as_ref()
    }
}

struct Walk<'f> {
    facts: &'f Facts,
    stage: &'f StageFacts,
    inside: BTreeSet<u32>,
    there: BTreeSet<u32>,
    found: Found,
    left: u32,
}

impl Walk<'_> {
    /// Reads an RDD; false where its input has more than blocks, or is too much to follow.
    fn rdd(&mut self, last: u32) -> bool {
        // Who is computed is there once all that it reads was read.
        let mut open = vec![(last, false)];
        while let Some((rdd, computed)) = open.pop() {
            let Some(left) = self.left.checked_sub(1) else { return false };
            self.left = left;
            if computed {
                self.there.insert(rdd);
                continue;
            }
            if is_cached(self.facts, self.stage, rdd) {
                if self.there.contains(&rdd) {
                    *self.found.entry(rdd).or_insert(0) += 1;
                    continue;
                }
                open.push((rdd, true));
            }
            let Some(info) = self.facts.rdds.get(&rdd) else { return false };
            let before = open.len();
            open.extend(narrow_parents(info, &self.inside).map(|parent| (parent, false)));
            if open.len() == before && info.parents.is_empty() {
                return false;
            }
            open[before..].reverse();
        }
        true
    }
}

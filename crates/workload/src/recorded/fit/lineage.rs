//! What a stage reads, by the lineage of its RDDs.

use std::collections::BTreeSet;

use crate::recorded::facts::{Facts, RddFacts, StageFacts};

/// What the computation of an RDD reads, in the order in which it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Storage, or rows that are made.
    Source,
    /// A shuffle, whose writers' last RDD is `of`; `reader` is the RDD that fetches it.
    Shuffle { of: u32, reader: u32 },
    /// A persisted RDD, which is not looked into.
    Cached(u32),
}

/// Whether blocks of an RDD are kept in a stage. GraphX' `EdgeRDDImpl` and `VertexRDDImpl` report the level of the RDD
/// that they wrap, and keep none of their own.
pub(super) fn is_cached(facts: &Facts, stage: &StageFacts, rdd: u32) -> bool {
    let wraps =
        facts.rdds.get(&rdd).is_some_and(|rdd| rdd.name == "EdgeRDDImpl" || rdd.name == "VertexRDDImpl");
    stage.persisted.contains(&rdd) && !wraps
}

/// The RDDs that one is computed of in the same task.
pub(super) fn narrow_parents<'f>(
    rdd: &'f RddFacts,
    inside: &'f BTreeSet<u32>,
) -> impl Iterator<Item = u32> + use<'f> {
    rdd.parents.iter().copied().filter(|parent| inside.contains(parent))
}

/// What `rdd` reads, in a stage. The RDD itself is looked into even if it is persisted when `into` says so.
pub(super) fn reads(facts: &Facts, stage: &StageFacts, rdd: u32, into: bool) -> Vec<Read> {
    let inside = stage.rdds.iter().copied().collect();
    let mut found = Vec::new();
    visit(facts, stage, &inside, (rdd, into), &mut BTreeSet::new(), &mut found);
    found
}

fn visit(
    facts: &Facts,
    stage: &StageFacts,
    inside: &BTreeSet<u32>,
    (mut rdd, mut into): (u32, bool),
    seen: &mut BTreeSet<u32>,
    found: &mut Vec<Read>,
) {
    // A chain of narrow steps can be as long as an application; only branches go deeper.
    loop {
        if !seen.insert(rdd) {
            return;
        }
        if !into && is_cached(facts, stage, rdd) {
            found.push(Read::Cached(rdd));
            return;
        }
        let parents = facts.rdds.get(&rdd).map_or(&[][..], |info| &info.parents);
        let (narrow, shuffled): (Vec<u32>, Vec<u32>) =
            parents.iter().partition(|parent| inside.contains(parent));
        found.extend(shuffled.iter().map(|&of| Read::Shuffle { of, reader: rdd }));
        into = false;
        match narrow.as_slice() {
            [] => {
                if shuffled.is_empty() {
                    found.push(Read::Source);
                }
                return;
            }
            [only] => rdd = *only,
            several => {
                for &parent in several {
                    visit(facts, stage, inside, (parent, false), seen, found);
                }
                return;
            }
        }
    }
}

/// Persisted RDDs that the computation of a stage meets, the innermost first.
pub(super) fn persisted(facts: &Facts, stage: &StageFacts) -> Vec<u32> {
    let mut order = Vec::new();
    let Some(&last) = stage.rdds.first() else { return order };
    let inside: BTreeSet<u32> = stage.rdds.iter().copied().collect();
    let mut open: Vec<(u32, bool)> = vec![(last, false)];
    let mut seen = BTreeSet::new();
    while let Some((rdd, done)) = open.pop() {
        if done {
            order.push(rdd);
            continue;
        }
        if !seen.insert(rdd) {
            continue;
        }
        if is_cached(facts, stage, rdd) {
            open.push((rdd, true));
        }
        if let Some(info) = facts.rdds.get(&rdd) {
            open.extend(narrow_parents(info, &inside).map(|parent| (parent, false)));
        }
    }
    order
}

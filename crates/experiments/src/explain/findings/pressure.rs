//! Spills and evictions that are worth a word: the largest ones; the rest is counted.

use std::cmp::Reverse;

use super::{All, Found, Measure};
use crate::explain::report::{Finding, FindingKind, Held};
use crate::explain::{Seen, cause};
use crate::human;

/// Spills and evictions told one by one, of each.
const TOLD: usize = 3;

pub(super) fn spills(seen: &Seen, all: &mut All) {
    let mut groups: Vec<_> = seen.watch.spills.iter().collect();
    groups.sort_by_key(|(_, spills)| Reverse(spills.bytes));
    for (at, ((stage, consumer), spills)) in groups.iter().take(TOLD).enumerate() {
        let (attempt, largest, snapshot) = &spills.largest;
        let held = Held::of(snapshot, &seen.case);
        let name = &seen.case.workload.stages[stage.index()].name;
        let why = cause::of_shortage(&held, stage.0, attempt.index);
        let time = seen.counters.stages.get(stage.index()).map_or(0, |stage| stage.sum.spill.as_ms());
        let finding = Finding {
            kind: FindingKind::Spill,
            failure: None,
            title: format!(
                "{} of stage {} ({name}) spilled {} in {}, {} on disk; spills took {} of its tasks' time",
                consumer,
                stage.0,
                human::bytes(spills.bytes),
                human::count(spills.count, "piece"),
                human::bytes(spills.disk_bytes),
                human::ms(time)
            ),
            at_ms: Some(snapshot.at.as_ms()),
            stage: Some(stage.0),
            rdd: None,
            bytes: Some(spills.bytes),
            cause: format!("of the largest, {} by task {}: {why}", human::bytes(*largest), attempt.index),
            held: Some(held),
            fixes: Vec::new(),
        };
        let first = at == 0 && seen.report.failed == Some(false);
        all.findings.push(Found { least_heap: first, ..Found::of(finding, Measure::Spilled) });
    }
    if groups.len() > TOLD {
        let bytes = groups[TOLD..].iter().fold(0_u64, |sum, (_, spills)| sum.saturating_add(spills.bytes));
        all.left.push(format!(
            "{} spilled {} more",
            human::count((groups.len() - TOLD) as u64, "other consumer"),
            human::bytes(bytes)
        ));
    }
}

pub(super) fn evictions(seen: &Seen, all: &mut All) {
    let mut groups: Vec<_> = seen.watch.evictions.iter().collect();
    groups.sort_by_key(|(_, evictions)| Reverse(evictions.bytes));
    for ((rdd, for_execution), evictions) in groups.iter().take(TOLD) {
        let (attempt, snapshot) = &evictions.first;
        let held = Held::of(snapshot, &seen.case);
        let name = &seen.case.workload.rdds[rdd.index()].name;
        let finding = Finding {
            kind: FindingKind::Eviction,
            failure: None,
            title: format!(
                "{} of `{name}` ({}) left memory for {}, first for task {} of stage {}",
                human::count(evictions.blocks, "block"),
                human::bytes(evictions.bytes),
                if *for_execution { "execution" } else { "other blocks" },
                attempt.index,
                attempt.stage.0
            ),
            at_ms: Some(snapshot.at.as_ms()),
            stage: Some(attempt.stage.0),
            rdd: Some(rdd.0),
            bytes: Some(evictions.bytes),
            cause: cause::of_eviction(*for_execution, evictions.on_disk > 0, &held),
            held: Some(held),
            fixes: Vec::new(),
        };
        all.findings.push(Found::of(finding, Measure::Evicted));
    }
    if groups.len() > TOLD {
        let bytes =
            groups[TOLD..].iter().fold(0_u64, |sum, (_, evictions)| sum.saturating_add(evictions.bytes));
        all.left.push(format!(
            "{} lost {} more",
            human::count((groups.len() - TOLD) as u64, "other cache"),
            human::bytes(bytes)
        ));
    }
}

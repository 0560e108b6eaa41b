//! Useless caches: read less than once after they were filled, on average over their partitions.

use super::{All, Found, Measure};
use crate::explain::Seen;
use crate::explain::change::uncache;
use crate::explain::report::{Finding, FindingKind};
use crate::human;

pub(super) fn find(seen: &Seen, all: &mut All) {
    for rdd in &seen.report.rdds {
        // Every read that found it, wherever: what was computed is the fill, or was in vain.
        let found = rdd.memory_reads + rdd.disk_reads + rdd.remote_reads;
        if rdd.computed == 0 || found >= rdd.partitions {
            continue;
        }
        let again = rdd.computed.saturating_sub(rdd.partitions);
        let table = &seen.case.workload.rdds[rdd.rdd as usize];
        let finding = Finding {
            kind: FindingKind::UselessCache,
            failure: None,
            title: format!(
                "the cache of `{}` is read {} for {}",
                rdd.name,
                human::count(found, "time"),
                human::count(rdd.partitions, "partition")
            ),
            at_ms: None,
            stage: None,
            rdd: Some(rdd.rdd),
            bytes: None,
            cause: match again {
                0 => "each partition was computed once and seldom found again: filling the cache costs time and memory \
                      that other blocks and tasks could have"
                    .to_owned(),
                again => format!(
                    "{} computed again although they were to be cached: they did not fit, or left memory before they \
                     were read",
                    if again == 1 { "1 partition was".to_owned() } else { format!("{} partitions were", human::grouped(again)) }
                ),
            },
            held: None,
            fixes: Vec::new(),
        };
        let changes = vec![uncache(&table.name)];
        let recorded = seen.case.workload.rdds.len() != seen.report.rdds.len();
        let changes = if recorded { Vec::new() } else { changes };
        all.findings.push(Found { remedies: &[], changes, ..Found::of(finding, Measure::Duration) });
    }
}

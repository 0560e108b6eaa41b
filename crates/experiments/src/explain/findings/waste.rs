//! Wasted memory: on no executor was half of the pool ever in use.

use super::{All, Found, Measure};
use crate::explain::Seen;
use crate::explain::report::{Finding, FindingKind};
use crate::human;

/// Pools below this are not worth a word: the heap has its least size.
const LEAST_POOL: u64 = 256 << 20;

pub(super) fn find(seen: &Seen, all: &mut All) {
    let report = &seen.report;
    let unified = report.layout.unified_bytes;
    let peak = report.executors.iter().map(|executor| executor.on_heap.peak_unified_bytes).max().unwrap_or(0);
    let quiet = report.failed == Some(false) && report.memory_spilled_bytes == 0 && report.evicted_bytes == 0;
    if !quiet || unified < LEAST_POOL || peak.saturating_mul(2) >= unified {
        return;
    }
    let finding = Finding {
        kind: FindingKind::WastedMemory,
        failure: None,
        title: format!(
            "at most {} of the {} of the pool were in use on any executor ({} %)",
            human::bytes(peak),
            human::bytes(unified),
            peak.saturating_mul(100) / unified.max(1)
        ),
        at_ms: None,
        stage: None,
        rdd: None,
        bytes: Some(unified - peak),
        cause: "nothing spilled and nothing was evicted: a smaller heap does the same, or more cores share this one. The \
                model knows what Spark accounts for; objects of functions need heap besides"
            .to_owned(),
        held: None,
        fixes: Vec::new(),
    };
    all.findings.push(Found { least_heap: true, ..Found::of(finding, Measure::Duration) });
}

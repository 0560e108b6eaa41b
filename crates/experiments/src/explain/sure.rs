//! How sure an explanation of a log is: what happened beside what the model says.

use workload::recorded::Observed;

use crate::human;
use crate::report::RunReport;

/// Sentences, without full stops.
pub(super) fn sure(observed: &Observed, report: &RunReport) -> Vec<String> {
    let mut texts = vec![compared(
        "spilled",
        observed.memory_spilled_bytes,
        report.memory_spilled_bytes,
        "spills and what cures them",
    )];
    match observed.evicted_bytes {
        Some(evicted) => texts.push(compared("evicted", evicted, report.evicted_bytes, "evictions")),
        None if report.rdds.is_empty() => {}
        None => texts.push(format!(
            "the log does not say what was evicted (spark.eventLog.logBlockUpdates.enabled); the model says {}",
            human::bytes(report.evicted_bytes)
        )),
    }
    if report.failed != Some(observed.failed) {
        let word = |failed: bool| if failed { "fails" } else { "succeeds" };
        texts.push(format!(
            "in the log the application {}, in the model it {}",
            word(observed.failed),
            report.failed.map_or("comes to no end", word)
        ));
    }
    texts
}

fn compared(what: &str, observed: u64, simulated: u64, of: &str) -> String {
    let (less, more) = (observed.min(simulated), observed.max(simulated));
    let off = u128::from(more - less) * 100 / u128::from(more.max(1));
    let trust = match off {
        0..=10 => "can be trusted",
        11..=30 => "are about right",
        _ => "are to be taken with care",
    };
    format!(
        "{what}: {} in the log, {} in the model ({off} % apart): {of} {trust}",
        human::bytes(observed),
        human::bytes(simulated)
    )
}

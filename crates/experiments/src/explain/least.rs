//! The least heap that does without a finding, on a grid of 256 MiB.

use super::Seen;
use super::change::{heap, heap_key};
use super::report::FindingKind;
use super::simulate::{Tried, case_of};
use crate::{Case, Error, Input, Keep, RunReport, Settings, run};

/// Heaps that are tried are multiples of this.
const GRID_MIB: u64 = 256;
/// The heap is doubled at most so often.
const DOUBLINGS: u32 = 5;
/// Runs of more events are not repeated.
const MAX_EVENTS: u64 = 20_000_000;

/// The least heap under which the run is good: it finishes; where it did, nothing spills any more, and where memory was
/// wasted, it takes as long as before (2 % more at most). It is found by bisection: the next smaller heap of the grid is
/// not good, or is the least that Spark takes.
pub(super) fn least_heap(
    input: &Input,
    settings: &Settings,
    seen: &Seen,
    kind: FindingKind,
    done: &(impl Fn() + Sync),
) -> Result<Option<Tried>, Error> {
    if seen.report.events > MAX_EVENTS {
        return Ok(None);
    }
    let conf = &seen.case.conf;
    let now = conf.mib(heap_key(conf));
    let before = &seen.report;
    let good = |report: &RunReport| match kind {
        FindingKind::WastedMemory => {
            report.failed == Some(false)
                && report.memory_spilled_bytes == 0
                && report.evicted_bytes == 0
                && report.duration_ms <= before.duration_ms.saturating_add(before.duration_ms / 50)
        }
        FindingKind::Spill => report.failed == Some(false) && report.memory_spilled_bytes == 0,
        _ => report.failed == Some(false),
    };
    let mut best: Option<(u64, Case, RunReport)> = None;
    let mut try_steps = |steps: u64| -> Result<bool, Error> {
        let change = heap(conf, "least_heap", "", steps * GRID_MIB);
        let outcome = match case_of(input, settings, &change)? {
            Err(_) => false,
            Ok(case) => {
                let report = run(&case, Keep::default()).report;
                let good = good(&report);
                if good {
                    best = Some((steps, case, report));
                }
                good
            }
        };
        done();
        Ok(outcome)
    };
    // `bad` is known to be bad, or nothing at all; `steps` is good in the end.
    let (mut bad, mut steps) = if kind == FindingKind::WastedMemory {
        (0, now / GRID_MIB)
    } else {
        let mut bad = now / GRID_MIB;
        let mut steps = bad.saturating_mul(2).max(1);
        let mut left = DOUBLINGS;
        while !try_steps(steps)? {
            left -= 1;
            if left == 0 {
                return Ok(None);
            }
            bad = steps;
            steps = steps.saturating_mul(2);
        }
        (bad, steps)
    };
    while steps > bad + 1 {
        let middle = bad + (steps - bad) / 2;
        if try_steps(middle)? {
            steps = middle;
        } else {
            bad = middle;
        }
    }
    Ok(best.map(|(steps, case, report)| {
        let text =
            format!("the least heap that does, on a grid of {GRID_MIB} MiB: {} MiB do not", bad * GRID_MIB);
        Tried::of(&heap(conf, "least_heap", &text, steps * GRID_MIB), &case, &report, seen)
    }))
}

//! Changes, simulated on the input itself.

use rayon::prelude::*;

use super::change::{Change, Remedy, change};
use super::findings::{Found, Measure};
use super::report::{Effect, Figures, Finding, FindingKind, Fix, Judged, Setting};
use super::{Seen, least};
use crate::{Case, Error, Input, Keep, Layer, RunReport, Settings, Slips, human, run};

/// What was simulated, and what it says of each finding.
pub(super) struct Simulated {
    pub(super) fixes: Vec<Fix>,
    pub(super) findings: Vec<Finding>,
}

/// A change with its run.
pub(super) struct Tried {
    fix: Fix,
    failed_tasks: u64,
}

/// What a finding asks to be tried: by its index in all changes.
struct Asked {
    changes: Vec<Change>,
    /// By finding: indices in `changes`.
    of: Vec<Vec<usize>>,
}

pub(super) fn simulate(
    input: &Input,
    settings: &Settings,
    seen: &Seen,
    found: &[Found],
    done: &(impl Fn() + Sync),
) -> Result<Simulated, Error> {
    let asked = asked(input, seen, found);
    let runs = asked.changes.par_iter().map(|change| try_one(input, settings, seen, change, done));
    let mut tried = runs.collect::<Result<Vec<Tried>, Error>>()?;
    let before = Figures::of(&seen.case, &seen.report);
    let mut findings = Vec::new();
    let mut least_found: Option<usize> = None;
    for (found, indices) in found.iter().zip(&asked.of) {
        let mut indices = indices.clone();
        if found.least_heap {
            if least_found.is_none() {
                let least = least::least_heap(input, settings, seen, found.finding.kind, done)?;
                least_found = least.map(|change| {
                    tried.push(change);
                    tried.len() - 1
                });
            }
            indices.extend(least_found);
        }
        let mut fixes: Vec<Judged> =
            indices.iter().map(|&at| judge(found, at, &tried[at], &before, seen)).collect();
        // The best first: of those with the same effect the cheapest, then the fastest, then the order of the table.
        let cost = |judged: &Judged| {
            let after = tried[judged.fix].fix.after.as_ref();
            after.map_or((u64::MAX, u64::MAX), |after| (after.containers_mib, after.duration_ms))
        };
        fixes.sort_by_key(|judged| (judged.effect, cost(judged), judged.fix));
        let mut finding = found.finding.clone();
        finding.fixes = fixes;
        findings.push(finding);
    }
    // Too few partitions are only those of which more help.
    findings.retain(|finding| {
        finding.kind != FindingKind::TooFewPartitions
            || finding.fixes.iter().any(|judged| matches!(judged.effect, Effect::Solves | Effect::Helps))
    });
    Ok(Simulated { fixes: tried.into_iter().map(|tried| tried.fix).collect(), findings })
}

/// Each remedy once, in the order of the table, and who asked for it.
fn asked(input: &Input, seen: &Seen, found: &[Found]) -> Asked {
    let mut remedies: Vec<Remedy> = found.iter().flat_map(|found| found.remedies.iter().copied()).collect();
    remedies.sort_unstable();
    remedies.dedup();
    let cause = found.iter().find_map(|found| found.cause.as_ref());
    let made: Vec<(Remedy, Change)> = remedies
        .into_iter()
        .filter_map(|remedy| Some((remedy, change(remedy, &seen.case, input, cause)?)))
        .collect();
    let mut of: Vec<Vec<usize>> = found
        .iter()
        .map(|found| {
            let wanted = made.iter().enumerate().filter(|(_, (remedy, _))| found.remedies.contains(remedy));
            wanted.map(|(at, _)| at).collect()
        })
        .collect();
    let mut changes: Vec<Change> = made.into_iter().map(|(_, change)| change).collect();
    for (found, of) in found.iter().zip(&mut of) {
        for change in &found.changes {
            of.push(changes.len());
            changes.push(change.clone());
        }
    }
    Asked { changes, of }
}

/// The case of an input under a change; `Err` within where Spark refuses it.
pub(super) fn case_of(
    input: &Input,
    settings: &Settings,
    change: &Change,
) -> Result<Result<Case, String>, Error> {
    let pairs = change.settings.iter().map(|(key, value)| (key.name().to_owned(), value.clone())).collect();
    let layer = Layer { name: "explain".to_owned(), pairs, slips: Slips::Note };
    let settings = settings.with(layer);
    let case = match &change.edit {
        Some(edit) => Case::of(&edit.apply(input), &settings),
        None => Case::of(input, &settings),
    };
    match case {
        Ok(case) => Ok(Ok(case)),
        Err(Error::Refused { error, .. }) => Ok(Err(error.to_string())),
        Err(Error::Limit(text)) => Ok(Err(text)),
        Err(other) => Err(other),
    }
}

fn try_one(
    input: &Input,
    settings: &Settings,
    seen: &Seen,
    change: &Change,
    done: &(impl Fn() + Sync),
) -> Result<Tried, Error> {
    let tried = match case_of(input, settings, change)? {
        Ok(case) => {
            let report = run(&case, Keep::default()).report;
            Tried::of(change, &case, &report, seen)
        }
        Err(refused) => Tried { fix: fix(change, None, Some(refused), false), failed_tasks: 0 },
    };
    done();
    Ok(tried)
}

impl Tried {
    pub(super) fn of(change: &Change, case: &Case, report: &RunReport, seen: &Seen) -> Self {
        let same = report.fingerprint == seen.report.fingerprint;
        Self {
            fix: fix(change, Some(Figures::of(case, report)), None, same),
            failed_tasks: report.failed_tasks,
        }
    }
}

fn fix(change: &Change, after: Option<Figures>, refused: Option<String>, same: bool) -> Fix {
    let settings = change.settings.iter();
    let settings = settings.map(|(key, value)| Setting { key: key.name().to_owned(), value: value.clone() });
    Fix { id: change.id, text: change.text.clone(), settings: settings.collect(), after, refused, same }
}

/// What a change does to a finding.
fn judge(found: &Found, at: usize, tried: &Tried, before: &Figures, seen: &Seen) -> Judged {
    let Some(after) = &tried.fix.after else {
        let why = tried.fix.refused.as_deref().unwrap_or_default();
        return Judged { fix: at, effect: Effect::Refused, text: format!("Spark refuses it: {why}") };
    };
    let amount = |figures: &Figures, failed_tasks: u64| match found.measure {
        Measure::Failure => u64::from(figures.failed != Some(false)),
        Measure::FailedTasks => failed_tasks,
        Measure::Spilled => figures.memory_spilled_bytes,
        Measure::Evicted => figures.evicted_bytes,
        Measure::Duration => figures.duration_ms,
    };
    let (was, is) = (amount(before, seen.report.failed_tasks), amount(after, tried.failed_tasks));
    let breaks = before.failed == Some(false) && after.failed != Some(false);
    let wasted = found.finding.kind == FindingKind::WastedMemory;
    let effect = match () {
        () if tried.fix.same && !wasted => Effect::ChangesNothing,
        () if breaks => Effect::Harms,
        () if wasted && after.containers_mib < before.containers_mib => Effect::Solves,
        // A run that fails in the end does not tell what it would have spilled.
        () if after.failed != Some(false) => Effect::DoesNotHelp,
        () if is == 0 => Effect::Solves,
        () if was == 0 => Effect::Harms,
        () if u128::from(is) * 10 <= u128::from(was) * 9 => Effect::Helps,
        () if u128::from(is) * 10 >= u128::from(was) * 11 => Effect::Harms,
        () => Effect::DoesNotHelp,
    };
    Judged { fix: at, effect, text: words(effect, before, after) }
}

/// What changes, in words: the verdict, the figures that move, the cost.
fn words(effect: Effect, before: &Figures, after: &Figures) -> String {
    if effect == Effect::ChangesNothing {
        return "the run does the very same".to_owned();
    }
    let mut parts = Vec::new();
    match (after.failed, before.failed) {
        (Some(false), Some(true)) => parts.push("the application finishes".to_owned()),
        (Some(true), _) => {
            let kind = after.failure.map_or("it hangs", crate::report::FailureKind::word);
            let still = if before.failure == after.failure { "still " } else { "" };
            parts.push(format!("{still}fails ({kind})"));
        }
        (None, _) => parts.push("the run is given up".to_owned()),
        _ => {}
    }
    let comparable = after.failed == Some(false) && before.failed == Some(false);
    let mut moved = |name: &str, was: u64, is: u64, show: fn(u64) -> String| {
        if was != is && (comparable || (after.failed == Some(false) && is > 0)) {
            parts.push(match comparable {
                true => format!("{name} {} -> {}", show(was), show(is)),
                false => format!("{name} {}", show(is)),
            });
        }
    };
    moved("spills", before.memory_spilled_bytes, after.memory_spilled_bytes, human::bytes);
    moved("evicted", before.evicted_bytes, after.evicted_bytes, human::bytes);
    moved("time", before.duration_ms, after.duration_ms, human::ms);
    moved("task time", before.task_time_ms, after.task_time_ms, human::ms);
    let change = i128::from(after.containers_mib) - i128::from(before.containers_mib);
    if change != 0 {
        let sign = if change > 0 { "+" } else { "-" };
        let mib = u64::try_from(change.unsigned_abs()).unwrap_or(u64::MAX);
        parts.push(format!("containers {sign}{} in all", human::bytes(mib.saturating_mul(1 << 20))));
    }
    if parts.is_empty() { "the figures stay as they are".to_owned() } else { parts.join(", ") }
}

//! How far simulated figures are from observed ones.

use std::collections::{BTreeMap, BTreeSet};

use super::{ErrorKind, Errors, ErrorsOf, FigureError, Figures, RddFigures, StageFigures};

/// Figures of the application that are numbers, by name.
#[must_use]
pub fn numbers(figures: &Figures) -> [(&'static str, Option<u64>); 13] {
    [
        ("memory_spilled_bytes", figures.memory_spilled_bytes),
        ("disk_spilled_bytes", figures.disk_spilled_bytes),
        ("peak_execution_memory_max_bytes", figures.peak_execution_memory_max_bytes),
        ("peak_execution_memory_sum_bytes", figures.peak_execution_memory_sum_bytes),
        ("evicted_blocks", figures.evicted_blocks),
        ("evicted_bytes", figures.evicted_bytes),
        ("evicted_broadcast_blocks", figures.evicted_broadcast_blocks),
        ("cache_hits", figures.cache_hits),
        ("cache_misses", figures.cache_misses),
        ("failed", figures.failed.map(u64::from)),
        ("failed_tasks", Some(figures.failed_tasks)),
        ("cpu_ms", figures.cpu_ms),
        ("duration_ms", figures.duration_ms),
    ]
}

/// The errors; `ratio_is_fit` if the ratio of disk to memory was taken from the log's own spills.
pub(super) fn errors(observed: &Figures, simulated: &Figures, ratio_is_fit: bool) -> Errors {
    let kind = |name: &str| match name {
        "cpu_ms" | "duration_ms" => ErrorKind::Fit,
        "disk_spilled_bytes" if ratio_is_fit => ErrorKind::Fit,
        _ => ErrorKind::Accuracy,
    };
    let compare = |observed: &[(&'static str, Option<u64>)], simulated: &[(&'static str, Option<u64>)]| {
        let pairs = observed.iter().zip(simulated);
        pairs
            .map(|(&(name, observed), &(_, simulated))| {
                let error =
                    observed.zip(simulated).map(|(observed, simulated)| relative(observed, simulated));
                (name, FigureError { observed, simulated, error, kind: kind(name) })
            })
            .collect::<BTreeMap<_, _>>()
    };
    let stages = by_stage(&observed.stages).into_iter().filter_map(|(id, observed)| {
        let simulated = simulated.stages.iter().find(|stage| stage.id == id)?;
        Some(ErrorsOf { id, figures: compare(&observed, &stage_numbers(simulated)) })
    });
    let rdds = observed.rdds.iter().filter_map(|observed| {
        let simulated = simulated.rdds.iter().find(|rdd| rdd.id == observed.id)?;
        Some(ErrorsOf { id: observed.id, figures: compare(&rdd_numbers(observed), &rdd_numbers(simulated)) })
    });
    Errors {
        app: compare(&numbers(observed), &numbers(simulated)),
        stages: stages.collect(),
        rdds: rdds.collect(),
    }
}

/// |a - b| / max(a, b); nothing is as much as nothing.
pub(super) fn relative(observed: u64, simulated: u64) -> f64 {
    match observed.max(simulated) {
        0 => 0.0,
        most => observed.abs_diff(simulated) as f64 / most as f64,
    }
}

/// Figures of a stage, by name.
pub type StageRow = [(&'static str, Option<u64>); 8];

/// Figures of a stage that are compared, by name.
#[must_use]
pub fn stage_numbers(stage: &StageFigures) -> StageRow {
    [
        ("memory_spilled_bytes", stage.memory_spilled_bytes),
        ("disk_spilled_bytes", stage.disk_spilled_bytes),
        ("peak_execution_memory_max_bytes", stage.peak_execution_memory_max_bytes),
        ("peak_execution_memory_sum_bytes", stage.peak_execution_memory_sum_bytes),
        ("cache_hits", stage.cache_hits),
        ("cache_misses", stage.cache_misses),
        ("cpu_ms", stage.cpu_ms),
        ("duration_ms", stage.duration_ms),
    ]
}

/// By id: the figures of all attempts of a stage together, as a run of the model has one.
fn by_stage(stages: &[StageFigures]) -> BTreeMap<u32, StageRow> {
    let mut rows: BTreeMap<u32, StageRow> = BTreeMap::new();
    for stage in stages {
        let row = stage_numbers(stage);
        rows.entry(stage.id)
            .and_modify(|sum| {
                for (sum, (name, figure)) in sum.iter_mut().zip(row) {
                    sum.1 = match (sum.1, figure, name) {
                        (Some(a), Some(b), "peak_execution_memory_max_bytes") => Some(a.max(b)),
                        (Some(a), Some(b), _) => Some(a.saturating_add(b)),
                        _ => None,
                    };
                }
            })
            .or_insert(row);
    }
    rows
}

/// Figures of a cached RDD that are compared, by name.
#[must_use]
pub fn rdd_numbers(rdd: &RddFigures) -> [(&'static str, Option<u64>); 4] {
    [
        ("cache_hits", rdd.cache_hits),
        ("cache_misses", rdd.cache_misses),
        ("evicted_blocks", rdd.evicted_blocks),
        ("evicted_bytes", rdd.evicted_bytes),
    ]
}

/// Ids that only one of both has.
pub(super) fn unmatched(observed: &Figures, simulated: &Figures) -> Vec<u32> {
    let ids = |figures: &Figures| figures.stages.iter().map(|stage| stage.id).collect::<BTreeSet<u32>>();
    ids(observed).symmetric_difference(&ids(simulated)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_relative_to_the_larger_figure() {
        assert_eq!(relative(0, 0), 0.0);
        assert_eq!(relative(0, 5), 1.0);
        assert_eq!(relative(50, 100), 0.5);
        assert_eq!(relative(100, 50), 0.5);
    }

    #[test]
    fn attempts_of_a_stage_are_compared_together() {
        let stage = |attempt, spilled, peak| StageFigures {
            id: 3,
            attempt,
            memory_spilled_bytes: Some(spilled),
            peak_execution_memory_max_bytes: Some(peak),
            duration_ms: (attempt == 0).then_some(5),
            ..StageFigures::default()
        };
        let observed = Figures { stages: vec![stage(0, 10, 7), stage(1, 20, 4)], ..Figures::default() };
        let simulated = Figures { stages: vec![stage(0, 30, 7)], ..Figures::default() };
        let errors = errors(&observed, &simulated, false);
        let figure = |name| errors.stages[0].figures[name];
        assert_eq!(figure("memory_spilled_bytes").error, Some(0.0));
        assert_eq!(figure("peak_execution_memory_max_bytes").observed, Some(7));
        assert_eq!(figure("duration_ms").error, None, "the second attempt did not complete");
        assert!(unmatched(&observed, &simulated).is_empty());
    }

    #[test]
    fn what_was_calibrated_is_called_fit() {
        let figures = Figures::default();
        let kinds = |fit| {
            let errors = errors(&figures, &figures, fit);
            ["disk_spilled_bytes", "cpu_ms", "memory_spilled_bytes"].map(|name| errors.app[name].kind)
        };
        assert_eq!(kinds(true), [ErrorKind::Fit, ErrorKind::Fit, ErrorKind::Accuracy]);
        assert_eq!(kinds(false), [ErrorKind::Accuracy, ErrorKind::Fit, ErrorKind::Accuracy]);
    }
}

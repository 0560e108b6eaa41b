//! How near the model is.

use std::collections::BTreeMap;

use super::predict::Predicted;
use super::runs::Run;

/// A prediction is near enough within so many points of the share..
pub const POINTS: f64 = 0.03;
/// .. or within so much of it.
pub const RELATIVE: f64 = 0.30;

/// Whether a share is near enough to what was measured.
#[must_use]
pub fn is_near(predicted: f64, measured: f64) -> bool {
    let error = (predicted - measured).abs();
    error <= POINTS || error <= RELATIVE * measured
}

/// How far away, as a multiple of what is near enough.
#[must_use]
pub fn distance(predicted: f64, measured: f64) -> f64 {
    let error = (predicted - measured).abs();
    error / POINTS.max(RELATIVE * measured)
}

/// What runs of the same settings differ by: twice the deviation of repeated ones.
#[must_use]
pub fn noise(runs: &[&Run]) -> f64 {
    let mut groups: BTreeMap<(u64, &str), Vec<f64>> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.part != "growing" && run.is_ok()) {
        groups.entry((run.heap_mib, run.label.as_str())).or_default().push(run.gc_share());
    }
    let (mut squares, mut freedom) = (0.0, 0.0);
    for shares in groups.values().filter(|shares| shares.len() > 1) {
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        squares += shares.iter().map(|share| (share - mean) * (share - mean)).sum::<f64>();
        freedom += shares.len() as f64 - 1.0;
    }
    if freedom == 0.0 { 0.0 } else { 2.0 * (squares / freedom).sqrt() }
}

/// Pairs of runs that differ in one thing and by more than repeated runs do: of how many the model has the sign of
/// the change, of how many.
#[must_use]
pub fn directions(runs: &[(&Run, Predicted)], noise: f64) -> (usize, usize) {
    let mut right = 0;
    let mut all = 0;
    for (index, (left, left_predicted)) in runs.iter().enumerate() {
        for (other, other_predicted) in &runs[index + 1..] {
            if !differ_in_one(left, other) {
                continue;
            }
            let measured = other.gc_share() - left.gc_share();
            if measured.abs() < noise {
                continue;
            }
            all += 1;
            let predicted = other_predicted.gc_share() - left_predicted.gc_share();
            right += usize::from(predicted * measured > 0.0);
        }
    }
    (right, all)
}

/// Whether two runs of one collector differ in one setting: the heap alone, or in one heap anything else.
fn differ_in_one(left: &Run, other: &Run) -> bool {
    if left.collector != other.collector || left.part != other.part {
        return false;
    }
    let differences = [
        left.heap_mib != other.heap_mib,
        left.live_bytes != other.live_bytes,
        left.medium_bytes != other.medium_bytes || left.medium_per_mille != other.medium_per_mille,
        left.threads != other.threads,
        left.object_bytes != other.object_bytes,
        left.iterations != other.iterations,
    ];
    differences.iter().filter(|&&differs| differs).count() == 1
}

//! Finds a collector's constants: the ones under which the runs for fitting are nearest.

use rayon::prelude::*;
use sim_core::cluster::jvm::GcCosts;

use super::predict::{predict, rate};
use super::runs::Run;
use super::score::distance;

/// Sum of the distances, each cut where a run is simply wrong.
fn loss(runs: &[&Run], costs: GcCosts) -> f64 {
    let each: Vec<f64> = runs
        .par_iter()
        .map(|run| {
            let rate = rate(run).expect("it ran");
            let off = distance(predict(run, costs, rate).gc_share(), run.gc_share());
            off.min(4.0) + 0.05 * off.min(40.0)
        })
        .collect();
    each.iter().sum::<f64>() / each.len() as f64
}

type Field = fn(&mut GcCosts) -> &mut u64;

const FIELDS: [Field; 8] = [
    |costs| &mut costs.young_base_ns,
    |costs| &mut costs.copy_byte_ps,
    |costs| &mut costs.copy_object_ps,
    |costs| &mut costs.old_kilobyte_ps,
    |costs| &mut costs.full_base_ns,
    |costs| &mut costs.full_object_ps,
    |costs| &mut costs.full_byte_ps,
    |costs| &mut costs.mark_object_ps,
];

/// Goes down along one constant after the other, with steps that become smaller. The loss comes with them.
#[must_use]
pub fn fit(runs: &[&Run], from: GcCosts) -> (GcCosts, f64) {
    let mut best = (from, loss(runs, from));
    for step in [2.0, 1.5, 1.25, 1.1, 1.05] {
        for _ in 0..3 {
            let before = best.1;
            for field in FIELDS {
                for factor in [step, 1.0 / step] {
                    loop {
                        let mut costs = best.0;
                        let value = field(&mut costs);
                        if *value == 0 {
                            break;
                        }
                        *value = ((*value as f64) * factor).round().max(1.0) as u64;
                        let found = loss(runs, costs);
                        if found + 1e-9 >= best.1 {
                            break;
                        }
                        best = (costs, found);
                    }
                }
            }
            if before - best.1 < 1e-3 {
                break;
            }
        }
    }
    best
}

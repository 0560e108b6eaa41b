//! Between what a prediction lies: the same application over orders in which waiters wake, and over other times of its
//! tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use sim_core::memory::WakeOrder;
use workload::Plan;

use super::errors::numbers;
use super::simulate::{Scales, figures, simulate};
use super::{Figures, Interval, ReplayOptions};
use crate::case::{Resolved, lower};
use crate::{Error, Input};

/// The least and the most of each figure over the runs; the prediction itself is one of them.
pub(super) fn intervals(
    input: &Input,
    resolved: &Resolved,
    predicted: &Figures,
    scales: &Scales<'_>,
    options: &ReplayOptions,
) -> Result<BTreeMap<&'static str, Interval>, Error> {
    let runs = options.interval_runs;
    if runs == 0 {
        return Ok(BTreeMap::new());
    }
    let rows = (0..runs)
        .into_par_iter()
        .map(|run| Ok(numbers(&varied(input, resolved, scales, options.seed, run)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let mut intervals = BTreeMap::new();
    for (name, figure) in rows.into_iter().flatten().chain(numbers(predicted)) {
        let Some(figure) = figure else { continue };
        let interval = intervals.entry(name).or_insert(Interval { low: figure, high: figure, runs });
        interval.low = interval.low.min(figure);
        interval.high = interval.high.max(figure);
    }
    Ok(intervals)
}

/// One run: another order, other times, and another share of the times in which rows come.
fn varied(
    input: &Input,
    resolved: &Resolved,
    scales: &Scales<'_>,
    seed: u64,
    run: u32,
) -> Result<Figures, Error> {
    let Some(recording) = &input.scenario.plan.recording else { return Ok(Figures::default()) };
    let order = [
        WakeOrder::Hotspot,
        WakeOrder::Fifo,
        WakeOrder::Lifo,
        WakeOrder::Seeded(seed.wrapping_add(u64::from(run))),
    ][run as usize % 4];
    let mut resolved = resolved.clone();
    for executor in &mut resolved.run_conf.executors {
        executor.memory.wake_order = order;
    }
    resolved.plan_conf.costs = resolved.plan_conf.costs.jittered(seed, run);
    let jittered = recording.jittered(seed, run);
    let plan = Plan { recording: Some(Box::new(jittered)), ..Plan::default() };
    let workload = Arc::new(lower(&plan, &resolved.plan_conf)?);
    let case = resolved.with_workload(input, workload);
    Ok(figures(&simulate(&case, recording), recording, scales))
}

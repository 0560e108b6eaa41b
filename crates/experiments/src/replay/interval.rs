//! Between what a prediction lies: the same application over orders in which waiters wake, and over other times of its
//! tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use sim_core::memory::WakeOrder;
use workload::Plan;

use super::errors::numbers;
use super::simulate::{Scales, figures, simulate};
use super::{Figures, Interval, ReplayOptions, TaskInterval};
use crate::case::{Resolved, lower};
use crate::{Error, Input};

/// The least and the most of each figure over the runs; the prediction itself is one of them. Where it has rows of tasks
/// these get intervals of their own.
pub(super) fn intervals(
    input: &Input,
    resolved: &Resolved,
    predicted: &mut Figures,
    scales: &Scales<'_>,
    options: &ReplayOptions,
) -> Result<BTreeMap<&'static str, Interval>, Error> {
    let runs = options.interval_runs;
    if runs == 0 {
        return Ok(BTreeMap::new());
    }
    let own = Extent::of(predicted);
    let extent = (0..runs)
        .into_par_iter()
        .map(|run| Ok(Extent::of(&varied(input, resolved, scales, options.seed, run)?)))
        .try_reduce(|| own.clone(), |one, other| Ok::<_, Error>(one.with(&other)))?;
    let interval = |(low, high): (u64, u64)| Interval { low, high, runs };
    for stage in &mut predicted.stages {
        for task in stage.tasks.iter_mut().flatten() {
            task.interval = extent.tasks.get(&(stage.id, task.index)).map(|[peak, spilled]| TaskInterval {
                peak_execution_memory_bytes: interval(*peak),
                memory_spilled_bytes: interval(*spilled),
            });
        }
    }
    Ok(extent.app.into_iter().map(|(name, ends)| (name, interval(ends))).collect())
}

/// Least and most of figures.
#[derive(Clone, Debug, Default, PartialEq)]
struct Extent {
    /// Of the application, by name.
    app: BTreeMap<&'static str, (u64, u64)>,
    /// Of tasks by stage and index: peak of execution memory, spill.
    tasks: BTreeMap<(u32, u32), [(u64, u64); 2]>,
}

impl Extent {
    /// Of one run.
    fn of(figures: &Figures) -> Self {
        let app = numbers(figures).into_iter().filter_map(|(name, figure)| Some((name, (figure?, figure?))));
        let tasks = figures.stages.iter().flat_map(|stage| {
            stage.tasks.iter().flatten().map(|task| {
                let (peak, spilled) = (task.peak_execution_memory_bytes, task.memory_spilled_bytes);
                ((stage.id, task.index), [(peak, peak), (spilled, spilled)])
            })
        });
        Self { app: app.collect(), tasks: tasks.collect() }
    }

    /// Of these runs and others: sums do not depend on the order.
    fn with(mut self, other: &Self) -> Self {
        let widen = |one: &mut (u64, u64), other: &(u64, u64)| {
            *one = (one.0.min(other.0), one.1.max(other.1));
        };
        for (name, ends) in &other.app {
            widen(self.app.entry(name).or_insert(*ends), ends);
        }
        for (task, [peak, spilled]) in &other.tasks {
            let own = self.tasks.entry(*task).or_insert([*peak, *spilled]);
            widen(&mut own[0], peak);
            widen(&mut own[1], spilled);
        }
        self
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{StageFigures, TaskFigures};

    fn figures(evicted: u64, tasks: &[(u32, u64)]) -> Figures {
        let task = |&(index, peak): &(u32, u64)| TaskFigures {
            index,
            partition: index,
            attempt: 0,
            executor: 0,
            launched_ms: 0,
            ended_ms: 1,
            succeeded: true,
            peak_execution_memory_bytes: peak,
            memory_spilled_bytes: 10 * peak,
            disk_spilled_bytes: 0,
            interval: None,
        };
        let stage =
            StageFigures { id: 7, tasks: Some(tasks.iter().map(task).collect()), ..StageFigures::default() };
        Figures { evicted_blocks: Some(evicted), stages: vec![stage], ..Figures::default() }
    }

    #[test]
    fn an_extent_reaches_from_the_least_to_the_most_of_its_runs() {
        let runs = [figures(5, &[(0, 3), (1, 4)]), figures(2, &[(0, 9)]), figures(4, &[(1, 1)])];
        let [one, two, three] = runs.map(|figures| Extent::of(&figures));
        let extent = one.clone().with(&two).with(&three);
        assert_eq!(extent.app["evicted_blocks"], (2, 5));
        assert_eq!(extent.tasks[&(7, 0)], [(3, 9), (30, 90)]);
        assert_eq!(extent.tasks[&(7, 1)], [(1, 4), (10, 40)]);
        assert_eq!(extent, three.with(&one).with(&two), "in any order");
    }
}

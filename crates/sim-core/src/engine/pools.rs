//! In which order the task sets of concurrent jobs are offered slots.
//!
//! Spark: `Pool.scala`, `SchedulingAlgorithm.scala` (`FIFOSchedulingAlgorithm`, `FairSchedulingAlgorithm`),
//! `SchedulableBuilder.scala`: the root pool orders the pools, each pool its task sets. The order is made once an offer.

use std::cmp::Ordering;

use crate::ids::{JobId, StageId};
use crate::workload::{Pool, PoolMode};

/// What the fair algorithm compares of a pool or a task set.
#[derive(Clone, Copy, Debug)]
struct Share {
    running: u32,
    min_share: u32,
    weight: u32,
}

impl Share {
    /// `FairSchedulingAlgorithm.comparator`, up to names: who has less than its minimum comes first, by how much of it it
    /// has; then by running tasks for each unit of weight.
    fn order(self, other: Self) -> Ordering {
        let needy = |share: Self| share.running < share.min_share;
        let of_min = |share: Self| f64::from(share.running) / f64::from(share.min_share).max(1.0);
        let of_weight = |share: Self| f64::from(share.running) / f64::from(share.weight.max(1));
        match (needy(self), needy(other)) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => of_min(self).total_cmp(&of_min(other)),
            (false, false) => of_weight(self).total_cmp(&of_weight(other)),
        }
    }
}

/// A task set: a stage that has tasks to launch or running.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskSet {
    pub(super) job: JobId,
    pub(super) stage: StageId,
    pub(super) running: u32,
}

impl TaskSet {
    /// A task set has the weight 1 and no minimum.
    fn share(self) -> Share {
        Share { running: self.running, min_share: 0, weight: 1 }
    }

    /// Its name in Spark, as far as it differs: names are compared as texts, so that 10 comes before 9.
    fn name(self) -> String {
        format!("{}.", self.stage.0)
    }
}

/// The name of the pool of jobs that name none (`FairSchedulableBuilder.DEFAULT_POOL_NAME`).
const DEFAULT_POOL: &str = "default";

/// The task sets in the order in which `spark.scheduler.mode=FAIR` offers slots to them.
pub(super) fn fair_order(pools: &[Pool], sets: &[TaskSet]) -> Vec<StageId> {
    let pool_of = |job: JobId| pools.iter().position(|pool| pool.jobs.contains(&job));
    let default = pools.iter().position(|pool| pool.name == DEFAULT_POOL);
    // By pool, the default one last where nobody has declared it.
    let mut members: Vec<Vec<TaskSet>> = vec![Vec::new(); pools.len() + 1];
    for &set in sets {
        members[pool_of(set.job).or(default).unwrap_or(pools.len())].push(set);
    }
    let undeclared = Pool { name: DEFAULT_POOL.to_owned(), ..Pool::default() };
    let mut order: Vec<(&Pool, Vec<TaskSet>)> =
        pools.iter().chain([&undeclared]).zip(members).filter(|(_, sets)| !sets.is_empty()).collect();
    let share = |(pool, sets): &(&Pool, Vec<TaskSet>)| Share {
        running: sets.iter().map(|set| set.running).sum(),
        min_share: pool.min_share,
        weight: pool.weight,
    };
    order.sort_by(|one, other| share(one).order(share(other)).then_with(|| one.0.name.cmp(&other.0.name)));
    let mut stages = Vec::with_capacity(sets.len());
    for (pool, mut sets) in order {
        match pool.mode {
            PoolMode::Fifo => sets.sort_by_key(|set| (set.job, set.stage)),
            PoolMode::Fair => sets.sort_by(|one, other| {
                one.share().order(other.share()).then_with(|| one.name().cmp(&other.name()))
            }),
        }
        stages.extend(sets.iter().map(|set| set.stage));
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pools and task sets of `PoolSuite`: each turn the first task set with a task left launches one.
    fn launches(pools: &[Pool], sets: &[(u32, u32, u32)], turns: usize) -> Vec<u32> {
        let mut running = vec![0; sets.len()];
        let mut launched = Vec::new();
        for _ in 0..turns {
            let rows: Vec<TaskSet> = sets
                .iter()
                .zip(&running)
                .map(|(&(job, stage, _), &running)| TaskSet {
                    job: JobId(job),
                    stage: StageId(stage),
                    running,
                })
                .collect();
            let order = fair_order(pools, &rows);
            let at = |stage: StageId| sets.iter().position(|set| set.1 == stage.0).expect("a known stage");
            let next =
                order.into_iter().map(at).find(|&at| running[at] < sets[at].2).expect("a task is left");
            running[next] += 1;
            launched.push(sets[next].1);
        }
        launched
    }

    fn pool(name: &str, weight: u32, min_share: u32, jobs: &[u32]) -> Pool {
        let jobs = jobs.iter().copied().map(JobId).collect();
        Pool { name: name.to_owned(), mode: PoolMode::Fifo, weight, min_share, jobs }
    }

    #[test]
    fn pools_take_turns_as_in_spark_s_fair_scheduler_test() {
        // PoolSuite, "Fair Scheduler Test": pools 1, 2 and 3 of fairscheduler.xml with the minimum shares 2, 3 and 0.
        let pools = [pool("1", 1, 2, &[0, 1, 2]), pool("2", 1, 3, &[3, 4]), pool("3", 1, 0, &[])];
        let sets = [(0, 0, 1), (1, 1, 1), (2, 2, 2), (3, 3, 2), (4, 4, 2)];
        assert_eq!(launches(&pools, &sets, 8), [0, 3, 3, 1, 4, 2, 2, 4]);
    }

    #[test]
    fn weights_divide_what_minimum_shares_leave() {
        let pools = [pool("a", 3, 0, &[0]), pool("b", 1, 0, &[1])];
        let order = launches(&pools, &[(0, 0, 100), (1, 1, 100)], 12);
        assert_eq!(order.iter().filter(|&&stage| stage == 0).count(), 9);
    }

    #[test]
    fn jobs_without_a_pool_share_the_default_one() {
        // One of three pools is undeclared: its two jobs are one after the other.
        let pools = [pool("a", 1, 0, &[0]), pool("b", 1, 0, &[1])];
        let sets = [(0, 0, 9), (1, 1, 9), (2, 2, 9), (3, 3, 9)];
        assert_eq!(launches(&pools, &sets, 6), [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn a_fair_pool_compares_names_as_texts() {
        let fair = Pool { mode: PoolMode::Fair, ..pool("a", 1, 0, &[0, 1]) };
        assert_eq!(launches(&[fair], &[(0, 9, 5), (1, 10, 5)], 4), [10, 9, 10, 9]);
    }
}

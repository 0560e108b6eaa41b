//! Pools of jobs: what `fairscheduler.xml` and `spark.scheduler.pool` say.

use crate::ids::JobId;

/// A pool (`FairSchedulableBuilder`); jobs that no pool has are in one called `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name, which decides between pools that are alike.
    pub name: String,
    /// `schedulingMode`: the order of its own jobs.
    pub mode: PoolMode,
    /// `weight`: its share of the slots in comparison with other pools.
    pub weight: u32,
    /// `minShare`: slots that it gets before others get more than theirs.
    pub min_share: u32,
    /// Its jobs.
    pub jobs: Vec<JobId>,
}

/// The order of the jobs of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoolMode {
    /// The first job comes first.
    #[default]
    Fifo,
    /// Each gets as much as the others.
    Fair,
}

impl Default for Pool {
    fn default() -> Self {
        Self { name: String::new(), mode: PoolMode::Fifo, weight: 1, min_share: 0, jobs: Vec::new() }
    }
}

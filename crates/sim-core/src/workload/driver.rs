//! What the driver does besides launching tasks, as tables. What is absent costs nothing.

use crate::ids::{JobId, StageId};
use crate::units::Bytes;

/// The tables, each sorted by its id, which comes once at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DriverWork {
    /// What becomes of the results of jobs. Results of a job without a row stay what they are, bytes, until it ends.
    pub collected: Vec<Collected>,
    /// Data that travels inside of tasks.
    pub payloads: Vec<Payload>,
    /// Recursions that are deep.
    pub depths: Vec<Depth>,
}

/// What becomes of the results of a job on the driver.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// Which.
    pub job: JobId,
    /// Bytes of heap for a million bytes of a serialized result, once it was deserialized: 1,000,000 where it is an
    /// array of bytes, as the rows of a query are until all have come.
    pub arrived_ppm: u64,
    /// What is made of all of them, step by step, while they are still there: decoded rows, then rows of the user's.
    pub made: Vec<(&'static str, Bytes)>,
    /// What they are in the process beside the JVM: objects of a Python driver.
    pub outside: Bytes,
    /// The relation of a broadcast hash join that is built of them.
    pub relation: Option<Relation>,
}

/// A relation that the driver builds and broadcasts (`BroadcastExchangeExec.relationFuture`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The variable that it becomes.
    pub broadcast: u32,
    /// Its rows.
    pub rows: u64,
    /// From how many rows on it is refused (`BroadcastExchangeExec.maxBroadcastRows`).
    pub row_limit: u64,
    /// Its size once it is built (`HashedRelation.estimatedSize`): the metric `data size`, and what its limit is for.
    pub size: Bytes,
    /// The most that it takes while it is built.
    pub building: Bytes,
}

/// Data inside the serialized tasks of a stage: the slices of a collection that was parallelized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Of which stage.
    pub stage: StageId,
    /// Bytes by task.
    pub bytes: Vec<u64>,
    /// Bytes of the driver's heap that the collection itself takes, serialized tasks apart.
    pub collection: Bytes,
}

/// The stack that a job needs to be submitted or computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Which.
    pub job: JobId,
    /// Bytes of frames of one thread.
    pub needed: Bytes,
}

impl DriverWork {
    /// The row of a job's results.
    #[must_use]
    pub fn collected(&self, job: JobId) -> Option<&Collected> {
        let at = self.collected.binary_search_by_key(&job, |row| row.job).ok()?;
        Some(&self.collected[at])
    }

    /// The row of a stage's tasks.
    #[must_use]
    pub fn payload(&self, stage: StageId) -> Option<&Payload> {
        let at = self.payloads.binary_search_by_key(&stage, |row| row.stage).ok()?;
        Some(&self.payloads[at])
    }

    /// The stack of a job.
    #[must_use]
    pub fn depth(&self, job: JobId) -> Option<Bytes> {
        let at = self.depths.binary_search_by_key(&job, |row| row.job).ok()?;
        Some(self.depths[at].needed)
    }

    /// What is wrong with the tables of a workload with so many jobs and broadcast variables, and stages of so many
    /// tasks.
    pub(super) fn check(&self, jobs: usize, broadcasts: usize, tasks: &[u32]) -> Result<(), String> {
        let ascending = |ids: &mut dyn Iterator<Item = u32>| {
            let ids: Vec<u32> = ids.collect();
            ids.windows(2).all(|pair| pair[0] < pair[1])
        };
        if !(ascending(&mut self.collected.iter().map(|row| row.job.0))
            && ascending(&mut self.payloads.iter().map(|row| row.stage.0))
            && ascending(&mut self.depths.iter().map(|row| row.job.0)))
        {
            return Err("the driver's tables are not sorted by id".to_owned());
        }
        let of_jobs = self.collected.iter().map(|row| row.job).chain(self.depths.iter().map(|row| row.job));
        if let Some(job) = of_jobs.into_iter().find(|job| job.index() >= jobs) {
            return Err(format!("the driver's tables name job {}, which there is not", job.0));
        }
        let relations = self.collected.iter().filter_map(|row| row.relation);
        if let Some(relation) = relations.into_iter().find(|row| row.broadcast as usize >= broadcasts) {
            return Err(format!("a relation becomes broadcast {}, which there is not", relation.broadcast));
        }
        for payload in &self.payloads {
            let stage = payload.stage;
            let rows = tasks.get(stage.index()).map_or(0, |&tasks| tasks as usize);
            if rows != payload.bytes.len() {
                return Err(format!(
                    "{} sizes of tasks for {rows} of stage {}",
                    payload.bytes.len(),
                    stage.0
                ));
            }
        }
        Ok(())
    }
}

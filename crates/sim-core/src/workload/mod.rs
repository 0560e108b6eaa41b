//! A workload: everything that the engine runs, as plain tables.
//!
//! Jobs are made of stages, stages of tasks. The tasks of a stage share a [`Program`]; what differs between them are
//! amounts (rows, bytes, time), which are columns of the task. Consumers are slots of the program. A cached RDD has a
//! program of its own that computes a partition, so that a lost block can be computed again.

mod check;
mod driver;
mod pool;
mod program;

pub use check::WorkloadError;
pub use driver::{Collected, Depth, DriverWork, Payload, Relation};
pub use pool::{Pool, PoolMode};
pub use program::{Aggregation, Amount, ConsumerSpec, Op, Program, PythonWork, Slot};

use crate::ids::{BlockId, JobId, ProgramId, RddId, ShuffleId, StageId};
use crate::storage::StorageLevel;
use crate::units::{Bytes, SimTime};

/// The tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// By [`JobId`].
    pub jobs: Vec<Job>,
    /// By [`StageId`].
    pub stages: Vec<Stage>,
    /// By [`ProgramId`].
    pub programs: Vec<Program>,
    /// By [`RddId`].
    pub rdds: Vec<Rdd>,
    /// By [`ShuffleId`].
    pub shuffles: Vec<Shuffle>,
    /// Broadcast variables, by index.
    pub broadcasts: Vec<Broadcast>,
    /// Pools of jobs, which count where `spark.scheduler.mode` is `FAIR`.
    pub pools: Vec<Pool>,
    /// What the driver does besides launching tasks.
    pub driver: DriverWork,
}

/// What an action of the driver runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Shown to people.
    pub name: String,
    /// Its stages, parents before children. A stage whose shuffle was written by an earlier job is skipped.
    pub stages: Vec<StageId>,
    /// Jobs that have to end before this one is submitted (a barrier).
    pub after: Vec<JobId>,
    /// Time from the end of the last of those (or the start of the run) to the submission: the driver's own work.
    pub delay: SimTime,
    /// RDDs that the driver unpersists when the job has ended: they lose their blocks and are never stored again.
    pub unpersist: Vec<RddId>,
    /// Broadcast variables, by index, that nobody refers to when the job has ended: they are removed
    /// (`ContextCleaner.doCleanupBroadcast`).
    pub destroy: Vec<u32>,
}

/// Tasks that run the same program.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Shown to people.
    pub name: String,
    /// Stages that have to be complete before.
    pub parents: Vec<StageId>,
    /// What each task does.
    pub program: ProgramId,
    /// Number of tasks.
    pub tasks: u32,
    /// The shuffle that it writes; `None` for the last stage of a job.
    pub shuffle: Option<ShuffleId>,
    /// The demand columns, row by row: task `i` has `values[i * columns..][..columns]`.
    pub values: Vec<u64>,
    /// By task: where it ran in the recording, kept if the executors are the same. Empty for none.
    pub placement: Vec<Placement>,
}

/// Where and when a recorded task ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Index of the executor.
    pub executor: u32,
    /// Launch, after the stage was submitted; the task is not launched earlier.
    pub not_before: SimTime,
}

/// A cached RDD or query.
#[derive(Clone, Debug, PartialEq)]
pub struct Rdd {
    /// Shown to people.
    pub name: String,
    /// Where its partitions may live.
    pub level: StorageLevel,
    /// Computes one partition.
    pub program: ProgramId,
    /// Demand columns of that program, a row a partition.
    pub values: Vec<u64>,
    /// What a partition is when stored, by partition.
    pub partitions: Vec<Partition>,
}

/// What one partition of a cached RDD is when stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Bytes in memory in the form of the level.
    pub memory_size: Bytes,
    /// Bytes serialized, on disk and over the network.
    pub serialized_size: Bytes,
    /// Elements that the iterator yields: batches of a cached query, records of an RDD.
    pub elements: u64,
    /// Time in which the elements come, spread over the unrolling: on top of the program's own.
    pub unroll_time: SimTime,
}

/// A shuffle: who reads it finds that every byte was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Shuffle {
    /// Shown to people.
    pub name: String,
    /// Number of reducers.
    pub partitions: u32,
}

/// A broadcast variable; every executor that reads it stores its pieces and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Bytes of the serialized pieces.
    pub pieces: Bytes,
    /// Estimated bytes of the deserialized value.
    pub value: Bytes,
}

/// One task: a row of its stage's columns.
#[derive(Clone, Copy, Debug)]
pub struct Task<'w> {
    /// Its stage.
    pub stage: StageId,
    /// Its index in the stage: its partition.
    pub index: u32,
    /// Its demand columns.
    pub values: &'w [u64],
}

impl Workload {
    /// Number of tasks of all stages.
    #[must_use]
    pub fn task_count(&self) -> u64 {
        self.stages.iter().map(|stage| u64::from(stage.tasks)).sum()
    }

    /// Number of blocks of all RDDs; broadcast blocks follow after them, two an executor.
    #[must_use]
    pub fn rdd_blocks(&self) -> u32 {
        self.rdds.iter().map(|rdd| rdd.partitions.len() as u32).sum()
    }

    /// By shuffle: the tasks of all stages that write it.
    #[must_use]
    pub fn map_tasks(&self) -> Vec<u64> {
        let mut tasks = vec![0; self.shuffles.len()];
        for stage in &self.stages {
            if let Some(shuffle) = stage.shuffle {
                tasks[shuffle.index()] += u64::from(stage.tasks);
            }
        }
        tasks
    }

    /// The block of the first partition of each RDD.
    #[must_use]
    pub fn first_blocks(&self) -> Vec<BlockId> {
        let ends = self.rdds.iter().scan(0, |next, rdd| {
            let first = *next;
            *next += rdd.partitions.len() as u32;
            Some(BlockId(first))
        });
        ends.collect()
    }

    /// Cached RDDs that no step reads but the one that fills them: their caching costs memory and saves nothing.
    #[must_use]
    pub fn never_read_again(&self) -> Vec<RddId> {
        let mut reads = vec![0_u32; self.rdds.len()];
        let programs =
            self.stages.iter().map(|stage| stage.program).chain(self.rdds.iter().map(|rdd| rdd.program));
        for program in programs {
            for op in &self.programs[program.index()].ops {
                if let Op::ReadBlock { rdd, .. } = op {
                    reads[rdd.index()] += 1;
                }
            }
        }
        (0..reads.len()).filter(|&rdd| reads[rdd] <= 1).map(RddId::at).collect()
    }

    /// Task `index` of a stage.
    #[must_use]
    pub fn task(&self, stage: StageId, index: u32) -> Task<'_> {
        let table = &self.stages[stage.index()];
        let columns = usize::from(self.programs[table.program.index()].columns);
        let values = &table.values[index as usize * columns..][..columns];
        Task { stage, index, values }
    }

    /// The columns with which partition `index` of an RDD is computed.
    #[must_use]
    pub fn partition_values(&self, rdd: RddId, index: u32) -> &[u64] {
        let table = &self.rdds[rdd.index()];
        let columns = usize::from(self.programs[table.program.index()].columns);
        &table.values[index as usize * columns..][..columns]
    }
}

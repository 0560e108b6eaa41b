//! A recorded application: its stages as they ran, under settings that may be others.

mod recut;
mod steps;
#[cfg(test)]
mod tests;

pub use recut::{RecordedUnder, is_recut};

use sim_core::ids::{JobId, RddId, StageId};
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Broadcast, Job, Op, Partition, Placement, Rdd, Shuffle, Stage};

use self::recut::Cuts;
use super::stream::Stream;
use super::{Lowering, Schedule};
use crate::Error;
use crate::plan::Recording;
use crate::plan::recording::{self, Column, Step};

/// How much of its share of a task's time, by the cost table, taking rows in really has. The rows of recorded sorts came
/// in the first 10 to 30 % of their tasks; the cost table alone gives them half.
const FILL_PERCENT: u64 = 25;

impl Lowering<'_> {
    pub(super) fn recording(&mut self, recording: &Recording) -> Result<(), Error> {
        recording.check()?;
        let cuts = Cuts::of(recording, self.conf);
        self.workload.broadcasts = recording
            .broadcasts
            .iter()
            .map(|variable| Broadcast { pieces: Bytes(variable.pieces), value: Bytes(variable.value) })
            .collect();
        let shuffles = recording.shuffles.iter().zip(&cuts.shuffles);
        self.workload.shuffles = shuffles
            .map(|(shuffle, &partitions)| Shuffle { name: shuffle.name.clone(), partitions })
            .collect();
        let mut lowered = Recorded::of(recording);
        for index in 0..recording.rdds.len() {
            self.recorded_rdd(&mut lowered, &cuts, index)?;
        }
        for index in 0..recording.stages.len() {
            self.recorded_stage(&lowered, &cuts, index)?;
        }
        for (job, destroy) in recording.jobs.iter().zip(last_reads(recording)) {
            self.recorded_job(job, destroy);
        }
        Ok(())
    }

    fn recorded_rdd(&mut self, lowered: &mut Recorded<'_>, cuts: &Cuts, index: usize) -> Result<(), Error> {
        let rdd = &lowered.recording.rdds[index];
        let cut = &cuts.rdds[index];
        let partitions = cut.to as usize;
        self.count_blocks(&rdd.name, u64::from(cut.to))?;
        let mut stream = self.recorded_steps(&rdd.steps, cut, lowered)?;
        if stream.has_open() {
            stream.settle()?;
        }
        let mut unroll = stream.take_pending();
        stream.scale_time(&times(&cut.column(&rdd.time_ms)), &mut unroll, FILL_PERCENT)?;
        let sizes = [&rdd.memory, &rdd.serialized, &rdd.elements].map(|column| cut.column(column));
        let partitions = (0..partitions).map(|at| Partition {
            memory_size: Bytes(sizes[0][at]),
            serialized_size: Bytes(sizes[1][at]),
            elements: sizes[2][at],
            unroll_time: SimTime(unroll[at]),
        });
        let partitions = partitions.collect();
        lowered.rdd_parents.push(std::mem::take(&mut stream.parents));
        let (program, values) = stream.done()?;
        let program = self.program(program);
        let (name, level) = (rdd.name.clone(), rdd.level);
        self.workload.rdds.push(Rdd { name, level, program, values, partitions });
        Ok(())
    }

    fn recorded_stage(&mut self, lowered: &Recorded<'_>, cuts: &Cuts, index: usize) -> Result<(), Error> {
        let stage = &lowered.recording.stages[index];
        let cut = &cuts.stages[index];
        self.check_tasks(&stage.name, u64::from(cut.to))?;
        self.tasks += u64::from(cut.to);
        let mut stream = self.recorded_steps(&stage.steps, cut, lowered)?;
        let shuffle =
            self.recorded_output(&mut stream, stage, cut, |shuffle| cuts.shuffles[shuffle as usize])?;
        stream.settle()?;
        let total = times(&cut.column(&stage.time_ms));
        let started = times(&cut.column(&stage.deserialize_ms));
        let started: Vec<u64> = started.iter().zip(&total).map(|(&ns, &total)| ns.min(total)).collect();
        let rest: Vec<u64> = started.iter().zip(&total).map(|(&ns, &total)| total - ns).collect();
        stream.scale_time(&rest, &mut vec![0; cut.to as usize], FILL_PERCENT)?;
        if started.iter().any(|&ns| ns > 0) {
            let time = stream.column(started)?;
            stream.ops.insert(0, Op::Compute { time });
        }
        let mut parents = std::mem::take(&mut stream.parents);
        parents.sort_unstable();
        parents.dedup();
        let (program, values) = stream.done()?;
        let program = self.program(program);
        let placement = self.placement(stage, lowered.recording, cut);
        let (name, tasks) = (stage.name.clone(), cut.to);
        self.workload.stages.push(Stage { name, parents, program, tasks, shuffle, values, placement });
        Ok(())
    }

    /// Where the tasks ran; nothing where every schedule is the same, or another is wanted.
    fn placement(&self, stage: &recording::Stage, recording: &Recording, cut: &recut::Cut) -> Vec<Placement> {
        let alone = recording.executors.len() <= 1;
        let free = match self.conf.schedule {
            Schedule::Recorded => alone && stage.not_before_ms.is_zero(),
            Schedule::Executors => alone,
            Schedule::Anew => true,
        };
        if free || !cut.is_recorded() {
            return Vec::new();
        }
        let mut launches: Vec<SimTime> =
            (0..cut.to as usize).map(|task| SimTime::from_ms(stage.not_before_ms.at(task))).collect();
        if self.conf.schedule == Schedule::Executors {
            let mut order: Vec<usize> = (0..launches.len()).collect();
            order.sort_by_key(|&task| (launches[task], task));
            for (rank, task) in order.into_iter().enumerate() {
                // The order alone counts: a nanosecond apart is as good as at once.
                launches[task] = SimTime(rank as u64);
            }
        }
        let executor = |task| u32::try_from(stage.executor.at(task)).unwrap_or(u32::MAX);
        let placed = launches.into_iter().enumerate();
        placed.map(|(task, not_before)| Placement { executor: executor(task), not_before }).collect()
    }

    fn recorded_job(&mut self, job: &recording::Job, destroy: Vec<u32>) {
        let mut stages: Vec<StageId> =
            job.stages.iter().flat_map(|&stage| self.with_ancestors(StageId(stage))).collect();
        stages.sort_unstable();
        stages.dedup();
        self.workload.jobs.push(Job {
            name: job.name.clone(),
            stages,
            after: job.after.iter().map(|&job| JobId(job)).collect(),
            delay: SimTime::from_ms(job.delay_ms),
            unpersist: job.unpersist.iter().map(|&rdd| RddId(rdd)).collect(),
            destroy,
        });
    }
}

/// By job: the broadcast variables that it is the last to read. Those that the program keeps, and those that cached RDDs
/// are computed with, stay.
fn last_reads(recording: &Recording) -> Vec<Vec<u32>> {
    let read = |steps: &[Step]| -> Vec<u32> {
        let of_step = |step: &Step| match step {
            Step::ReadBroadcast { broadcast, .. } => Some(*broadcast),
            _ => None,
        };
        steps.iter().filter_map(of_step).collect()
    };
    let mut last: Vec<Option<usize>> = vec![None; recording.broadcasts.len()];
    for (at, job) in recording.jobs.iter().enumerate() {
        for broadcast in job.stages.iter().flat_map(|&stage| read(&recording.stages[stage as usize].steps)) {
            last[broadcast as usize] = Some(at);
        }
    }
    for broadcast in recording.rdds.iter().flat_map(|rdd| read(&rdd.steps)) {
        last[broadcast as usize] = None;
    }
    let mut by_job = vec![Vec::new(); recording.jobs.len()];
    for (broadcast, job) in last.into_iter().enumerate() {
        if let Some(job) = job.filter(|_| !recording.broadcasts[broadcast].kept) {
            by_job[job].push(broadcast as u32);
        }
    }
    by_job
}

/// What has been lowered of a recording.
struct Recorded<'r> {
    recording: &'r Recording,
    /// By shuffle: the first stage that writes it.
    writers: Vec<Option<StageId>>,
    /// By RDD: the shuffles that its steps fetch.
    rdd_parents: Vec<Vec<StageId>>,
}

impl<'r> Recorded<'r> {
    fn of(recording: &'r Recording) -> Self {
        let mut writers = vec![None; recording.shuffles.len()];
        for (index, stage) in recording.stages.iter().enumerate() {
            if let recording::Output::Shuffle { shuffle, .. } = stage.output {
                writers[shuffle as usize].get_or_insert(StageId::at(index));
            }
        }
        Self { recording, writers, rdd_parents: Vec::new() }
    }
}

fn times(ms: &[u64]) -> Vec<u64> {
    ms.iter().map(|&ms| SimTime::from_ms(ms).0).collect()
}

/// The tasks at the bottom of a stack: nothing has been read yet.
fn idle(tasks: usize) -> Stream {
    Stream::of(vec![super::stream::Cell::default(); tasks])
}

/// A column that there need not be.
fn or_own_index(partition: Option<&Column>, cut: &recut::Cut) -> Vec<u64> {
    match partition {
        Some(partition) if cut.is_recorded() => partition.over(cut.to as usize),
        _ => (0..u64::from(cut.to)).collect(),
    }
}

//! Parts the recorded time of a task from the time of spilling and of computing cached partitions.
//!
//! A recorded time is from launch to finish: what the task spilled in the log and the partitions that it had to compute
//! are in it. What spilled and what was missed is never read from the log. The recording is run instead, first with
//! spills that cost nothing, and the time of *its* spills and misses is taken off; then again with the times that this
//! gave, until spills and misses stay as they are.

use std::collections::BTreeMap;

use sim_core::conf::Key;
use sim_core::observe::TaskEnd;
use workload::Recording;
use workload::plan::recording::Column;

use super::simulate::{Simulated, simulate};
use crate::{Case, Error, Input, Layer, Settings, Slips};

/// Runs after the first.
const MAX_ROUNDS: usize = 3;
/// The share of a task's time that its own steps keep at least: one in so many.
const OWN_SHARE: u64 = 20;
/// The share that spilling takes at most. The rate is one of many operators and machines: where it names more, taking it
/// off would leave tasks so short that they no longer run beside those that they ran beside, and no longer spill.
const SPILL_SHARE: u64 = 2;
/// The part of a filling task's time that computes the partition, where no hit tells what the rest takes.
const FILL_PERCENT: u64 = 90;

/// Puts calibrated times into the recording of an input, whose times are as recorded.
pub(super) fn calibrate(input: &mut Input, settings: &Settings) -> Result<(), Error> {
    let Some(raw) = input.scenario.plan.recording.clone() else { return Ok(()) };
    let free = Layer {
        name: "calibration".to_owned(),
        pairs: vec![(Key::PoolsimSpillCpuBytePs.name().to_owned(), "0".to_owned())],
        slips: Slips::Note,
    };
    let mut untimed = (*raw).clone();
    for rdd in &mut untimed.rdds {
        rdd.time_ms = Column::Same(0);
    }
    put(input, untimed);
    let first = Case::of(input, &settings.with(free))?;
    let mut seen = Demands::of(&simulate(&first, &raw), &raw);
    let rdd_times = seen.rdd_times(&raw);
    for _ in 0..MAX_ROUNDS {
        let case = Case::of(input, settings)?;
        let rate = case.run_conf.cost.spill_cpu_ps_per_byte;
        let mut timed = (*raw).clone();
        for (rdd, times) in timed.rdds.iter_mut().zip(&rdd_times) {
            rdd.time_ms = Column::of(times.clone());
        }
        for (index, stage) in timed.stages.iter_mut().enumerate() {
            let own = |task: usize| {
                let raw_ms = raw.stages[index].time_ms.at(task);
                let spill_ms = ms(seen.spilled(index, task), rate).min(raw_ms / SPILL_SHARE);
                let time = |(rdd, partition): (usize, usize)| rdd_times[rdd].get(partition).copied();
                let compute_ms: u64 = seen.computed(index, task).filter_map(time).sum();
                raw_ms.saturating_sub(spill_ms.saturating_add(compute_ms)).max(raw_ms / OWN_SHARE)
            };
            stage.time_ms = Column::of((0..stage.tasks as usize).map(own).collect());
        }
        put(input, timed);
        let again = Demands::of(&simulate(&Case::of(input, settings)?, &raw), &raw);
        if again == seen {
            break;
        }
        seen = again;
    }
    Ok(())
}

fn put(input: &mut Input, recording: Recording) {
    input.scenario.plan.recording = Some(Box::new(recording));
}

fn ms(bytes: u64, ps_per_byte: u64) -> u64 {
    u64::try_from(u128::from(bytes) * u128::from(ps_per_byte) / 1_000_000_000).unwrap_or(u64::MAX)
}

/// What the tasks of a run did besides their own steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Demands {
    /// By stage and task: bytes that it spilled.
    spilled: Vec<Vec<u64>>,
    /// By stage, sorted: task, RDD and partition that it computed.
    computed: Vec<Vec<(u32, u32, u32)>>,
    /// By RDD: stage and task of each hit in a stage that reads this RDD alone.
    hits: Vec<Vec<(u32, u32)>>,
}

impl Demands {
    fn of(run: &Simulated, recording: &Recording) -> Self {
        let mut spilled: Vec<Vec<u64>> = vec![Vec::new(); recording.stages.len()];
        for (stage, counters) in run.counters.stages.iter().enumerate() {
            for row in counters.tasks.iter().filter(|row| row.end == TaskEnd::Finished) {
                let bytes = row.metrics.memory_bytes_spilled.0;
                let column = &mut spilled[stage];
                let task = row.info.index as usize;
                if bytes > 0 {
                    column.resize(column.len().max(task + 1), 0);
                    column[task] = bytes;
                }
            }
        }
        let mut computed = vec![Vec::new(); recording.stages.len()];
        for &(rdd, partition, stage, task) in &run.reads.computed {
            computed[stage as usize].push((task, rdd, partition));
        }
        for column in &mut computed {
            column.sort_unstable();
        }
        let mut hits = vec![Vec::new(); recording.rdds.len()];
        for stage in 0..recording.stages.len() {
            let Some(rdd) = run.reads.single(stage) else { continue };
            let found = run.reads.found[stage].iter().enumerate();
            hits[rdd as usize].extend(
                found.filter(|(_, found)| **found == Some(true)).map(|(task, _)| (stage as u32, task as u32)),
            );
        }
        Self { spilled, computed, hits }
    }

    fn spilled(&self, stage: usize, task: usize) -> u64 {
        self.spilled[stage].get(task).copied().unwrap_or(0)
    }

    fn computed(&self, stage: usize, task: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let column = &self.computed[stage];
        let from = column.partition_point(|row| (row.0 as usize) < task);
        column[from..]
            .iter()
            .take_while(move |row| row.0 as usize == task)
            .map(|row| (row.1 as usize, row.2 as usize))
    }

    /// By RDD and partition: milliseconds in which it is computed. What a filling task took beyond a hit of the same
    /// RDD in another stage, shared by the partitions that it computed.
    fn rdd_times(&self, raw: &Recording) -> Vec<Vec<u64>> {
        let raw_ms = |stage: u32, task: u32| raw.stages[stage as usize].time_ms.at(task as usize);
        let mut times: Vec<Vec<Option<u64>>> =
            raw.rdds.iter().map(|rdd| vec![None; rdd.partitions as usize]).collect();
        for (stage, column) in self.computed.iter().enumerate() {
            let usual_hit = |rdd: u32| {
                let others = self.hits[rdd as usize].iter().filter(|hit| hit.0 != stage as u32);
                median(others.map(|&(stage, task)| raw_ms(stage, task)).collect())
            };
            let mut usual_hits = BTreeMap::new();
            for tasks in column.chunk_by(|a, b| a.0 == b.0) {
                let filled = raw_ms(stage as u32, tasks[0].0);
                for &(_, rdd, partition) in tasks {
                    let compute = match *usual_hits.entry(rdd).or_insert_with(|| usual_hit(rdd)) {
                        Some(hit) => filled.saturating_sub(hit),
                        None => filled * FILL_PERCENT / 100,
                    };
                    let Some(time) = times[rdd as usize].get_mut(partition as usize) else { continue };
                    time.get_or_insert(compute / tasks.len() as u64);
                }
            }
        }
        let known = |column: Vec<Option<u64>>| column.into_iter().map(|time| time.unwrap_or(0)).collect();
        times.into_iter().map(known).collect()
    }
}

fn median(mut amounts: Vec<u64>) -> Option<u64> {
    amounts.sort_unstable();
    amounts.get(amounts.len() / 2).copied()
}

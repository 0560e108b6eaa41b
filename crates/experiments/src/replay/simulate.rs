//! A run of a recording, watched for what a replay reports.

use std::collections::BTreeSet;

use sim_core::engine;
use sim_core::ids::RddId;
use sim_core::observe::{
    BlockSource, Counters, Event, Fingerprint, Observer, StageCounters, TaskEnd, TaskRow, View,
};
use sim_core::outcome::Outcome;
use sim_core::units::SimTime;
use workload::Recording;
use workload::plan::recording::{Rdd, Step};

use super::{Figures, RddFigures, StageFigures, TaskFigures};
use crate::Case;
use crate::report::failure;

/// A run that has ended.
#[derive(Clone, Debug)]
pub(super) struct Simulated {
    pub(super) outcome: Outcome,
    pub(super) counters: Counters,
    pub(super) fingerprint: Fingerprint,
    pub(super) reads: CacheReads,
    /// Bytes on disk of a spilled byte of records, as the run has it.
    disk_ratio: f64,
}

/// Runs a case of a recording.
pub(super) fn simulate(case: &Case, recording: &Recording) -> Simulated {
    let observers = (
        (Counters::default(), Fingerprint::default()),
        CacheReads::of(recording, case.workload.rdd_blocks()),
    );
    let (outcome, ((counters, fingerprint), reads)) = engine::run(&case.workload, &case.run_conf, observers);
    let disk_ratio = case.run_conf.cost.spill_disk_ppm as f64 / 1e6;
    Simulated { outcome, counters, fingerprint, reads, disk_ratio }
}

/// What each task read of the cache and what it computed.
#[derive(Clone, Debug, Default)]
pub(super) struct CacheReads {
    /// By stage: the one persisted RDD that its tasks read; `None` for none or several.
    single: Vec<Option<u32>>,
    /// By stage and task: whether it found its partition of that RDD.
    pub(super) found: Vec<Vec<Option<bool>>>,
    /// Partitions that were computed, in order: RDD, partition, stage, task.
    pub(super) computed: Vec<(u32, u32, u32, u32)>,
    /// Serialized broadcast variables that left memory. Their values leave it too, but `BlockUpdated` tells of the
    /// pieces alone.
    evicted_pieces: u64,
    /// The first block that belongs to no RDD.
    first_broadcast: u32,
}

impl CacheReads {
    fn of(recording: &Recording, first_broadcast: u32) -> Self {
        let unpersisted = unpersisted(recording);
        let stages = recording.stages.iter().zip(&unpersisted);
        let single = stages.map(|(stage, gone)| single_rdd(&stage.steps, &recording.rdds, gone)).collect();
        Self {
            single,
            found: vec![Vec::new(); recording.stages.len()],
            computed: Vec::new(),
            evicted_pieces: 0,
            first_broadcast,
        }
    }

    /// The one persisted RDD that the tasks of a stage read.
    pub(super) fn single(&self, stage: usize) -> Option<u32> {
        self.single[stage]
    }

    /// Hits and misses of the tasks of a stage.
    fn counts(&self, stage: usize) -> (u64, u64) {
        let found = self.found.get(stage).into_iter().flatten().flatten();
        found.fold((0, 0), |(hits, misses), &hit| (hits + u64::from(hit), misses + u64::from(!hit)))
    }
}

/// By stage: RDDs that were unpersisted before its job was submitted.
fn unpersisted(recording: &Recording) -> Vec<BTreeSet<u32>> {
    let mut by_stage = vec![BTreeSet::new(); recording.stages.len()];
    let mut gone = BTreeSet::new();
    for job in &recording.jobs {
        for &stage in &job.stages {
            if let Some(of_stage) = by_stage.get_mut(stage as usize) {
                of_stage.clone_from(&gone);
            }
        }
        gone.extend(&job.unpersist);
    }
    by_stage
}

/// The persisted RDD that steps read, if it is one alone; RDDs that it is computed of count too, those that were
/// unpersisted do not.
fn single_rdd(steps: &[Step], rdds: &[Rdd], unpersisted: &BTreeSet<u32>) -> Option<u32> {
    let mut all = BTreeSet::new();
    let mut left: Vec<&[Step]> = vec![steps];
    while let Some(steps) = left.pop() {
        for step in steps {
            if let Step::Cached { rdd, .. } = step
                && all.insert(*rdd)
            {
                left.push(&rdds[*rdd as usize].steps);
            }
        }
    }
    let mut persisted = all.difference(unpersisted);
    persisted.next().copied().filter(|_| persisted.next().is_none())
}

impl Observer for CacheReads {
    fn on(&mut self, _: SimTime, event: Event<'_>, _: &dyn View) {
        if let Event::Evicted { dropped, .. } = event
            && dropped.rdd.is_none()
        {
            // Of each variable and executor there are two blocks: the pieces and, after them, the value.
            self.evicted_pieces += u64::from((dropped.block.0 - self.first_broadcast).is_multiple_of(2));
        }
        let Event::BlockRead { attempt, rdd: RddId(rdd), partition, source } = event else { return };
        let (stage, task) = (attempt.stage.index(), attempt.index as usize);
        if matches!(source, BlockSource::Computed | BlockSource::Unpersisted) {
            self.computed.push((rdd, partition, attempt.stage.0, attempt.index));
        }
        if self.single[stage] == Some(rdd) {
            let found = &mut self.found[stage];
            if found.len() <= task {
                found.resize(task + 1, None);
            }
            found[task] = Some(source != BlockSource::Computed);
        }
    }
}

/// What a run is told to make figures of.
pub(super) struct Scales<'a> {
    /// By stage: CPU time of a nanosecond on a core.
    pub(super) cpu: &'a [f64],
    /// By stage: bytes on disk of a byte of the records that are spilled; `None` for what the run says.
    pub(super) disk: &'a [Option<f64>],
    /// Milliseconds from the start of the application to its first job.
    pub(super) startup_ms: u64,
    /// Whether stages have rows of tasks.
    pub(super) tasks: bool,
}

/// The figures of a run.
pub(super) fn figures(run: &Simulated, recording: &Recording, scales: &Scales<'_>) -> Figures {
    let stages: Vec<StageFigures> =
        (0..recording.stages.len()).filter_map(|index| stage(run, recording, index, scales)).collect();
    let sum = |part: fn(&StageFigures) -> Option<u64>| {
        Some(stages.iter().filter_map(part).fold(0_u64, u64::saturating_add))
    };
    let (evicted_blocks, evicted_bytes) = run.counters.evicted();
    let failure = failure(&run.outcome.verdict);
    Figures {
        memory_spilled_bytes: sum(|stage| stage.memory_spilled_bytes),
        disk_spilled_bytes: sum(|stage| stage.disk_spilled_bytes),
        peak_execution_memory_max_bytes: Some(
            stages.iter().filter_map(|stage| stage.peak_execution_memory_max_bytes).max().unwrap_or(0),
        ),
        peak_execution_memory_sum_bytes: sum(|stage| stage.peak_execution_memory_sum_bytes),
        evicted_blocks: Some(evicted_blocks),
        evicted_bytes: Some(evicted_bytes.0),
        evicted_broadcast_blocks: Some(run.reads.evicted_pieces),
        cache_hits: sum(|stage| stage.cache_hits),
        cache_misses: sum(|stage| stage.cache_misses),
        failed: Some(failure.is_some()),
        failure,
        failed_tasks: stages.iter().map(|stage| stage.failed_tasks).sum(),
        cpu_ms: sum(|stage| stage.cpu_ms),
        duration_ms: Some(run.outcome.end.as_ms().saturating_add(scales.startup_ms)),
        rdds: rdds(run, recording),
        stages,
    }
}

fn stage(run: &Simulated, recording: &Recording, index: usize, scales: &Scales<'_>) -> Option<StageFigures> {
    let counters = run.counters.stages.get(index).filter(|stage| stage.submitted.is_some())?;
    let stage = &recording.stages[index];
    let (hits, misses) = run.reads.counts(index);
    let sum = &counters.sum;
    let moving = sum.shuffle + sum.network + sum.disk + sum.evict;
    let busy = sum.cpu + sum.serialization + moving + sum.spill + sum.launch;
    let disk = |disk: u64| match scales.disk.get(index).copied().flatten() {
        Some(ratio) if run.disk_ratio > 0.0 => (disk as f64 / run.disk_ratio * ratio).round() as u64,
        _ => disk,
    };
    Some(StageFigures {
        id: stage.id,
        attempt: 0,
        name: stage.name.clone(),
        task_count: run.tasks_of(index).unwrap_or(stage.tasks),
        memory_spilled_bytes: Some(sum.memory_bytes_spilled.0),
        disk_spilled_bytes: Some(disk(sum.disk_bytes_spilled.0)),
        peak_execution_memory_max_bytes: Some(counters.peak_execution_memory_max.0),
        peak_execution_memory_sum_bytes: Some(sum.peak_execution_memory.0),
        cache_hits: Some(hits),
        cache_misses: Some(misses),
        failed_tasks: counters.failed_tasks + counters.killed_tasks + counters.lost_tasks,
        cpu_ms: Some((busy.0 as f64 * scales.cpu.get(index).copied().unwrap_or(1.0) / 1e6).round() as u64),
        duration_ms: duration(counters),
        tasks: scales.tasks.then(|| tasks(stage, counters, disk)),
    })
}

impl Simulated {
    /// Bytes of memory that a stage spilled, and of the records in it: pages are not full, and hold more than records.
    pub(super) fn spilled(&self, stage: usize) -> Option<(f64, f64)> {
        let sum = &self.counters.stages.get(stage)?.sum;
        let (memory, records) =
            (sum.memory_bytes_spilled.0 as f64, sum.disk_bytes_spilled.0 as f64 / self.disk_ratio);
        (memory > 0.0 && records.is_finite() && records > 0.0).then_some((memory, records))
    }

    /// The number of tasks of a stage that have ended.
    fn tasks_of(&self, stage: usize) -> Option<u32> {
        let counters = self.counters.stages.get(stage).filter(|stage| stage.succeeded)?;
        counters.tasks.iter().map(|row| row.info.index + 1).max()
    }
}

fn duration(counters: &StageCounters) -> Option<u64> {
    Some(counters.ended?.as_ms() - counters.submitted?.as_ms())
}

/// A row for each task: of its attempts the one that succeeded, else the last.
fn tasks(
    stage: &workload::plan::recording::Stage,
    counters: &StageCounters,
    disk: impl Fn(u64) -> u64,
) -> Vec<TaskFigures> {
    let mut rows: Vec<&TaskRow> = counters.tasks.iter().collect();
    rows.sort_by_key(|row| {
        (row.info.index, row.end != TaskEnd::Finished, std::cmp::Reverse(row.info.attempt))
    });
    rows.dedup_by_key(|row| row.info.index);
    let partitions = stage.steps.iter().find_map(|step| match step {
        Step::Cached { partition, .. } => partition.as_ref(),
        _ => None,
    });
    let row = |row: &TaskRow| TaskFigures {
        index: row.info.index,
        partition: partitions.map_or(row.info.index, |column| {
            column.at(row.info.index as usize).try_into().unwrap_or(u32::MAX)
        }),
        attempt: row.info.attempt,
        executor: row.info.executor.0,
        launched_ms: row.info.launched.as_ms(),
        ended_ms: row.ended.as_ms(),
        succeeded: row.end == TaskEnd::Finished,
        peak_execution_memory_bytes: row.metrics.peak_execution_memory.0,
        memory_spilled_bytes: row.metrics.memory_bytes_spilled.0,
        disk_spilled_bytes: disk(row.metrics.disk_bytes_spilled.0),
        interval: None,
    };
    rows.into_iter().map(row).collect()
}

fn rdds(run: &Simulated, recording: &Recording) -> Vec<RddFigures> {
    let rdds = recording.rdds.iter().enumerate().map(|(index, rdd)| {
        let counters = run.counters.rdds.get(index).copied().unwrap_or_default();
        let stages =
            (0..recording.stages.len()).filter(|&stage| run.reads.single[stage] == Some(index as u32));
        let (hits, misses) = stages
            .map(|stage| run.reads.counts(stage))
            .fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
        RddFigures {
            id: rdd.id,
            name: rdd.name.clone(),
            level: workload::plan::recording::level_name(rdd.level),
            partitions: rdd.partitions,
            cache_hits: Some(hits),
            cache_misses: Some(misses),
            evicted_blocks: Some(counters.evicted_to_disk.0 + counters.evicted_dropped.0),
            evicted_bytes: Some(counters.evicted_to_disk.1.0 + counters.evicted_dropped.1.0),
        }
    });
    let mut rdds: Vec<RddFigures> = rdds.collect();
    rdds.sort_by_key(|rdd| rdd.id);
    rdds
}

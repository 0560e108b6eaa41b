//! From facts to a recording.
//!
//! Nothing here reads spilled bytes, what left memory, whether a block was found, failures, or durations of stages and
//! jobs: a run of the recording decides on these again.

mod blocks;
mod cached;
mod executors;
mod hits;
mod jobs;
mod lineage;
mod objects;
mod queries;
mod runs;
mod steps;
mod unread;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use executors::pools;

use super::facts::{Facts, Figure, StageFacts};
use super::sql::{SqlStage, totals};
use super::{Grade, Kind, Note};
use crate::plan::recording::{Column, PartitionsFrom, Recording, Shuffle, Stage, Step};
use blocks::Blocks;
use hits::Hits;
use lineage::Read;
use objects::Share;
use runs::Run;
use variables::Variables;

/// A recording on its way, with what is said of it.
#[derive(Debug, Default)]
pub(super) struct Fitted {
    pub(super) recording: Recording,
    pub(super) grades: Vec<Grade>,
    pub(super) notes: Vec<Note>,
    /// Index in the recording of each executor of the facts.
    pub(super) executors: BTreeMap<usize, u32>,
    /// When the first job was submitted, in the time of the facts.
    pub(super) start: u64,
}

/// What is looked up while a recording is fitted.
#[derive(Debug)]
struct Fitter<'f> {
    facts: &'f Facts,
    runs: Vec<Run<'f>>,
    /// What each run reads, cached RDDs not looked into.
    reads: Vec<Vec<Read>>,
    /// The task that first computed each partition of a cached RDD: run and task.
    fills: cached::Fills,
    /// RDDs that a task was the first to compute.
    filled: BTreeMap<(usize, usize), Vec<u32>>,
    /// By run: which blocks its tasks find.
    hits: Vec<Hits>,
    /// By run and RDD that it filled: the last RDDs of the stages whose shuffles that fetched.
    inner: BTreeMap<(usize, u32), Vec<u32>>,
    /// Bytes and records that each run wrote into its shuffle.
    written: Vec<(u64, u64)>,
    /// By the last RDD of a stage: its runs that write a shuffle.
    writers: BTreeMap<u32, Vec<usize>>,
    /// By run: the shuffle that it writes.
    shuffles: BTreeMap<usize, u32>,
    /// By RDD: its index in the recording.
    rdds: BTreeMap<u32, u32>,
    /// Broadcast variables of tasks and of the program.
    variables: Variables,
    /// By key of an exchange of a query: the run that wrote it.
    exchanges: BTreeMap<i64, usize>,
    /// By key of a broadcast exchange of a query: its index in the recording.
    broadcasts: BTreeMap<i64, u32>,
    /// By key of a broadcast exchange: what its pieces take, as far as the results of its tasks tell.
    collected: BTreeMap<i64, u64>,
    /// Final values of the accumulators of queries.
    totals: BTreeMap<i64, i64>,
    /// What is known of the blocks of cached RDDs.
    blocks: BTreeMap<u32, Blocks>,
    share: Share,
    fitted: Fitted,
}

/// Fits a recording to the facts.
pub(super) fn fit(facts: &Facts) -> Fitted {
    let mut fitter = Fitter::new(facts);
    fitter.shuffles();
    fitter.sizes();
    for run in 0..fitter.runs.len() {
        let query = fitter.query_stage(run);
        fitter.persisted(run, query.as_ref());
        fitter.stage(run, query.as_ref());
    }
    fitter.jobs();
    fitter.remarks();
    fitter.fitted
}

impl<'f> Fitter<'f> {
    fn new(facts: &'f Facts) -> Self {
        let runs = runs::runs(facts);
        let start =
            facts.jobs.iter().map(|job| job.submitted).chain(runs.iter().map(|run| run.submitted)).min();
        let start = start.unwrap_or(0);
        let (list, executors) = executors::executors(facts, start);
        let reads = runs.iter().map(|run| reads(facts, run)).collect();
        let mut writers: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, run) in runs.iter().enumerate().filter(|(_, run)| run.writes_shuffle) {
            if let Some(last) = facts.stages.get(&run.stage).and_then(|stage| stage.rdds.first()) {
                writers.entry(*last).or_default().push(index);
            }
        }
        let slots = executors::slots(facts, &executors);
        let (fills, filled) = cached::fills(facts, &runs);
        let hits = Hits::of_runs(facts, &runs, &fills, &filled);
        let inner = inner(facts, &runs, &filled);
        let written = runs.iter().map(|run| (run.sum(Figure::WrittenBytes), run.sum(Figure::WrittenRecords)));
        let written = written.collect();
        let initial = initial_bytes(facts);
        let share = Share { pool: execution_bytes(facts, !fills.is_empty()), slots, initial };
        let recording = Recording { executors: list, ..Recording::default() };
        let fitted = Fitted { recording, executors, start, ..Fitted::default() };
        Self {
            facts,
            runs,
            reads,
            fills,
            filled,
            hits,
            inner,
            written,
            writers,
            shuffles: BTreeMap::new(),
            rdds: BTreeMap::new(),
            variables: facts.blocks.as_ref().map(Variables::of).unwrap_or_default(),
            exchanges: BTreeMap::new(),
            broadcasts: BTreeMap::new(),
            collected: BTreeMap::new(),
            totals: totals(facts),
            blocks: BTreeMap::new(),
            share,
            fitted,
        }
    }

    fn info(&self, run: usize) -> Option<&'f StageFacts> {
        self.facts.stages.get(&self.runs[run].stage)
    }

    /// A shuffle for each stage that writes one.
    fn shuffles(&mut self) {
        for (index, run) in self.runs.iter().enumerate().filter(|(_, run)| run.writes_shuffle) {
            let shuffle = u32::try_from(self.fitted.recording.shuffles.len()).unwrap_or(u32::MAX);
            self.shuffles.insert(index, shuffle);
            // That of a query's exchange is known when its plan is read.
            let partitions = self.readers(index).map(|(_, rdd)| rdd.partitions).max().unwrap_or(1);
            self.fitted.recording.shuffles.push(Shuffle {
                name: format!("shuffle of stage {}", run.stage),
                partitions: partitions.max(1),
                partitions_from: PartitionsFrom::Program,
            });
        }
    }

    /// RDDs that fetch what a run writes.
    fn readers(&self, run: usize) -> impl Iterator<Item = (&u32, &super::facts::RddFacts)> {
        let last = self.info(run).and_then(|stage| stage.rdds.first().copied());
        let own: BTreeSet<u32> =
            self.info(run).map(|stage| stage.rdds.iter().copied().collect()).unwrap_or_default();
        self.facts
            .rdds
            .iter()
            .filter(move |(id, rdd)| {
                last.is_some_and(|last| rdd.parents.contains(&last)) && !own.contains(id)
            })
            .filter(|(_, rdd)| {
                rdd.name.contains("Shuffled")
                    || rdd.name.contains("CoGrouped")
                    || rdd.name.contains("Subtracted")
            })
    }

    fn stage(&mut self, index: usize, query: Option<&SqlStage>) {
        let name = self.info(index).map(|stage| stage.name.clone()).unwrap_or_default();
        let mut variables: Vec<Step> = self.task_binary(index).into_iter().collect();
        let of_query = query.and_then(|query| self.query_steps(index, query));
        let (mut steps, output) = match of_query {
            Some(found) => found,
            None => {
                variables.extend(self.program_variables(index));
                self.stage_steps(index)
            }
        };
        steps.splice(0..0, variables);
        let run = &self.runs[index];
        let executors = self.fitted.recording.executors.len().max(1);
        let executor = (0..run.tasks()).map(|task| {
            let at = run.at(Figure::Executor, task).and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| self.fitted.executors.get(&at).copied())
                .map_or(task as u64 % executors as u64, u64::from)
        });
        let stage = Stage {
            id: run.stage,
            name,
            tasks: u32::try_from(run.tasks()).unwrap_or(u32::MAX),
            steps,
            output,
            time_ms: run.column(|task| run.time_ms(task)),
            deserialize_ms: run.column(|task| run.at(Figure::Deserialize, task)),
            executor: Column::of(executor.collect()),
            not_before_ms: run
                .column(|task| Some(run.at(Figure::Launch, task)?.saturating_sub(run.submitted))),
        };
        let unknown = run.unknown();
        let (id, tasks) = (run.stage, run.tasks());
        if unknown > 0 {
            self.inferred(
                "tasks",
                Some(id),
                "tasks that did not end have the median of the others of their stage",
            );
            self.note(format!(
                "{unknown} of {tasks} tasks of stage {id} did not succeed: theirs is the median of the others"
            ));
        }
        self.fitted.recording.stages.push(stage);
    }

    fn jobs(&mut self) {
        let mut stages = vec![Vec::new(); self.facts.jobs.len()];
        let mut ends = vec![None; self.facts.jobs.len()];
        for (index, run) in self.runs.iter().enumerate() {
            if let Some(job) = run.job {
                stages[job].push(u32::try_from(index).unwrap_or(u32::MAX));
                ends[job] = ends[job].max(run.finished());
            }
        }
        self.fitted.recording.jobs =
            jobs::jobs(self.facts, stages, &ends, |rdd| self.rdds.get(&rdd).copied());
    }

    /// What is said of the application as a whole.
    fn remarks(&mut self) {
        let exact = |figure| Grade { figure, stage: None, kind: Kind::Exact };
        self.fitted.grades.extend(
            [
                "memory_spilled_bytes",
                "disk_spilled_bytes",
                "peak_execution_memory_max_bytes",
                "cache_hits",
                "cpu_ms",
            ]
            .map(exact),
        );
        for figure in ["evicted_blocks", "evicted_bytes", "evicted_broadcast_blocks"] {
            let kind = match self.facts.blocks {
                Some(_) => Kind::Exact,
                None => Kind::Unknown { key: "spark.eventLog.logBlockUpdates.enabled" },
            };
            self.fitted.grades.push(Grade { figure, stage: None, kind });
        }
        if self.facts.app.ended.is_none() {
            self.note("the log has no end of the application: it is replayed as far as it goes".to_owned());
        }
        if self.facts.version.is_empty() {
            self.note("the log does not say which Spark wrote it".to_owned());
        }
        if self.facts.stray_tasks > 0 {
            self.note(format!(
                "{} tasks ended in stages that the log did not submit",
                self.facts.stray_tasks
            ));
        }
    }

    fn inferred(&mut self, figure: &'static str, stage: Option<u32>, rule: &'static str) {
        let grade = Grade { figure, stage, kind: Kind::Inferred { rule } };
        if !self.fitted.grades.contains(&grade) {
            self.fitted.grades.push(grade);
        }
    }

    fn note(&mut self, text: String) {
        self.fitted.notes.push(Note::new(text));
    }
}

fn reads(facts: &Facts, run: &Run<'_>) -> Vec<Read> {
    let Some(stage) = facts.stages.get(&run.stage) else { return Vec::new() };
    stage.rdds.first().map_or_else(Vec::new, |&last| lineage::reads(facts, stage, last, false))
}

fn inner(
    facts: &Facts,
    runs: &[Run<'_>],
    filled: &BTreeMap<cached::Cell, Vec<u32>>,
) -> BTreeMap<(usize, u32), Vec<u32>> {
    let mut inner = BTreeMap::new();
    for (&(run, _), rdds) in filled {
        let Some(stage) = facts.stages.get(&runs[run].stage) else { continue };
        for &rdd in rdds {
            inner
                .entry((run, rdd))
                .or_insert_with(|| steps::shuffles_of(&lineage::reads(facts, stage, rdd, true)));
        }
    }
    inner
}

/// Bytes that execution can have whatever is stored: the smallest pool without the region of storage, if it is used.
fn execution_bytes(facts: &Facts, caches: bool) -> u64 {
    let setting = |key: &str| facts.environment.settings.get(key).map(String::as_str);
    let off_heap = setting("spark.memory.offHeap.enabled") == Some("true");
    let pool = |executor: &super::facts::ExecutorFacts| {
        if off_heap { executor.max_off_heap } else { executor.max_on_heap }
    };
    let pool = facts.executors.iter().filter(|executor| executor.used).filter_map(pool).min().unwrap_or(0);
    let region = setting("spark.memory.storageFraction").and_then(|text| text.trim().parse::<f64>().ok());
    let region = if caches { region.unwrap_or(0.5).clamp(0.0, 1.0) } else { 0.0 };
    pool - ((pool as f64 * region) as u64).min(pool)
}

/// `spark.shuffle.spill.initialMemoryThreshold`, which is a number of bytes.
fn initial_bytes(facts: &Facts) -> u64 {
    let setting = facts.environment.settings.get("spark.shuffle.spill.initialMemoryThreshold");
    setting.and_then(|text| text.trim().parse().ok()).unwrap_or(5 << 20)
}

//! What the tasks of a stage do, by the lineage of its RDDs.
//!
//! A task's metrics add up all that it fetched: several shuffles of one task share it as their writers' bytes and rows
//! stand to each other. What holds memory beside the operators of queries is told by the names of RDDs: `ShuffledRDD`
//! and `CoGroupedRDD` with their operation, else a map side that combines.

use super::Fitter;
use super::cached::{Cell, partition};
use super::lineage::{self, Read};
use super::objects::{Held, Layout, expanded, sizes, with_last_row};
use super::runs::{Run, filled};
use crate::plan::recording::{Column, Output, Step, Writer};
use crate::recorded::facts::{Facts, Figure, PlanNode, RddFacts};

/// Whose steps are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// Of the stage of a run.
    Stage(usize),
    /// Of a cached RDD.
    Rdd(u32),
}

/// What keeps the rows that an RDD fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    Nothing,
    Map,
    Sorter,
}

impl Keeps {
    /// By the operation that made the RDD: `PairRDDFunctions.scala`, `OrderedRDDFunctions.scala`.
    fn of(rdd: &RddFacts) -> Self {
        if rdd.name.contains("CoGrouped") || rdd.name.contains("Subtracted") {
            return Self::Map;
        }
        if rdd.name.contains("ShuffledRowRDD") {
            return Self::Nothing;
        }
        match rdd.scope.as_str() {
            "sortByKey" | "sortBy" | "repartitionAndSortWithinPartitions" => Self::Sorter,
            "partitionBy" | "repartition" | "coalesce" | "randomSplit" | "" => Self::Nothing,
            _ => Self::Map,
        }
    }
}

impl Fitter<'_> {
    /// The steps of a run and where its rows go.
    pub(super) fn stage_steps(&mut self, run: usize) -> (Vec<Step>, Output) {
        let reads = self.reads[run].clone();
        let cells: Vec<Option<Cell>> = (0..self.runs[run].tasks())
            .map(|task| self.runs[run].at(Figure::Index, task).map(|_| (run, task)))
            .collect();
        let mut steps = self.read_steps(&reads, &cells, Where::Stage(run));
        let fills = self.fills_with_collection(run);
        let kept = fills || reads.iter().any(|read| self.keeps(read) != Keeps::Nothing);
        let combines = !kept && self.runs[run].writes_shuffle && !self.writes_exchange(run);
        let peak = self.runs[run].figure(Figure::Peak);
        if !kept && !combines && !peak.is_zero() {
            let stage = self.runs[run].stage;
            self.inferred(
                "black_box_bytes",
                Some(stage),
                "memory that no operator explains is held as large as its peak",
            );
            steps.push(Step::BlackBox { bytes: peak });
        }
        (steps, self.output(run, combines))
    }

    /// Whether a run fills a cached RDD whose own computation collects rows.
    fn fills_with_collection(&self, run: usize) -> bool {
        let Some(stage) = self.info(run) else { return false };
        let range = self.filled.range((run, 0)..(run + 1, 0));
        let mut rdds: Vec<u32> = range.flat_map(|(_, rdds)| rdds.iter().copied()).collect();
        rdds.sort_unstable();
        rdds.dedup();
        rdds.iter().any(|&rdd| {
            lineage::reads(self.facts, stage, rdd, true).iter().any(|read| self.keeps(read) != Keeps::Nothing)
        })
    }

    /// Whether a run writes an exchange of a query. A run without a task that succeeded shows it by its RDD alone.
    fn writes_exchange(&self, run: usize) -> bool {
        let last = self.info(run).and_then(|stage| self.facts.rdds.get(stage.rdds.first()?));
        last.is_some_and(|rdd| rdd.scope == "Exchange") || exchange(self.facts, &self.runs[run]).is_some()
    }

    fn keeps(&self, read: &Read) -> Keeps {
        match read {
            Read::Shuffle { reader, .. } => self.facts.rdds.get(reader).map_or(Keeps::Nothing, Keeps::of),
            Read::Source | Read::Cached(_) => Keeps::Nothing,
        }
    }

    /// The steps that read, with what keeps the rows that were fetched. `cells` gives for each row of the columns the
    /// task that tells it.
    pub(super) fn read_steps(&mut self, reads: &[Read], cells: &[Option<Cell>], of: Where) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = 0;
        let has_cache = reads.iter().any(|read| matches!(read, Read::Cached(_)));
        while let Some(read) = reads.get(at) {
            at += 1;
            match *read {
                // With cached blocks beside it, what of the input is of files is not told.
                Read::Source if has_cache => steps.push(input(Column::Same(0), Column::Same(0))),
                Read::Source => {
                    steps.push(input(
                        self.column(cells, |run, task| run.at(Figure::InputBytes, task)),
                        self.column(cells, |run, task| run.at(Figure::InputRecords, task)),
                    ));
                }
                Read::Cached(rdd) => {
                    if let Some(step) = self.cached_step(rdd, cells, of) {
                        steps.push(step);
                    }
                }
                Read::Shuffle { of: last, reader } => {
                    let mut together = vec![last];
                    while let Some(&Read::Shuffle { of, reader: next }) = reads.get(at)
                        && next == reader
                    {
                        together.push(of);
                        at += 1;
                    }
                    self.fetches(&mut steps, &together, cells);
                    self.collection(&mut steps, self.keeps(read), cells, of);
                }
            }
        }
        steps
    }

    fn column(&self, cells: &[Option<Cell>], figure: impl Fn(&Run<'_>, usize) -> Option<u64>) -> Column {
        filled(cells.iter().map(|cell| cell.and_then(|(run, task)| figure(&self.runs[run], task))).collect())
    }

    pub(super) fn cached_step(&self, rdd: u32, cells: &[Option<Cell>], of: Where) -> Option<Step> {
        let index = *self.rdds.get(&rdd)?;
        let partitions = self.fitted.recording.rdds[index as usize].partitions;
        let own: Vec<u64> = match of {
            Where::Stage(run) => {
                (0..cells.len()).map(|task| partition(&self.runs[run], task, partitions).into()).collect()
            }
            Where::Rdd(_) => (0..cells.len() as u64).map(|at| at % u64::from(partitions.max(1))).collect(),
        };
        let in_order = own.iter().enumerate().all(|(at, &partition)| partition == at as u64);
        Some(Step::Cached {
            rdd: index,
            partition: (!in_order).then(|| Column::of(own)),
            rows: Column::Same(0),
            bytes: Column::Same(0),
        })
    }

    /// The runs that wrote what these last RDDs of stages had, latest first.
    fn writer(&self, last: u32) -> Option<usize> {
        self.writers.get(&last)?.last().copied()
    }

    fn fetches(&mut self, steps: &mut Vec<Step>, together: &[u32], cells: &[Option<Cell>]) {
        let writers: Vec<Option<usize>> = together.iter().map(|&last| self.writer(last)).collect();
        for &writer in &writers {
            let shuffle = writer.and_then(|writer| self.shuffles.get(&writer).copied());
            // A log that was compacted may lack the stage that wrote.
            let Some((shuffle, writer)) = shuffle.zip(writer) else { continue };
            let wire_bytes = self.shared(cells, writer, Figure::WrittenBytes, |run, task| run.fetched(task));
            let rows = self.shared(cells, writer, Figure::WrittenRecords, |run, task| {
                run.at(Figure::FetchedRecords, task)
            });
            steps.push(Step::Fetch { shuffle, bytes: wire_bytes.clone(), wire_bytes, rows });
        }
        let fetched = writers.iter().flatten().count();
        steps.extend((1..fetched).map(|_| Step::Union));
    }

    /// What of all that a task fetched is of one shuffle.
    fn shared(
        &self,
        cells: &[Option<Cell>],
        writer: usize,
        written: Figure,
        fetched: impl Fn(&Run<'_>, usize) -> Option<u64>,
    ) -> Column {
        let own = u128::from(self.written(writer, written));
        let share = cells.iter().map(|cell| {
            let (run, task) = (*cell)?;
            let all: u128 = self
                .fetched_by(run, task)
                .iter()
                .filter_map(|&last| self.writer(last))
                .map(|writer| u128::from(self.written(writer, written)))
                .sum();
            let amount = u128::from(fetched(&self.runs[run], task)?);
            Some((amount * own).checked_div(all).map_or(0, |part| u64::try_from(part).unwrap_or(u64::MAX)))
        });
        filled(share.collect())
    }

    /// Bytes that a task fetched of the shuffle that the stage with this last RDD wrote.
    pub(super) fn fetched_of(&self, cell: Cell, last: u32) -> Option<u64> {
        let share = self
            .shared(&[Some(cell)], self.writer(last)?, Figure::WrittenBytes, |run, task| run.fetched(task));
        Some(share.at(0))
    }

    /// Bytes of the shuffle that the stage with this last RDD wrote.
    pub(super) fn written_to(&self, last: u32) -> Option<u64> {
        Some(self.written(self.writer(last)?, Figure::WrittenBytes))
    }

    fn written(&self, run: usize, figure: Figure) -> u64 {
        let (bytes, records) = self.written[run];
        if figure == Figure::WrittenBytes { bytes } else { records }
    }

    /// The last RDDs of the stages whose shuffles a task fetched: of its stage, and of the RDDs that it filled.
    fn fetched_by(&self, run: usize, task: usize) -> Vec<u32> {
        let mut last: Vec<u32> = shuffles_of(&self.reads[run]);
        for rdd in self.filled.get(&(run, task)).into_iter().flatten() {
            last.extend(self.inner.get(&(run, *rdd)).into_iter().flatten());
        }
        last
    }

    /// What keeps the rows that were just fetched, if it held memory.
    fn collection(&mut self, steps: &mut Vec<Step>, keeps: Keeps, cells: &[Option<Cell>], of: Where) {
        if keeps == Keeps::Nothing {
            return;
        }
        let tasks: Vec<Option<Held>> = cells
            .iter()
            .map(|cell| {
                let (run, task) = (*cell)?;
                let run = &self.runs[run];
                held(run, task, run.at(Figure::FetchedRecords, task)?, run.fetched(task)?)
            })
            .collect();
        if tasks.iter().flatten().all(|held| held.peak == 0) {
            return;
        }
        let layout = if keeps == Keeps::Sorter { Layout::Rows } else { Layout::Groups };
        let mut sizes = sizes(&tasks, self.share, layout);
        if keeps == Keeps::Map {
            for (size, task) in sizes.bytes.iter_mut().zip(&tasks) {
                *size = size.zip(*task).map(|(size, task)| with_last_row(size, task.rows));
            }
        }
        let stage = match of {
            Where::Stage(run) => Some(self.runs[run].stage),
            Where::Rdd(_) => cells.iter().flatten().next().map(|&(run, _)| self.runs[run].stage),
        };
        self.object_grade(stage, sizes.scaled);
        let bytes = filled(sizes.bytes);
        steps.push(if keeps == Keeps::Sorter {
            Step::ExternalSorter { bytes }
        } else {
            Step::AppendOnlyMap { bytes }
        });
    }

    fn object_grade(&mut self, stage: Option<u32>, scaled: bool) {
        let rule = if scaled {
            "objects of tasks whose peak may be cut by their share are as large as their rows, or 2.5 times their bytes \
             (1.6 where a map groups them)"
        } else {
            "objects are as large as the peak of a task that is below its share"
        };
        self.inferred("object_bytes", stage, rule);
    }

    fn output(&mut self, index: usize, combines: bool) -> Output {
        let run = &self.runs[index];
        let Some(&shuffle) = self.shuffles.get(&index) else {
            let written = run.figure(Figure::OutputBytes);
            return if written.is_zero() {
                Output::Result { bytes: run.figure(Figure::ResultSize) }
            } else {
                Output::Write { bytes: written }
            };
        };
        let wire_bytes = run.figure(Figure::WrittenBytes);
        let rows = run.figure(Figure::WrittenRecords);
        let exchange = exchange(self.facts, run);
        let data = exchange.and_then(|node| {
            let id = node.metrics.iter().find(|metric| metric.name == "data size")?.id;
            let column = run.metrics().columns.remove(&id)?;
            Some(Column::of(column.into_iter().map(|bytes| u64::try_from(bytes).unwrap_or(0)).collect()))
        });
        let bytes = data.unwrap_or_else(|| wire_bytes.clone());
        let writer = if self.writes_exchange(index) {
            Writer::Sql
        } else if combines && !run.figure(Figure::Peak).is_zero() {
            self.combining(index)
        } else {
            Writer::Rdd { objects: run.column(|task| run.at(Figure::WrittenBytes, task).map(expanded)) }
        };
        Output::Shuffle { shuffle, wire_bytes, rows, bytes, writer }
    }

    /// A map side that combines: what went in is not told, so it is what came out, or what was read if that is more.
    fn combining(&mut self, index: usize) -> Writer {
        let run = &self.runs[index];
        let rows =
            |task| Some(run.at(Figure::WrittenRecords, task)?.max(run.at(Figure::InputRecords, task)?));
        let tasks: Vec<Option<Held>> = (0..run.tasks())
            .map(|task| {
                let written = |figure| run.at(figure, task);
                held(run, task, written(Figure::WrittenRecords)?, written(Figure::WrittenBytes)?)
            })
            .collect();
        let sizes = sizes(&tasks, self.share, Layout::Rows);
        let (rows_in, stage) = (run.column(rows), run.stage);
        self.object_grade(Some(stage), sizes.scaled);
        self.inferred("combined_rows", Some(stage), "as many rows go into a map-side combine as come out");
        Writer::Combine { objects: filled(sizes.bytes), rows_in }
    }
}

fn held(run: &Run<'_>, task: usize, rows: u64, serialized: u64) -> Option<Held> {
    Some(Held {
        peak: run.at(Figure::Peak, task)?,
        rows,
        serialized,
        executor: run.at(Figure::Executor, task)?,
        launch: run.at(Figure::Launch, task)?,
        finish: run.at(Figure::Finish, task)?,
    })
}

fn input(file_bytes: Column, rows: Column) -> Step {
    Step::Input { bytes: file_bytes.clone(), file_bytes, rows }
}

pub(super) fn shuffles_of(reads: &[Read]) -> Vec<u32> {
    let last = |read: &Read| match read {
        Read::Shuffle { of, .. } => Some(*of),
        Read::Source | Read::Cached(_) => None,
    };
    reads.iter().filter_map(last).collect()
}

/// The exchange of a query that a run writes: the node to whose `shuffle records written` its tasks added.
pub(super) fn exchange<'f>(facts: &'f Facts, run: &Run<'_>) -> Option<&'f PlanNode> {
    let query = facts.queries.get(&facts.jobs.get(run.job?)?.query?)?;
    let written = run.accumulators();
    query.plans.iter().rev().find_map(|plan| find(plan, &written))
}

fn find<'f>(node: &'f PlanNode, written: &std::collections::BTreeSet<i64>) -> Option<&'f PlanNode> {
    let wrote = |metric: &&crate::recorded::facts::PlanMetric| metric.name == "shuffle records written";
    if node.metrics.iter().find(wrote).is_some_and(|metric| written.contains(&metric.id)) {
        return Some(node);
    }
    node.children.iter().find_map(|child| find(child, written))
}

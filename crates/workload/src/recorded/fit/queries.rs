//! Stages of queries: what `sql` makes of their plan and metrics, under the numbers of the recording.

use super::Fitter;
use super::cached::{Cell, partition};
use super::lineage::Read;
use super::runs::filled;
use crate::plan::recording::{Broadcast, Column, Output, PartitionsFrom, Step, Writer};
use crate::recorded::facts::{Figure, PlanNode};
use crate::recorded::python;
use crate::recorded::sql::{CachedScan, SqlOutput, SqlStage, stage_of};
use sim_core::cluster::python::Transport;

/// Bytes by which the compressed pieces of a relation exceed the compressed rows that it was made of, a row: seen 4 to 10.
const PIECE_BYTES_PER_ROW: u64 = 6;

impl<'f> Fitter<'f> {
    pub(super) fn plans(&self, run: usize) -> Option<&'f [PlanNode]> {
        let query = self.facts.jobs.get(self.runs[run].job?)?.query?;
        Some(&self.facts.queries.get(&query)?.plans)
    }

    /// What a run did of its query, if it did anything of it.
    pub(super) fn query_stage(&mut self, run: usize) -> Option<SqlStage> {
        let expected = if self.runs[run].has_succeeded() { None } else { self.expected_metrics(run) };
        let metrics = expected.unwrap_or_else(|| self.runs[run].metrics());
        let stage = stage_of(self.plans(run)?, &metrics, &self.totals)?;
        if let Some(SqlOutput::Exchange { key, partitions, partitions_from, .. }) = stage.output
            && let Some(&shuffle) = self.shuffles.get(&run)
        {
            self.exchanges.insert(key, run);
            let by_setting = partitions == self.shuffle_partitions();
            let shuffle = &mut self.fitted.recording.shuffles[shuffle as usize];
            shuffle.partitions = partitions.max(1);
            shuffle.partitions_from = if by_setting { partitions_from } else { PartitionsFrom::Program };
        }
        if let Some(SqlOutput::Broadcast { key, rows, .. }) = &stage.output {
            let tasks = self.runs[run].tasks();
            let sum =
                |column: &Column| (0..tasks).fold(0, |sum: u64, task| sum.saturating_add(column.at(task)));
            let sent = sum(&self.runs[run].figure(Figure::ResultSize));
            self.collected.insert(*key, sent.saturating_add(rows.saturating_mul(PIECE_BYTES_PER_ROW)));
        }
        let id = self.runs[run].stage;
        for note in &stage.notes {
            self.inferred("operators", Some(id), note.text);
        }
        Some(stage)
    }

    /// `spark.sql.shuffle.partitions`, 200 by default.
    fn shuffle_partitions(&self) -> u32 {
        let environment = &self.facts.environment;
        let name = "spark.sql.shuffle.partitions";
        let session = environment.session.get(name).and_then(|values| values.keys().next());
        let set = session.or_else(|| environment.settings.get(name));
        set.and_then(|number| number.trim().parse().ok()).unwrap_or(200)
    }

    /// The steps of a run under the numbers of the recording, and where its rows go; `None` if a shuffle that it fetched
    /// is not known.
    pub(super) fn query_steps(&mut self, run: usize, stage: &SqlStage) -> Option<(Vec<Step>, Output)> {
        let all: Vec<Option<Cell>> = (0..self.runs[run].tasks()).map(|task| Some((run, task))).collect();
        let mut steps = self.renumbered(run, stage, &stage.steps)?;
        let mut missing: Vec<u32> = self.reads[run]
            .iter()
            .filter_map(|read| if let Read::Cached(rdd) = read { Some(*rdd) } else { None })
            .collect();
        for step in &mut steps {
            if let Step::Cached { rdd, partition: own, .. } = step {
                let id = self.fitted.recording.rdds[*rdd as usize].id;
                missing.retain(|&missing| missing != id);
                *own = self.partitions_read(run, *rdd);
            }
        }
        // What the plan does not show is in the lineage nevertheless: an RDD that was cached below a data frame.
        let missing = missing
            .into_iter()
            .filter_map(|rdd| self.cached_step(rdd, &all, super::steps::Where::Stage(run)));
        let missing: Vec<Step> = missing.collect();
        steps.splice(0..0, missing);
        let reads_cache = steps.iter().any(|step| matches!(step, Step::Cached { .. }));
        let input = self.runs[run].figure(Figure::InputBytes);
        if let Some(Step::Input { file_bytes, .. }) =
            steps.iter_mut().find(|step| matches!(step, Step::Input { .. }))
            && !reads_cache
        {
            *file_bytes = input;
        }
        let run_of = &self.runs[run];
        let output = match (&stage.output, self.shuffles.get(&run)) {
            (Some(SqlOutput::Exchange { rows, bytes, wire_bytes, .. }), Some(&shuffle)) => Output::Shuffle {
                shuffle,
                wire_bytes: wire_bytes.clone(),
                rows: rows.clone(),
                bytes: bytes.clone(),
                writer: Writer::Sql,
            },
            // Nothing was written: the tasks of the stage all failed.
            (_, Some(&shuffle)) if !run_of.has_succeeded() => {
                let [wire_bytes, rows, bytes] = [0; 3].map(Column::Same);
                Output::Shuffle { shuffle, wire_bytes, rows, bytes, writer: Writer::Sql }
            }
            (_, Some(_)) => return None,
            (Some(SqlOutput::Write), None) => Output::Write { bytes: run_of.figure(Figure::OutputBytes) },
            _ => Output::Result { bytes: run_of.figure(Figure::ResultSize) },
        };
        Some((steps, output))
    }

    fn partitions_read(&self, run: usize, rdd: u32) -> Option<Column> {
        let partitions = self.fitted.recording.rdds[rdd as usize].partitions;
        let own =
            (0..self.runs[run].tasks()).map(|task| u64::from(partition(&self.runs[run], task, partitions)));
        let own: Vec<u64> = own.collect();
        let in_order = own.iter().enumerate().all(|(at, &partition)| partition == at as u64);
        (!in_order).then(|| Column::of(own))
    }

    /// How a cached query is computed, by partition, where the tasks of a run did so.
    pub(super) fn computed_steps(
        &mut self,
        run: usize,
        stage: &SqlStage,
        rdd: u32,
        fills: &[Option<Cell>],
    ) -> Option<Vec<Step>> {
        let scan = stage.cached.iter().position(|scan| self.rdd_of(run, stage, scan) == Some(rdd))?;
        let computed = stage.cached[scan].computed.as_ref()?;
        let mut steps = self.renumbered(run, stage, &computed.steps)?;
        let task_of = |fill: &Option<Cell>| fill.filter(|&(filled, _)| filled == run).map(|(_, task)| task);
        let by_partition =
            |column: &Column| filled(fills.iter().map(|fill| Some(column.at(task_of(fill)?))).collect());
        for step in &mut steps {
            for column in columns(step) {
                *column = by_partition(column);
            }
            if let Step::Cached { rdd, partition: own, .. } = step {
                let partitions = self.fitted.recording.rdds[*rdd as usize].partitions.max(1);
                *own = (fills.len() as u64 > u64::from(partitions)).then(|| {
                    Column::of((0..fills.len() as u64).map(|at| at % u64::from(partitions)).collect())
                });
            }
        }
        Some(steps)
    }

    /// The persisted RDD that a scan reads: of the same plan as before, else of the same text, else in their order.
    fn rdd_of(&self, run: usize, stage: &SqlStage, scan: &CachedScan) -> Option<u32> {
        let cached = super::lineage::persisted(self.facts, self.info(run)?);
        let queries: Vec<u32> = cached.iter().copied().filter(|rdd| self.is_query(*rdd)).collect();
        if let [only] = queries.as_slice() {
            return Some(*only);
        }
        let text: String = scan.text.split_whitespace().collect();
        let named = queries.iter().copied().find(|rdd| {
            let name = self.facts.rdds.get(rdd).map(|rdd| rdd.name.split_whitespace().collect::<String>());
            let shorter = name.as_ref().map_or(0, |name| name.len().min(text.len()).min(60));
            shorter > 0 && name.is_some_and(|name| name.contains(text.get(..shorter).unwrap_or(&text)))
        });
        let at = stage.cached.iter().position(|other| other == scan)?;
        named.or_else(|| queries.get(at).copied())
    }

    pub(super) fn is_query(&self, rdd: u32) -> bool {
        self.facts.rdds.get(&rdd).is_some_and(|rdd| rdd.scope == "InMemoryTableScan")
    }

    fn renumbered(&mut self, run: usize, stage: &SqlStage, steps: &[Step]) -> Option<Vec<Step>> {
        let mut renumbered = Vec::with_capacity(steps.len());
        for step in steps {
            let mut step = step.clone();
            match &mut step {
                Step::Fetch { shuffle, .. } => {
                    let writer = self.exchange_writer(run, stage, *shuffle as usize)?;
                    *shuffle = *self.shuffles.get(&writer)?;
                }
                Step::ReadBroadcast { broadcast, .. } => {
                    *broadcast = self.query_broadcast(run, *stage.broadcasts.get(*broadcast as usize)?);
                }
                Step::Cached { rdd, .. } => {
                    let id = self.rdd_of(run, stage, stage.cached.get(*rdd as usize)?)?;
                    // A cache that no lineage shows: it was read through a checkpoint or by the driver.
                    *rdd = *self.rdds.get(&id)?;
                }
                Step::Python { transport, held, .. } => {
                    let id = self.runs[run].stage;
                    let needs = python::worker_address_space(self.facts, id);
                    let idle = Transport::from(*transport).address_space().0;
                    *held = Column::Same(needs.unwrap_or(0).saturating_sub(idle));
                    self.inferred("python_worker_bytes", Some(id), match needs {
                        Some(_) => "the largest worker has the mean of what the processes of Python had at once, as sampled",
                        None => "a worker holds a batch: the log has no memory of processes",
                    });
                }
                _ => {}
            }
            renumbered.push(step);
        }
        Some(renumbered)
    }

    /// The run that wrote an exchange: by its key, else as the lineage has them.
    fn exchange_writer(&self, run: usize, stage: &SqlStage, exchange: usize) -> Option<usize> {
        if let Some(&writer) = self.exchanges.get(stage.exchanges.get(exchange)?) {
            return (writer < run).then_some(writer);
        }
        let fetched = self.reads[run].iter().filter_map(|read| match read {
            Read::Shuffle { of, .. } => {
                self.writers.get(of)?.iter().rev().find(|&&writer| writer < run).copied()
            }
            Read::Source | Read::Cached(_) => None,
        });
        fetched.collect::<Vec<_>>().get(exchange).copied()
    }

    /// The variable of a broadcast exchange. Its value is as large as its `data size`; its pieces are compressed, as the
    /// results are that the driver got of the tasks, and hold the slots of the relation besides.
    fn query_broadcast(&mut self, run: usize, key: i64) -> u32 {
        if let Some(&known) = self.broadcasts.get(&key) {
            return known;
        }
        let node = self.plans(run).and_then(|plans| plans.iter().rev().find_map(|plan| with_key(plan, key)));
        let size = node.and_then(|node| {
            let id = node.metrics.iter().find(|metric| metric.name == "data size")?.id;
            u64::try_from(*self.totals.get(&id)?).ok()
        });
        let value = size.unwrap_or(0);
        let pieces = self.collected.get(&key).map_or(value / 2, |&pieces| pieces.min(value));
        self.inferred(
            "broadcast_bytes",
            None,
            "the pieces of a broadcast table have the bytes of the results that it was collected from, and 6 a row",
        );
        let index = self.broadcast(Broadcast { pieces, value, kept: false });
        self.broadcasts.insert(key, index);
        index
    }
}

/// The node whose smallest accumulator is `key`.
pub(super) fn with_key(node: &PlanNode, key: i64) -> Option<&PlanNode> {
    if node.metrics.iter().map(|metric| metric.id).min() == Some(key) {
        return Some(node);
    }
    node.children.iter().find_map(|child| with_key(child, key))
}

/// The columns of a step, without the partitions of a cached RDD.
fn columns(step: &mut Step) -> Vec<&mut Column> {
    match step {
        Step::Input { file_bytes, rows, bytes } => vec![file_bytes, rows, bytes],
        Step::Fetch { wire_bytes, rows, bytes, .. } => vec![wire_bytes, rows, bytes],
        Step::Cached { rows, bytes, .. }
        | Step::Narrow { rows, bytes }
        | Step::MergeJoin { rows, bytes }
        | Step::HashJoin { rows, bytes, .. } => vec![rows, bytes],
        Step::Aggregate { groups, bytes, .. } | Step::ObjectAggregate { groups, bytes, .. } => {
            vec![groups, bytes]
        }
        Step::RowBuffer { largest_group, .. } => vec![largest_group],
        Step::AppendOnlyMap { bytes } | Step::ExternalSorter { bytes } | Step::BlackBox { bytes } => {
            vec![bytes]
        }
        Step::Python { held, .. } => vec![held],
        Step::ReadBroadcast { .. } | Step::Sort { .. } | Step::Union => Vec::new(),
    }
}

//! Cached RDDs: who fills and who reads them.

use std::collections::BTreeMap;

use super::blocks::{self, Blocks, Known, Told};
use super::lineage::{self, Read};
use super::runs::{Run, filled};
use super::{Fitter, steps};
use crate::plan::recording::{Column, Rdd};
use crate::recorded::facts::{Facts, Figure};
use crate::recorded::sql::SqlStage;
use crate::recorded::{Grade, Kind};

/// Run and task.
pub(super) type Cell = (usize, usize);

/// By RDD: the task that first computed each partition.
pub(super) type Fills = BTreeMap<u32, Vec<Option<Cell>>>;

/// The first task that each partition of each persisted RDD was computed in, and what each such task filled.
pub(super) fn fills(facts: &Facts, runs: &[Run<'_>]) -> (Fills, BTreeMap<Cell, Vec<u32>>) {
    let mut fills = Fills::new();
    let mut filled: BTreeMap<Cell, Vec<u32>> = BTreeMap::new();
    for (index, run) in runs.iter().enumerate() {
        let Some(stage) = facts.stages.get(&run.stage) else { continue };
        for rdd in lineage::persisted(facts, stage) {
            let Some(info) = facts.rdds.get(&rdd) else { continue };
            let partitions = fills.entry(rdd).or_insert_with(|| vec![None; info.partitions as usize]);
            for task in (0..run.tasks()).filter(|&task| run.at(Figure::Index, task).is_some()) {
                let partition = partition(run, task, info.partitions);
                if let Some(first @ None) = partitions.get_mut(partition as usize) {
                    *first = Some((index, task));
                    filled.entry((index, task)).or_default().push(rdd);
                }
            }
        }
    }
    (fills, filled)
}

/// The partition of an RDD that a task reads: its own. Where the RDD has fewer, several tasks read one.
pub(super) fn partition(run: &Run<'_>, task: usize, partitions: u32) -> u32 {
    run.partitions.get(task).copied().unwrap_or(0) % partitions.max(1)
}

impl Fitter<'_> {
    /// Estimates the sizes of the blocks of all cached RDDs: first of those that the log tells, then of those of which
    /// tasks tell no more than the sum with them.
    pub(super) fn sizes(&mut self) {
        let mut open: Vec<u32> = self.fills.keys().copied().collect();
        loop {
            let before = open.len();
            let mut left = Vec::new();
            for id in open {
                match self.size(id) {
                    Some(blocks) if blocks.known != Known::Unknown => {
                        self.blocks.insert(id, blocks);
                    }
                    _ => left.push(id),
                }
            }
            open = left;
            if open.len() == before {
                break;
            }
        }
        for id in open {
            if let Some(blocks) = self.size(id) {
                self.blocks.insert(id, blocks);
            }
        }
    }

    fn size(&self, id: u32) -> Option<Blocks> {
        let level = self.facts.rdds.get(&id)?.level?;
        let fills = self.fills.get(&id)?;
        Some(blocks::blocks(&self.told(id, fills), level, self.is_query(id)))
    }

    /// Adds the cached RDDs that a run is the first to meet.
    pub(super) fn persisted(&mut self, run: usize, query: Option<&SqlStage>) {
        let Some(stage) = self.info(run) else { return };
        for id in lineage::persisted(self.facts, stage) {
            if self.rdds.contains_key(&id) {
                continue;
            }
            let Some(rdd) = self.rdd(id, run, query) else { continue };
            self.rdds.insert(id, u32::try_from(self.fitted.recording.rdds.len()).unwrap_or(u32::MAX));
            self.fitted.recording.rdds.push(rdd);
        }
    }

    fn rdd(&mut self, id: u32, run: usize, query: Option<&SqlStage>) -> Option<Rdd> {
        let info = self.facts.rdds.get(&id)?;
        let (stage, level) = (self.info(run)?, info.level?);
        let cells = self.fills.get(&id).cloned().unwrap_or_default();
        let blocks = self.blocks.get(&id).cloned()?;
        let (stage_id, kind) = (self.runs[run].stage, grade(blocks.known));
        self.fitted.grades.push(Grade { figure: "block_bytes", stage: Some(stage_id), kind });
        if blocks.known == Known::Unknown {
            self.note(format!(
                "no task read rdd {id} after it was filled: the size of its blocks is not known"
            ));
        }
        if level.deserialized && level.use_disk && self.facts.blocks.is_none() {
            self.inferred(
                "block_bytes",
                Some(stage_id),
                "blocks read from disk are told from those read from memory by their bytes an element",
            );
        }
        let of_query = match query {
            Some(query) if self.is_query(id) => self.computed_steps(run, query, id, &cells),
            _ => None,
        };
        let steps = of_query.unwrap_or_else(|| {
            let reads = lineage::reads(self.facts, stage, id, true);
            self.read_steps(&reads, &cells, steps::Where::Rdd(id))
        });
        let times = cells.iter().map(|cell| cell.and_then(|(run, task)| self.runs[run].time_ms(task)));
        let time_ms = filled(times.collect());
        Some(Rdd {
            id,
            name: info.name.clone(),
            level,
            partitions: info.partitions,
            memory: Column::of(blocks.memory),
            serialized: Column::of(blocks.serialized),
            elements: Column::of(blocks.elements),
            steps,
            time_ms,
        })
    }

    /// What the log tells of each partition of an RDD.
    fn told(&self, id: u32, fills: &[Option<Cell>]) -> Vec<Told> {
        let mut told = vec![Told::default(); fills.len()];
        for put in self.facts.blocks.iter().flat_map(|blocks| &blocks.puts).filter(|put| put.rdd == id) {
            if let Some(told) = told.get_mut(put.partition as usize) {
                told.memory = told.memory.or(put.memory);
                told.disk = told.disk.or(put.disk);
            }
        }
        let first = fills.iter().flatten().next().and_then(|&(run, _)| self.info(run));
        let from_cache = first.is_some_and(|stage| {
            let reads = lineage::reads(self.facts, stage, id, true);
            reads.iter().any(|read| matches!(read, Read::Cached(_)))
        });
        for (told, fill) in told.iter_mut().zip(fills) {
            let Some((run, task)) = *fill else { continue };
            let run = &self.runs[run];
            let figure = |figure| run.at(figure, task).unwrap_or(0);
            told.rows = figure(Figure::InputRecords).max(figure(Figure::FetchedRecords));
            told.input = run.fetched(task).unwrap_or(0);
            *(if from_cache { &mut told.blocks } else { &mut told.input }) += figure(Figure::InputBytes);
        }
        for (index, run) in self.runs.iter().enumerate() {
            let Some(others) = self.read_beside(index, id) else { continue };
            for task in 0..run.tasks() {
                let partition = |partitions: usize| {
                    partition(run, task, u32::try_from(partitions).unwrap_or(u32::MAX)) as usize
                };
                let own = partition(told.len());
                let Some(fill) = fills.get(own).copied().flatten().filter(|&fill| fill != (index, task))
                else {
                    continue;
                };
                let bytes = run.at(Figure::InputBytes, task).unwrap_or(0);
                // A block that was computed again reads what it read when it was first.
                let computed = self.runs[fill.0].at(Figure::InputBytes, fill.1).unwrap_or(0);
                if bytes == 0 || bytes == computed {
                    continue;
                }
                let of_others = |figure: fn(&Blocks) -> &[u64]| {
                    let at = |others: &&Blocks| figure(others).get(partition(figure(others).len())).copied();
                    others.iter().filter_map(at).fold(0, u64::saturating_add)
                };
                let bytes = bytes.saturating_sub(of_others(|blocks| &blocks.memory));
                let elements = run.at(Figure::InputRecords, task).unwrap_or(0);
                let elements = elements.saturating_sub(of_others(|blocks| &blocks.elements));
                if bytes > 0 {
                    told[own].reads.push((bytes, elements.max(1)));
                }
            }
        }
        told
    }

    /// The blocks that the tasks of a run read beside those of an RDD; `None` if they do not read it, or what else they
    /// read is not known: `Input Metrics` add up all that a task reads, shuffles apart.
    fn read_beside(&self, run: usize, id: u32) -> Option<Vec<&Blocks>> {
        let mut others = Vec::new();
        let mut found = false;
        for read in &self.reads[run] {
            match read {
                Read::Shuffle { .. } => {}
                Read::Source => return None,
                Read::Cached(rdd) if *rdd == id => found = true,
                Read::Cached(rdd) => others.push(self.blocks.get(rdd)?),
            }
        }
        found.then_some(others)
    }
}

fn grade(known: Known) -> Kind {
    match known {
        Known::Put => Kind::Exact,
        Known::Read => Kind::Inferred { rule: "the size of a block is what a task read of it" },
        Known::Mean => {
            Kind::Inferred { rule: "blocks that nobody read have the mean of the others of their RDD" }
        }
        Known::Unknown => Kind::Unknown { key: "spark.eventLog.logBlockUpdates.enabled" },
    }
}

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
            let alike = self.alike(id).and_then(|other| self.blocks.get(&other));
            let alike = alike.map(|blocks| Blocks { known: Known::Alike, ..blocks.clone() });
            if let Some(blocks) = alike.or_else(|| self.size(id)) {
                self.blocks.insert(id, blocks);
            }
        }
    }

    /// The RDD of known blocks that is likest to one that nobody read: of the same name, operation and level, that reads
    /// as many blocks and shuffles, and these of about as many bytes. An iterative program makes one in each round.
    fn alike(&self, id: u32) -> Option<u32> {
        let made = |id: u32| {
            let rdd = self.facts.rdds.get(&id)?;
            let fill = self.fills.get(&id)?.iter().flatten().next()?;
            let reads = lineage::reads(self.facts, self.info(fill.0)?, id, true);
            let count = |kind: fn(&Read) -> bool| reads.iter().filter(|read| kind(read)).count();
            let (blocks, sources) =
                (count(|r| matches!(r, Read::Cached(_))), count(|r| matches!(r, Read::Source)));
            let shuffles = steps::shuffles_of(&reads);
            let written = shuffles.iter().filter_map(|&last| self.written_to(last));
            let written = written.fold(0, u64::saturating_add);
            let made = (&rdd.name, &rdd.scope, rdd.level, rdd.partitions, blocks, sources, shuffles.len());
            Some((made, written))
        };
        let (own, written) = made(id)?;
        let known = self.blocks.iter().filter(|(_, blocks)| blocks.known < Known::Alike);
        let alike = known.map(|(&other, _)| other).filter(|&other| {
            made(other).is_some_and(|(made, bytes)| made == own && bytes.abs_diff(written) <= written / 2)
        });
        alike.min_by_key(|&other| (other.abs_diff(id), other))
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
        let own = first.map_or_else(Vec::new, |stage| lineage::reads(self.facts, stage, id, true));
        let shuffles = steps::shuffles_of(&own);
        let from_cache = own.iter().any(|read| matches!(read, Read::Cached(_)));
        for (told, fill) in told.iter_mut().zip(fills) {
            let Some(fill) = *fill else { continue };
            let (run, task) = fill;
            let figure = |figure| self.runs[run].at(figure, task).unwrap_or(0);
            told.rows = figure(Figure::InputRecords).max(figure(Figure::FetchedRecords));
            let fetched: u64 =
                shuffles.iter().filter_map(|&last| self.fetched_of(fill, last)).fold(0, u64::saturating_add);
            let input = figure(Figure::InputBytes);
            (told.input, told.blocks) = if from_cache {
                (fetched, self.sizes_of(&own, run, task).unwrap_or(input))
            } else {
                (fetched.saturating_add(input), 0)
            };
        }
        let readers = self.hits.iter().enumerate().filter(|(_, hits)| hits.reads(id));
        for (index, _) in readers {
            for task in 0..self.runs[index].tasks() {
                if let Some((partition, read)) = self.told_by(index, task, id, fills) {
                    told[partition].reads.push(read);
                }
            }
        }
        told
    }

    /// Whether a run that computes a block again reads what its first computation read: that computed nothing else, and
    /// what it found is still persisted.
    fn reads_as_first(&self, run: usize, id: u32, fill: Cell) -> bool {
        let filled = self.filled.get(&fill).map_or(&[][..], Vec::as_slice);
        let found = self.hits[fill.0].of(filled);
        let kept = |rdd: &u32| {
            *rdd == id || self.info(run).is_some_and(|stage| lineage::is_cached(self.facts, stage, *rdd))
        };
        filled.len() < 2 && found.is_none_or(|found| found.keys().all(kept))
    }

    /// Bytes of the blocks that a computation reads in a task, if their sizes are known.
    fn sizes_of(&self, reads: &[Read], run: usize, task: usize) -> Option<u64> {
        let mut sum = 0_u64;
        for read in reads {
            let Read::Cached(rdd) = read else { continue };
            let sizes = &self.blocks.get(rdd)?.memory;
            let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
            sum = sum.saturating_add(*sizes.get(partition(&self.runs[run], task, count) as usize)?);
        }
        Some(sum)
    }

    /// Bytes and elements of the partition that a task read of an RDD: what its input has beside the blocks of other
    /// RDDs. `None` if it does not read the RDD, did not find the block, or the others are not known.
    fn told_by(
        &self,
        index: usize,
        task: usize,
        id: u32,
        fills: &[Option<Cell>],
    ) -> Option<(usize, (u64, u64))> {
        let run = &self.runs[index];
        let of_task = |cell: Cell| self.filled.get(&cell).map_or(&[][..], Vec::as_slice);
        let found = self.hits[index].of(of_task((index, task)))?;
        let times = *found.get(&id)?;
        let at =
            |partitions: usize| partition(run, task, u32::try_from(partitions).unwrap_or(u32::MAX)) as usize;
        let bytes = run.at(Figure::InputBytes, task)?;
        let fill = fills.get(at(fills.len())).copied().flatten()?;
        let computed = self.runs[fill.0].at(Figure::InputBytes, fill.1).unwrap_or(0);
        if bytes == 0 || (fill != (index, task) && bytes == computed && self.reads_as_first(index, id, fill))
        {
            return None;
        }
        let (mut bytes, mut elements) = (bytes, run.at(Figure::InputRecords, task).unwrap_or(0));
        for (other, &times) in found.iter().filter(|(other, _)| **other != id) {
            let blocks = self.blocks.get(other)?;
            let of = |sizes: &[u64]| sizes.get(at(sizes.len())).map_or(0, |size| size.saturating_mul(times));
            bytes = bytes.saturating_sub(of(&blocks.memory));
            elements = elements.saturating_sub(of(&blocks.elements));
        }
        // What cannot be parted evenly is no block that was read so often: some reading missed it.
        let even = bytes.is_multiple_of(times) && elements.is_multiple_of(times);
        (bytes > 0 && even).then(|| (at(fills.len()), (bytes / times, (elements / times).max(1))))
    }
}

fn grade(known: Known) -> Kind {
    match known {
        Known::Put => Kind::Exact,
        Known::Read => Kind::Inferred { rule: "the size of a block is what a task read of it" },
        Known::Mean => {
            Kind::Inferred { rule: "blocks that nobody read have the mean of the others of their RDD" }
        }
        Known::Alike => {
            Kind::Inferred { rule: "blocks that nobody read are as large as those of an RDD made alike" }
        }
        Known::Unknown => Kind::Unknown { key: "spark.eventLog.logBlockUpdates.enabled" },
    }
}

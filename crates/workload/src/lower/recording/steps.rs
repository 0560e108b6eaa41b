//! The steps of recorded tasks, and where their rows go.

use sim_core::ids::{RddId, ShuffleId, StageId};
use sim_core::units::Bytes;
use sim_core::workload::{ConsumerSpec, Op};

use super::recut::Cut;
use super::{Recorded, idle, or_own_index};
use crate::Error;
use crate::lower::Lowering;
use crate::lower::aggregate::FastMap;
use crate::lower::join::merged;
use crate::lower::stream::{Cell, Demand, Stream};
use crate::plan::recording::{Column, Output, Stage, Step, Writer};

impl Lowering<'_> {
    /// Tasks that run these steps.
    pub(super) fn recorded_steps(
        &self,
        steps: &[Step],
        cut: &Cut,
        lowered: &Recorded<'_>,
    ) -> Result<Stream, Error> {
        let tasks = cut.to as usize;
        let mut stack: Vec<Stream> = Vec::new();
        // Broadcast variables that are wanted before anything is read.
        let mut first: Vec<Op> = Vec::new();
        // Of the shuffle that the step above fetches, if it does: how many tasks wrote it.
        let mut written_by = 0;
        for step in steps {
            let above = std::mem::take(&mut written_by);
            match step {
                Step::ReadBroadcast { broadcast, joined } => {
                    let op = Op::ReadBroadcast { broadcast: *broadcast, joined: *joined };
                    stack.last_mut().map_or(&mut first, |stream| &mut stream.ops).push(op);
                }
                Step::MergeJoin { rows, bytes } => {
                    let (left, right) = two(&mut stack, tasks);
                    let mut stream = merged(left, right)?;
                    self.became(&mut stream, cut, rows, bytes);
                    stack.push(stream);
                }
                Step::HashJoin { long_key, rows, bytes } => {
                    let (left, build) = two(&mut stack, tasks);
                    let mut stream = self.probed(left, build, *long_key)?;
                    self.became(&mut stream, cut, rows, bytes);
                    stack.push(stream);
                }
                Step::Union => {
                    let (mut first, second) = two(&mut stack, tasks);
                    let added = second.cells.clone();
                    first.absorb(second)?;
                    for (cell, added) in first.cells.iter_mut().zip(added) {
                        cell.rows = cell.rows.saturating_add(added.rows);
                        cell.bytes = cell.bytes.saturating_add(added.bytes);
                    }
                    stack.push(first);
                }
                Step::Input { .. } | Step::Fetch { .. } | Step::Cached { .. } => {
                    if let Step::Fetch { shuffle, .. } = step {
                        let writer = lowered.writers[*shuffle as usize];
                        let tasks = |writer: StageId| self.workload.stages.get(writer.index());
                        written_by = writer.and_then(tasks).map_or(0, |stage| stage.tasks.into());
                    }
                    stack.push(self.source(step, cut, lowered)?);
                }
                other => {
                    let stream = match stack.last_mut() {
                        Some(stream) => stream,
                        None => {
                            stack.push(idle(tasks));
                            stack.last_mut().expect("one was pushed")
                        }
                    };
                    self.step(stream, other, cut, above)?;
                }
            }
        }
        let mut streams = stack.into_iter();
        let mut stream = streams.next().unwrap_or_else(|| idle(tasks));
        // Whatever is left on the stack runs in the same tasks; the rows are those of the topmost.
        for other in streams {
            let cells = other.cells.clone();
            stream.absorb(other)?;
            stream.cells = cells;
        }
        stream.ops.splice(0..0, first);
        Ok(stream)
    }

    /// A step that reads.
    fn source(&self, step: &Step, cut: &Cut, lowered: &Recorded<'_>) -> Result<Stream, Error> {
        let costs = &self.conf.costs;
        match step {
            Step::Input { file_bytes, rows, bytes } => {
                let mut stream = Stream::of(cells(cut, rows, bytes));
                let file_bytes = stream.column(cut.column(file_bytes))?;
                stream.ops.push(Op::ReadInput { bytes: file_bytes });
                stream.spend(|cell| costs.rows(cell.rows, None).saturating_add(costs.decode(cell.bytes)));
                Ok(stream)
            }
            Step::Fetch { shuffle, wire_bytes, rows, bytes } => {
                let mut stream = Stream::of(cells(cut, rows, bytes));
                stream.parents.extend(lowered.writers[*shuffle as usize]);
                let wire_bytes = stream.column(cut.column(wire_bytes))?;
                stream.ops.push(Op::FetchShuffle { shuffle: ShuffleId(*shuffle), bytes: wire_bytes });
                stream.serialize(|cell| costs.serialize(cell.bytes));
                Ok(stream)
            }
            Step::Cached { rdd, partition, rows, bytes } => {
                let mut stream = Stream::of(cells(cut, rows, bytes));
                stream.parents.extend(&lowered.rdd_parents[*rdd as usize]);
                let partition = stream.column(or_own_index(partition.as_ref(), cut))?;
                stream.ops.push(Op::ReadBlock { rdd: RddId(*rdd), partition });
                stream.spend(|cell| costs.rows(cell.rows, None));
                Ok(stream)
            }
            _ => Ok(idle(cut.to as usize)),
        }
    }

    /// A step of one input, below a fetch of a shuffle that so many tasks wrote.
    fn step(&self, stream: &mut Stream, step: &Step, cut: &Cut, written_by: u64) -> Result<(), Error> {
        match step {
            Step::Narrow { rows, bytes } => {
                stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
                stream.cells = cells(cut, rows, bytes);
                Ok(())
            }
            Step::Sort { radix } => self.sorted(stream, *radix),
            Step::Aggregate { groups, group_bytes, fast_map, clustered, merges, bytes } => {
                let distinct = cut.column(groups);
                if *clustered {
                    // Only the first row of a group asks for anything.
                    stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
                    stream.cells = cells(cut, groups, bytes);
                }
                let fast = if *fast_map { FastMap::First } else { FastMap::None };
                self.grouped(
                    stream,
                    Bytes(*group_bytes),
                    fast,
                    &distinct,
                    if *merges { written_by } else { 0 },
                )?;
                self.became(stream, cut, groups, bytes);
                Ok(())
            }
            Step::ObjectAggregate { groups, key_bytes, radix, bytes } => {
                self.grouped_as_objects(stream, *key_bytes, *radix, &cut.column(groups))?;
                self.became(stream, cut, groups, bytes);
                Ok(())
            }
            Step::RowBuffer { largest_group, in_memory_rows } => {
                let largest = cut.largest(largest_group);
                let in_memory_rows = in_memory_rows.unwrap_or(self.conf.window_buffer_rows);
                self.buffered(stream, in_memory_rows, |task, cell| largest[task].min(cell.rows))?;
                stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
                Ok(())
            }
            Step::AppendOnlyMap { bytes } => {
                self.collected_in(stream, ConsumerSpec::AppendOnlyMap, cut.column(bytes))
            }
            Step::ExternalSorter { bytes } => {
                self.collected_in(stream, ConsumerSpec::ExternalSorter, cut.column(bytes))
            }
            Step::BlackBox { bytes } => {
                let slot = stream.open(ConsumerSpec::BlackBox)?;
                let rows = stream.each(|cell| cell.rows.max(1));
                stream.insert(slot, Demand { rows, bytes: cut.column(bytes) })?;
                stream.hold(slot)
            }
            Step::Python { transport, queued, held } => {
                self.python_worker(stream, (*transport).into(), *queued, cut.column(held))
            }
            _ => Ok(()),
        }
    }

    /// Objects of all rows in a collection of the RDD API.
    fn collected_in(
        &self,
        stream: &mut Stream,
        consumer: ConsumerSpec,
        bytes: Vec<u64>,
    ) -> Result<(), Error> {
        let costs = &self.conf.costs;
        stream.spend(|cell| costs.rows(cell.rows, None));
        let slot = stream.open(consumer)?;
        let rows = stream.each(|cell| cell.rows);
        stream.insert(slot, Demand { rows, bytes })?;
        stream.finish(slot, |_| 0)?;
        stream.spend(|cell| costs.rows(cell.rows, None));
        Ok(())
    }

    /// The rows of an operator's result.
    fn became(&self, stream: &mut Stream, cut: &Cut, rows: &Column, bytes: &Column) {
        stream.cells = cells(cut, rows, bytes);
        stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
    }

    /// Sends the rows of a stage where they went.
    pub(super) fn recorded_output(
        &self,
        stream: &mut Stream,
        stage: &Stage,
        cut: &Cut,
        partitions: impl Fn(u32) -> u32,
    ) -> Result<Option<ShuffleId>, Error> {
        match &stage.output {
            Output::None => Ok(None),
            Output::Result { bytes } => {
                stream.settle()?;
                let bytes = stream.column(cut.column(bytes))?;
                stream.ops.push(Op::Result { bytes });
                Ok(None)
            }
            Output::Write { bytes } => {
                stream.settle()?;
                let bytes = stream.column(cut.column(bytes))?;
                stream.ops.push(Op::WriteOutput { bytes });
                Ok(None)
            }
            Output::Shuffle { shuffle, wire_bytes, rows, bytes, writer } => {
                stream.cells = cells(cut, rows, bytes);
                for (cell, wire) in stream.cells.iter_mut().zip(cut.column(wire_bytes)) {
                    cell.wire_bytes = wire;
                }
                let (id, partitions) = (ShuffleId(*shuffle), partitions(*shuffle));
                match writer {
                    Writer::Sql => self.write_shuffle(stream, id, partitions)?,
                    Writer::Rdd { .. } if partitions <= self.conf.bypass_merge_threshold => {
                        self.write_shuffle(stream, id, partitions)?;
                    }
                    Writer::Rdd { objects } => {
                        let costs = &self.conf.costs;
                        stream.spend(|cell| costs.rows(cell.rows, None));
                        let rows = stream.each(|cell| cell.rows);
                        let demand = Demand { rows, bytes: cut.column(objects) };
                        self.write_sorted(stream, id, ConsumerSpec::ExternalSorter, demand)?;
                    }
                    Writer::Combine { objects, rows_in } => {
                        // Rows that no step has counted before are taken in, in time, before they are sorted.
                        let costs = &self.conf.costs;
                        stream.spend(|cell| costs.rows(cell.rows, None));
                        stream.serialize(|cell| costs.serialize(cell.bytes));
                        let demand = Demand { rows: cut.column(rows_in), bytes: cut.column(objects) };
                        self.write_sorted(stream, id, ConsumerSpec::ExternalSorter, demand)?;
                    }
                }
                Ok(Some(id))
            }
        }
    }
}

fn cells(cut: &Cut, rows: &Column, bytes: &Column) -> Vec<Cell> {
    let cell = |(rows, bytes)| Cell { rows, bytes, wire_bytes: bytes, largest_group: 0 };
    cut.column(rows).into_iter().zip(cut.column(bytes)).map(cell).collect()
}

/// The topmost two, the upper one last.
fn two(stack: &mut Vec<Stream>, tasks: usize) -> (Stream, Stream) {
    let upper = stack.pop().unwrap_or_else(|| idle(tasks));
    let lower = stack.pop().unwrap_or_else(|| idle(tasks));
    (lower, upper)
}

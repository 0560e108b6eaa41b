//! Broadcast variables: the binaries of tasks, and those of the program.
//!
//! Spark broadcasts the binary of a stage's tasks after it has told of the stage, before the first of them starts.
//! The value of a variable, which is stored too, is never told: it is taken as 2.5 times its compressed pieces, as
//! seen of binaries (1.9 to 2.8).

use std::collections::BTreeMap;

use super::Fitter;
use super::objects::expanded;
use crate::plan::recording::{Broadcast, Step};
use crate::recorded::facts::{BlockFacts, VariablePut};

/// Pieces of a task binary where the log does not tell: seen 3 to 38 KB, mostly 7 to 12.
const TYPICAL_BINARY: u64 = 10 << 10;

/// Variables by who reads them.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Bytes of the binary by index of the attempt of its stage.
    binaries: BTreeMap<usize, u64>,
    /// Numbers and bytes by the index of the job before which they were put.
    program: BTreeMap<usize, Vec<(u64, u64)>>,
    /// Index in the recording by number.
    index: BTreeMap<u64, u32>,
}

impl Variables {
    /// Sorts variables by where they were first put; their bytes are those of the pieces on that executor.
    pub(super) fn of(blocks: &BlockFacts) -> Self {
        let mut by_id: BTreeMap<u64, (VariablePut, u64)> = BTreeMap::new();
        for put in &blocks.variables {
            let (first, bytes) = by_id.entry(put.id).or_insert((*put, 0));
            if first.executor == put.executor {
                *bytes = bytes.saturating_add(put.bytes);
            }
        }
        let mut variables = Self::default();
        for (id, (first, bytes)) in by_id {
            match first.attempts.checked_sub(1) {
                // Of several the last: those before belong to stages that were submitted at the same time.
                Some(attempt) if !first.started => {
                    variables.binaries.insert(attempt, bytes);
                }
                _ => variables.program.entry(first.jobs).or_default().push((id, bytes)),
            }
        }
        variables
    }
}

impl Fitter<'_> {
    /// The step with which the tasks of a run get their binary.
    pub(super) fn task_binary(&mut self, run: usize) -> Option<Step> {
        let (pieces, rule) = if self.facts.blocks.is_some() {
            let pieces = *self.variables.binaries.get(&self.runs[run].attempt)?;
            (pieces, "the value of a broadcast variable has 2.5 times the bytes of its pieces")
        } else {
            (TYPICAL_BINARY, "the binary of a stage's tasks has 10 KiB of pieces and 25 KiB as a value")
        };
        self.inferred("broadcast_bytes", None, rule);
        let broadcast = self.broadcast(Broadcast { pieces, value: expanded(pieces), kept: false });
        Some(Step::ReadBroadcast { broadcast, joined: false })
    }

    /// Variables of the program that the tasks of a run may read: those that were put between the job before and the
    /// run's.
    pub(super) fn program_variables(&mut self, run: usize) -> Vec<Step> {
        let job = self.runs[run].job;
        let variables = job.and_then(|job| self.variables.program.get(&job)).cloned().unwrap_or_default();
        let step = |(id, pieces)| {
            let broadcast = match self.variables.index.get(&id) {
                Some(&known) => known,
                None => self.broadcast(Broadcast { pieces, value: expanded(pieces), kept: true }),
            };
            self.variables.index.insert(id, broadcast);
            Step::ReadBroadcast { broadcast, joined: false }
        };
        variables.into_iter().map(step).collect()
    }

    pub(super) fn broadcast(&mut self, variable: Broadcast) -> u32 {
        self.fitted.recording.broadcasts.push(variable);
        u32::try_from(self.fitted.recording.broadcasts.len() - 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(id: u64, executor: u32, attempts: usize, started: bool, jobs: usize) -> VariablePut {
        VariablePut { id, executor, bytes: 100, attempts, started, jobs }
    }

    #[test]
    fn a_variable_is_a_binary_if_it_is_put_before_the_first_task() {
        let mut blocks = BlockFacts::default();
        blocks.variables = vec![
            put(0, 0, 0, false, 0),
            put(1, 0, 1, false, 1),
            put(1, 0, 1, false, 1),
            put(1, 7, 1, true, 1),
            put(2, 0, 1, true, 1),
        ];
        let variables = Variables::of(&blocks);
        assert_eq!(variables.binaries, BTreeMap::from([(0, 200)]));
        assert_eq!(variables.program, BTreeMap::from([(0, vec![(0, 100)]), (1, vec![(2, 100)])]));
    }
}

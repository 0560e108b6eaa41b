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

impl Fitter<'_> {
    /// The step with which the tasks of a run get their binary.
    pub(super) fn task_binary(&mut self, run: usize) -> Option<Step> {
        let stage = self.runs[run].stage;
        let attempt = self.facts.attempts.iter().position(|attempt| attempt.stage == stage)?;
        let pieces = match &self.facts.blocks {
            None => {
                self.inferred(
                    "broadcast_bytes",
                    None,
                    "the binary of a stage's tasks has 10 KiB of pieces and 25 KiB as a value",
                );
                TYPICAL_BINARY
            }
            Some(blocks) => {
                // Of several the last: those before belong to stages that were submitted at the same time.
                let own = |(first, _): &&(VariablePut, u64)| first.attempts == attempt + 1 && !first.started;
                let &(_, pieces) = variables(blocks).values().filter(own).last()?;
                self.inferred(
                    "broadcast_bytes",
                    None,
                    "the value of a broadcast variable has 2.5 times the bytes of its pieces",
                );
                pieces
            }
        };
        let broadcast = self.broadcast(Broadcast { pieces, value: expanded(pieces) });
        Some(Step::ReadBroadcast { broadcast })
    }

    /// Variables of the program that the tasks of a run may read: those that were put between the job before and the
    /// run's.
    pub(super) fn program_variables(&mut self, run: usize) -> Vec<Step> {
        let (Some(blocks), Some(job)) = (&self.facts.blocks, self.runs[run].job) else { return Vec::new() };
        let before = |first: &VariablePut| first.jobs == job && (first.started || first.attempts == 0);
        let variables = variables(blocks).into_iter().filter(|(_, (first, _))| before(first));
        let variables = variables.map(|(id, (_, pieces))| {
            let known = self.variables.get(&id).copied();
            let broadcast =
                known.unwrap_or_else(|| self.broadcast(Broadcast { pieces, value: expanded(pieces) }));
            self.variables.insert(id, broadcast);
            Step::ReadBroadcast { broadcast }
        });
        variables.collect()
    }

    pub(super) fn broadcast(&mut self, variable: Broadcast) -> u32 {
        self.fitted.recording.broadcasts.push(variable);
        u32::try_from(self.fitted.recording.broadcasts.len() - 1).unwrap_or(u32::MAX)
    }
}

/// The first put of each variable, and the bytes of its pieces on that executor.
fn variables(blocks: &BlockFacts) -> BTreeMap<u64, (VariablePut, u64)> {
    let mut by_id: BTreeMap<u64, (VariablePut, u64)> = BTreeMap::new();
    for put in &blocks.variables {
        let (first, bytes) = by_id.entry(put.id).or_insert((*put, 0));
        if first.executor == put.executor {
            *bytes = bytes.saturating_add(put.bytes);
        }
    }
    by_id
}

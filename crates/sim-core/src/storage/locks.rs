//! Read and write locks on blocks, by attempt. Nothing here waits: a lock that cannot be had is refused.
//!
//! Spark: `BlockInfoManager.scala`.

use super::block_table::{BlockTable, CopyId};
use crate::ids::AttemptSlot;

/// The locks that each attempt of one executor holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks {
    /// By attempt: the copies it reads, one entry a lock (a block can be read-locked more than once).
    reads: Vec<Vec<CopyId>>,
    /// By attempt: the copies it writes.
    writes: Vec<Vec<CopyId>>,
}

impl Locks {
    fn of(table: &mut Vec<Vec<CopyId>>, task: AttemptSlot) -> &mut Vec<CopyId> {
        if table.len() <= task.index() {
            table.resize(task.index() + 1, Vec::new());
        }
        &mut table[task.index()]
    }

    pub(super) fn wrote(&mut self, copy: CopyId, task: AttemptSlot) {
        Self::of(&mut self.writes, task).push(copy);
    }

    pub(super) fn lock_for_reading(
        &mut self,
        blocks: &mut BlockTable,
        copy: CopyId,
        task: AttemptSlot,
    ) -> bool {
        if blocks[copy].writer.is_some() {
            return false;
        }
        blocks[copy].readers += 1;
        Self::of(&mut self.reads, task).push(copy);
        true
    }

    pub(super) fn lock_for_writing(
        &mut self,
        blocks: &mut BlockTable,
        copy: CopyId,
        task: AttemptSlot,
    ) -> bool {
        if !blocks[copy].is_unlocked() {
            return false;
        }
        blocks[copy].writer = Some(task);
        self.wrote(copy, task);
        true
    }

    /// Gives the write lock back if there is one, whoever holds it, else one read lock of `task`.
    pub(super) fn unlock(&mut self, blocks: &mut BlockTable, copy: CopyId, task: AttemptSlot) {
        if let Some(writer) = blocks[copy].writer.take() {
            take_last(Self::of(&mut self.writes, writer), copy);
        } else if take_last(Self::of(&mut self.reads, task), copy) {
            blocks[copy].readers -= 1;
        }
    }

    /// Drops the locks of `task` on a copy whose info goes away.
    pub(super) fn forget(&mut self, blocks: &mut BlockTable, copy: CopyId) {
        if let Some(writer) = blocks[copy].writer.take() {
            take_last(Self::of(&mut self.writes, writer), copy);
        }
        debug_assert_eq!(blocks[copy].readers, 0, "a block being read is not removed");
    }

    /// Releases all that `task` holds; returns the number of distinct blocks read plus those written.
    pub(super) fn release_all(&mut self, blocks: &mut BlockTable, task: AttemptSlot) -> usize {
        let mut released = 0;
        for copy in std::mem::take(Self::of(&mut self.writes, task)) {
            blocks[copy].writer = None;
            released += 1;
        }
        let mut reads = std::mem::take(Self::of(&mut self.reads, task));
        for &copy in &reads {
            blocks[copy].readers -= 1;
        }
        reads.sort_unstable();
        reads.dedup();
        released + reads.len()
    }
}

fn take_last(held: &mut Vec<CopyId>, copy: CopyId) -> bool {
    match held.iter().rposition(|&other| other == copy) {
        Some(at) => {
            held.swap_remove(at);
            true
        }
        None => false,
    }
}

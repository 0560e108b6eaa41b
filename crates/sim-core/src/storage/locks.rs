//! Read and write locks on blocks, by attempt. Nothing here waits: a lock that cannot be had is refused.
//!
//! Spark: `BlockInfoManager.scala`.

use super::block_table::{BlockTable, CopyId};
use crate::ids::AttemptSlot;

/// The locks that each attempt of one executor holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks {
    by_attempt: Vec<Held>,
}

#[derive(Clone, Debug, Default)]
struct Held {
    /// The copies it reads, one entry a lock (a block can be read-locked more than once).
    reads: Vec<CopyId>,
    /// The copies it writes.
    writes: Vec<CopyId>,
}

impl Locks {
    #[inline]
    fn of(&mut self, task: AttemptSlot) -> &mut Held {
        if self.by_attempt.len() <= task.index() {
            self.by_attempt.resize(task.index() + 1, Held::default());
        }
        &mut self.by_attempt[task.index()]
    }

    pub(super) fn wrote(&mut self, copy: CopyId, task: AttemptSlot) {
        self.of(task).writes.push(copy);
    }

    #[inline]
    pub(super) fn lock_for_reading(
        &mut self,
        blocks: &mut BlockTable,
        copy: CopyId,
        task: AttemptSlot,
    ) -> bool {
        let block = &mut blocks[copy];
        if block.writer.is_some() {
            return false;
        }
        block.readers += 1;
        self.of(task).reads.push(copy);
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
    #[inline]
    pub(super) fn unlock(&mut self, blocks: &mut BlockTable, copy: CopyId, task: AttemptSlot) {
        let block = &mut blocks[copy];
        if let Some(writer) = block.writer.take() {
            take_last(&mut self.of(writer).writes, copy);
        } else if take_last(&mut self.of(task).reads, copy) {
            block.readers -= 1;
        }
    }

    /// Drops the locks of `task` on a copy whose info goes away.
    pub(super) fn forget(&mut self, blocks: &mut BlockTable, copy: CopyId) {
        if let Some(writer) = blocks[copy].writer.take() {
            take_last(&mut self.of(writer).writes, copy);
        }
        debug_assert_eq!(blocks[copy].readers, 0, "a block being read is not removed");
    }

    /// Releases all that `task` holds; returns the number of distinct blocks read plus those written.
    pub(super) fn release_all(&mut self, blocks: &mut BlockTable, task: AttemptSlot) -> usize {
        let held = self.of(task);
        let mut released = 0;
        for copy in held.writes.drain(..) {
            blocks[copy].writer = None;
            released += 1;
        }
        held.reads.sort_unstable();
        let mut last = None;
        for copy in held.reads.drain(..) {
            blocks[copy].readers -= 1;
            released += usize::from(last != Some(copy));
            last = Some(copy);
        }
        released
    }
}

/// Locks are mostly given back in the opposite order of their taking.
#[inline]
fn take_last(held: &mut Vec<CopyId>, copy: CopyId) -> bool {
    if held.last() == Some(&copy) {
        held.pop();
        return true;
    }
    match held.iter().rposition(|&other| other == copy) {
        Some(at) => {
            held.swap_remove(at);
            true
        }
        None => false,
    }
}

//! Every block of a run and every copy of it.
//!
//! One slab serves all executors of a run: a block's row points at its first copy and copies are chained, so memory
//! grows with blocks + copies and not with blocks × executors. A copy exists from the moment its block is locked for
//! writing until its info is removed, in memory, on disk or neither (Spark: an entry of `BlockInfoManager`).

use crate::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use crate::memory::MemoryMode;
use crate::storage::StorageLevel;
use crate::units::Bytes;

/// The end of a chain of copies.
pub(super) const NIL: u32 = u32::MAX;

/// One copy in the slab. Valid until the copy is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CopyId(pub(super) u32);

/// One block on one executor.
#[derive(Clone, Debug)]
pub struct BlockCopy {
    /// The block.
    pub block: BlockId,
    /// Where this copy is.
    pub executor: ExecutorId,
    /// The RDD that the block is a partition of, if it is one.
    pub rdd: Option<RddId>,
    /// Where it may live.
    pub level: StorageLevel,
    /// The mode of its memory.
    pub mode: MemoryMode,
    /// Bytes when it was first stored: what a read reports, whatever became of the block since.
    pub size: Bytes,
    /// Bytes in memory, where it is there.
    pub memory_size: Bytes,
    /// Bytes when serialized: what it takes on disk, now or once it is dropped there.
    pub serialized_size: Bytes,
    /// Whether it is in memory.
    pub in_memory: bool,
    /// Whether it is on disk.
    pub on_disk: bool,
    /// Number of read locks held on it.
    pub readers: u32,
    /// Who writes it.
    pub writer: Option<AttemptSlot>,
    next_copy: u32,
}

/// Places in the two lists of the memory store: all blocks of a mode, and those of one RDD among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) prev: u32,
    pub(super) next: u32,
    pub(super) rdd_prev: u32,
    pub(super) rdd_next: u32,
    /// When it was last accessed; larger is later.
    pub(super) accessed: u64,
}

impl Links {
    const NONE: Self = Self { prev: NIL, next: NIL, rdd_prev: NIL, rdd_next: NIL, accessed: 0 };
}

impl BlockCopy {
    /// Whether a writer could have it at once: nobody reads, nobody writes.
    #[must_use]
    pub fn is_unlocked(&self) -> bool {
        self.readers == 0 && self.writer.is_none()
    }
}

/// All blocks and copies of a run.
#[derive(Clone, Debug, Default)]
pub struct BlockTable {
    first_copy: Vec<u32>,
    copies: Vec<BlockCopy>,
    /// By copy, apart from the rest: moving a block in the order of access touches its neighbours' links alone.
    links: Vec<Links>,
    free: Vec<u32>,
}

impl BlockTable {
    /// A table with room for `blocks` blocks; it grows by itself.
    #[must_use]
    pub fn with_capacity(blocks: usize) -> Self {
        Self { first_copy: vec![NIL; blocks], ..Self::default() }
    }

    /// The copy of `block` on `executor`.
    #[must_use]
    #[inline]
    pub fn find(&self, block: BlockId, executor: ExecutorId) -> Option<CopyId> {
        let mut at = *self.first_copy.get(block.index())?;
        while at != NIL {
            let copy = &self.copies[at as usize];
            if copy.executor == executor {
                return Some(CopyId(at));
            }
            at = copy.next_copy;
        }
        None
    }

    /// Every copy on `executor`, by block.
    pub fn copies_on(&self, executor: ExecutorId) -> impl Iterator<Item = CopyId> + '_ {
        (0..self.first_copy.len()).filter_map(move |block| self.find(BlockId::at(block), executor))
    }

    /// Every copy of `block`, the newest first.
    pub fn copies_of(&self, block: BlockId) -> impl Iterator<Item = CopyId> + '_ {
        let first = self.first_copy.get(block.index()).copied().unwrap_or(NIL);
        std::iter::successors((first != NIL).then_some(first), |&at| {
            let next = self.copies[at as usize].next_copy;
            (next != NIL).then_some(next)
        })
        .map(CopyId)
    }

    /// Adds a copy that is neither in memory nor on disk yet, locked for writing by `writer`.
    ///
    /// # Panics
    /// In debug builds where the executor has one already.
    pub fn insert(
        &mut self,
        block: BlockId,
        rdd: Option<RddId>,
        level: StorageLevel,
        executor: ExecutorId,
        writer: AttemptSlot,
    ) -> CopyId {
        debug_assert!(self.find(block, executor).is_none(), "{block:?} is on {executor:?} already");
        if self.first_copy.len() <= block.index() {
            self.first_copy.resize(block.index() + 1, NIL);
        }
        let copy = BlockCopy {
            block,
            executor,
            rdd,
            level,
            mode: level.memory_mode(),
            size: Bytes::ZERO,
            memory_size: Bytes::ZERO,
            serialized_size: Bytes::ZERO,
            in_memory: false,
            on_disk: false,
            readers: 0,
            writer: Some(writer),
            next_copy: self.first_copy[block.index()],
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.copies[at as usize] = copy;
                at
            }
            None => {
                self.copies.push(copy);
                self.links.push(Links::NONE);
                u32::try_from(self.copies.len() - 1).expect("fewer than 2^32 copies")
            }
        };
        self.first_copy[block.index()] = at;
        CopyId(at)
    }

    /// Forgets a copy (Spark: `BlockInfoManager.removeBlock`).
    ///
    /// # Panics
    /// Where it is still in memory.
    pub fn remove(&mut self, copy: CopyId) {
        let BlockCopy { block, next_copy, in_memory, .. } = self[copy];
        assert!(!in_memory, "{block:?} is removed while the memory store holds it");
        if self.first_copy[block.index()] == copy.0 {
            self.first_copy[block.index()] = next_copy;
        } else {
            let before = self
                .copies_of(block)
                .find(|&other| self[other].next_copy == copy.0)
                .expect("a copy is in the chain of its block");
            self.copies[before.0 as usize].next_copy = next_copy;
        }
        self.free.push(copy.0);
    }
}

impl BlockTable {
    pub(super) fn links(&self, copy: CopyId) -> &Links {
        &self.links[copy.0 as usize]
    }

    pub(super) fn links_mut(&mut self, copy: CopyId) -> &mut Links {
        &mut self.links[copy.0 as usize]
    }
}

impl std::ops::Index<CopyId> for BlockTable {
    type Output = BlockCopy;
    fn index(&self, copy: CopyId) -> &BlockCopy {
        &self.copies[copy.0 as usize]
    }
}

impl std::ops::IndexMut<CopyId> for BlockTable {
    fn index_mut(&mut self, copy: CopyId) -> &mut BlockCopy {
        &mut self.copies[copy.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_block_are_found_by_executor_and_slots_are_reused() {
        let mut table = BlockTable::default();
        let add = |table: &mut BlockTable, executor| {
            table.insert(BlockId(3), None, StorageLevel::MEMORY_ONLY, ExecutorId(executor), AttemptSlot(0))
        };
        let (a, b, c) = (add(&mut table, 0), add(&mut table, 1), add(&mut table, 2));
        assert_eq!(table.find(BlockId(3), ExecutorId(1)), Some(b));
        table.remove(b);
        assert_eq!(table.find(BlockId(3), ExecutorId(1)), None);
        assert_eq!(table.copies_of(BlockId(3)).collect::<Vec<_>>(), [c, a]);
        assert_eq!(add(&mut table, 1), b, "the slot is used again");
        assert_eq!(table.copies_of(BlockId(9)).count(), 0);
    }
}

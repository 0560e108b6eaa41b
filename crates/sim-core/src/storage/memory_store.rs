//! The blocks that one executor holds in memory, and who has to leave.
//!
//! Spark: `MemoryStore.scala`, with the locks of `BlockInfoManager.scala`.

use super::block_table::{BlockTable, CopyId};
use super::level::StorageLevel;
use super::locks::Locks;
use super::lru::LruList;
use crate::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use crate::memory::{Evicted, Evictor, MemoryMode, UnifiedMemoryManager};
use crate::units::Bytes;

/// What became of a block that was dropped from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToDisk {
    /// It was written to disk, under the memory manager's lock.
    Written,
    /// Its copy on disk was there already: nothing is written again.
    AlreadyThere,
    /// Its level has no disk: it is forgotten.
    No,
}

/// A block that has left memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which.
    pub block: BlockId,
    /// The RDD that it is a partition of.
    pub rdd: Option<RddId>,
    /// Bytes that it held in memory.
    pub size: Bytes,
    /// The mode of that memory.
    pub mode: MemoryMode,
    /// Where it went.
    pub to_disk: ToDisk,
}

/// Hears of each block that an eviction drops (Spark: `BlockEvictionHandler`). `Vec<Dropped>` notes them down.
pub trait DropHandler {
    /// Why a drop can fail.
    type Error;

    /// Called before the block leaves memory; an error keeps it there.
    ///
    /// # Errors
    /// Where the block could not be dropped; the eviction ends there.
    fn on_drop(&mut self, dropped: &Dropped) -> Result<(), Self::Error>;
}

impl DropHandler for Vec<Dropped> {
    type Error = std::convert::Infallible;
    fn on_drop(&mut self, dropped: &Dropped) -> Result<(), Self::Error> {
        self.push(*dropped);
        Ok(())
    }
}

/// The memory store of one executor, and the locks on its blocks.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    executor: ExecutorId,
    lists: [LruList; 2],
    accesses: u64,
    /// By mode and attempt.
    unroll: [Vec<Bytes>; 2],
    current_unroll_memory: Bytes,
    locks: Locks,
    victims: Vec<CopyId>,
}

/// A [`MemoryStore`] with the blocks of the run and a [`DropHandler`]: what the manager frees memory with.
pub struct StoreEvictor<'a, H> {
    /// The store.
    pub store: &'a mut MemoryStore,
    /// The blocks of the run.
    pub blocks: &'a mut BlockTable,
    /// Who hears of drops.
    pub drops: &'a mut H,
}

impl<H: DropHandler> Evictor for StoreEvictor<'_, H> {
    type Error = H::Error;
    fn evict_blocks_to_free_space(
        &mut self,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        mode: MemoryMode,
    ) -> Evicted<H::Error> {
        self.store.evict_blocks_to_free_space(self.blocks, rdd_to_add, space, mode, self.drops)
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(executor: ExecutorId) -> Self {
        Self {
            executor,
            lists: [LruList::new(), LruList::new()],
            accesses: 0,
            unroll: [Vec::new(), Vec::new()],
            current_unroll_memory: Bytes::ZERO,
            locks: Locks::default(),
            victims: Vec::new(),
        }
    }

    /// This store together with what an eviction needs.
    pub fn evictor<'a, H>(&'a mut self, blocks: &'a mut BlockTable, drops: &'a mut H) -> StoreEvictor<'a, H> {
        StoreEvictor { store: self, blocks, drops }
    }

    /// Whose store it is.
    #[must_use]
    pub fn executor(&self) -> ExecutorId {
        self.executor
    }

    /// The copy that this executor has, in memory, on disk or being written.
    #[must_use]
    pub fn find(&self, blocks: &BlockTable, block: BlockId) -> Option<CopyId> {
        blocks.find(block, self.executor)
    }

    // ---- eviction

    /// Drops the least recently used unlocked blocks of `mode`, none of `rdd_to_add`, until `space` bytes are free;
    /// drops nothing where all of them together are too small.
    ///
    /// # Panics
    /// Where `space` is zero: Spark asserts so too.
    pub fn evict_blocks_to_free_space<H: DropHandler>(
        &mut self,
        blocks: &mut BlockTable,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        mode: MemoryMode,
        drops: &mut H,
    ) -> Evicted<H::Error> {
        assert!(!space.is_zero(), "an eviction is asked for nothing");
        let mut victims = std::mem::take(&mut self.victims);
        let selected = self.lists[mode as usize].select(blocks, rdd_to_add, space, &mut victims);
        let mut evicted = Evicted { released: Bytes::ZERO, outcome: Ok(()) };
        if selected >= space {
            for &victim in &victims {
                let size = blocks[victim].memory_size;
                evicted.outcome = self.drop_from_memory(blocks, victim, drops);
                if evicted.outcome.is_err() {
                    break;
                }
                evicted.released += size;
            }
        }
        self.victims = victims;
        evicted
    }

    /// Spark: `BlockManager.dropFromMemory`. To disk if the level has one and the block is not there yet; forgotten
    /// if it is then nowhere. Its storage memory stays with the caller.
    pub(super) fn drop_from_memory<H: DropHandler>(
        &mut self,
        blocks: &mut BlockTable,
        victim: CopyId,
        drops: &mut H,
    ) -> Result<(), H::Error> {
        let copy = &blocks[victim];
        let to_disk = match (copy.level.use_disk, copy.on_disk) {
            (false, _) => ToDisk::No,
            (true, true) => ToDisk::AlreadyThere,
            (true, false) => ToDisk::Written,
        };
        let (block, rdd, size, mode) = (copy.block, copy.rdd, copy.memory_size, copy.mode);
        if let Err(error) = drops.on_drop(&Dropped { block, rdd, size, mode, to_disk }) {
            // The drop had read the block, which makes it the most recently used one.
            self.touch(blocks, victim);
            return Err(error);
        }
        self.unlist(blocks, victim);
        match to_disk {
            ToDisk::No => blocks.remove(victim),
            ToDisk::Written | ToDisk::AlreadyThere => blocks[victim].on_disk = true,
        }
        Ok(())
    }

    // ---- entries

    /// Enters a block of `size` bytes whose storage memory was acquired, as the most recently used one.
    pub fn insert(&mut self, blocks: &mut BlockTable, copy: CopyId, size: Bytes) {
        blocks[copy].memory_size = size;
        blocks[copy].in_memory = true;
        self.accesses += 1;
        let mode = blocks[copy].mode;
        self.lists[mode as usize].push(blocks, copy, self.accesses);
    }

    /// Takes a block out of memory and gives its storage memory back; false where it is not in memory.
    pub fn remove(
        &mut self,
        manager: &mut UnifiedMemoryManager,
        blocks: &mut BlockTable,
        copy: CopyId,
    ) -> bool {
        if !blocks[copy].in_memory {
            return false;
        }
        let (size, mode) = (blocks[copy].memory_size, blocks[copy].mode);
        self.unlist(blocks, copy);
        manager.release_storage_memory(size, mode);
        true
    }

    fn unlist(&mut self, blocks: &mut BlockTable, copy: CopyId) {
        let mode = blocks[copy].mode;
        self.lists[mode as usize].remove(blocks, copy);
        blocks[copy].in_memory = false;
        blocks[copy].memory_size = Bytes::ZERO;
    }

    /// Makes a block in memory the most recently used one: reading it, and also asking for its size or reporting its
    /// status, does that in Spark.
    #[inline]
    pub fn touch(&mut self, blocks: &mut BlockTable, copy: CopyId) {
        debug_assert!(blocks[copy].in_memory, "only a block in memory has a place in the order of access");
        self.accesses += 1;
        let mode = blocks[copy].mode;
        self.lists[mode as usize].touch(blocks, copy, self.accesses);
    }

    /// `MemoryStore.putBytes`: acquires exactly `size` bytes and enters the block, or leaves all as it was.
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn put_bytes<H: DropHandler>(
        &mut self,
        manager: &mut UnifiedMemoryManager,
        blocks: &mut BlockTable,
        copy: CopyId,
        size: Bytes,
        drops: &mut H,
    ) -> Result<bool, H::Error> {
        let (rdd, mode) = (blocks[copy].rdd, blocks[copy].mode);
        let stored = manager.acquire_storage_memory(rdd, size, mode, &mut self.evictor(blocks, drops))?;
        if stored {
            self.insert(blocks, copy, size);
        }
        Ok(stored)
    }

    /// `MemoryStore.clear`: drops every block and all unroll memory; the infos of the blocks stay.
    pub fn clear(&mut self, manager: &mut UnifiedMemoryManager, blocks: &mut BlockTable) {
        for mode in MemoryMode::BOTH {
            let all: Vec<_> = self.lists[mode as usize].iter(blocks).collect();
            all.into_iter().for_each(|copy| self.unlist(blocks, copy));
            self.unroll[mode as usize].clear();
        }
        self.current_unroll_memory = Bytes::ZERO;
        manager.release_all_storage_memory();
    }

    // ---- unrolling

    /// Reserves `bytes` of unroll memory for `task`.
    ///
    /// # Errors
    /// Those of the drop handler.
    #[allow(clippy::too_many_arguments)] // The reservation is one call in Spark too; a struct would name nothing new.
    pub fn reserve_unroll_memory<H: DropHandler>(
        &mut self,
        manager: &mut UnifiedMemoryManager,
        blocks: &mut BlockTable,
        rdd_to_add: Option<RddId>,
        task: AttemptSlot,
        bytes: Bytes,
        mode: MemoryMode,
        drops: &mut H,
    ) -> Result<bool, H::Error> {
        let granted =
            manager.acquire_unroll_memory(rdd_to_add, bytes, mode, &mut self.evictor(blocks, drops))?;
        if granted {
            let by_task = &mut self.unroll[mode as usize];
            if by_task.len() <= task.index() {
                by_task.resize(task.index() + 1, Bytes::ZERO);
            }
            by_task[task.index()] += bytes;
            self.current_unroll_memory += bytes;
        }
        Ok(granted)
    }

    /// Gives back at most what `task` has reserved; `Bytes::MAX` for all. Returns the bytes given back.
    pub fn release_unroll_memory(
        &mut self,
        manager: &mut UnifiedMemoryManager,
        task: AttemptSlot,
        bytes: Bytes,
        mode: MemoryMode,
    ) -> Bytes {
        let Some(held) = self.unroll[mode as usize].get_mut(task.index()) else { return Bytes::ZERO };
        let released = bytes.min(*held);
        if !released.is_zero() {
            *held -= released;
            self.current_unroll_memory -= released;
            manager.release_storage_memory(released, mode);
        }
        released
    }

    /// Bytes of blocks by RDD, both modes together; those of no RDD first.
    #[must_use]
    pub fn memory_by_rdd(&self) -> Vec<(Option<RddId>, Bytes)> {
        let mut all: Vec<_> = self.lists.iter().flat_map(LruList::bytes_by_rdd).collect();
        all.sort_unstable_by_key(|(rdd, _)| *rdd);
        all.dedup_by(|next, sum| {
            next.0 == sum.0 && {
                sum.1 += next.1;
                true
            }
        });
        all
    }

    /// Unroll memory of all attempts, both modes.
    #[must_use]
    pub fn current_unroll_memory(&self) -> Bytes {
        self.current_unroll_memory
    }

    /// Unroll memory of one attempt.
    #[must_use]
    pub fn unroll_memory_of(&self, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.unroll[mode as usize].get(task.index()).copied().unwrap_or_default()
    }

    /// Turns the unroll memory of a finished unroll into a stored block of `size` bytes.
    ///
    /// # Panics
    /// Where the memory just given back cannot be taken again: Spark does both under one lock.
    ///
    /// # Errors
    /// Those of the drop handler.
    #[allow(clippy::too_many_arguments)] // See `reserve_unroll_memory`.
    pub fn store_unrolled<H: DropHandler>(
        &mut self,
        manager: &mut UnifiedMemoryManager,
        blocks: &mut BlockTable,
        copy: CopyId,
        task: AttemptSlot,
        held: Bytes,
        size: Bytes,
        drops: &mut H,
    ) -> Result<(), H::Error> {
        let mode = blocks[copy].mode;
        self.release_unroll_memory(manager, task, held, mode);
        let stored = self.put_bytes(manager, blocks, copy, size, drops)?;
        assert!(stored, "transferring unroll memory to storage memory failed");
        Ok(())
    }

    // ---- locks

    /// Creates the info of a block that is about to be stored, locked for writing; `None` where there is one already.
    pub fn lock_new_block_for_writing(
        &mut self,
        blocks: &mut BlockTable,
        block: BlockId,
        rdd: Option<RddId>,
        level: StorageLevel,
        task: AttemptSlot,
    ) -> Option<CopyId> {
        if self.find(blocks, block).is_some() {
            return None;
        }
        let copy = blocks.insert(block, rdd, level, self.executor, task);
        self.locks.wrote(copy, task);
        Some(copy)
    }

    /// A read lock, if nobody writes.
    #[inline]
    pub fn lock_for_reading(&mut self, blocks: &mut BlockTable, copy: CopyId, task: AttemptSlot) -> bool {
        self.locks.lock_for_reading(blocks, copy, task)
    }

    /// The write lock, if nobody reads or writes.
    pub fn lock_for_writing(&mut self, blocks: &mut BlockTable, copy: CopyId, task: AttemptSlot) -> bool {
        self.locks.lock_for_writing(blocks, copy, task)
    }

    /// Gives the write lock back, or one read lock of `task`.
    #[inline]
    pub fn unlock(&mut self, blocks: &mut BlockTable, copy: CopyId, task: AttemptSlot) {
        self.locks.unlock(blocks, copy, task);
    }

    /// Turns the write lock of `task` into a read lock.
    pub fn downgrade_lock(&mut self, blocks: &mut BlockTable, copy: CopyId, task: AttemptSlot) {
        self.locks.unlock(blocks, copy, task);
        let locked = self.locks.lock_for_reading(blocks, copy, task);
        debug_assert!(locked, "a lock just given back can be had for reading");
    }

    /// Releases all locks of an attempt (at its end); returns how many blocks it read plus how many it wrote.
    pub fn release_all_locks_for_task(&mut self, blocks: &mut BlockTable, task: AttemptSlot) -> usize {
        self.locks.release_all(blocks, task)
    }

    /// Forgets a block that is no longer in memory, with its write lock (Spark: `BlockInfoManager.removeBlock`).
    pub fn remove_block(&mut self, blocks: &mut BlockTable, copy: CopyId) {
        self.locks.forget(blocks, copy);
        blocks.remove(copy);
    }

    // ---- looking

    /// Bytes of the blocks of a mode.
    #[must_use]
    pub fn blocks_memory_used(&self, mode: MemoryMode) -> Bytes {
        self.lists[mode as usize].bytes
    }

    /// Number of blocks in memory, both modes.
    #[must_use]
    pub fn blocks_in_memory(&self) -> u32 {
        self.lists.iter().map(|list| list.blocks).sum()
    }

    /// The blocks in memory from the least to the most recently used, both modes.
    #[must_use]
    pub fn access_order(&self, blocks: &BlockTable) -> Vec<CopyId> {
        let mut order: Vec<_> = self.lists.iter().flat_map(|list| list.iter(blocks)).collect();
        order.sort_unstable_by_key(|&copy| blocks.links(copy).accessed);
        order
    }
}

//! Putting, reading and removing blocks by storage level.
//!
//! Spark: `BlockManager.scala`. Memory comes first, disk where memory refuses. What takes long in Spark is in pieces
//! here: a put is [begun](BlockManager::begin_put), [unrolled](BlockManager::unroll_step) one reservation after the
//! other and [finished](BlockManager::finish_put); [`BlockManager::put_iterator`] does all at once.

use std::convert::Infallible;

use super::block_data::{BlockData, BlockForm};
use super::block_table::{BlockTable, CopyId};
use super::executor_memory::ExecutorMemory;
use super::level::StorageLevel;
use super::memory_store::DropHandler;
use super::unroll::{SizeEstimate, Unroll, UnrollStep};
use crate::ids::{AttemptSlot, BlockId, RddId};
use crate::memory::{ExecutionMemory, Grant, MemoryMode};
use crate::units::Bytes;

/// One executor's blocks and memory, for the length of a call.
#[derive(Debug)]
pub struct BlockManager<'a, H> {
    /// The executor's memory.
    pub memory: &'a mut ExecutorMemory,
    /// All blocks of the run.
    pub blocks: &'a mut BlockTable,
    /// Who hears of blocks that are dropped.
    pub drops: &'a mut H,
}

/// A block that is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewBlock {
    /// The block.
    pub block: BlockId,
    /// The RDD that it is a partition of, if it is one.
    pub rdd: Option<RddId>,
    /// Where it may live.
    pub level: StorageLevel,
}

/// What becomes of the write lock when a put is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutLock {
    /// It is given back.
    Release,
    /// It becomes a read lock: the task goes on to read the block.
    KeepForReading,
}

/// How a put ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The executor had the block already, which counts as stored.
    Exists,
    /// It is in memory.
    Memory,
    /// It is on disk.
    Disk,
    /// It is nowhere: whoever wanted it has read it once.
    Nowhere,
}

/// Where a read came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMethod {
    /// From memory.
    Memory,
    /// From disk.
    Disk,
}

/// What a read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The executor does not have the block.
    Absent,
    /// Somebody writes it: read again once that is over.
    Locked,
    /// The block, read-locked by the task until it is [released](BlockManager::release_lock).
    Found {
        /// It.
        copy: CopyId,
        /// Where it is read from.
        method: ReadMethod,
        /// `Bytes Read` of the input metrics: its size when it was first stored.
        bytes: Bytes,
    },
}

/// A block on its way into memory, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Unrolling {
    /// The block.
    pub copy: CopyId,
    task: AttemptSlot,
    unroll: Unroll,
}

impl<H> ExecutionMemory for BlockManager<'_, H>
where
    H: DropHandler<Error = Infallible>,
{
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let ExecutorMemory { manager, store, .. } = &mut *self.memory;
        let mut evictor = store.evictor(self.blocks, self.drops);
        let Ok(grant) = manager.acquire_execution_memory(bytes, task, mode, &mut evictor);
        grant
    }

    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let ExecutorMemory { manager, store, .. } = &mut *self.memory;
        let mut evictor = store.evictor(self.blocks, self.drops);
        let Ok(grant) = manager.recheck_execution_memory(bytes, task, mode, &mut evictor);
        grant
    }

    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.memory.manager.release_execution_memory(bytes, task, mode)
    }
}

impl<H: DropHandler> BlockManager<'_, H> {
    // ---- putting

    /// `putIterator`: memory first, even where the level has a disk.
    ///
    /// # Errors
    /// Those of the drop handler, for all methods here.
    pub fn put_iterator<E: SizeEstimate>(
        &mut self,
        new: NewBlock,
        task: AttemptSlot,
        data: &BlockData<E>,
        lock: PutLock,
    ) -> Result<Put, H::Error> {
        let Some(copy) = self.begin_put(new, task) else { return Ok(Put::Exists) };
        if new.level.use_memory {
            let form = data.form(new.level.deserialized);
            self.unroll(copy, task, data.elements, form)?;
        }
        self.finish_put(copy, task, data, lock)
    }

    /// `doPutBytes`: a block that arrives as bytes. Objects are made of them where the level wants objects.
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn put_bytes<E: SizeEstimate>(
        &mut self,
        new: NewBlock,
        task: AttemptSlot,
        data: &BlockData<E>,
        lock: PutLock,
    ) -> Result<Put, H::Error> {
        let Some(copy) = self.begin_put(new, task) else { return Ok(Put::Exists) };
        if new.level.use_memory && new.level.deserialized {
            self.unroll(copy, task, data.elements, &data.values)?;
        } else if new.level.use_memory {
            self.cache_bytes(copy, data.serialized.size)?;
        }
        let put = self.finish_put(copy, task, data, lock)?;
        if matches!(put, Put::Memory | Put::Disk) {
            self.blocks[copy].size = data.serialized.size;
        }
        Ok(put)
    }

    /// Enters the block and locks it for writing; `None` where the executor has it.
    pub fn begin_put(&mut self, new: NewBlock, task: AttemptSlot) -> Option<CopyId> {
        self.memory.store.lock_new_block_for_writing(self.blocks, new.block, new.rdd, new.level, task)
    }

    /// An unroll of `elements` elements into a block, to be [stepped](Self::unroll_step).
    #[must_use]
    pub fn begin_unroll(&self, copy: CopyId, task: AttemptSlot, elements: u64) -> Unrolling {
        Unrolling { copy, task, unroll: Unroll::new(self.memory.unroll, elements) }
    }

    /// Goes on to the next reservation of unroll memory and makes it. Ends with [`UnrollStep::Store`] where the block
    /// is in memory, with [`UnrollStep::Refused`] where it is not: what is reserved by then stays so until the
    /// elements were [consumed](Self::consume_unrolled).
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn unroll_step<E: SizeEstimate>(
        &mut self,
        unrolling: &mut Unrolling,
        form: &BlockForm<E>,
    ) -> Result<UnrollStep, H::Error> {
        let Unrolling { copy, task, unroll } = unrolling;
        let (rdd, mode) = (self.blocks[*copy].rdd, self.blocks[*copy].mode);
        let ExecutorMemory { manager, store, .. } = &mut *self.memory;
        let step = unroll.next(&form.estimate, form.size);
        match step {
            UnrollStep::Reserve { stored, bytes } => {
                let granted =
                    store.reserve_unroll_memory(manager, self.blocks, rdd, *task, bytes, mode, self.drops)?;
                unroll.reserved(stored, bytes, granted);
            }
            UnrollStep::Store => {
                let held = unroll.held;
                store.store_unrolled(manager, self.blocks, *copy, *task, held, form.size, self.drops)?;
            }
            UnrollStep::Refused => {}
        }
        Ok(step)
    }

    /// The elements of a refused unroll were written, read once or thrown away: its memory is free.
    pub fn consume_unrolled(&mut self, unrolling: &Unrolling) {
        let mode = self.blocks[unrolling.copy].mode;
        let ExecutorMemory { manager, store, .. } = &mut *self.memory;
        store.release_unroll_memory(manager, unrolling.task, unrolling.unroll.held, mode);
    }

    /// The end of a put: on disk where memory did not take the block, reported, unlocked; forgotten where it is
    /// nowhere. From here on its recorded size is fixed.
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn finish_put<E: SizeEstimate>(
        &mut self,
        copy: CopyId,
        task: AttemptSlot,
        data: &BlockData<E>,
        lock: PutLock,
    ) -> Result<Put, H::Error> {
        let block = &mut self.blocks[copy];
        let StorageLevel { use_disk, replication, .. } = block.level;
        if !block.in_memory && !use_disk {
            self.memory.store.remove_block(self.blocks, copy);
            return Ok(Put::Nowhere);
        }
        block.serialized_size = data.serialized.size;
        let put = if block.in_memory { Put::Memory } else { Put::Disk };
        block.on_disk = !block.in_memory;
        block.size = if block.in_memory { block.memory_size } else { block.serialized_size };
        self.report_status(copy);
        if replication > 1 {
            self.read_bytes(copy)?;
        }
        match lock {
            PutLock::Release => self.release_lock(copy, task),
            PutLock::KeepForReading => self.memory.store.downgrade_lock(self.blocks, copy, task),
        }
        Ok(put)
    }

    // ---- reading

    /// `getLocalValues`: a block of objects that is read from disk goes back into memory if it fits, as bytes do at a
    /// serialized level. Nobody is told.
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn get_local_values<E: SizeEstimate>(
        &mut self,
        block: BlockId,
        task: AttemptSlot,
        data: &BlockData<E>,
    ) -> Result<Read, H::Error> {
        let read = self.begin_read(block, task);
        if let Read::Found { copy, method: ReadMethod::Disk, .. } = read {
            let StorageLevel { use_memory, deserialized, .. } = self.blocks[copy].level;
            if use_memory && deserialized {
                if self.unroll(copy, task, data.elements, &data.values)? {
                    self.memory.store.touch(self.blocks, copy);
                }
            } else if use_memory {
                self.cache_bytes(copy, data.serialized.size)?;
            }
        }
        Ok(read)
    }

    /// Finds a block and locks it for reading; one in memory becomes the most recently used. A block at a level with
    /// memory that comes from disk is then [unrolled](Self::begin_unroll) again or [cached](Self::cache_bytes) as
    /// bytes.
    pub fn begin_read(&mut self, block: BlockId, task: AttemptSlot) -> Read {
        let Some(copy) = self.memory.store.find(self.blocks, block) else { return Read::Absent };
        if !self.memory.store.lock_for_reading(self.blocks, copy, task) {
            return Read::Locked;
        }
        let method = match &self.blocks[copy] {
            found if found.in_memory => ReadMethod::Memory,
            found if found.on_disk => ReadMethod::Disk,
            // Its content is gone: `handleLocalReadFailure` forgets it.
            _ => {
                self.release_lock(copy, task);
                self.memory.store.remove_block(self.blocks, copy);
                return Read::Absent;
            }
        };
        self.report_status(copy);
        Read::Found { copy, method, bytes: self.blocks[copy].size }
    }

    /// `getLocalBytes`: objects come from the copy on disk if there is one, and are never cached again.
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn get_local_bytes(&mut self, block: BlockId, task: AttemptSlot) -> Result<Read, H::Error> {
        let Some(copy) = self.memory.store.find(self.blocks, block) else { return Ok(Read::Absent) };
        if !self.memory.store.lock_for_reading(self.blocks, copy, task) {
            return Ok(Read::Locked);
        }
        let method = self.read_bytes(copy)?;
        Ok(Read::Found { copy, method, bytes: self.blocks[copy].size })
    }

    fn read_bytes(&mut self, copy: CopyId) -> Result<ReadMethod, H::Error> {
        let block = &self.blocks[copy];
        let prefers_disk = block.level.deserialized && block.on_disk;
        if block.in_memory && !prefers_disk {
            self.memory.store.touch(self.blocks, copy);
            return Ok(ReadMethod::Memory);
        }
        if block.level.use_memory && !block.level.deserialized {
            let size = block.serialized_size;
            self.cache_bytes(copy, size)?;
        }
        Ok(ReadMethod::Disk)
    }

    /// Puts bytes read from disk into memory, if they fit; whether they did.
    ///
    /// # Errors
    /// Those of the drop handler.
    pub fn cache_bytes(&mut self, copy: CopyId, size: Bytes) -> Result<bool, H::Error> {
        let ExecutorMemory { manager, store, .. } = &mut *self.memory;
        store.put_bytes(manager, self.blocks, copy, size, self.drops)
    }

    /// Gives a read or write lock of `task` back.
    pub fn release_lock(&mut self, copy: CopyId, task: AttemptSlot) {
        self.memory.store.unlock(self.blocks, copy, task);
    }

    /// A status report reads the size of a block in memory, which counts as an access.
    pub fn report_status(&mut self, copy: CopyId) {
        if self.blocks[copy].in_memory {
            self.memory.store.touch(self.blocks, copy);
        }
    }

    // ---- removing

    /// `dropFromMemory`: the block goes to disk if its level has one, and is forgotten otherwise.
    ///
    /// # Errors
    /// Those of the drop handler; the block then stays.
    pub fn drop_from_memory(&mut self, copy: CopyId) -> Result<(), H::Error> {
        let (size, mode) = (self.blocks[copy].memory_size, self.blocks[copy].mode);
        self.memory.store.drop_from_memory(self.blocks, copy, self.drops)?;
        self.memory.manager.release_storage_memory(size, mode);
        Ok(())
    }

    /// `removeBlock`: forgets a block in memory and on disk. False where it is locked.
    pub fn remove_block(&mut self, copy: CopyId, task: AttemptSlot) -> bool {
        let ExecutorMemory { manager, store, .. } = &mut *self.memory;
        if !store.lock_for_writing(self.blocks, copy, task) {
            return false;
        }
        store.remove(manager, self.blocks, copy);
        store.remove_block(self.blocks, copy);
        true
    }

    /// `removeRdd`: forgets all blocks of an RDD that nobody has locked; returns how many.
    pub fn remove_rdd(&mut self, rdd: RddId, task: AttemptSlot) -> usize {
        let on_executor = self.blocks.copies_on(self.memory.store.executor());
        let copies: Vec<_> = on_executor.filter(|&copy| self.blocks[copy].rdd == Some(rdd)).collect();
        copies.into_iter().filter(|&copy| self.remove_block(copy, task)).count()
    }

    /// Unrolls without time between the steps; whether the block is in memory. A refused one is consumed at once.
    fn unroll<E: SizeEstimate>(
        &mut self,
        copy: CopyId,
        task: AttemptSlot,
        elements: u64,
        form: &BlockForm<E>,
    ) -> Result<bool, H::Error> {
        let mut unrolling = self.begin_unroll(copy, task, elements);
        loop {
            match self.unroll_step(&mut unrolling, form)? {
                UnrollStep::Reserve { .. } => {}
                UnrollStep::Store => return Ok(true),
                UnrollStep::Refused => {
                    self.consume_unrolled(&unrolling);
                    return Ok(false);
                }
            }
        }
    }
}

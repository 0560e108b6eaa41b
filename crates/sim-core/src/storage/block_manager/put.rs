//! Storing a block: `BlockManager.doPut`, `doPutIterator`, `doPutBytes`.

use super::BlockManager;
use crate::ids::{AttemptSlot, BlockId, RddId};
use crate::storage::unroll::{SizeEstimate, Unroll, UnrollStep};
use crate::storage::{BlockData, BlockForm, CopyId, DropHandler, ExecutorMemory, StorageLevel};
use crate::units::Bytes;

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

/// A block on its way into memory, element by element.
#[derive(Clone, Copy, Debug)]
pub struct Unrolling {
    /// The block.
    pub copy: CopyId,
    task: AttemptSlot,
    unroll: Unroll,
}

impl Unrolling {
    /// Elements appended so far.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.unroll.stored
    }

    /// Unroll memory reserved so far.
    #[must_use]
    pub fn held(&self) -> Bytes {
        self.unroll.held
    }
}

impl<H: DropHandler> BlockManager<'_, H> {
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

    /// Unrolls without time between the steps; whether the block is in memory. A refused one is consumed at once.
    pub(super) fn unroll<E: SizeEstimate>(
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

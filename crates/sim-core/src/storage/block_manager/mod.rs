//! Putting, reading and removing blocks by storage level.
//!
//! Spark: `BlockManager.scala`. Memory comes first, disk where memory refuses. What takes long in Spark is in pieces
//! here: a put is [begun](BlockManager::begin_put), [unrolled](BlockManager::unroll_step) one reservation after the
//! other and [finished](BlockManager::finish_put); [`BlockManager::put_iterator`] does all at once.

mod put;
mod read;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

pub use self::put::{NewBlock, Put, PutLock, Unrolling};
pub use self::read::{Read, ReadMethod};
use super::block_table::{BlockTable, CopyId};
use super::executor_memory::ExecutorMemory;
use super::memory_store::DropHandler;
use crate::ids::{AttemptSlot, RddId};
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
}

//! Reading a block: `BlockManager.getLocalValues`, `doGetLocalBytes`.

use super::BlockManager;
use crate::ids::{AttemptSlot, BlockId};
use crate::storage::unroll::SizeEstimate;
use crate::storage::{BlockData, CopyId, DropHandler, ExecutorMemory, StorageLevel};
use crate::units::Bytes;

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

impl<H: DropHandler> BlockManager<'_, H> {
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
    /// memory that comes from disk is then [unrolled](Self::begin_unroll) again, and [accessed](Self::report_status)
    /// if that went well, or [cached](Self::cache_bytes) as bytes.
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

    pub(super) fn read_bytes(&mut self, copy: CopyId) -> Result<ReadMethod, H::Error> {
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
}

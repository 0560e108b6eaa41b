//! The memory of one executor: its manager and its store, and how its blocks are unrolled.

use super::block_manager::BlockManager;
use super::block_table::BlockTable;
use super::memory_store::MemoryStore;
use super::unroll::UnrollConf;
use crate::ids::ExecutorId;
use crate::memory::{ManagerConf, UnifiedMemoryManager};

/// What one executor (or driver) holds.
#[derive(Clone, Debug)]
pub struct ExecutorMemory {
    /// Who may have how much.
    pub manager: UnifiedMemoryManager,
    /// The blocks in memory.
    pub store: MemoryStore,
    /// How blocks are unrolled.
    pub unroll: UnrollConf,
}

impl ExecutorMemory {
    /// The memory of an executor that holds nothing.
    #[must_use]
    pub fn new(executor: ExecutorId, manager: &ManagerConf, unroll: UnrollConf) -> Self {
        Self { manager: UnifiedMemoryManager::new(manager), store: MemoryStore::new(executor), unroll }
    }

    /// This memory with what an eviction needs: the blocks of the run and who hears of drops.
    pub fn block_manager<'a, H>(
        &'a mut self,
        blocks: &'a mut BlockTable,
        drops: &'a mut H,
    ) -> BlockManager<'a, H> {
        BlockManager { memory: self, blocks, drops }
    }
}

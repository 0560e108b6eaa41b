//! One executor: its memory, and who stands in line for it.

use std::collections::VecDeque;

use super::conf::ExecutorConf;
use crate::ids::{AttemptSlot, BlockId, ExecutorId};
use crate::memory::{ExecutionMemory, Grant, MemoryMode};
use crate::storage::{BlockTable, Dropped, ExecutorMemory, UnrollConf};
use crate::units::Bytes;

#[derive(Clone, Debug)]
pub(super) struct Executor {
    pub(super) memory: ExecutorMemory,
    /// The attempt of its first slot; the others follow.
    pub(super) first_attempt: u32,
    /// Slots that no attempt has.
    pub(super) free_slots: Vec<u32>,
    /// Who writes evicted blocks to disk under the manager's lock.
    pub(super) lock_holder: Option<u32>,
    /// Attempts that wait for that lock, in order of arrival.
    pub(super) lock_waiters: VecDeque<u32>,
    /// Attempts that wait for a block that another one computes.
    pub(super) block_waiters: Vec<(BlockId, u32)>,
    /// Attempts that wait for the pool.
    pub(super) pool_waiters: u32,
    pub(super) recheck_scheduled: bool,
}

impl Executor {
    pub(super) fn new(
        id: ExecutorId,
        conf: &ExecutorConf,
        unroll: UnrollConf,
        first_attempt: u32,
        slots: u32,
    ) -> Self {
        Self {
            memory: ExecutorMemory::new(id, &conf.memory, unroll),
            first_attempt,
            free_slots: (0..slots).rev().collect(),
            lock_holder: None,
            lock_waiters: VecDeque::new(),
            block_waiters: Vec::new(),
            pool_waiters: 0,
            recheck_scheduled: false,
        }
    }
}

/// An executor's memory as its tasks see it.
pub(super) struct Grants<'a> {
    pub(super) executor: &'a mut Executor,
    pub(super) blocks: &'a mut BlockTable,
    pub(super) drops: &'a mut Vec<Dropped>,
    pub(super) calls: &'a mut u64,
}

impl ExecutionMemory for Grants<'_> {
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        *self.calls += 1;
        self.executor.memory.block_manager(self.blocks, self.drops).acquire(bytes, task, mode)
    }

    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        *self.calls += 1;
        self.executor.memory.block_manager(self.blocks, self.drops).recheck(bytes, task, mode)
    }

    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        *self.calls += 1;
        self.executor.memory.manager.release_execution_memory(bytes, task, mode)
    }
}

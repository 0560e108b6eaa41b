//! One executor: its memory, and who stands in line for it.

use std::collections::VecDeque;

use super::conf::ExecutorConf;
use super::container::ContainerState;
use super::heap::ExecutorHeap;
use crate::ids::{AttemptSlot, BlockId, ExecutorId};
use crate::memory::{ExecutionMemory, Grant, ManagerConf, MemoryMode};
use crate::storage::{BlockTable, Dropped, ExecutorMemory, UnrollConf};
use crate::units::{Bytes, SimTime};

/// Whether an executor is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It has yet to come.
    Expected,
    There,
    /// It does not come back.
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct Executor {
    pub(super) presence: Presence,
    pub(super) node: u32,
    /// Pools without a byte where it is not there.
    pub(super) memory: ExecutorMemory,
    /// How many attempts it can run.
    pub(super) slots: u32,
    /// The attempt of its first slot; the others follow.
    pub(super) first_attempt: u32,
    /// Slots that no attempt has; none where it is not there.
    pub(super) free_slots: Vec<u32>,
    /// Who writes evicted blocks to disk under the manager's lock.
    pub(super) lock_holder: Option<u32>,
    /// Attempts that wait for that lock, in order of arrival.
    pub(super) lock_waiters: VecDeque<u32>,
    /// Attempts that wait for a block that another one computes.
    pub(super) block_waiters: Vec<(BlockId, u32)>,
    /// Attempts that wait for the pool.
    pub(super) pool_waiters: u32,
    /// Map output in flight to its attempts: memory outside of the pools.
    pub(super) fetch_in_flight: Bytes,
    pub(super) recheck_scheduled: bool,
    /// What its processes hold.
    pub(super) container: ContainerState,
    /// Where a run needs it, as long as the executor is there.
    pub(super) heap: Option<Box<ExecutorHeap>>,
}

impl Executor {
    pub(super) fn new(
        id: ExecutorId,
        conf: &ExecutorConf,
        unroll: UnrollConf,
        first_attempt: u32,
        slots: u32,
    ) -> Self {
        let mut executor = Self {
            presence: Presence::first(conf),
            node: conf.node,
            memory: ExecutorMemory::new(id, &without_memory(conf), unroll),
            slots,
            first_attempt,
            free_slots: Vec::new(),
            lock_holder: None,
            lock_waiters: VecDeque::new(),
            block_waiters: Vec::new(),
            pool_waiters: 0,
            fetch_in_flight: Bytes::ZERO,
            recheck_scheduled: false,
            container: ContainerState::default(),
            heap: None,
        };
        if executor.presence == Presence::There {
            executor.arrive(conf, unroll);
        }
        executor
    }

    /// One that was asked for while the application runs.
    pub(super) fn expected(
        id: ExecutorId,
        conf: &ExecutorConf,
        unroll: UnrollConf,
        first_attempt: u32,
        slots: u32,
    ) -> Self {
        let later = ExecutorConf { added: SimTime::MAX, removed: None, ..*conf };
        Self::new(id, &later, unroll, first_attempt, slots)
    }

    /// It is there from now on, with all its slots and memory.
    pub(super) fn arrive(&mut self, conf: &ExecutorConf, unroll: UnrollConf) {
        self.presence = Presence::There;
        self.memory = ExecutorMemory::new(self.memory.store.executor(), &conf.memory, unroll);
        self.free_slots = (0..self.slots).rev().collect();
    }

    /// It is offered nothing any more; what it runs and holds has yet to be given up.
    pub(super) fn leave(&mut self) {
        self.presence = Presence::Gone;
        self.free_slots.clear();
    }

    /// Drops the pools of an executor that has left, once nobody holds anything of them or waits for them.
    pub(super) fn forget_memory(&mut self, conf: &ExecutorConf) {
        let waiting = (self.lock_waiters.len(), self.block_waiters.len(), self.pool_waiters);
        assert!(
            self.lock_holder.is_none() && waiting == (0, 0, 0) && self.memory.manager.waiters().is_empty(),
            "attempts wait on an executor that is gone: for its lock, for blocks, for its pools {waiting:?}"
        );
        let (id, unroll) = (self.memory.store.executor(), self.memory.unroll);
        self.memory = ExecutorMemory::new(id, &without_memory(conf), unroll);
    }

    /// Attempts that run on it.
    pub(super) fn running(&self) -> u32 {
        if self.is_there() { self.slots - self.free_slots.len() as u32 } else { 0 }
    }

    /// Whether it will never be offered anything any more.
    pub(super) fn is_gone(&self) -> bool {
        self.presence == Presence::Gone
    }

    pub(super) fn is_there(&self) -> bool {
        self.presence == Presence::There
    }
}

fn without_memory(conf: &ExecutorConf) -> ManagerConf {
    ManagerConf {
        max_heap_memory: Bytes::ZERO,
        on_heap_storage_region: Bytes::ZERO,
        max_off_heap_memory: Bytes::ZERO,
        off_heap_storage_region: Bytes::ZERO,
        ..conf.memory
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

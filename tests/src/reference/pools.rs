//! `UnifiedMemoryManager`, `ExecutionMemoryPool` and `StorageMemoryPool`, line by line.

use std::collections::BTreeMap;

use sim_core::memory::MemoryMode;

use super::Shared;
use super::books::Books;
use super::monitor::wait;
use crate::calls::{Block, Event, Reply, Share, Task};

/// Both pools of one mode.
pub(super) struct Pool {
    max_memory: u64,
    storage_region: u64,
    pub(super) execution_pool: u64,
    pub(super) storage_pool: u64,
    pub(super) storage_used: u64,
    pub(super) memory_for_task: BTreeMap<Task, u64>,
}

impl Pool {
    pub(super) fn new(max_memory: u64, storage_region: u64) -> Self {
        Self {
            max_memory,
            storage_region,
            execution_pool: max_memory - storage_region,
            storage_pool: storage_region,
            storage_used: 0,
            memory_for_task: BTreeMap::new(),
        }
    }

    pub(super) fn execution_used(&self) -> u64 {
        self.memory_for_task.values().sum()
    }

    fn execution_free(&self) -> u64 {
        self.execution_pool - self.execution_used()
    }

    fn storage_free(&self) -> u64 {
        self.storage_pool - self.storage_used
    }

    fn share(&self, task: Task) -> Share {
        Share {
            held: self.memory_for_task[&task],
            active: self.memory_for_task.len() as u64,
            pool_size: self.execution_pool,
            max_pool_size: self.max_memory - self.storage_used.min(self.storage_region),
            free: self.execution_free(),
        }
    }
}

/// `acquireExecutionMemory`: waits while the task would hold less than a 2Nth of the pool.
pub(super) async fn acquire_execution(
    books: &Shared,
    bytes: u64,
    task: Task,
    mode: MemoryMode,
) -> Result<u64, Reply> {
    books.borrow_mut().enter(task, mode);
    loop {
        let granted = books.borrow_mut().try_grant(bytes, task, mode)?;
        match granted {
            Some(granted) => return Ok(granted),
            None => wait(books, task).await,
        }
    }
}

impl Books {
    fn enter(&mut self, task: Task, mode: MemoryMode) {
        let active = self.pool(mode).memory_for_task.contains_key(&task);
        self.pool(mode).memory_for_task.entry(task).or_insert(0);
        if !active {
            self.monitor.notify_all();
        }
    }

    /// One turn of the loop in `ExecutionMemoryPool.acquireMemory`; `None` means wait.
    fn try_grant(&mut self, bytes: u64, task: Task, mode: MemoryMode) -> Result<Option<u64>, Reply> {
        if !self.pool(mode).memory_for_task.contains_key(&task) {
            return Err(Reply::Orphaned);
        }
        self.maybe_grow_execution_pool(bytes, mode);
        let pool = self.pool(mode);
        let share = pool.share(task);
        let max_per_task = share.max_pool_size / share.active;
        let min_per_task = share.pool_size / (2 * share.active);
        let room = max_per_task.saturating_sub(share.held);
        let granted = bytes.min(room).min(share.free);
        if granted < bytes && share.held + granted < min_per_task {
            self.events.push(Event::Waits { task, mode, asked: bytes, share });
            return Ok(None);
        }
        *pool.memory_for_task.get_mut(&task).expect("it is active") += granted;
        let share = pool.share(task);
        self.events.push(Event::Granted { task, mode, asked: bytes, granted, share });
        Ok(Some(granted))
    }

    fn maybe_grow_execution_pool(&mut self, bytes: u64, mode: MemoryMode) {
        let pool = self.pool(mode);
        let extra = bytes.saturating_sub(pool.execution_free());
        let reclaimable = pool.storage_free().max(pool.storage_pool.saturating_sub(pool.storage_region));
        if extra == 0 || reclaimable == 0 {
            return;
        }
        let wanted = extra.min(reclaimable);
        let mut moved = wanted.min(pool.storage_free());
        if wanted > moved {
            moved += self.evict(None, wanted - moved, mode);
        }
        let pool = self.pool(mode);
        pool.storage_pool -= moved;
        pool.execution_pool += moved;
    }

    /// `releaseExecutionMemory`: at most what is held; wakes everybody, whatever was released.
    pub(super) fn release_execution(&mut self, bytes: u64, task: Task, mode: MemoryMode) -> u64 {
        let table = &mut self.pool(mode).memory_for_task;
        let held = table.get(&task).copied().unwrap_or(0);
        let released = bytes.min(held);
        if held == released {
            table.remove(&task);
        } else {
            table.insert(task, held - released);
        }
        self.monitor.notify_all();
        released
    }

    /// `acquireStorageMemory`, and `acquireUnrollMemory` alike. Never waits.
    pub(super) fn acquire_storage(&mut self, block: Block, bytes: u64, mode: MemoryMode) -> bool {
        let granted = self.try_storage(block, bytes, mode);
        self.events.push(Event::Storage { bytes, granted });
        granted
    }

    fn try_storage(&mut self, block: Block, bytes: u64, mode: MemoryMode) -> bool {
        let pool = self.pool(mode);
        if bytes > pool.max_memory - pool.execution_used() {
            return false;
        }
        if bytes > pool.storage_free() {
            let borrowed = pool.execution_free().min(bytes - pool.storage_free());
            pool.execution_pool -= borrowed;
            pool.storage_pool += borrowed;
        }
        let to_free = bytes.saturating_sub(pool.storage_free());
        if to_free > 0 {
            self.evict(block.rdd(), to_free, mode);
        }
        let pool = self.pool(mode);
        let enough = bytes <= pool.storage_free();
        if enough {
            pool.storage_used += bytes;
        }
        enough
    }

    pub(super) fn release_storage(&mut self, bytes: u64, mode: MemoryMode) {
        self.pool(mode).storage_used -= bytes;
    }
}

//! The two pools of one memory mode: bookkeeping only, the rules are the manager's.
//!
//! Spark: `ExecutionMemoryPool.scala`, `StorageMemoryPool.scala`, `MemoryPool.scala`.

use crate::ids::AttemptSlot;
use crate::units::Bytes;

/// Execution memory of one mode, and who holds it.
#[derive(Clone, Debug)]
pub struct ExecutionMemoryPool {
    pub(super) pool_size: Bytes,
    memory_used: Bytes,
    /// By attempt; [`ABSENT`] where the attempt has no entry. An entry of 0 bytes counts as an active task.
    memory_for_task: Vec<u64>,
    active: u64,
}

const ABSENT: u64 = u64::MAX;

impl ExecutionMemoryPool {
    pub(super) fn new(pool_size: Bytes) -> Self {
        Self { pool_size, memory_used: Bytes::ZERO, memory_for_task: Vec::new(), active: 0 }
    }

    /// Bytes of this pool, used or free.
    #[must_use]
    pub fn pool_size(&self) -> Bytes {
        self.pool_size
    }

    /// Bytes held by all tasks.
    #[must_use]
    pub fn memory_used(&self) -> Bytes {
        self.memory_used
    }

    /// Bytes that no task holds.
    #[must_use]
    pub fn memory_free(&self) -> Bytes {
        self.pool_size - self.memory_used
    }

    /// Number of attempts that have asked and not yet given all back: the N of 1/2N..1/N.
    #[must_use]
    pub fn active_tasks(&self) -> u64 {
        self.active
    }

    /// Bytes that `task` holds, `None` where it is not active.
    #[must_use]
    pub fn memory_of(&self, task: AttemptSlot) -> Option<Bytes> {
        match self.memory_for_task.get(task.index()) {
            None | Some(&ABSENT) => None,
            Some(&held) => Some(Bytes(held)),
        }
    }

    /// Enters `task` with nothing held; false where it is active already.
    pub(super) fn enter(&mut self, task: AttemptSlot) -> bool {
        if self.memory_for_task.len() <= task.index() {
            self.memory_for_task.resize(task.index() + 1, ABSENT);
        }
        let held = &mut self.memory_for_task[task.index()];
        if *held != ABSENT {
            return false;
        }
        *held = 0;
        self.active += 1;
        true
    }

    pub(super) fn grant(&mut self, task: AttemptSlot, bytes: Bytes) {
        self.memory_for_task[task.index()] += bytes.0;
        self.memory_used += bytes;
    }

    /// Takes back at most what `task` holds and forgets a task that holds nothing any more. Returns what was taken.
    pub(super) fn release(&mut self, task: AttemptSlot, bytes: Bytes) -> Bytes {
        let Some(held) = self.memory_of(task) else { return Bytes::ZERO };
        let released = bytes.min(held);
        let left = held - released;
        self.memory_used -= released;
        if left.is_zero() {
            self.memory_for_task[task.index()] = ABSENT;
            self.active -= 1;
        } else {
            self.memory_for_task[task.index()] = left.0;
        }
        released
    }

    /// Recounts from the table what the pool keeps as running sums.
    ///
    /// # Panics
    /// Where a running sum is wrong.
    pub(super) fn verify(&self) {
        let held = self.memory_for_task.iter().filter(|&&held| held != ABSENT);
        assert_eq!(self.active, held.clone().count() as u64, "active tasks");
        assert_eq!(self.memory_used.0, held.sum::<u64>(), "task memory sums to execution used");
    }
}

/// Storage memory of one mode: cached blocks and unroll memory together.
#[derive(Clone, Debug)]
pub struct StorageMemoryPool {
    pub(super) pool_size: Bytes,
    pub(super) memory_used: Bytes,
}

impl StorageMemoryPool {
    pub(super) fn new(pool_size: Bytes) -> Self {
        Self { pool_size, memory_used: Bytes::ZERO }
    }

    /// Bytes of this pool, used or free.
    #[must_use]
    pub fn pool_size(&self) -> Bytes {
        self.pool_size
    }

    /// Bytes of blocks and of unroll memory.
    #[must_use]
    pub fn memory_used(&self) -> Bytes {
        self.memory_used
    }

    /// Bytes that nothing uses.
    #[must_use]
    pub fn memory_free(&self) -> Bytes {
        self.pool_size - self.memory_used
    }

    /// Gives back at most what is used (Spark clamps with a warning).
    pub(super) fn release(&mut self, bytes: Bytes) {
        self.memory_used = self.memory_used.saturating_sub(bytes);
    }
}

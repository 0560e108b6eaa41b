//! The arbitration between execution and storage.
//!
//! Spark: `UnifiedMemoryManager.scala`, `ExecutionMemoryPool.scala`, `StorageMemoryPool.scala`; the methods stand in
//! Spark's order under Spark's names.

use super::pool::{ExecutionMemoryPool, StorageMemoryPool};
use super::wait::{WaitQueue, WakeOrder};
use crate::ids::{AttemptSlot, RddId};
use crate::units::Bytes;

/// Where memory lies. The two modes never lend to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemoryMode {
    /// In the JVM's heap.
    #[default]
    OnHeap,
    /// Outside of it: `spark.memory.offHeap.size`.
    OffHeap,
}

impl MemoryMode {
    /// Both modes, in the order in which Spark releases them.
    pub const BOTH: [Self; 2] = [Self::OnHeap, Self::OffHeap];
}

/// The answer to a request for execution memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// This many bytes are now held; possibly fewer than asked, possibly none.
    Granted(Bytes),
    /// The attempt would hold less than 1/2N: it is in the wait queue and has to
    /// [re-check](UnifiedMemoryManager::recheck_execution_memory) once woken.
    Wait,
    /// The attempt's entry was removed by somebody else while it waited (Spark throws `NoSuchElementException`).
    Orphaned,
}

/// What an eviction did. `released` is what left memory, also where it then failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted<E> {
    /// Bytes of the blocks that were dropped.
    pub released: Bytes,
    /// `Err` where dropping a block failed; the earlier ones stay dropped.
    pub outcome: Result<(), E>,
}

/// What the manager asks to free storage memory: the memory store (Spark: `MemoryStore.evictBlocksToFreeSpace`).
pub trait Evictor {
    /// Why a block could not be dropped; `Infallible` for the store of a simulation.
    type Error;

    /// Frees at least `space` bytes of `mode`, or nothing. No block of `rdd_to_add` is dropped.
    fn evict_blocks_to_free_space(
        &mut self,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        mode: MemoryMode,
    ) -> Evicted<Self::Error>;
}

/// Whether the boundary between storage and execution moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// It moves (Spark since 1.6).
    #[default]
    Unified,
    /// It stays where it was: each pool evicts and refuses within itself (Spark's old `StaticMemoryManager`).
    Fixed,
}

/// How execution memory is shared among the active tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskShare {
    /// Between 1/2N and 1/N of the pool, N active tasks.
    #[default]
    Spark,
    /// Who asks first gets all: nobody waits.
    Greedy,
    /// 1/slots of the pool, whoever is active: nobody waits.
    Slots(u32),
}

/// Sizes and choices of one executor's memory manager.
#[derive(Clone, Copy, Debug, Default)]
pub struct ManagerConf {
    /// On-heap bytes shared by execution and storage: (system memory - reserved) * `spark.memory.fraction`.
    pub max_heap_memory: Bytes,
    /// On-heap bytes of blocks that execution does not evict: max heap * `spark.memory.storageFraction`.
    pub on_heap_storage_region: Bytes,
    /// Off-heap bytes: `spark.memory.offHeap.size`, also while `spark.memory.offHeap.enabled` is false.
    pub max_off_heap_memory: Bytes,
    /// Off-heap bytes of blocks that execution does not evict.
    pub off_heap_storage_region: Bytes,
    /// Whether the boundary moves.
    pub boundary: Boundary,
    /// How execution memory is shared.
    pub task_share: TaskShare,
    /// Who is woken first.
    pub wake_order: WakeOrder,
}

/// Both pools of one mode.
#[derive(Clone, Debug)]
struct Pools {
    execution: ExecutionMemoryPool,
    storage: StorageMemoryPool,
    max_memory: Bytes,
    storage_region_size: Bytes,
    unmanaged: Bytes,
}

/// One executor's memory: who may have how much, and who has to go for it.
#[derive(Clone, Debug)]
pub struct UnifiedMemoryManager {
    pools: [Pools; 2],
    boundary: Boundary,
    task_share: TaskShare,
    waiters: WaitQueue,
}

impl UnifiedMemoryManager {
    /// A manager with nothing held: storage pools as large as their regions, execution pools the rest.
    ///
    /// # Panics
    /// Where a region is larger than its mode's memory.
    #[must_use]
    pub fn new(conf: &ManagerConf) -> Self {
        let pools = |max_memory: Bytes, region: Bytes| {
            assert!(region <= max_memory, "storage region {region} above max memory {max_memory}");
            Pools {
                execution: ExecutionMemoryPool::new(max_memory - region),
                storage: StorageMemoryPool::new(region),
                max_memory,
                storage_region_size: region,
                unmanaged: Bytes::ZERO,
            }
        };
        Self {
            pools: [
                pools(conf.max_heap_memory, conf.on_heap_storage_region),
                pools(conf.max_off_heap_memory, conf.off_heap_storage_region),
            ],
            boundary: conf.boundary,
            task_share: conf.task_share,
            waiters: WaitQueue::new(conf.wake_order),
        }
    }

    /// Asks for `bytes` of execution memory for `task`. Storage is pushed back to its region, by eviction where it
    /// has to be; a task gets at most 1/N of the pool and waits while it would hold less than 1/2N.
    ///
    /// # Errors
    /// Those of the evictor; the pools stay consistent (SPARK-15260).
    ///
    /// # Panics
    /// Where `bytes` is zero: no caller of Spark asks for nothing, and its pool asserts so.
    pub fn acquire_execution_memory<S: Evictor>(
        &mut self,
        bytes: Bytes,
        task: AttemptSlot,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<Grant, S::Error> {
        assert!(!bytes.is_zero(), "invalid number of bytes requested: 0");
        let pools = &mut self.pools[mode as usize];
        match pools.execution.memory_of(task) {
            Some(current) if pools.can_grant_all(bytes, current, self.boundary, self.task_share) => {
                pools.execution.grant(task, bytes);
                self.assert_invariants(mode);
                return Ok(Grant::Granted(bytes));
            }
            Some(_) => {}
            None => {
                pools.execution.enter(task);
                // One more active task changes everybody's share.
                self.waiters.notify_all();
            }
        }
        self.recheck_execution_memory(bytes, task, mode, store)
    }

    /// One round of the loop in `ExecutionMemoryPool.acquireMemory`: what a woken attempt does with its request.
    ///
    /// # Errors
    /// Those of the evictor.
    pub fn recheck_execution_memory<S: Evictor>(
        &mut self,
        bytes: Bytes,
        task: AttemptSlot,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<Grant, S::Error> {
        let Some(current) = self.pools[mode as usize].execution.memory_of(task) else {
            return Ok(Grant::Orphaned);
        };
        self.maybe_grow_execution_pool(bytes, mode, store)?;
        let pools = &mut self.pools[mode as usize];
        let (min_per_task, max_per_task) = pools.share(self.boundary, self.task_share);
        let allowed = bytes.min(max_per_task.saturating_sub(current));
        let to_grant = allowed.min(pools.execution.memory_free());
        if to_grant < bytes && current + to_grant < min_per_task {
            self.waiters.wait(task);
            return Ok(Grant::Wait);
        }
        pools.execution.grant(task, to_grant);
        self.assert_invariants(mode);
        Ok(Grant::Granted(to_grant))
    }

    /// Before each check, also while waiting: takes free storage memory, then evicts what lies above the region.
    fn maybe_grow_execution_pool<S: Evictor>(
        &mut self,
        bytes: Bytes,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<(), S::Error> {
        let pools = &mut self.pools[mode as usize];
        let extra = bytes.saturating_sub(pools.execution.memory_free());
        if extra.is_zero() || self.boundary == Boundary::Fixed {
            return Ok(());
        }
        let above_region = pools.storage.pool_size.saturating_sub(pools.storage_region_size);
        let reclaimable = pools.storage.memory_free().max(above_region);
        if reclaimable.is_zero() {
            return Ok(());
        }
        let moved = pools.free_space_to_shrink_pool(extra.min(reclaimable), mode, store)?;
        pools.storage.pool_size -= moved;
        pools.execution.pool_size += moved;
        Ok(())
    }

    /// Gives back at most what `task` holds and wakes every waiter, of both modes, also for 0 bytes.
    pub fn release_execution_memory(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        let released = self.pools[mode as usize].execution.release(task, bytes);
        self.waiters.notify_all();
        self.assert_invariants(mode);
        released
    }

    /// Gives back all that `task` holds, heap first. Returns the sum.
    pub fn release_all_execution_memory_for_task(&mut self, task: AttemptSlot) -> Bytes {
        MemoryMode::BOTH.into_iter().map(|mode| self.release_execution_memory(Bytes::MAX, task, mode)).sum()
    }

    /// Asks for storage memory for a block of `rdd_to_add`: free execution memory is taken without a floor, then
    /// other blocks are evicted. All or nothing, at once: storage never waits and never touches used execution memory.
    ///
    /// # Errors
    /// Those of the evictor.
    pub fn acquire_storage_memory<S: Evictor>(
        &mut self,
        rdd_to_add: Option<RddId>,
        bytes: Bytes,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<bool, S::Error> {
        let boundary = self.boundary;
        let pools = &mut self.pools[mode as usize];
        if bytes > pools.max_storage_memory(boundary) {
            return Ok(false);
        }
        if bytes > pools.storage.memory_free() && boundary == Boundary::Unified {
            let borrowed = pools.execution.memory_free().min(bytes - pools.storage.memory_free());
            pools.execution.pool_size -= borrowed;
            pools.storage.pool_size += borrowed;
        }
        let to_free = bytes.saturating_sub(pools.storage.memory_free());
        if !to_free.is_zero() {
            pools.evict(rdd_to_add, to_free, mode, store)?;
        }
        let enough = bytes <= pools.storage.memory_free();
        if enough {
            pools.storage.memory_used += bytes;
        }
        self.assert_invariants(mode);
        Ok(enough)
    }

    /// Asks for memory to unroll a block into: the same as storage memory.
    ///
    /// # Errors
    /// Those of the evictor.
    pub fn acquire_unroll_memory<S: Evictor>(
        &mut self,
        rdd_to_add: Option<RddId>,
        bytes: Bytes,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<bool, S::Error> {
        self.acquire_storage_memory(rdd_to_add, bytes, mode, store)
    }

    /// Gives storage or unroll memory back. Wakes nobody: a waiter sees it at the next release of execution memory.
    pub fn release_storage_memory(&mut self, bytes: Bytes, mode: MemoryMode) {
        self.pools[mode as usize].storage.release(bytes);
        self.assert_invariants(mode);
    }

    /// Forgets all storage memory of both modes (Spark: `releaseAllStorageMemory`, called by `MemoryStore.clear`).
    pub fn release_all_storage_memory(&mut self) {
        self.pools.iter_mut().for_each(|pools| pools.storage.memory_used = Bytes::ZERO);
    }

    /// Sets the bytes that consumers outside Spark's accounting reported (4.1: RocksDB and the like).
    pub fn set_unmanaged_memory(&mut self, mode: MemoryMode, bytes: Bytes) {
        self.pools[mode as usize].unmanaged = bytes;
    }

    /// The execution pool of a mode.
    #[must_use]
    pub fn execution(&self, mode: MemoryMode) -> &ExecutionMemoryPool {
        &self.pools[mode as usize].execution
    }

    /// The storage pool of a mode.
    #[must_use]
    pub fn storage(&self, mode: MemoryMode) -> &StorageMemoryPool {
        &self.pools[mode as usize].storage
    }

    /// Execution and storage of a mode together; never changes.
    #[must_use]
    pub fn max_memory(&self, mode: MemoryMode) -> Bytes {
        self.pools[mode as usize].max_memory
    }

    /// Bytes of blocks of a mode that execution does not evict.
    #[must_use]
    pub fn storage_region_size(&self, mode: MemoryMode) -> Bytes {
        self.pools[mode as usize].storage_region_size
    }

    /// The attempts that wait for execution memory.
    pub fn waiters(&mut self) -> &mut WaitQueue {
        &mut self.waiters
    }

    /// Whether somebody was woken and has yet to re-check.
    #[must_use]
    pub fn has_woken(&self) -> bool {
        self.waiters.has_woken()
    }

    /// What holds between any two calls, of the mode that was called for.
    #[inline]
    fn assert_invariants(&self, mode: MemoryMode) {
        let pools = &self.pools[mode as usize];
        let (execution, storage) = (pools.execution.pool_size, pools.storage.pool_size);
        assert!(
            execution + storage == pools.max_memory,
            "pools sum to max memory: execution {execution} + storage {storage} != {}",
            pools.max_memory
        );
        assert!(
            pools.execution.memory_used() <= execution && pools.storage.memory_used <= storage,
            "used above a pool: execution {} of {execution}, storage {} of {storage}",
            pools.execution.memory_used(),
            pools.storage.memory_used
        );
        if cfg!(feature = "verify") {
            pools.execution.verify();
        }
    }
}

impl Pools {
    /// `computeMaxExecutionPoolSize`: the execution pool as it could be.
    fn max_execution_pool_size(&self, boundary: Boundary) -> Bytes {
        match boundary {
            Boundary::Unified => {
                let kept_by_storage = self.storage.memory_used.min(self.storage_region_size);
                (self.max_memory - kept_by_storage).saturating_sub(self.unmanaged)
            }
            Boundary::Fixed => self.execution.pool_size,
        }
    }

    /// Whether a request needs neither a larger pool nor a smaller grant: what the general rule says, without its
    /// divisions.
    fn can_grant_all(&self, bytes: Bytes, current: Bytes, boundary: Boundary, share: TaskShare) -> bool {
        let of_all = u128::from((current + bytes).0) * u128::from(self.execution.active_tasks());
        bytes <= self.execution.memory_free()
            && share == TaskShare::Spark
            && of_all <= u128::from(self.max_execution_pool_size(boundary).0)
    }

    /// The bounds of one task: (1/2N of the pool as it is, 1/N of it as it could be).
    fn share(&self, boundary: Boundary, share: TaskShare) -> (Bytes, Bytes) {
        let max_pool_size = self.max_execution_pool_size(boundary);
        match share {
            TaskShare::Spark => {
                let active = self.execution.active_tasks();
                (self.execution.pool_size / (2 * active), max_pool_size / active)
            }
            TaskShare::Greedy => (Bytes::ZERO, max_pool_size),
            TaskShare::Slots(slots) => (Bytes::ZERO, max_pool_size / u64::from(slots.max(1))),
        }
    }

    /// The most that storage could hold if every block and all free memory were given to it.
    fn max_storage_memory(&self, boundary: Boundary) -> Bytes {
        match boundary {
            Boundary::Unified => {
                (self.max_memory - self.execution.memory_used()).saturating_sub(self.unmanaged)
            }
            Boundary::Fixed => self.storage.pool_size,
        }
    }

    /// Free bytes first, evicted ones for the rest (Spark: `StorageMemoryPool.freeSpaceToShrinkPool`). Returns what
    /// may move, which is more than asked where the last victim was larger than needed.
    fn free_space_to_shrink_pool<S: Evictor>(
        &mut self,
        space: Bytes,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<Bytes, S::Error> {
        let free = space.min(self.storage.memory_free());
        if free == space {
            return Ok(free);
        }
        Ok(free + self.evict(None, space - free, mode, store)?)
    }

    fn evict<S: Evictor>(
        &mut self,
        rdd_to_add: Option<RddId>,
        space: Bytes,
        mode: MemoryMode,
        store: &mut S,
    ) -> Result<Bytes, S::Error> {
        let evicted = store.evict_blocks_to_free_space(rdd_to_add, space, mode);
        self.storage.release(evicted.released);
        evicted.outcome.map(|()| evicted.released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Frees exactly what it is asked for while storage holds that much (as the store of Spark's own suite).
    struct Exact {
        used: u64,
        last_asked: Option<u64>,
    }

    impl Evictor for Exact {
        type Error = Infallible;
        fn evict_blocks_to_free_space(
            &mut self,
            _: Option<RddId>,
            space: Bytes,
            _: MemoryMode,
        ) -> Evicted<Infallible> {
            self.last_asked = Some(space.0);
            let released = if space.0 <= self.used { space } else { Bytes::ZERO };
            self.used -= released.0;
            Evicted { released, outcome: Ok(()) }
        }
    }

    const ON: MemoryMode = MemoryMode::OnHeap;

    struct World {
        manager: UnifiedMemoryManager,
        store: Exact,
    }

    /// A heap of 1000 bytes, 500 of them the storage region.
    fn world() -> World {
        let conf = ManagerConf {
            max_heap_memory: Bytes(1000),
            on_heap_storage_region: Bytes(500),
            ..ManagerConf::default()
        };
        World { manager: UnifiedMemoryManager::new(&conf), store: Exact { used: 0, last_asked: None } }
    }

    impl World {
        fn exec(&mut self, task: u32, bytes: u64) -> Grant {
            let Ok(grant) =
                self.manager.acquire_execution_memory(Bytes(bytes), AttemptSlot(task), ON, &mut self.store);
            grant
        }
        fn store(&mut self, bytes: u64) -> bool {
            let Ok(stored) = self.manager.acquire_storage_memory(None, Bytes(bytes), ON, &mut self.store);
            self.store.used = self.manager.storage(ON).memory_used().0;
            stored
        }
    }

    #[test]
    fn execution_borrows_idle_storage_and_cannot_be_evicted() {
        let mut w = world();
        assert_eq!(w.exec(1, 1000), Grant::Granted(Bytes(1000)));
        assert!(!w.store(1), "refused at once: nothing is free and execution stays");
        assert_eq!(w.store.last_asked, None);
    }

    #[test]
    fn execution_pushes_storage_back_to_its_region_and_no_further() {
        let mut w = world();
        assert!(w.store(750), "storage borrows 250 of execution");
        // 250 are free; 250 above the region can be evicted: 500 of the 600.
        assert_eq!(w.exec(1, 600), Grant::Granted(Bytes(500)));
        assert_eq!(w.store.last_asked, Some(250));
        assert_eq!(w.manager.storage(ON).memory_used(), Bytes(500));
    }

    #[test]
    fn a_task_waits_for_a_2nth_of_the_pool() {
        let mut w = world();
        assert_eq!(w.exec(1, 1000), Grant::Granted(Bytes(1000)));
        // N = 2: 1/2N = 250, nothing is free.
        assert_eq!(w.exec(2, 250), Grant::Wait);
        w.manager.release_execution_memory(Bytes(500), AttemptSlot(1), ON);
        assert_eq!(w.manager.waiters().next_woken(), Some(AttemptSlot(2)));
        let Ok(grant) = w.manager.recheck_execution_memory(Bytes(250), AttemptSlot(2), ON, &mut w.store);
        assert_eq!(grant, Grant::Granted(Bytes(250)));
        // Above 1/N the first task gets nothing, and does not wait either.
        assert_eq!(w.exec(1, 100), Grant::Granted(Bytes(0)));
    }

    #[test]
    fn a_fixed_boundary_lends_nothing() {
        let conf = ManagerConf {
            max_heap_memory: Bytes(1000),
            on_heap_storage_region: Bytes(500),
            boundary: Boundary::Fixed,
            ..ManagerConf::default()
        };
        let mut w = World { manager: UnifiedMemoryManager::new(&conf), ..world() };
        assert_eq!(w.exec(1, 600), Grant::Granted(Bytes(500)));
        assert!(!w.store(501));
        assert!(w.store(500));
    }

    #[test]
    fn a_greedy_share_lets_the_first_have_all() {
        let conf = ManagerConf {
            max_heap_memory: Bytes(1000),
            task_share: TaskShare::Greedy,
            ..ManagerConf::default()
        };
        let mut w = World { manager: UnifiedMemoryManager::new(&conf), ..world() };
        assert_eq!(w.exec(1, 900), Grant::Granted(Bytes(900)));
        assert_eq!(w.exec(2, 900), Grant::Granted(Bytes(100)));
        assert_eq!(w.exec(3, 900), Grant::Granted(Bytes(0)));
    }
}

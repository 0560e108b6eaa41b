//! No allocation per memory call: once buffers have grown, calls reuse them.

use sim_core::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use sim_core::memory::{
    Acquired, ExecutionMemory, Grant, ManagerConf, MemoryMode, Request, Step, TaskMemoryConf,
    TaskMemoryManager, UnifiedMemoryManager,
};
use sim_core::storage::{BlockTable, Dropped, MemoryStore, StorageLevel};
use sim_core::units::Bytes;

const ON: MemoryMode = MemoryMode::OnHeap;

/// An executor of 1000 bytes, half of them the storage region.
struct Executor {
    manager: UnifiedMemoryManager,
    store: MemoryStore,
    blocks: BlockTable,
    drops: Vec<Dropped>,
}

impl Executor {
    fn new() -> Self {
        let conf = ManagerConf {
            max_heap_memory: Bytes(1000),
            on_heap_storage_region: Bytes(500),
            ..ManagerConf::default()
        };
        Self {
            manager: UnifiedMemoryManager::new(&conf),
            store: MemoryStore::new(ExecutorId(0)),
            blocks: BlockTable::default(),
            drops: Vec::new(),
        }
    }

    /// Stores a block of 100 bytes, evicting others; false where there was no room.
    fn put(&mut self, block: u32, rdd: u32) -> bool {
        let Self { manager, store, blocks, drops } = self;
        let (id, task) = (BlockId(block), AttemptSlot(0));
        let level = StorageLevel::MEMORY_ONLY;
        let copy = store.lock_new_block_for_writing(blocks, id, Some(RddId(rdd)), level, task);
        let copy = copy.expect("a new block");
        let Ok(stored) = store.put_bytes(manager, blocks, copy, Bytes(100), drops);
        if stored {
            store.unlock(blocks, copy, task);
        } else {
            store.remove_block(blocks, copy);
        }
        drops.clear();
        stored
    }
}

impl ExecutionMemory for Executor {
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let evictor = &mut self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(grant) = self.manager.acquire_execution_memory(bytes, task, mode, evictor);
        self.drops.clear();
        grant
    }
    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let evictor = &mut self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(grant) = self.manager.recheck_execution_memory(bytes, task, mode, evictor);
        self.drops.clear();
        grant
    }
    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.manager.release_execution_memory(bytes, task, mode)
    }
}

/// Allocations of the second of two equal rounds.
fn after_warm_up(mut round: impl FnMut()) -> u64 {
    round();
    allocation_counter::measure(round).count_total
}

#[test]
fn execution_memory_is_granted_awaited_and_given_back_without_allocating() {
    let mut executor = Executor::new();
    let (first, second) = (AttemptSlot(0), AttemptSlot(1));
    let allocations = after_warm_up(|| {
        assert_eq!(executor.acquire(Bytes(1000), first, ON), Grant::Granted(Bytes(1000)));
        assert_eq!(executor.acquire(Bytes(300), second, ON), Grant::Wait);
        executor.release(Bytes(1000), first, ON);
        assert_eq!(executor.manager.waiters().next_woken(), Some(second));
        assert_eq!(executor.recheck(Bytes(300), second, ON), Grant::Granted(Bytes(300)));
        executor.release(Bytes::MAX, second, ON);
    });
    assert_eq!(allocations, 0);
}

#[test]
fn blocks_come_are_read_and_go_without_allocating() {
    let mut executor = Executor::new();
    let allocations = after_warm_up(|| {
        // Twelve blocks of three RDDs where ten fit.
        for block in 0..12 {
            assert!(executor.put(block, block % 3));
            let Executor { store, blocks, .. } = &mut executor;
            let copy = store.find(blocks, BlockId(block)).expect("it was stored");
            assert!(store.lock_for_reading(blocks, copy, AttemptSlot(1)));
            store.touch(blocks, copy);
            store.unlock(blocks, copy, AttemptSlot(1));
        }
        assert_eq!(executor.acquire(Bytes(1000), AttemptSlot(1), ON), Grant::Granted(Bytes(500)));
        executor.release(Bytes::MAX, AttemptSlot(1), ON);
        let Executor { manager, store, blocks, .. } = &mut executor;
        for block in 0..12 {
            if let Some(copy) = store.find(blocks, BlockId(block)) {
                store.remove(manager, blocks, copy);
                store.remove_block(blocks, copy);
            }
        }
    });
    assert_eq!(allocations, 0);
}

/// Many blocks of the RDD that is stored, few of others: the selection steps over the RDD as a whole.
#[test]
fn a_selection_among_other_rdds_does_not_allocate() {
    let mut executor = Executor::new();
    for block in 0..8 {
        assert!(executor.put(block, 0));
    }
    let next = 8;
    let allocations = after_warm_up(|| {
        assert!(executor.put(next, 1));
        assert!(executor.put(next + 1, 2));
        // Ten blocks fill the store. The eleventh is of RDD 0, which has eight: the oldest of the others goes.
        assert!(executor.put(next + 2, 0));
        for (block, gone) in [(next, true), (next + 1, false)] {
            let Executor { store, blocks, .. } = &executor;
            assert_eq!(store.find(blocks, BlockId(block)).is_none(), gone);
        }
        let Executor { manager, store, blocks, .. } = &mut executor;
        for block in [next + 1, next + 2] {
            let copy = store.find(blocks, BlockId(block)).expect("it is there");
            store.remove(manager, blocks, copy);
            store.remove_block(blocks, copy);
        }
    });
    assert_eq!(allocations, 0);
}

#[test]
fn a_task_makes_its_consumers_spill_without_allocating() {
    let mut executor = Executor::new();
    let mut task = TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default());
    let consumers = [(); 3].map(|()| task.add_consumer(ON, Bytes(100)));
    let allocations = after_warm_up(|| {
        for consumer in consumers {
            task.begin(consumer, Request::Memory(Bytes(400)));
            loop {
                match task.step(&mut executor) {
                    Step::Spill { consumer: spiller, .. } => {
                        let used = task.used(spiller);
                        task.free_memory(&mut executor, spiller, used);
                        task.spilled(used);
                    }
                    Step::Done(acquired) => break assert_eq!(acquired, Acquired::Bytes(Bytes(400))),
                    Step::Wait => unreachable!("a task alone never waits"),
                }
            }
        }
        task.begin(consumers[0], Request::Page(Bytes(10)));
        let Step::Done(Acquired::Page(page)) = task.step(&mut executor) else { panic!("there is room") };
        task.free_page(&mut executor, consumers[0], page);
        for consumer in consumers {
            let used = task.used(consumer);
            task.free_memory(&mut executor, consumer, used);
        }
    });
    assert_eq!(allocations, 0);
}

#[test]
fn a_task_ends_without_allocating_for_the_next_one() {
    let mut executor = Executor::new();
    let allocations = after_warm_up(|| {
        assert!(executor.put(0, 0));
        let Executor { manager, store, blocks, drops } = &mut executor;
        let task = AttemptSlot(1);
        let copy = store.find(blocks, BlockId(0)).expect("it was stored");
        assert!(store.lock_for_reading(blocks, copy, task));
        let Ok(reserved) = store.reserve_unroll_memory(manager, blocks, None, task, Bytes(10), ON, drops);
        assert!(reserved);
        store.release_unroll_memory(manager, task, Bytes::MAX, ON);
        assert_eq!(store.release_all_locks_for_task(blocks, task), 1);
        store.remove(manager, blocks, copy);
        store.remove_block(blocks, copy);
    });
    assert_eq!(allocations, 0);
}

//! The part of the executor that grants memory, and what it was seen to do.

use sim_core::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use sim_core::memory::{ExecutionMemory, Grant, MemoryMode, UnifiedMemoryManager};
use sim_core::storage::{BlockTable, CopyId, Dropped, MemoryStore, ToDisk};
use sim_core::units::Bytes;

use super::super::{Block, Event, Setup, Share, Task};

pub(super) struct Executor {
    pub(super) manager: UnifiedMemoryManager,
    pub(super) store: MemoryStore,
    pub(super) blocks: BlockTable,
    pub(super) drops: Vec<Dropped>,
    pub(super) events: Vec<Event>,
    /// By task: how often the allocator still fails.
    pub(super) failures: [u8; super::super::TASKS as usize],
    /// Whose thread runs.
    pub(super) current: Task,
    region: [u64; 2],
}

pub(super) fn slot(task: Task) -> AttemptSlot {
    AttemptSlot(u32::from(task.0))
}

pub(super) fn task(slot: AttemptSlot) -> Task {
    Task(u8::try_from(slot.0).expect("there are few tasks"))
}

impl Executor {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            manager: UnifiedMemoryManager::new(&setup.manager()),
            store: MemoryStore::new(ExecutorId(0)),
            blocks: BlockTable::default(),
            drops: Vec::new(),
            events: Vec::new(),
            failures: Default::default(),
            current: Task(0),
            region: [setup.region, setup.off_heap_region],
        }
    }

    pub(super) fn find(&self, block: Block) -> Option<CopyId> {
        self.store.find(&self.blocks, BlockId(u32::from(block.0)))
    }

    /// What storage of a mode holds.
    pub(super) fn storage_used(&self, mode: MemoryMode) -> u64 {
        self.manager.storage(mode).memory_used().0
    }

    /// Notes the blocks that left memory while storage went down from `storage_used`.
    pub(super) fn note_drops(&mut self, mut storage_used: u64) {
        for dropped in self.drops.drain(..) {
            self.events.push(Event::Evicted {
                block: Block(u8::try_from(dropped.block.0).expect("there are few blocks")),
                bytes: dropped.size.0,
                mode: dropped.mode,
                to_disk: dropped.to_disk != ToDisk::No,
                storage_used,
            });
            storage_used -= dropped.size.0;
        }
    }

    pub(super) fn reserve_unroll(
        &mut self,
        by: Task,
        rdd: Option<RddId>,
        bytes: Bytes,
        mode: MemoryMode,
    ) -> bool {
        let before = self.storage_used(mode);
        let Self { manager, store, blocks, drops, .. } = self;
        let Ok(granted) = store.reserve_unroll_memory(manager, blocks, rdd, slot(by), bytes, mode, drops);
        self.note_drops(before);
        self.events.push(Event::Storage { bytes: bytes.0, granted });
        granted
    }

    pub(super) fn put_bytes(&mut self, copy: CopyId, size: Bytes) -> bool {
        let before = self.storage_used(self.blocks[copy].mode);
        let Self { manager, store, blocks, drops, .. } = self;
        let Ok(granted) = store.put_bytes(manager, blocks, copy, size, drops);
        self.note_drops(before);
        self.events.push(Event::Storage { bytes: size.0, granted });
        granted
    }

    fn share(&self, of: AttemptSlot, mode: MemoryMode) -> Share {
        let (execution, max) = (self.manager.execution(mode), self.manager.max_memory(mode).0);
        Share {
            held: execution.memory_of(of).expect("who asks is active").0,
            active: execution.active_tasks(),
            pool_size: execution.pool_size().0,
            max_pool_size: max - self.storage_used(mode).min(self.region[mode as usize]),
            free: execution.memory_free().0,
        }
    }

    fn note_grant(&mut self, asked: Bytes, by: AttemptSlot, mode: MemoryMode, grant: Grant) -> Grant {
        let (task, asked) = (task(by), asked.0);
        match grant {
            Grant::Granted(Bytes(granted)) => {
                let share = self.share(by, mode);
                self.events.push(Event::Granted { task, mode, asked, granted, share });
            }
            Grant::Wait => {
                let share = self.share(by, mode);
                self.events.push(Event::Waits { task, mode, asked, share });
            }
            Grant::Orphaned => {}
        }
        grant
    }
}

impl ExecutionMemory for Executor {
    fn acquire(&mut self, bytes: Bytes, by: AttemptSlot, mode: MemoryMode) -> Grant {
        let before = self.storage_used(mode);
        let evictor = &mut self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(grant) = self.manager.acquire_execution_memory(bytes, by, mode, evictor);
        self.note_drops(before);
        self.note_grant(bytes, by, mode, grant)
    }

    fn recheck(&mut self, bytes: Bytes, by: AttemptSlot, mode: MemoryMode) -> Grant {
        let before = self.storage_used(mode);
        let evictor = &mut self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(grant) = self.manager.recheck_execution_memory(bytes, by, mode, evictor);
        self.note_drops(before);
        self.note_grant(bytes, by, mode, grant)
    }

    fn release(&mut self, bytes: Bytes, by: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.manager.release_execution_memory(bytes, by, mode)
    }

    fn allocate(&mut self, _: Bytes) -> bool {
        let failures = &mut self.failures[usize::from(self.current.0)];
        let fails = *failures > 0;
        *failures = failures.saturating_sub(1);
        !fails
    }
}

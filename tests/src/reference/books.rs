//! Everything that the reference remembers.

use std::collections::BTreeMap;

use sim_core::memory::MemoryMode;

use super::monitor::{Monitor, Thread};
use super::pools::Pool;
use super::store::{Entry, Info};
use crate::calls::{
    Block, BlockState, CONSUMERS, Call, Event, PoolState, Reply, Setup, State, TASKS, Task, TaskState,
};

pub(super) struct Books {
    pub(super) setup: Setup,
    pub(super) pools: BTreeMap<MemoryMode, Pool>,
    pub(super) monitor: Monitor,
    /// The calls that wait.
    pub(super) threads: BTreeMap<Task, Thread>,
    /// Blocks in memory, the least recently used first.
    pub(super) entries: Vec<Entry>,
    pub(super) infos: BTreeMap<Block, Info>,
    pub(super) unroll: BTreeMap<(MemoryMode, Task), u64>,
    pub(super) tasks: BTreeMap<Task, TaskBooks>,
    pub(super) events: Vec<Event>,
}

/// What a `TaskMemoryManager` keeps.
pub(super) struct TaskBooks {
    pub(super) consumers: Vec<ConsumerBooks>,
    /// Numbers of the page table that are taken.
    pub(super) page_numbers: Vec<u16>,
    pub(super) acquired_but_not_used: u64,
}

/// What a `MemoryConsumer` keeps.
#[derive(Clone, Default)]
pub(super) struct ConsumerBooks {
    pub(super) used: u64,
    /// It has asked before, so that others can make it spill.
    pub(super) known: bool,
    /// Number and size, oldest first.
    pub(super) pages: Vec<(u16, u64)>,
}

impl TaskBooks {
    pub(super) fn new() -> Self {
        let consumers = vec![ConsumerBooks::default(); usize::from(CONSUMERS)];
        Self { consumers, page_numbers: Vec::new(), acquired_but_not_used: 0 }
    }
}

impl Books {
    pub(super) fn new(setup: Setup) -> Self {
        let heap = Pool::new(setup.heap, setup.region);
        let off_heap = Pool::new(setup.off_heap, setup.off_heap_region);
        Self {
            setup,
            pools: BTreeMap::from([(MemoryMode::OnHeap, heap), (MemoryMode::OffHeap, off_heap)]),
            monitor: Monitor::default(),
            threads: BTreeMap::new(),
            entries: Vec::new(),
            infos: BTreeMap::new(),
            unroll: BTreeMap::new(),
            tasks: (0..TASKS).map(|task| (Task(task), TaskBooks::new())).collect(),
            events: Vec::new(),
        }
    }

    pub(super) fn pool(&mut self, mode: MemoryMode) -> &mut Pool {
        self.pools.get_mut(&mode).expect("both modes have pools")
    }

    /// The calls that never wait.
    pub(super) fn call(&mut self, call: Call) -> Reply {
        match call {
            Call::ReleaseExecution { task, part, mode } => {
                let held = self.pool(mode.into()).memory_for_task.get(&task).copied().unwrap_or(0);
                Reply::Bytes(self.release_execution(held * u64::from(part.0) / 4, task, mode.into()))
            }
            Call::FreeMemory { task, consumer, bytes } => self.free_memory(task, consumer, bytes.0.into()),
            Call::FreePage { task, consumer, at } => self.free_page_at(task, consumer, at.0.into()),
            Call::Spill { task, .. } if self.threads.contains_key(&task) => Reply::Busy,
            Call::Spill { task, consumer } => {
                self.spill(task, consumer, i64::MAX as u64, consumer).map_or(Reply::OutOfMemory, Reply::Bytes)
            }
            _ => self.block_call(call),
        }
    }

    pub(super) fn state(&self) -> State {
        let pools = MemoryMode::BOTH.map(|mode| {
            let pool = &self.pools[&mode];
            PoolState {
                execution_used: pool.execution_used(),
                execution_pool: pool.execution_pool,
                storage_used: pool.storage_used,
                storage_pool: pool.storage_pool,
                active_tasks: pool.memory_for_task.len() as u64,
            }
        });
        let unroll = |mode, task| self.unroll.get(&(mode, task)).copied().unwrap_or(0);
        let tasks = self.tasks.iter().map(|(&task, books)| TaskState {
            held: MemoryMode::BOTH.map(|mode| self.pools[&mode].memory_for_task.get(&task).copied()),
            unroll: MemoryMode::BOTH.map(|mode| unroll(mode, task)),
            used: books.consumers.iter().map(|consumer| consumer.used).collect(),
            waits: self.threads.contains_key(&task),
        });
        let blocks = self.infos.iter().map(|(&block, info)| {
            let entry = self.entries.iter().find(|entry| entry.block == block);
            let mut readers = info.readers.clone();
            readers.sort_unstable();
            BlockState {
                block,
                in_memory: entry.map(|entry| (entry.size, entry.mode)),
                on_disk: info.on_disk,
                writer: info.writer,
                readers,
            }
        });
        State {
            pools,
            tasks: tasks.collect(),
            blocks: blocks.collect(),
            access_order: self.entries.iter().map(|entry| entry.block).collect(),
        }
    }
}

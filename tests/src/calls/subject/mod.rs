//! `sim-core` driven by calls: one executor with its tasks, as the engine drives it but without time.

mod blocks;
mod executor;
mod waiting;

use sim_core::memory::{ExecutionMemory, MemoryMode, TaskMemoryConf, TaskMemoryManager};
use sim_core::units::Bytes;

use self::executor::{Executor, slot, task};
use self::waiting::Blocking;
use super::{
    BLOCKS, Block, BlockState, CONSUMERS, Call, Consumer, Event, PoolState, Reply, Setup, State, Step, TASKS,
    Task, TaskState,
};
use crate::conform::HarnessConsumer;

/// See the [module](self).
pub struct Subject {
    setup: Setup,
    executor: Executor,
    tasks: Vec<TaskWorld>,
    /// Read locks, one entry each.
    reads: Vec<(Block, Task)>,
}

struct TaskWorld {
    tmm: TaskMemoryManager,
    consumers: Vec<HarnessConsumer>,
    waits_in: Option<Blocking>,
}

impl TaskWorld {
    fn new(of: Task, setup: &Setup) -> Self {
        let mut tmm = TaskMemoryManager::new(slot(of), TaskMemoryConf::default());
        let page_size = Bytes(setup.page_size);
        let consumers = (0..CONSUMERS).map(|number| HarnessConsumer {
            number: number.into(),
            task: of.0.into(),
            consumer: tmm.add_consumer(Consumer(number).mode(), page_size),
            policy: setup.policies[usize::from(number)],
            page_size,
            pages: Vec::new(),
            last_listed: None,
        });
        let consumers = consumers.collect();
        Self { tmm, consumers, waits_in: None }
    }
}

impl Subject {
    /// An executor on which nothing has happened.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            executor: Executor::new(&setup),
            tasks: (0..TASKS).map(|number| TaskWorld::new(Task(number), &setup)).collect(),
            reads: Vec::new(),
        }
    }

    fn world(&mut self, task: Task) -> &mut TaskWorld {
        &mut self.tasks[usize::from(task.0)]
    }

    /// Runs one call, and after it every task that it has woken.
    pub fn execute(&mut self, call: Call) -> Step {
        self.executor.events.clear();
        let reply = self.call(call);
        self.drain();
        Step { reply, events: self.executor.events.clone(), state: self.state() }
    }

    fn call(&mut self, call: Call) -> Reply {
        match call {
            Call::AcquireExecution { task, bytes, mode } => {
                self.begin(task, Blocking::Pool { bytes: Bytes(bytes.0.into()), mode: mode.into() })
            }
            Call::AcquireMemory { task, consumer, bytes } => {
                self.begin(task, Blocking::Memory { consumer, bytes: Bytes(bytes.0.into()) })
            }
            Call::AllocatePage { task, consumer, required, failures } => {
                let required = Bytes(required.0.into());
                self.begin(task, Blocking::Page { consumer, required, failures: failures.0 })
            }
            Call::ReleaseExecution { task, part, mode } => {
                let (of, mode) = (slot(task), mode.into());
                let held = self.executor.manager.execution(mode).memory_of(of).unwrap_or_default();
                let released = self.executor.release(held * part.0.into() / 4, of, mode);
                Reply::Bytes(released.0)
            }
            Call::FreeMemory { task, consumer, bytes } => self.free_memory(task, consumer, bytes.0.into()),
            Call::FreePage { task, consumer, at } => self.free_page(task, consumer, at.0.into()),
            Call::Spill { task, .. } if self.world(task).waits_in.is_some() => Reply::Busy,
            Call::Spill { task, consumer } => {
                self.spill(task, consumer, Bytes::MAX, consumer).map_or(Reply::OutOfMemory, Reply::Bytes)
            }
            Call::Kill { task } => self.kill(task),
            Call::EndTask { task } => self.end_task(task),
            Call::Put { .. }
            | Call::PutIterator { .. }
            | Call::Load { .. }
            | Call::ReserveUnroll { .. }
            | Call::ReleaseUnroll { .. }
            | Call::Get { .. }
            | Call::Remove { .. }
            | Call::LockForReading { .. }
            | Call::LockForWriting { .. }
            | Call::Unlock { .. }
            | Call::Evict { .. } => self.block_call(call),
        }
    }

    fn free_memory(&mut self, task: Task, consumer: Consumer, bytes: u64) -> Reply {
        let world = &mut self.tasks[usize::from(task.0)];
        let consumer = &world.consumers[usize::from(consumer.0)];
        let in_pages: Bytes = consumer.pages.iter().map(|(_, page)| page.size).sum();
        let freed = Bytes(bytes).min(world.tmm.used(consumer.consumer) - in_pages);
        if freed.is_zero() {
            return Reply::Nothing;
        }
        world.tmm.free_memory(&mut self.executor, consumer.consumer, freed);
        Reply::Bytes(freed.0)
    }

    fn free_page(&mut self, task: Task, consumer: Consumer, at: usize) -> Reply {
        let world = &mut self.tasks[usize::from(task.0)];
        let consumer = &mut world.consumers[usize::from(consumer.0)];
        if consumer.pages.is_empty() {
            return Reply::Absent;
        }
        let (_, page) = consumer.pages.remove(at % consumer.pages.len());
        world.tmm.free_page(&mut self.executor, consumer.consumer, page);
        Reply::Page { number: page.number, size: page.size.0 }
    }

    fn end_task(&mut self, task: Task) -> Reply {
        self.kill(task);
        let Executor { manager, store, blocks, .. } = &mut self.executor;
        for mode in MemoryMode::BOTH {
            store.release_unroll_memory(manager, slot(task), Bytes::MAX, mode);
        }
        manager.waiters().notify_all();
        store.release_all_locks_for_task(blocks, slot(task));
        self.reads.retain(|&(_, reader)| reader != task);
        let world = &mut self.tasks[usize::from(task.0)];
        let leaked = world.tmm.clean_up_all_allocated_memory(&mut self.executor);
        *world = TaskWorld::new(task, &self.setup);
        Reply::Bytes(leaked.0)
    }

    pub(super) fn state(&self) -> State {
        let Executor { manager, store, blocks, .. } = &self.executor;
        let pools = MemoryMode::BOTH.map(|mode| PoolState {
            execution_used: manager.execution(mode).memory_used().0,
            execution_pool: manager.execution(mode).pool_size().0,
            storage_used: manager.storage(mode).memory_used().0,
            storage_pool: manager.storage(mode).pool_size().0,
            active_tasks: manager.execution(mode).active_tasks(),
        });
        let tasks = (0..).zip(&self.tasks).map(|(number, world)| {
            let of = slot(Task(number));
            TaskState {
                held: MemoryMode::BOTH.map(|mode| manager.execution(mode).memory_of(of).map(|held| held.0)),
                unroll: MemoryMode::BOTH.map(|mode| store.unroll_memory_of(of, mode).0),
                used: world.consumers.iter().map(|consumer| world.tmm.used(consumer.consumer).0).collect(),
                waits: world.waits_in.is_some(),
            }
        });
        let there =
            (0..BLOCKS).map(Block).filter_map(|block| Some((block, &blocks[self.executor.find(block)?])));
        let states = there.map(|(block, copy)| {
            let mut readers: Vec<_> =
                self.reads.iter().filter(|read| read.0 == block).map(|read| read.1).collect();
            readers.sort_unstable();
            assert_eq!(copy.readers as usize, readers.len(), "read locks of {block:?}");
            BlockState {
                block,
                in_memory: copy.in_memory.then_some((copy.memory_size.0, copy.mode)),
                on_disk: copy.on_disk,
                writer: copy.writer.map(self::task),
                readers,
            }
        });
        let access_order = store.access_order(blocks).into_iter();
        State {
            pools,
            tasks: tasks.collect(),
            blocks: states.collect(),
            access_order: access_order.map(|copy| Block(blocks[copy].block.0 as u8)).collect(),
        }
    }
}

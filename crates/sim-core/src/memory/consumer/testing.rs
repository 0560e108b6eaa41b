//! A task on memory with a limit, for the tests of single consumers.

use super::{Consumer, ConsumerMetrics, Failure, Progress, Rows, TaskConsumers, Trigger};
use crate::ids::{AttemptSlot, ConsumerId};
use crate::memory::task::{ExecutionMemory, TaskMemoryManager};
use crate::memory::{Grant, MemoryMode, TaskMemoryConf};
use crate::units::Bytes;

/// Grants what is left of a limit; never makes anybody wait.
pub(super) struct Flat(pub(super) u64);

impl ExecutionMemory for Flat {
    fn acquire(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        let granted = bytes.0.min(self.0);
        self.0 -= granted;
        Grant::Granted(Bytes(granted))
    }
    fn recheck(&mut self, _: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        unreachable!("nobody waits")
    }
    fn release(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Bytes {
        self.0 += bytes.0;
        bytes
    }
}

/// One consumer, driven.
pub(super) struct Driven {
    pub(super) task: TaskConsumers,
    pub(super) memory: Flat,
    pub(super) id: ConsumerId,
    /// Rows of each spill that was written.
    pub(super) spills: Vec<u64>,
}

impl Driven {
    pub(super) fn open(consumer: impl Into<Consumer>, page_size: u64, limit: u64) -> Self {
        let mut task = TaskConsumers::new(TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default()));
        let id = task.open(consumer, MemoryMode::OnHeap, Bytes(page_size));
        let mut driven = Self { task, memory: Flat(limit), id, spills: Vec::new() };
        driven.run().expect("there is enough for the constructor");
        driven
    }

    /// A further consumer of the task.
    pub(super) fn also(&mut self, consumer: impl Into<Consumer>, page_size: u64) -> ConsumerId {
        let id = self.task.open(consumer, MemoryMode::OnHeap, Bytes(page_size));
        self.run().expect("there is enough for the constructor");
        id
    }

    pub(super) fn run(&mut self) -> Result<u64, Failure> {
        let mut inserted = 0;
        loop {
            match self.task.step(&mut self.memory) {
                Progress::Inserted(rows) => inserted += rows,
                Progress::Spilling(_, write) => self.spills.push(write.rows),
                Progress::Done => return Ok(inserted),
                Progress::Failed(_, failure) => return Err(failure),
                Progress::Wait => unreachable!("nobody waits"),
            }
        }
    }

    pub(super) fn insert(&mut self, count: u64, bytes_each: u64) -> Result<u64, Failure> {
        self.insert_into(self.id, count, bytes_each)
    }

    pub(super) fn insert_into(
        &mut self,
        id: ConsumerId,
        count: u64,
        bytes_each: u64,
    ) -> Result<u64, Failure> {
        self.task.insert(id, Rows { count, bytes_each: Bytes(bytes_each) });
        self.run()
    }

    pub(super) fn finish(&mut self) -> Result<u64, Failure> {
        self.task.finish(self.id);
        self.run()
    }

    pub(super) fn spill(&mut self, asked: u64, trigger: Trigger) -> u64 {
        let before = self.memory.0;
        self.task.spill(self.id, Bytes(asked), trigger);
        self.run().expect("a spill needs nothing here");
        self.memory.0 - before
    }

    pub(super) fn start_reading(&mut self) {
        self.task.start_reading(self.id, &mut self.memory);
    }

    pub(super) fn read(&mut self, rows: u64) {
        self.task.read(self.id, rows, &mut self.memory);
    }

    pub(super) fn free(&mut self) {
        self.task.free(self.id, &mut self.memory);
    }

    pub(super) fn metrics(&self) -> ConsumerMetrics {
        self.task.metrics(self.id)
    }
}

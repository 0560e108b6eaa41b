//! One task with one consumer under test, and another one that asks for memory in between.

use serde_json::{Value, json};
use sim_core::ids::{AttemptSlot, ConsumerId};
use sim_core::memory::consumer::{
    BlackBox, Consumer, ConsumerMetrics, Failure, Progress, Rows, TaskConsumers, Trigger,
};
use sim_core::memory::{MemoryMode, TaskMemoryConf, TaskMemoryManager};
use sim_core::units::Bytes;

use super::flat::Flat;

/// See the [module](self).
pub(super) struct Component {
    pub(super) memory: Flat,
    pub(super) task: TaskConsumers,
    pub(super) consumer: ConsumerId,
    other: ConsumerId,
    /// `[index, "spilled", bytes]`: what the metric grew by, and what the others got.
    pub(super) events: Vec<Value>,
    spilled: Bytes,
}

impl Component {
    /// Makes the consumer, with what its constructor acquires.
    pub(super) fn open(
        consumer: impl Into<Consumer>,
        page_size: Bytes,
        limit: Bytes,
    ) -> (Self, Result<(), Failure>) {
        let tmm = TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default());
        let mut task = TaskConsumers::new(tmm);
        let mut memory = Flat::new(limit);
        let other = task.open(BlackBox::new(), MemoryMode::OnHeap, page_size);
        let done = task.step(&mut memory);
        assert_eq!(done, Progress::Done, "a box acquires nothing as it is made");
        let consumer = task.open(consumer, MemoryMode::OnHeap, page_size);
        let (events, spilled) = (Vec::new(), Bytes::ZERO);
        let mut component = Self { memory, task, consumer, other, events, spilled };
        let opened = component.run();
        (component, opened)
    }

    /// Steps until all is done; the index follows the rows that went in.
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        loop {
            let progress = self.task.step(&mut self.memory);
            let grown = self.metrics().memory_bytes_spilled - self.spilled;
            self.spilled += grown;
            if !grown.is_zero() {
                self.note_spill(grown);
            }
            match progress {
                Progress::Inserted(rows) => self.memory.index += rows as i64,
                Progress::Spilling(..) => {}
                Progress::Done => return Ok(()),
                Progress::Failed(_, failure) => return Err(failure),
                Progress::Wait => unreachable!("nobody waits"),
            }
        }
    }

    /// The recorder looked once a record: spills of one record are one event.
    fn note_spill(&mut self, grown: Bytes) {
        let index = self.memory.index;
        match self.events.last_mut() {
            Some(last) if last[0] == index && last[1] == "spilled" => {
                last[2] = json!(last[2].as_u64().unwrap_or(0) + grown.0);
            }
            _ => self.events.push(json!([index, "spilled", grown.0])),
        }
    }

    /// Inserts records `from..to` of lengths that repeat; runs of one length at once.
    pub(super) fn insert(&mut self, from: u64, to: u64, lengths: &[Bytes]) -> Result<(), Failure> {
        let length = |record: u64| lengths[(record % lengths.len() as u64) as usize];
        let mut record = from;
        while record < to {
            let bytes_each = length(record);
            let same = if lengths.len() == 1 { to - record } else { 1 };
            self.memory.index = record as i64;
            self.task.insert(self.consumer, Rows { count: same, bytes_each });
            if let Err(failure) = self.run() {
                self.forget_spill_of_failed_record();
                return Err(failure);
            }
            record += same;
        }
        Ok(())
    }

    /// The recorder noted a record's spill when the record was in.
    fn forget_spill_of_failed_record(&mut self) {
        let index = self.memory.index;
        if self.events.last().is_some_and(|last| last[0] == index && last[1] == "spilled") {
            self.events.pop();
        }
    }

    /// The other consumer asks for `bytes`; what it got. It keeps them until [`Self::release_other`].
    pub(super) fn other_asks(&mut self, bytes: Bytes) -> Result<Bytes, Failure> {
        let before = self.held_by_other();
        self.task.insert(self.other, Rows { count: 1, bytes_each: bytes });
        let (index, spilled) = (self.memory.index, self.spilled);
        let run = self.run();
        self.memory.index = index;
        if self.spilled > spilled {
            // The recorder looks at the metric when a record is inserted, not here.
            self.events.pop();
        }
        run?;
        let got = self.held_by_other() - before;
        self.events.push(json!([index, "other", got.0]));
        Ok(got)
    }

    fn held_by_other(&self) -> Bytes {
        match self.task.consumer(self.other) {
            Consumer::BlackBox(other) => other.held(),
            _ => unreachable!("the other consumer is a box"),
        }
    }

    pub(super) fn release_other(&mut self) {
        self.task.free(self.other, &mut self.memory);
    }

    /// The other consumer makes this one spill directly; what that freed.
    pub(super) fn spill(&mut self, asked: Bytes) -> Result<Bytes, Failure> {
        let before = self.memory.held();
        self.task.spill(self.consumer, asked, Trigger::Other);
        self.run()?;
        Ok(before - self.memory.held())
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.task.finish(self.consumer);
        self.run()
    }

    pub(super) fn metrics(&self) -> ConsumerMetrics {
        self.task.metrics(self.consumer)
    }
}

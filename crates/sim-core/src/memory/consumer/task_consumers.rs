//! The consumers of one task, driven through its memory manager.
//!
//! In Spark this is the call stack of one thread: an operator inserts a row, the insert asks for a page, the request
//! makes another consumer spill, that spill asks for an array. Here the stack is a value, and a step ends wherever
//! time passes: rows were inserted, a spill is written, the pool makes the task wait.

use super::{Books, Consumer, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::ids::ConsumerId;
use crate::memory::MemoryMode;
use crate::memory::task::{Acquired, ExecutionMemory, Request, Step, TaskMemoryManager};
use crate::units::Bytes;

/// What a step of a task's consumers came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many rows were inserted since the last step; the next one needs memory.
    Inserted(u64),
    /// The pool makes the task wait: step again once woken.
    Wait,
    /// A consumer writes a spill: step again when it is written.
    Spilling(ConsumerId, SpillWrite),
    /// What was asked for is done.
    Done,
    /// The task fails.
    Failed(ConsumerId, Failure),
}

/// The consumers of one task and what is on its way among them: a call stack as a value, [stepped](Self::step) until
/// time has to pass.
#[derive(Clone, Debug)]
pub struct TaskConsumers {
    /// The task's books.
    pub tmm: TaskMemoryManager,
    consumers: Vec<Consumer>,
    stack: Vec<Activity>,
}

#[derive(Clone, Copy, Debug)]
enum Activity {
    Open {
        consumer: ConsumerId,
    },
    Insert {
        consumer: ConsumerId,
        rows: Rows,
    },
    Finish {
        consumer: ConsumerId,
    },
    /// Memory is to be asked for.
    Ask {
        consumer: ConsumerId,
        request: Request,
    },
    /// It was asked for.
    Request {
        consumer: ConsumerId,
    },
    Spill {
        consumer: ConsumerId,
        asked: Bytes,
        trigger: Trigger,
        stage: SpillStage,
        asked_by: AskedBy,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SpillStage {
    Write,
    Release,
    AwaitArray,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AskedBy {
    /// The task's memory manager, which has to be told.
    Request,
    /// The consumer itself, or the caller: nobody waits for the answer.
    Nobody,
}

impl TaskConsumers {
    /// A task without consumers.
    #[must_use]
    pub fn new(tmm: TaskMemoryManager) -> Self {
        Self { tmm, consumers: Vec::new(), stack: Vec::new() }
    }

    /// A new consumer that takes pages of `page_size`; [`step`](Self::step) until it has what its constructor acquires.
    pub fn open(&mut self, consumer: impl Into<Consumer>, mode: MemoryMode, page_size: Bytes) -> ConsumerId {
        let id = self.tmm.add_consumer(mode, page_size);
        self.consumers.push(consumer.into());
        debug_assert_eq!(id.index() + 1, self.consumers.len());
        self.stack.push(Activity::Open { consumer: id });
        id
    }

    /// A consumer.
    #[must_use]
    pub fn consumer(&self, id: ConsumerId) -> &Consumer {
        &self.consumers[id.index()]
    }

    /// Starts to insert `rows`; [`step`](Self::step) until done.
    pub fn insert(&mut self, consumer: ConsumerId, rows: Rows) {
        self.stack.push(Activity::Insert { consumer, rows });
    }

    /// Starts what a consumer does between its last row and its first output; [`step`](Self::step) until done.
    pub fn finish(&mut self, consumer: ConsumerId) {
        self.stack.push(Activity::Finish { consumer });
    }

    /// Makes a consumer spill (`MemoryConsumer.spill`); [`step`](Self::step) until done.
    pub fn spill(&mut self, consumer: ConsumerId, asked: Bytes, trigger: Trigger) {
        let (stage, asked_by) = (SpillStage::Write, AskedBy::Nobody);
        self.stack.push(Activity::Spill { consumer, asked, trigger, stage, asked_by });
    }

    /// From here on the output of a consumer is read.
    pub fn start_reading(&mut self, consumer: ConsumerId, memory: &mut impl ExecutionMemory) {
        let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
        dispatch!(&mut self.consumers[consumer.index()], machine => machine.start_reading(books));
    }

    /// `rows` more rows of its output were read.
    pub fn read(&mut self, consumer: ConsumerId, rows: u64, memory: &mut impl ExecutionMemory) {
        let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
        dispatch!(&mut self.consumers[consumer.index()], machine => machine.read(rows, books));
    }

    /// A consumer is done with.
    pub fn free(&mut self, consumer: ConsumerId, memory: &mut impl ExecutionMemory) {
        let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
        dispatch!(&mut self.consumers[consumer.index()], machine => machine.free(books));
    }

    /// The end of the task: everything is given back and the consumers are gone. Returns what had not been given back.
    pub fn clean_up(&mut self, memory: &mut impl ExecutionMemory) -> Bytes {
        self.stack.clear();
        self.consumers.clear();
        self.tmm.clean_up_all_allocated_memory(memory)
    }

    /// What the metrics say of a consumer.
    #[must_use]
    pub fn metrics(&self, consumer: ConsumerId) -> ConsumerMetrics {
        dispatch!(&self.consumers[consumer.index()], machine => machine.metrics())
    }

    /// All consumers, in the order of creation.
    pub fn ids(&self) -> impl Iterator<Item = ConsumerId> + use<> {
        (0..self.consumers.len()).map(ConsumerId::at)
    }

    /// Whether something is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.stack.is_empty()
    }

    /// Goes on until time has to pass or all is done.
    pub fn step(&mut self, memory: &mut impl ExecutionMemory) -> Progress {
        while let Some(&activity) = self.stack.last() {
            let stop = match activity {
                Activity::Open { consumer } => {
                    let need = dispatch!(&mut self.consumers[consumer.index()], machine => machine.open());
                    self.follow(consumer, need)
                }
                Activity::Insert { consumer, rows } => self.step_insert(consumer, rows, memory),
                Activity::Finish { consumer } => {
                    let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
                    let need =
                        dispatch!(&mut self.consumers[consumer.index()], machine => machine.finish(books));
                    self.follow(consumer, need)
                }
                Activity::Ask { consumer, request } => {
                    *self.stack.last_mut().expect("it is on top") = Activity::Request { consumer };
                    let step = self.tmm.request(consumer, request, memory);
                    self.requested(consumer, step, memory)
                }
                Activity::Request { consumer } => {
                    let step = self.tmm.step(memory);
                    self.requested(consumer, step, memory)
                }
                Activity::Spill { consumer, asked, trigger, stage, .. } => match stage {
                    SpillStage::Write => self.step_spill_write(consumer, trigger),
                    SpillStage::Release => self.step_spill(consumer, asked, trigger, memory),
                    SpillStage::AwaitArray => unreachable!("the array's request is on top"),
                },
            };
            if let Some(progress) = stop {
                return progress;
            }
        }
        Progress::Done
    }

    fn step_insert(
        &mut self,
        consumer: ConsumerId,
        mut rows: Rows,
        memory: &mut impl ExecutionMemory,
    ) -> Option<Progress> {
        let before = rows.count;
        let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
        let need =
            dispatch!(&mut self.consumers[consumer.index()], machine => machine.insert(&mut rows, books));
        let inserted = before - rows.count;
        *self.stack.last_mut().expect("the insert is on top") = Activity::Insert { consumer, rows };
        if inserted > 0 && matches!(need, Need::Fail(_)) {
            // What went in before counts; the next step fails.
            return Some(Progress::Inserted(inserted));
        }
        let stop = self.follow(consumer, need);
        if inserted > 0 && stop.is_none() { Some(Progress::Inserted(inserted)) } else { stop }
    }

    fn follow(&mut self, consumer: ConsumerId, need: Need) -> Option<Progress> {
        match need {
            Need::Nothing => {
                self.stack.pop();
            }
            Need::Memory(request) => {
                self.stack.push(Activity::Ask { consumer, request });
            }
            Need::SpillItself => self.spill(consumer, Bytes::MAX, Trigger::Decision),
            Need::Fail(failure) => return Some(self.fail(consumer, failure)),
        }
        None
    }

    fn fail(&mut self, consumer: ConsumerId, failure: Failure) -> Progress {
        self.stack.clear();
        Progress::Failed(consumer, failure)
    }

    /// A request of a consumer has come this far.
    fn requested(
        &mut self,
        consumer: ConsumerId,
        step: Step,
        memory: &mut impl ExecutionMemory,
    ) -> Option<Progress> {
        match step {
            Step::Wait => Some(Progress::Wait),
            Step::Spill { consumer: spiller, bytes, trigger } => {
                self.stack.push(Activity::Spill {
                    consumer: spiller,
                    asked: bytes,
                    trigger: if spiller == trigger { Trigger::Itself } else { Trigger::Other },
                    stage: SpillStage::Write,
                    asked_by: AskedBy::Request,
                });
                None
            }
            Step::Done(acquired) => {
                self.stack.pop();
                self.granted(consumer, acquired, memory)
            }
        }
    }

    /// Hands what was acquired to the insert, or to the spill, that asked for it.
    fn granted(
        &mut self,
        consumer: ConsumerId,
        acquired: Acquired,
        memory: &mut impl ExecutionMemory,
    ) -> Option<Progress> {
        let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
        let machine = &mut self.consumers[consumer.index()];
        if let Some(Activity::Spill { stage: SpillStage::AwaitArray, .. }) = self.stack.last() {
            match dispatch!(machine, machine => machine.spill_granted(acquired, books)) {
                Ok(freed) => self.spilled(freed),
                Err(failure) => return Some(self.fail(consumer, failure)),
            }
        } else if let Err(failure) = dispatch!(machine, machine => machine.granted(acquired, books)) {
            return Some(self.fail(consumer, failure));
        }
        None
    }

    fn step_spill_write(&mut self, consumer: ConsumerId, trigger: Trigger) -> Option<Progress> {
        if let Some(Activity::Spill { stage, .. }) = self.stack.last_mut() {
            *stage = SpillStage::Release;
        }
        let write = dispatch!(&self.consumers[consumer.index()], machine => machine.spill_write(trigger));
        (write.rows > 0).then_some(Progress::Spilling(consumer, write))
    }

    fn step_spill(
        &mut self,
        consumer: ConsumerId,
        asked: Bytes,
        trigger: Trigger,
        memory: &mut impl ExecutionMemory,
    ) -> Option<Progress> {
        let books = &mut Books { tmm: &mut self.tmm, memory, id: consumer };
        let machine = &mut self.consumers[consumer.index()];
        match dispatch!(machine, machine => machine.spill(asked, trigger, books)) {
            Spilled::Freed(freed) => self.spilled(freed),
            Spilled::NeedsArray(words) => {
                if let Some(Activity::Spill { stage, .. }) = self.stack.last_mut() {
                    *stage = SpillStage::AwaitArray;
                }
                self.stack.push(Activity::Ask { consumer, request: Request::Array(words) });
            }
        }
        None
    }

    fn spilled(&mut self, freed: Bytes) {
        if let Some(Activity::Spill { asked_by: AskedBy::Request, .. }) = self.stack.pop() {
            self.tmm.spilled(freed);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::consumer::testing::Driven;
    use crate::memory::consumer::{
        BytesMapConf, BytesToBytesMap, Consumer, ExternalAppendOnlyUnsafeRowArray, Failure, Groups,
        HashAggregation, HashAggregationConf, HybridRowQueue, LongMapConf, LongToUnsafeRowMap, RowArrayConf,
        ShuffleExternalSorter, ShuffleSorterConf, Spillable, SpillableConf, UnsafeExternalSorter,
        UnsafeSorterConf,
    };
    use crate::units::Bytes;

    fn consumers() -> [Consumer; 9] {
        let spillable = |conf: SpillableConf| {
            Spillable::new(SpillableConf { initial_memory_threshold: Bytes(3000), ..conf })
        };
        [
            UnsafeExternalSorter::new(UnsafeSorterConf { initial_records: 64, ..Default::default() }).into(),
            ShuffleExternalSorter::new(ShuffleSorterConf { initial_words: 64, ..Default::default() }).into(),
            spillable(SpillableConf::external_sorter()).into(),
            spillable(SpillableConf::external_append_only_map()).into(),
            BytesToBytesMap::new(BytesMapConf { initial_capacity: 64, rows_per_key: 3 }).into(),
            HashAggregation::new(HashAggregationConf {
                groups: Groups::drawn_from(2000),
                fast_groups: 50,
                initial_capacity: 64,
            })
            .into(),
            LongToUnsafeRowMap::new(LongMapConf { capacity: 64, rows_per_key: 2, key_range: 1 << 40 }).into(),
            ExternalAppendOnlyUnsafeRowArray::new(RowArrayConf {
                in_memory_threshold: 100,
                ..RowArrayConf::window()
            })
            .into(),
            HybridRowQueue::new().into(),
        ]
    }

    /// Rows are inserted in bulk up to what needs memory: that is the same as one by one.
    #[test]
    fn rows_at_once_are_rows_one_by_one() {
        for limit in [40_000, 100_000, 1 << 22] {
            for (number, consumer) in consumers().into_iter().enumerate() {
                let limit = if number == 6 { limit + (1 << 20) } else { limit };
                let run = |consumer: Consumer, step: u64| {
                    let mut driven = Driven::open(consumer, 4096, limit);
                    let inserted = |driven: &mut Driven| -> Result<(), Failure> {
                        (0..3000 / step).try_for_each(|_| driven.insert(step, 20).map(|_| ()))
                    };
                    let result = inserted(&mut driven);
                    (result, driven.memory.0, driven.metrics(), driven.spills)
                };
                let at_once = run(consumer.clone(), 3000);
                assert_eq!(run(consumer.clone(), 1), at_once, "{consumer:?} in {limit}");
                assert_eq!(run(consumer.clone(), 60), at_once, "{consumer:?} in {limit}");
            }
        }
    }
}

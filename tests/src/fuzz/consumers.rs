//! Any consumers, with any rows, under any limit: what they hold is what they were given, and all of it comes back.

use sim_core::ids::{AttemptSlot, ConsumerId};
use sim_core::memory::consumer::{Consumer, ConsumerConf, ConsumerSetup, Progress, Rows, TaskConsumers};
use sim_core::memory::{ExecutionMemory, Grant, MemoryMode, TaskMemoryConf, TaskMemoryManager};
use sim_core::units::Bytes;

use crate::workloads::{DrawnConsumer, spec};

/// What a task does with its consumers.
#[derive(Clone, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub struct Script {
    /// The task's memory, in KiB.
    pub limit_kib: u16,
    /// Bytes of a page, in units of 64.
    pub page_size: u8,
    /// In order; what is not its turn is left out.
    pub acts: Vec<Act>,
}

/// One thing that it does. Consumers are numbered in the order of opening, counted round.
#[derive(Clone, Copy, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum Act {
    /// A new consumer, of four at most.
    Open(DrawnConsumer),
    /// Rows of so many bytes go into it.
    #[proptest(weight = 4)]
    Insert(u8, u16, u8),
    /// All rows are in; its output is read from here on.
    Read(u8),
    /// Some rows of its output are read.
    Take(u8, u16),
    /// It is done with.
    Free(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Filling,
    Reading { left: u64 },
    Freed,
}

/// A pool of one task: grants what there is, never waits.
struct Limit {
    left: Bytes,
}

impl ExecutionMemory for Limit {
    fn acquire(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        let granted = bytes.min(self.left);
        self.left -= granted;
        Grant::Granted(granted)
    }
    fn recheck(&mut self, _: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        unreachable!("nobody waits")
    }
    fn release(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Bytes {
        // The end of a task releases "everything".
        if bytes == Bytes::MAX {
            return Bytes::ZERO;
        }
        self.left += bytes;
        bytes
    }
}

/// A script on its way.
struct Play {
    task: TaskConsumers,
    memory: Limit,
    limit: Bytes,
    stages: Vec<(ConsumerId, Stage, u64)>,
}

impl Script {
    /// Does what the script says.
    ///
    /// # Panics
    /// Where the consumers hold something else than what they were given, or never come to an end.
    pub fn play(&self) {
        let limit = Bytes::kib(u64::from(self.limit_kib));
        let setup = ConsumerSetup {
            conf: ConsumerConf {
                sort_initial_records: 16,
                spillable_initial: Bytes(1_000),
                ..ConsumerConf::default()
            },
            page_size: Bytes(64 + 64 * u64::from(self.page_size)),
            tungsten_memory_mode: MemoryMode::OnHeap,
        };
        let tmm = TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default());
        let mut play =
            Play { task: TaskConsumers::new(tmm), memory: Limit { left: limit }, limit, stages: Vec::new() };
        for &act in self.acts.iter().take(40) {
            if !play.act(act, &setup) {
                // The task fails: its end gives everything back.
                return;
            }
            play.check();
        }
        for consumer in 0..play.stages.len() {
            play.act(Act::Free(consumer as u8), &setup);
        }
        assert_eq!(play.memory.left, limit, "all is given back");
    }
}

impl Play {
    /// False where the task fails.
    fn act(&mut self, act: Act, setup: &ConsumerSetup) -> bool {
        let count = self.stages.len();
        let at = |number: u8| (count > 0).then(|| usize::from(number) % count);
        match act {
            Act::Open(drawn) if count < 4 => {
                let (consumer, mode, page_size) = Consumer::new(spec(drawn), setup);
                let id = self.task.open(consumer, mode, page_size);
                self.stages.push((id, Stage::Filling, 0));
                return self.go_on();
            }
            Act::Insert(number, rows, bytes) => {
                if let Some((id, Stage::Filling, inserted)) = at(number).map(|at| &mut self.stages[at]) {
                    let count = u64::from(rows % 2_000);
                    *inserted += count;
                    self.task.insert(*id, Rows { count, bytes_each: Bytes(u64::from(bytes) + 16) });
                    return self.go_on();
                }
            }
            Act::Read(number) => {
                if let Some(at) = at(number)
                    && let (id, Stage::Filling, inserted) = self.stages[at]
                {
                    self.task.finish(id);
                    if !self.go_on() {
                        return false;
                    }
                    self.task.start_reading(id, &mut self.memory);
                    self.stages[at].1 = Stage::Reading { left: inserted };
                }
            }
            Act::Take(number, rows) => {
                if let Some((id, Stage::Reading { left }, _)) = at(number).map(|at| &mut self.stages[at]) {
                    let rows = u64::from(rows).min(*left);
                    *left -= rows;
                    self.task.read(*id, rows, &mut self.memory);
                }
            }
            Act::Free(number) => {
                if let Some((id, stage, _)) = at(number).map(|at| &mut self.stages[at])
                    && *stage != Stage::Freed
                {
                    self.task.free(*id, &mut self.memory);
                    *stage = Stage::Freed;
                }
            }
            Act::Open(_) => {}
        }
        true
    }

    fn go_on(&mut self) -> bool {
        for _ in 0..100_000 {
            match self.task.step(&mut self.memory) {
                Progress::Done => return true,
                Progress::Failed(..) => return false,
                Progress::Wait => unreachable!("a task alone never waits"),
                _ => {}
            }
        }
        panic!("a consumer goes on and on");
    }

    fn check(&self) {
        let used: Bytes = self.stages.iter().map(|&(id, ..)| self.task.tmm.used(id)).sum();
        assert_eq!(used, self.limit - self.memory.left, "what is used is what was granted");
        for &(id, stage, _) in &self.stages {
            if stage == Stage::Freed {
                assert_eq!(self.task.tmm.used(id), Bytes::ZERO, "{id:?} is done with");
            }
        }
    }
}

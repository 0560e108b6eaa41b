//! One task's memory: its consumers, its pages, and who of them spills when memory is short.
//!
//! Spark: `TaskMemoryManager.java`, `MemoryConsumer.java`. There an acquire is one call that blocks in the pool and
//! calls `spill` on other consumers in its middle. Here it is a value that is [stepped](TaskMemoryManager::step): it
//! stops where time passes, so that other tasks run meanwhile and may take what was freed.

mod acquire;
mod page;

use self::acquire::{Acquire, AcquireState, Candidate, Counted};
pub use self::page::MAXIMUM_PAGE_SIZE;
use self::page::{PageNumbers, PageRequest, PageState};
use super::manager::{Grant, MemoryMode};
use crate::ids::{AttemptSlot, ConsumerId};
use crate::units::Bytes;

/// What grants execution memory: the memory manager of the executor with its store, or a stand-in.
pub trait ExecutionMemory {
    /// A first request.
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant;
    /// The same request again, by a waiter that was woken.
    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant;
    /// Gives memory back; returns what was held of it.
    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes;
    /// Whether the JVM can allocate a page that was granted; otherwise it throws `OutOfMemoryError`.
    fn allocate(&mut self, _bytes: Bytes) -> bool {
        true
    }
}

/// Which consumer of a task spills first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpillChoice {
    /// The smallest that is large enough, else the largest; the requester last (`trySpillAndAcquire`).
    #[default]
    Spark,
    /// The largest; the requester last.
    LargestFirst,
    /// The requester, then as Spark.
    SelfFirst,
}

/// What a consumer asks of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `TaskMemoryManager.acquireExecutionMemory`: not added to what the consumer uses.
    Execution(Bytes),
    /// `MemoryConsumer.acquireMemory`.
    Memory(Bytes),
    /// `MemoryConsumer.allocatePage(required)`: asks for a page size or more, takes anything from `required` on.
    Page(Bytes),
    /// `MemoryConsumer.allocateArray` of this many 8-byte words.
    Array(u64),
}

/// A page or array of a consumer; it has exactly the granted size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Lowest number that was free in the task's page table.
    pub number: u16,
    /// Bytes of it.
    pub size: Bytes,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// Granted bytes, for requests of plain memory; possibly fewer than asked.
    Bytes(Bytes),
    /// The page or array.
    Page(Page),
    /// `UNABLE_TO_ACQUIRE_MEMORY`: a page or array could not be had.
    OutOfMemory {
        /// What was indispensable (not the page size).
        required: Bytes,
        /// What there was instead.
        got: Bytes,
    },
    /// `Cannot allocate a page of N bytes.`
    TooLargePage(Bytes),
    /// `Have already allocated a maximum of 8192 pages`.
    TooManyPages,
    /// A spill that was asked for failed: `error while calling spill() on ..`.
    SpillFailed(ConsumerId),
    /// The task's entry in the pool was removed while it waited.
    Orphaned,
}

/// Where a request has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits for the pool: step again once woken.
    Wait,
    /// A consumer has to free memory: spill it, report with [`TaskMemoryManager::spilled`], step again.
    Spill {
        /// Who.
        consumer: ConsumerId,
        /// How much is missing.
        bytes: Bytes,
        /// Who asks.
        trigger: ConsumerId,
    },
    /// It has ended.
    Done(Acquired),
}

/// The memory of one task attempt.
#[derive(Clone, Debug)]
pub struct TaskMemoryManager {
    task: AttemptSlot,
    conf: TaskMemoryConf,
    consumers: Vec<Consumer>,
    pages: PageNumbers,
    acquired_but_not_used: Bytes,
    frames: Vec<Frame>,
    spare: Vec<Vec<Candidate>>,
}

/// What the tasks of one executor share.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskMemoryConf {
    /// The mode of Tungsten pages: off-heap iff `spark.memory.offHeap.enabled`.
    pub tungsten_memory_mode: MemoryMode,
    /// Who spills first.
    pub spill_choice: SpillChoice,
    /// Since 4.3 a page that the JVM cannot allocate makes consumers spill and is then asked for again, at last with
    /// the required size; before, the grant was set aside and the request repeated.
    pub allocator_oom_spills: bool,
    /// `spark.unsafe.exceptionOnMemoryLeak`: a task fails that has succeeded and still holds execution memory.
    pub exception_on_memory_leak: bool,
}

#[derive(Clone, Copy, Debug)]
struct Consumer {
    mode: MemoryMode,
    page_size: Bytes,
    used: Bytes,
    /// Whether it has asked for memory before: others can make it spill from then on.
    known: bool,
}

#[derive(Clone, Debug)]
enum Frame {
    Acquire(Acquire),
    Page(PageRequest),
}

impl TaskMemoryManager {
    /// The memory manager of an attempt that holds nothing.
    #[must_use]
    pub fn new(task: AttemptSlot, conf: TaskMemoryConf) -> Self {
        Self {
            task,
            conf,
            consumers: Vec::new(),
            pages: PageNumbers::default(),
            acquired_but_not_used: Bytes::ZERO,
            frames: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The attempt.
    #[must_use]
    pub fn task(&self) -> AttemptSlot {
        self.task
    }

    /// A new consumer that takes pages of `page_size`.
    pub fn add_consumer(&mut self, mode: MemoryMode, page_size: Bytes) -> ConsumerId {
        self.consumers.push(Consumer { mode, page_size, used: Bytes::ZERO, known: false });
        ConsumerId::at(self.consumers.len() - 1)
    }

    /// Bytes that a consumer holds.
    #[must_use]
    pub fn used(&self, consumer: ConsumerId) -> Bytes {
        self.consumers[consumer.index()].used
    }

    /// The mode of a consumer's memory.
    #[must_use]
    pub fn mode(&self, consumer: ConsumerId) -> MemoryMode {
        self.consumers[consumer.index()].mode
    }

    /// Whether a request is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Starts a request; [`step`](Self::step) it until it is done. Inside a spill this nests.
    ///
    /// # Panics
    /// Where nothing is asked for.
    pub fn begin(&mut self, consumer: ConsumerId, request: Request) {
        match request {
            Request::Execution(bytes) => self.push_acquire(consumer, bytes, Counted::No),
            Request::Memory(bytes) => self.push_acquire(consumer, bytes, Counted::AsUsed),
            Request::Page(required) => {
                let page_size = self.consumers[consumer.index()].page_size;
                self.push_page(consumer, page_size.max(required), required);
            }
            Request::Array(words) => self.push_page(consumer, Bytes(words) * 8, Bytes(words) * 8),
        }
    }

    /// Goes on with the newest request until it ends or time has to pass.
    ///
    /// # Panics
    /// Where no request is on its way.
    pub fn step(&mut self, memory: &mut impl ExecutionMemory) -> Step {
        loop {
            let step = match self.frames.last().expect("a request is on its way") {
                Frame::Acquire(_) => self.step_acquire(memory),
                Frame::Page(_) => self.step_page(memory),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// Reports what the consumer of the last [`Step::Spill`] has freed, already released to the pool.
    ///
    /// # Panics
    /// Where no spill is on its way.
    pub fn spilled(&mut self, freed: Bytes) {
        match self.frames.last_mut() {
            Some(Frame::Acquire(acquire)) => {
                let AcquireState::Spilling(spiller) = acquire.state else { panic!("no spill is on its way") };
                if freed.is_zero() {
                    // It leaves its group; one that freed something stays under its old size and may be asked again.
                    acquire.candidates.retain(|&(_, consumer)| consumer != spiller);
                    acquire.state = AcquireState::Choose;
                } else {
                    acquire.state = AcquireState::Ask;
                }
            }
            Some(Frame::Page(page)) => {
                let PageState::Recovering { freed, spiller, used } = page.state else {
                    panic!("no spill is on its way")
                };
                // Measured by what it uses, not by what it says.
                let less = used.saturating_sub(self.consumers[spiller.index()].used);
                if less.is_zero() {
                    page.candidates.retain(|&(_, consumer)| consumer != spiller);
                }
                page.state = PageState::Recover(freed + less);
            }
            None => panic!("no spill is on its way"),
        }
    }

    /// The consumer of the last [`Step::Spill`] could not spill: the request ends with an error; what it had got by
    /// then stays in nobody's book until the task ends.
    ///
    /// # Panics
    /// Where no spill is on its way.
    pub fn spill_failed(&mut self) -> Acquired {
        let spiller = match self.frames.last() {
            Some(Frame::Acquire(Acquire { state: AcquireState::Spilling(spiller), .. })) => *spiller,
            Some(Frame::Page(PageRequest { state: PageState::Recovering { spiller, .. }, .. })) => *spiller,
            _ => panic!("no spill is on its way"),
        };
        self.unwind();
        Acquired::SpillFailed(spiller)
    }

    /// Ends the newest request by an exception (a kill, a failed spill).
    pub fn unwind(&mut self) {
        if let Some(Frame::Acquire(_)) = self.frames.last()
            && self.pop_acquire().counted != Counted::ForPage
        {
            return;
        }
        if let Some(Frame::Page(page)) = self.frames.pop() {
            self.abandon(&page);
            self.recycle(page.candidates);
        }
    }

    /// Gives plain memory of a consumer back (`MemoryConsumer.freeMemory`).
    pub fn free_memory(&mut self, memory: &mut impl ExecutionMemory, consumer: ConsumerId, bytes: Bytes) {
        let Consumer { mode, used, .. } = &mut self.consumers[consumer.index()];
        memory.release(bytes, self.task, *mode);
        *used = used.saturating_sub(bytes);
    }

    /// Gives a page or array back (`MemoryConsumer.freePage`).
    pub fn free_page(&mut self, memory: &mut impl ExecutionMemory, consumer: ConsumerId, page: Page) {
        self.pages.free(page.number);
        let Consumer { mode, used, .. } = &mut self.consumers[consumer.index()];
        *used -= page.size;
        memory.release(page.size, self.task, *mode);
    }

    /// The end of the task: everything is given back. Returns what the pool still had for the task by then, without
    /// the bytes that were set aside for failed allocations: what Spark warns of as a managed memory leak.
    pub fn clean_up_all_allocated_memory(&mut self, memory: &mut impl ExecutionMemory) -> Bytes {
        let aside = std::mem::take(&mut self.acquired_but_not_used);
        memory.release(aside, self.task, self.conf.tungsten_memory_mode);
        self.frames.clear();
        self.consumers.clear();
        self.pages = PageNumbers::default();
        MemoryMode::BOTH.into_iter().map(|mode| memory.release(Bytes::MAX, self.task, mode)).sum()
    }

    fn recycle(&mut self, mut candidates: Vec<Candidate>) {
        candidates.clear();
        self.spare.push(candidates);
    }
}

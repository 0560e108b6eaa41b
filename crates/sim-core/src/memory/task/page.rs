//! `TaskMemoryManager.allocatePage`: memory for a page, a number in the page table, and what happens when the pool
//! grants a page that the JVM then cannot allocate.

use super::acquire::{Candidate, Counted, choose};
use super::{Acquired, ExecutionMemory, Frame, Page, Step, TaskMemoryManager};
use crate::ids::ConsumerId;
use crate::memory::Grant;
use crate::units::Bytes;

/// Largest page: 8 * (2^31 - 1) bytes (`MAXIMUM_PAGE_SIZE_BYTES`).
pub const MAXIMUM_PAGE_SIZE: Bytes = Bytes(((1 << 31) - 1) * 8);

/// Entries of a task's page table (`PAGE_TABLE_SIZE`).
const PAGE_TABLE_SIZE: usize = 8192;

/// One page or array on its way.
#[derive(Clone, Debug)]
pub(super) struct PageRequest {
    consumer: ConsumerId,
    /// Asked of the pool.
    ask: Bytes,
    /// The least that is of use.
    required: Bytes,
    /// Granted so far.
    pub(super) held: Bytes,
    /// Asked of the allocator.
    size: Bytes,
    /// Freed for the allocator so far.
    spilled: Bytes,
    /// Nothing more will be spilled for the allocator.
    last: bool,
    pub(super) number: Option<u16>,
    pub(super) state: PageState,
    pub(super) candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageState {
    Acquire,
    Acquiring,
    Allocate,
    /// The allocator failed (4.3): consumers spill for it. The bytes freed in this round.
    Recover(Bytes),
    /// One of them spills; what it used before.
    Recovering {
        freed: Bytes,
        spiller: ConsumerId,
        used: Bytes,
    },
    /// All have spilled and it still fails (4.3): the second grant.
    Reacquiring,
}

impl TaskMemoryManager {
    pub(super) fn push_page(&mut self, consumer: ConsumerId, ask: Bytes, required: Bytes) {
        let candidates = self.spare.pop().unwrap_or_default();
        self.frames.push(Frame::Page(PageRequest {
            consumer,
            ask,
            required,
            held: Bytes::ZERO,
            size: Bytes::ZERO,
            spilled: Bytes::ZERO,
            last: false,
            number: None,
            state: PageState::Acquire,
            candidates,
        }));
    }

    /// A page or array, without a place on the stack where all goes well at once.
    pub(super) fn request_page(
        &mut self,
        consumer: ConsumerId,
        ask: Bytes,
        required: Bytes,
        memory: &mut impl ExecutionMemory,
    ) -> Step {
        if !self.frames.is_empty() || ask > MAXIMUM_PAGE_SIZE {
            self.push_page(consumer, ask, required);
            return self.step(memory);
        }
        assert!(!ask.is_zero(), "invalid number of bytes requested: 0");
        let mode = self.consumers[consumer.index()].mode;
        let grant = memory.acquire(ask, self.task, mode);
        if grant != Grant::Granted(ask) {
            self.push_page(consumer, ask, required);
            self.page_request().state = PageState::Acquiring;
            self.push_acquire(consumer, ask, Counted::ForPage);
            return self.go_on_from(grant, memory);
        }
        let state = &mut self.consumers[consumer.index()];
        state.known = true;
        let Some(number) = self.pages.take() else {
            memory.release(ask, self.task, mode);
            return Step::Done(Acquired::TooManyPages);
        };
        if memory.allocate(ask) {
            state.used += ask;
            return Step::Done(Acquired::Page(Page { number, size: ask }));
        }
        self.push_page(consumer, ask, required);
        let page = self.page_request();
        (page.number, page.held, page.size) = (Some(number), ask, ask);
        match self.allocation_failed(memory) {
            Some(step) => step,
            None => self.step(memory),
        }
    }

    pub(super) fn step_page(&mut self, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let page = self.page_request();
        let (consumer, ask, state) = (page.consumer, page.ask, page.state);
        match state {
            PageState::Acquire if self.inside_recovery() => Some(self.page_refused()),
            PageState::Acquire if ask > MAXIMUM_PAGE_SIZE => {
                self.pop_page();
                Some(Step::Done(Acquired::TooLargePage(ask)))
            }
            PageState::Acquire => {
                self.page_request().state = PageState::Acquiring;
                self.push_acquire(consumer, ask, Counted::ForPage);
                None
            }
            PageState::Allocate if memory.allocate(self.page_request().size) => Some(self.allocated(memory)),
            PageState::Allocate => self.allocation_failed(memory),
            PageState::Recover(freed) => self.spill_for_page(freed, memory),
            PageState::Acquiring | PageState::Recovering { .. } | PageState::Reacquiring => {
                panic!("report the spill before going on")
            }
        }
    }

    fn page_request(&mut self) -> &mut PageRequest {
        match self.frames.last_mut() {
            Some(Frame::Page(page)) => page,
            _ => unreachable!("a page request is on top"),
        }
    }

    fn pop_page(&mut self) -> PageRequest {
        let Some(Frame::Page(mut page)) = self.frames.pop() else { unreachable!("a page request is on top") };
        self.recycle(std::mem::take(&mut page.candidates));
        page
    }

    fn page_refused(&mut self) -> Step {
        let page = self.pop_page();
        self.abandon(&page);
        Step::Done(Acquired::OutOfMemory { required: page.required, got: Bytes::ZERO })
    }

    /// What a page request that fails leaves behind: its number is free, its memory is in nobody's hands.
    pub(super) fn abandon(&mut self, page: &PageRequest) {
        if let Some(number) = page.number {
            self.pages.free(number);
        }
        self.acquired_but_not_used += page.held;
    }

    pub(super) fn acquired_for_page(
        &mut self,
        got: Bytes,
        memory: &mut impl ExecutionMemory,
    ) -> Option<Step> {
        if self.page_request().state == PageState::Reacquiring {
            return self.reacquired(got, memory);
        }
        if got.is_zero() {
            return Some(self.page_refused());
        }
        let Some(number) = self.pages.take() else {
            let page = self.pop_page();
            memory.release(got, self.task, self.consumers[page.consumer.index()].mode);
            return Some(Step::Done(Acquired::TooManyPages));
        };
        let page = self.page_request();
        (page.number, page.held, page.size) = (Some(number), got, got);
        page.state = PageState::Allocate;
        None
    }

    /// `MemoryConsumer.allocatePage`: a page below the required size is given back and counts as out of memory.
    fn allocated(&mut self, memory: &mut impl ExecutionMemory) -> Step {
        let page = self.pop_page();
        let number = page.number.expect("a page that is allocated has a number");
        let consumer = &mut self.consumers[page.consumer.index()];
        self.acquired_but_not_used += page.held - page.size;
        if page.size < page.required {
            self.pages.free(number);
            memory.release(page.size, self.task, consumer.mode);
            return Step::Done(Acquired::OutOfMemory { required: page.required, got: page.size });
        }
        consumer.used += page.size;
        Step::Done(Acquired::Page(Page { number, size: page.size }))
    }

    // ---- the JVM cannot allocate what the pool has granted

    fn allocation_failed(&mut self, memory: &mut impl ExecutionMemory) -> Option<Step> {
        if self.conf.allocator_oom_spills {
            return self.recover_from_failure(memory);
        }
        self.set_aside_and_repeat();
        None
    }

    /// Until 4.2: the grant stays with the task unused, and the same request is made again.
    fn set_aside_and_repeat(&mut self) {
        let page = self.page_request();
        let (number, held) = (page.number.take(), std::mem::take(&mut page.held));
        page.state = PageState::Acquire;
        self.acquired_but_not_used += held;
        self.pages.free(number.expect("a page that is allocated has a number"));
    }

    /// Since 4.3: consumers spill and the same size is tried again; at last the required size alone.
    fn recover_from_failure(&mut self, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let page = self.page_request();
        if page.last {
            return self.retry_with_required_size(memory);
        }
        let consumer = page.consumer;
        page.state = PageState::Recover(Bytes::ZERO);
        let mut candidates = std::mem::take(&mut page.candidates);
        self.collect_candidates(consumer, &mut candidates);
        self.page_request().candidates = candidates;
        None
    }

    /// Whether somebody asks for a page while it spills for a page that the JVM could not allocate.
    fn inside_recovery(&self) -> bool {
        let below = &self.frames[..self.frames.len() - 1];
        below.iter().any(|frame| match frame {
            Frame::Page(page) => matches!(page.state, PageState::Recovering { .. } | PageState::Reacquiring),
            Frame::Acquire(_) => false,
        })
    }

    /// `spillForPage`: victims as in an acquire, but nothing is acquired between them.
    fn spill_for_page(&mut self, freed: Bytes, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let choice = self.conf.spill_choice;
        let page = self.page_request();
        if freed < page.size
            && let Some(spiller) = choose(&page.candidates, page.size - freed, choice)
        {
            let (bytes, trigger) = (page.size - freed, page.consumer);
            let used = self.consumers[spiller.index()].used;
            self.page_request().state = PageState::Recovering { freed, spiller, used };
            return Some(Step::Spill { consumer: spiller, bytes, trigger });
        }
        if !freed.is_zero() {
            page.spilled += freed.min(page.size - page.spilled);
            page.state = PageState::Allocate;
            return None;
        }
        if page.spilled >= page.size {
            return self.retry_with_required_size(memory);
        }
        page.state = PageState::Reacquiring;
        let (consumer, ask) = (page.consumer, page.ask);
        self.push_acquire(consumer, ask, Counted::ForPage);
        None
    }

    fn reacquired(&mut self, more: Bytes, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let task = self.task;
        let page = self.page_request();
        page.last = true;
        page.state = PageState::Allocate;
        if page.spilled.is_zero() {
            if more.is_zero() {
                return Some(self.page_refused());
            }
            page.held += more;
            page.size = more;
            return None;
        }
        let back = if more >= page.spilled { page.spilled } else { Bytes::ZERO };
        page.held += more - back;
        page.size = if more.is_zero() { page.spilled } else { more };
        let consumer = page.consumer;
        if !back.is_zero() {
            memory.release(back, task, self.consumers[consumer.index()].mode);
        }
        None
    }

    fn retry_with_required_size(&mut self, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let task = self.task;
        let page = self.page_request();
        if page.required.is_zero() || page.required >= page.size {
            return Some(self.page_refused());
        }
        let (back, consumer) = (page.held - page.required, page.consumer);
        (page.held, page.size) = (page.required, page.required);
        page.last = true;
        page.state = PageState::Allocate;
        memory.release(back, task, self.consumers[consumer.index()].mode);
        None
    }
}

/// Which numbers of the page table are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct PageNumbers {
    taken: Vec<u64>,
}

impl PageNumbers {
    /// The lowest free number.
    pub(super) fn take(&mut self) -> Option<u16> {
        let word = self.taken.iter().position(|&word| word != u64::MAX).unwrap_or(self.taken.len());
        if word == self.taken.len() {
            if word * 64 == PAGE_TABLE_SIZE {
                return None;
            }
            self.taken.push(0);
        }
        let bit = self.taken[word].trailing_ones();
        self.taken[word] |= 1 << bit;
        Some((word * 64) as u16 + bit as u16)
    }

    pub(super) fn free(&mut self, number: u16) {
        self.taken[usize::from(number) / 64] &= !(1 << (number % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_number_is_taken_and_8192_are_all() {
        let mut numbers = PageNumbers::default();
        assert_eq!((0..8192).map(|_| numbers.take()).collect::<Option<Vec<_>>>().unwrap()[8191], 8191);
        assert_eq!(numbers.take(), None);
        numbers.free(70);
        numbers.free(4000);
        assert_eq!((numbers.take(), numbers.take(), numbers.take()), (Some(70), Some(4000), None));
    }
}

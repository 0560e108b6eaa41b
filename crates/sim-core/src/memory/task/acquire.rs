//! `TaskMemoryManager.acquireExecutionMemory`: ask the pool, make consumers spill, ask again.

use super::{Acquired, ExecutionMemory, Frame, Request, SpillChoice, Step, TaskMemoryManager};
use crate::ids::ConsumerId;
use crate::memory::Grant;
use crate::units::Bytes;

/// A consumer that could spill, under the size by which it is chosen.
pub(super) type Candidate = (Bytes, ConsumerId);

/// One acquire on its way.
#[derive(Clone, Debug)]
pub(super) struct Acquire {
    consumer: ConsumerId,
    asked: Bytes,
    got: Bytes,
    pub(super) state: AcquireState,
    /// Collected once, after the first answer; sizes are not refreshed later.
    pub(super) candidates: Vec<Candidate>,
    collected: bool,
    pub(super) counted: Counted,
}

/// What to do with the bytes granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Hand them to the caller.
    No,
    /// Add them to what the consumer uses.
    AsUsed,
    /// They belong to the page request below in the stack.
    ForPage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcquireState {
    Ask,
    Waiting,
    Choose,
    Spilling(ConsumerId),
}

impl TaskMemoryManager {
    pub(super) fn push_acquire(&mut self, consumer: ConsumerId, asked: Bytes, counted: Counted) {
        assert!(!asked.is_zero(), "invalid number of bytes requested: 0");
        let candidates = self.spare.pop().unwrap_or_default();
        self.frames.push(Frame::Acquire(Acquire {
            consumer,
            asked,
            got: Bytes::ZERO,
            state: AcquireState::Ask,
            candidates,
            collected: false,
            counted,
        }));
    }

    pub(super) fn step_acquire(&mut self, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let Some(Frame::Acquire(acquire)) = self.frames.last_mut() else {
            unreachable!("an acquire is on top")
        };
        let mode = self.consumers[acquire.consumer.index()].mode;
        let missing = acquire.asked - acquire.got;
        match acquire.state {
            AcquireState::Ask | AcquireState::Waiting => {
                let grant = match acquire.state {
                    AcquireState::Waiting => memory.recheck(missing, self.task, mode),
                    _ => memory.acquire(missing, self.task, mode),
                };
                self.answered(grant, memory)
            }
            AcquireState::Choose => match choose(&acquire.candidates, missing, self.conf.spill_choice) {
                Some(consumer) => {
                    acquire.state = AcquireState::Spilling(consumer);
                    Some(Step::Spill { consumer, bytes: missing, trigger: acquire.consumer })
                }
                None => self.finish_acquire(memory),
            },
            AcquireState::Spilling(_) => panic!("report the spill before going on"),
        }
    }

    /// The pool has answered the acquire on top.
    fn answered(&mut self, grant: Grant, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let Some(Frame::Acquire(acquire)) = self.frames.last_mut() else {
            unreachable!("an acquire is on top")
        };
        match grant {
            Grant::Wait => {
                acquire.state = AcquireState::Waiting;
                return Some(Step::Wait);
            }
            Grant::Orphaned => {
                self.unwind();
                return Some(Step::Done(Acquired::Orphaned));
            }
            Grant::Granted(bytes) => acquire.got += bytes,
        }
        if acquire.got == acquire.asked {
            return self.finish_acquire(memory);
        }
        acquire.state = AcquireState::Choose;
        if !acquire.collected {
            acquire.collected = true;
            let consumer = acquire.consumer;
            let mut candidates = std::mem::take(&mut acquire.candidates);
            self.collect_candidates(consumer, &mut candidates);
            let Some(Frame::Acquire(acquire)) = self.frames.last_mut() else { unreachable!() };
            acquire.candidates = candidates;
        }
        None
    }

    /// Starts a request and goes on with it: the same as [`begin`](Self::begin) and [`step`](Self::step), without a
    /// place on the stack where the pool grants all at once.
    ///
    /// # Panics
    /// Where nothing is asked for.
    #[inline]
    pub fn request(
        &mut self,
        consumer: ConsumerId,
        request: Request,
        memory: &mut impl ExecutionMemory,
    ) -> Step {
        let (asked, counted) = match request {
            Request::Memory(bytes) => (bytes, Counted::AsUsed),
            Request::Execution(bytes) => (bytes, Counted::No),
            Request::Page(required) => {
                let page_size = self.consumers[consumer.index()].page_size;
                return self.request_page(consumer, page_size.max(required), required, memory);
            }
            Request::Array(words) => {
                return self.request_page(consumer, Bytes(words) * 8, Bytes(words) * 8, memory);
            }
        };
        let state = &mut self.consumers[consumer.index()];
        let grant = memory.acquire(asked, self.task, state.mode);
        if grant == Grant::Granted(asked) {
            state.known = true;
            if counted == Counted::AsUsed {
                state.used += asked;
            }
            return Step::Done(Acquired::Bytes(asked));
        }
        self.push_acquire(consumer, asked, counted);
        self.go_on_from(grant, memory)
    }

    /// Goes on after the first answer to the acquire on top.
    pub(super) fn go_on_from(&mut self, grant: Grant, memory: &mut impl ExecutionMemory) -> Step {
        match self.answered(grant, memory) {
            Some(step) => step,
            None => self.step(memory),
        }
    }

    fn finish_acquire(&mut self, memory: &mut impl ExecutionMemory) -> Option<Step> {
        let acquire = self.pop_acquire();
        let consumer = &mut self.consumers[acquire.consumer.index()];
        consumer.known = true;
        match acquire.counted {
            Counted::No => Some(Step::Done(Acquired::Bytes(acquire.got))),
            Counted::AsUsed => {
                consumer.used += acquire.got;
                Some(Step::Done(Acquired::Bytes(acquire.got)))
            }
            Counted::ForPage => self.acquired_for_page(acquire.got, memory),
        }
    }

    pub(super) fn pop_acquire(&mut self) -> Acquire {
        let Some(Frame::Acquire(mut acquire)) = self.frames.pop() else {
            unreachable!("an acquire is on top")
        };
        self.recycle(std::mem::take(&mut acquire.candidates));
        acquire
    }

    /// Every known consumer of the same mode that holds something, by what it holds; the requester counts as 0.
    /// Among equals Spark's order is that of a hash set, here that of creation; the last is asked first.
    pub(super) fn collect_candidates(&self, requester: ConsumerId, candidates: &mut Vec<Candidate>) {
        let mode = self.consumers[requester.index()].mode;
        candidates.clear();
        for (index, consumer) in self.consumers.iter().enumerate() {
            if consumer.known && !consumer.used.is_zero() && consumer.mode == mode {
                let id = ConsumerId::at(index);
                candidates.push((if id == requester { Bytes::ZERO } else { consumer.used }, id));
            }
        }
    }
}

/// `trySpillAndAcquire`'s victim: of the smallest size that covers `missing`, else of the largest, the last.
pub(super) fn choose(candidates: &[Candidate], missing: Bytes, choice: SpillChoice) -> Option<ConsumerId> {
    if choice == SpillChoice::SelfFirst
        && let Some(&(_, requester)) = candidates.iter().find(|(used, _)| used.is_zero())
    {
        return Some(requester);
    }
    let covers = |used: Bytes| used >= missing && choice != SpillChoice::LargestFirst;
    let mut best: Option<Candidate> = None;
    for &(used, consumer) in candidates {
        let better = match best {
            None => true,
            Some((size, _)) => match (covers(used), covers(size)) {
                (true, true) => used <= size,
                (covered, other) => covered || (!other && used >= size),
            },
        };
        if better {
            best = Some((used, consumer));
        }
    }
    best.map(|(_, consumer)| consumer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_consumer_that_is_large_enough_spills_and_the_requester_last() {
        let c = |used, id| (Bytes(used), ConsumerId(id));
        let candidates = [c(0, 9), c(100, 1), c(100, 2), c(300, 3)];
        let chosen = |missing, choice| choose(&candidates, Bytes(missing), choice).map(|id| id.0);
        assert_eq!(chosen(50, SpillChoice::Spark), Some(2), "of two equals the later one");
        assert_eq!(chosen(101, SpillChoice::Spark), Some(3));
        assert_eq!(chosen(301, SpillChoice::Spark), Some(3), "nobody is large enough: the largest");
        assert_eq!(chosen(50, SpillChoice::LargestFirst), Some(3));
        assert_eq!(chosen(50, SpillChoice::SelfFirst), Some(9));
        assert_eq!(choose(&candidates[..1], Bytes(1), SpillChoice::Spark), Some(ConsumerId(9)));
        assert_eq!(choose(&[], Bytes(1), SpillChoice::Spark), None);
    }
}

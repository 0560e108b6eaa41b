//! Who is woken when memory is released, and in which order.
//!
//! Java leaves the order of `notifyAll` open; HotSpot has one, seen in every recorded round: waiters sit in a FIFO
//! wait set; `notifyAll` takes them one by one, the first goes to the entry list if that is empty, each other one is
//! pushed on the *front* of the contention queue; at monitor exit the head of the entry list runs next, and an empty
//! entry list becomes the contention queue. So `w1..wk` re-check as `w1, wk, wk-1, .., w2`, and who waits again goes
//! to the end of the wait set. One queue serves both memory modes.

use std::collections::VecDeque;

use crate::ids::AttemptSlot;

/// The order in which woken attempts re-check their request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WakeOrder {
    /// As HotSpot's monitors do it.
    #[default]
    Hotspot,
    /// The longest waiting first.
    Fifo,
    /// The last to wait first.
    Lifo,
    /// An order drawn from a seed: to see how much the order matters.
    Seeded(u64),
}

/// The monitor of one memory manager: its wait set and the attempts that were woken and have yet to re-check.
#[derive(Clone, Debug, Default)]
pub struct WaitQueue {
    order: WakeOrder,
    wait_set: VecDeque<AttemptSlot>,
    entry_list: VecDeque<AttemptSlot>,
    contention: VecDeque<AttemptSlot>,
    rounds: u64,
}

impl WaitQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(order: WakeOrder) -> Self {
        Self { order, ..Self::default() }
    }

    /// `Object.wait`: the attempt sleeps until the next [`notify_all`](Self::notify_all).
    pub fn wait(&mut self, task: AttemptSlot) {
        self.wait_set.push_back(task);
    }

    /// `Object.notifyAll`: everyone who sleeps has to re-check.
    #[inline]
    pub fn notify_all(&mut self) {
        if !self.wait_set.is_empty() {
            self.wake();
        }
    }

    fn wake(&mut self) {
        self.rounds += 1;
        match self.order {
            WakeOrder::Hotspot => {
                for task in self.wait_set.drain(..) {
                    if self.entry_list.is_empty() {
                        self.entry_list.push_back(task);
                    } else {
                        self.contention.push_front(task);
                    }
                }
            }
            WakeOrder::Fifo => self.entry_list.append(&mut self.wait_set),
            WakeOrder::Lifo => {
                for task in self.wait_set.drain(..) {
                    self.entry_list.push_front(task);
                }
            }
            WakeOrder::Seeded(seed) => {
                while !self.wait_set.is_empty() {
                    let draw = mix64(seed, (self.rounds << 20) + self.wait_set.len() as u64);
                    let at = (draw % self.wait_set.len() as u64) as usize;
                    let task = self.wait_set.remove(at).expect("the draw is below the length");
                    self.entry_list.push_back(task);
                }
            }
        }
    }

    /// The next attempt to re-check, if any was woken.
    pub fn next_woken(&mut self) -> Option<AttemptSlot> {
        if self.entry_list.is_empty() {
            std::mem::swap(&mut self.entry_list, &mut self.contention);
        }
        self.entry_list.pop_front()
    }

    /// Whether somebody was woken and has yet to re-check.
    #[must_use]
    pub fn has_woken(&self) -> bool {
        !self.entry_list.is_empty() || !self.contention.is_empty()
    }

    /// Number of attempts that sleep or have yet to re-check.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wait_set.len() + self.entry_list.len() + self.contention.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes an attempt out, wherever it is (it was killed); false where it does not wait.
    pub fn remove(&mut self, task: AttemptSlot) -> bool {
        let before = self.len();
        for queue in [&mut self.wait_set, &mut self.entry_list, &mut self.contention] {
            queue.retain(|&other| other != task);
        }
        self.len() < before
    }
}

/// A free choice made the same on every machine: mixes a seed with a counter (the finaliser of SplitMix64).
#[must_use]
pub fn mix64(seed: u64, counter: u64) -> u64 {
    let z =
        seed.wrapping_add(counter.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn woken(order: WakeOrder, waiters: u32) -> Vec<u32> {
        let mut queue = WaitQueue::new(order);
        (1..=waiters).for_each(|task| queue.wait(AttemptSlot(task)));
        queue.notify_all();
        std::iter::from_fn(|| queue.next_woken()).map(|task| task.0).collect()
    }

    #[test]
    fn hotspot_wakes_the_first_then_the_rest_from_the_last() {
        assert_eq!(woken(WakeOrder::Hotspot, 5), [1, 5, 4, 3, 2]);
        assert_eq!(woken(WakeOrder::Fifo, 5), [1, 2, 3, 4, 5]);
        assert_eq!(woken(WakeOrder::Lifo, 5), [5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_seeded_order_is_a_permutation_that_repeats() {
        let first = woken(WakeOrder::Seeded(7), 20);
        assert_eq!(first, woken(WakeOrder::Seeded(7), 20));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..=20).collect::<Vec<_>>());
        assert_ne!(first, sorted);
    }

    #[test]
    fn who_waits_again_goes_to_the_end() {
        let mut queue = WaitQueue::new(WakeOrder::Hotspot);
        (1..=3).for_each(|task| queue.wait(AttemptSlot(task)));
        queue.notify_all();
        let first = queue.next_woken().unwrap();
        queue.wait(first);
        assert_eq!(queue.next_woken(), Some(AttemptSlot(3)));
        assert_eq!(queue.next_woken(), Some(AttemptSlot(2)));
        assert_eq!(queue.next_woken(), None, "the first sleeps again");
        queue.notify_all();
        assert_eq!(queue.next_woken(), Some(AttemptSlot(1)));
    }

    #[test]
    fn a_killed_waiter_is_gone() {
        let mut queue = WaitQueue::new(WakeOrder::Hotspot);
        queue.wait(AttemptSlot(1));
        assert!(queue.remove(AttemptSlot(1)));
        assert!(!queue.remove(AttemptSlot(1)));
        queue.notify_all();
        assert!(queue.next_woken().is_none());
    }
}

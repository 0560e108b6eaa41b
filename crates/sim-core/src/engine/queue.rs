//! Pending events, and the one place that says in which order they happen: `(time, class, seq)`.
//!
//! At one instant resources complete first, then attempts go on, then woken waiters re-check, then heaps are
//! found full, then executors go and come, then containers are measured, then the driver acts: what was freed at that
//! instant is seen by all who ask at it, and who ends at the instant
//! at which its executor is lost has ended. Equal classes are served first come, first served.
//! A binary heap was the fastest of the queues measured up to some thousand pending events.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::units::SimTime;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// The first flow of a shared resource is through, unless the resource has changed since.
    ResourceDone { resource: u32, generation: u32 },
    /// An attempt goes on, unless it has ended since.
    Resume { attempt: u32, generation: u32 },
    /// Woken waiters of an executor re-check their requests.
    Recheck { executor: u32 },
    /// A thread of an executor could not allocate any more.
    HeapExhausted { executor: u32 },
    /// An executor is lost.
    Remove { executor: u32 },
    /// An executor is lost as the run was told: which of the planned losses.
    Lose { loss: u32 },
    /// An executor registers.
    Add { executor: u32 },
    /// The container of an executor is measured.
    Measure { executor: u32 },
    /// A thread of the driver has fetched a result, in no time.
    Fetched { thread: u32, number: u32 },
    /// A broadcast has taken too long.
    BroadcastTimeout { job: u32 },
    /// The driver submits a job.
    Submit { job: u32 },
    /// The driver looks for slow tasks.
    Look,
    /// The driver looks at the load and at idle executors.
    Allocate,
    /// The driver submits the stages again that failed.
    Resubmit,
    /// The time of executors is over that the application left out.
    TakeBack,
    /// A stage has waited for an executor that may run its task.
    Unschedulable { stage: u32 },
    /// The driver offers free slots.
    Offer,
}

impl Happening {
    const fn class(self) -> u64 {
        match self {
            Self::ResourceDone { .. } | Self::Fetched { .. } => 0,
            Self::Resume { .. } => 1,
            Self::Recheck { .. } => 2,
            Self::HeapExhausted { .. } => 3,
            Self::Remove { .. } | Self::Lose { .. } => 4,
            Self::Add { .. } => 5,
            Self::Measure { .. } => 6,
            Self::Submit { .. }
            | Self::BroadcastTimeout { .. }
            | Self::Resubmit
            | Self::TakeBack
            | Self::Unschedulable { .. }
            | Self::Look
            | Self::Allocate => 7,
            Self::Offer => 8,
        }
    }
}

/// Pending, smallest key first: the heap of `std` has the largest on top, so that the order is turned round here.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Time in the upper half, then 8 bits of class, then the sequence number.
    key: u128,
    what: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
    // The heap asks with these two; through `partial_cmp` they would cost twice as much.
    fn lt(&self, other: &Self) -> bool {
        self.key > other.key
    }
    fn le(&self, other: &Self) -> bool {
        self.key >= other.key
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(super) struct EventQueue {
    heap: BinaryHeap<Entry>,
    sequence: u64,
}

impl EventQueue {
    pub(super) fn push(&mut self, time: SimTime, what: Happening) {
        self.sequence += 1;
        let order = (what.class() << 56) | self.sequence;
        self.heap.push(Entry { key: (u128::from(time.0) << 64) | u128::from(order), what });
    }

    pub(super) fn pop(&mut self) -> Option<(SimTime, Happening)> {
        self.heap.pop().map(|entry| (SimTime((entry.key >> 64) as u64), entry.what))
    }

    pub(super) fn next_time(&self) -> Option<SimTime> {
        self.heap.peek().map(|entry| SimTime((entry.key >> 64) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_comes_first_then_class_then_order_of_arrival() {
        let mut queue = EventQueue::default();
        queue.push(SimTime(5), Happening::Offer);
        queue.push(SimTime(5), Happening::Recheck { executor: 1 });
        queue.push(SimTime(5), Happening::Recheck { executor: 0 });
        queue.push(SimTime(5), Happening::ResourceDone { resource: 0, generation: 0 });
        queue.push(SimTime(4), Happening::Offer);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(
            order,
            [
                (SimTime(4), Happening::Offer),
                (SimTime(5), Happening::ResourceDone { resource: 0, generation: 0 }),
                (SimTime(5), Happening::Recheck { executor: 1 }),
                (SimTime(5), Happening::Recheck { executor: 0 }),
                (SimTime(5), Happening::Offer),
            ]
        );
    }
}

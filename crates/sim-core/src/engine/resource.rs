//! A disk or a network that its users share evenly.
//!
//! Processor sharing by virtual time: the virtual clock counts the bytes that each flow has got since the start, so a
//! flow that arrives at virtual time `v` with `b` bytes is through at `v + b`, whoever comes and goes. An arrival or
//! a departure costs O(log n), never a scan of all flows. Fixed point throughout: the same on every machine.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Bytes, SimTime};

/// Binary digits of a virtual byte.
const FRACTION: u32 = 20;
const NS_PER_SECOND: u128 = 1_000_000_000;
/// A tebibyte a second: nothing is faster, and the fixed point holds 584 years of it.
const FASTEST: u64 = 1 << 40;

/// See the [module](self).
#[derive(Clone, Debug)]
pub(super) struct FairShare {
    bytes_per_second: u64,
    /// Virtual time: bytes each flow has got, shifted by [`FRACTION`].
    clock: u128,
    at: SimTime,
    /// Virtual time of completion, number of arrival, attempt, bytes.
    flows: BinaryHeap<Reverse<(u128, u64, u32, u64)>>,
    arrivals: u64,
    /// Changes with every arrival and departure: a completion foreseen before is stale.
    pub(super) generation: u32,
    bytes_in: Bytes,
    bytes_out: Bytes,
}

impl FairShare {
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second: bytes_per_second.clamp(1, FASTEST),
            clock: 0,
            at: SimTime::ZERO,
            flows: BinaryHeap::new(),
            arrivals: 0,
            generation: 0,
            bytes_in: Bytes::ZERO,
            bytes_out: Bytes::ZERO,
        }
    }

    fn advance(&mut self, now: SimTime) {
        let flows = self.flows.len() as u128;
        if flows > 0 {
            let elapsed = u128::from((now - self.at).0);
            self.clock +=
                ((elapsed * u128::from(self.bytes_per_second)) << FRACTION) / (NS_PER_SECOND * flows);
        }
        self.at = now;
    }

    /// `attempt` starts to move `bytes`.
    pub(super) fn arrive(&mut self, now: SimTime, attempt: u32, bytes: Bytes) {
        self.advance(now);
        self.arrivals += 1;
        let through = self.clock + (u128::from(bytes.0) << FRACTION);
        self.flows.push(Reverse((through, self.arrivals, attempt, bytes.0)));
        self.bytes_in += bytes;
        self.generation = self.generation.wrapping_add(1);
    }

    /// When the next flow is through, as things are.
    pub(super) fn next_completion(&self) -> Option<SimTime> {
        let &Reverse((through, ..)) = self.flows.peek()?;
        let left = through.saturating_sub(self.clock);
        let flows = self.flows.len() as u128;
        let of_all = left.saturating_mul(NS_PER_SECOND * flows);
        let ns = of_all.div_ceil(u128::from(self.bytes_per_second) << FRACTION);
        Some(self.at + SimTime(u64::try_from(ns).unwrap_or(u64::MAX)))
    }

    /// The foreseen completion has come: the attempt whose flow is through.
    pub(super) fn complete(&mut self, now: SimTime) -> Option<u32> {
        self.advance(now);
        let Reverse((through, _, attempt, bytes)) = self.flows.pop()?;
        self.clock = self.clock.max(through);
        self.left(Bytes(bytes));
        Some(attempt)
    }

    fn left(&mut self, bytes: Bytes) {
        self.bytes_out += bytes;
        self.generation = self.generation.wrapping_add(1);
        assert!(
            !self.flows.is_empty() || self.bytes_in == self.bytes_out,
            "an idle resource has moved {} of {}",
            self.bytes_out,
            self.bytes_in
        );
    }

    /// The flow of an attempt that was killed stops.
    pub(super) fn abort(&mut self, now: SimTime, attempt: u32) {
        let mine = |flow: &Reverse<(u128, u64, u32, u64)>| flow.0.2 == attempt;
        let Some(&Reverse((.., bytes))) = self.flows.iter().find(|flow| mine(flow)) else { return };
        self.advance(now);
        self.flows.retain(|flow| !mine(flow));
        self.left(Bytes(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(share: &mut FairShare) -> (u64, u32) {
        let at = share.next_completion().unwrap();
        (at.0, share.complete(at).unwrap())
    }

    #[test]
    fn two_flows_share_and_the_rest_speeds_up() {
        // 1000 bytes a second. 600 bytes alone for 0.2 s: 400 left, shared with 300 bytes: both get 500 a second.
        let mut share = FairShare::new(1000);
        share.arrive(SimTime::ZERO, 1, Bytes(600));
        assert_eq!(share.next_completion(), Some(SimTime(600_000_000)));
        share.arrive(SimTime(200_000_000), 2, Bytes(300));
        // The second is through 0.6 s later; the first then has 100 left, alone: 0.1 s.
        assert_eq!(finish(&mut share), (800_000_000, 2));
        assert_eq!(finish(&mut share), (900_000_000, 1));
        assert_eq!(share.next_completion(), None);
    }

    #[test]
    fn an_aborted_flow_leaves_its_share_to_the_others() {
        let mut share = FairShare::new(1000);
        share.arrive(SimTime::ZERO, 1, Bytes(1000));
        share.arrive(SimTime::ZERO, 2, Bytes(1000));
        share.abort(SimTime(1_000_000_000), 1);
        assert_eq!(finish(&mut share), (1_500_000_000, 2));
    }

    #[test]
    fn equal_flows_are_through_in_order_of_arrival() {
        let mut share = FairShare::new(3);
        for attempt in 0..7 {
            share.arrive(SimTime::ZERO, attempt, Bytes(10));
        }
        let order: Vec<_> = (0..7).map(|_| finish(&mut share).1).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5, 6]);
    }
}

//! A reducer fetches map output while it works.
//!
//! Spark: `ShuffleBlockFetcherIterator` (`initialize`, `next`): remote requests are sent first, local blocks are read, and
//! records are processed while requests are in flight. Here the first request has to be there before the first step
//! that computes; the rest comes while that step runs, and what has not come by its end is waited for. The bound on
//! bytes in flight is one of memory: the rate is the network's alone.

use super::attempt::{Doing, Transfer};
use super::fetch::{Fetch, Outputs};
use super::{Engine, Over};
use crate::ids::ShuffleId;
use crate::observe::{Event, Observer};
use crate::units::Bytes;
use crate::workload::Op;

/// Marks flows beside which their attempt goes on.
pub(super) const BESIDE: u32 = 1 << 31;

/// What an attempt still fetches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fetching {
    /// Bytes come beside its work.
    pub(super) beside: bool,
    /// The step that they are for has begun: they have to be there when it ends.
    pub(super) due: bool,
    /// Memory outside of the pools.
    pub(super) in_flight: Bytes,
    /// Of which shuffle.
    pub(super) shuffle: Option<ShuffleId>,
    /// What was to come is gone: the attempt fails once it needs it.
    pub(super) lost: Option<ShuffleId>,
}

/// Where a fetch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FetchPhase {
    /// Large blocks come.
    ToDisk,
    /// The first request comes.
    First,
    /// Blocks are read from the node's disk, and large ones written to it and read.
    Local,
}

impl<O: Observer> Engine<'_, O> {
    /// Begins to fetch `bytes` of a shuffle.
    pub(super) fn begin_fetch(&mut self, attempt: u32, shuffle: ShuffleId, bytes: Bytes) -> bool {
        let outputs = self.outputs_for(attempt, shuffle);
        let fetch = Fetch::of(bytes, outputs, &self.conf.scheduling.fetch);
        self.attempts[attempt as usize].metrics.shuffle_read_bytes += bytes;
        self.attempts[attempt as usize].fetching.shuffle = Some(shuffle);
        if !fetch.in_flight.is_zero() {
            self.attempts[attempt as usize].fetching.in_flight = fetch.in_flight;
            let executor = self.executor_of(attempt);
            executor.fetch_in_flight += fetch.in_flight;
            let executor = self.attempts[attempt as usize].info.executor;
            self.emit(Event::Pools(executor));
        }
        self.turn_to(attempt, Doing::Fetching(fetch, FetchPhase::ToDisk));
        !self.move_bytes(attempt, Over::Network, fetch.to_disk)
    }

    /// Map output lies evenly on the nodes, and on the executors of other nodes.
    fn outputs_for(&self, attempt: u32, shuffle: ShuffleId) -> Outputs {
        let blocks = self.map_tasks[shuffle.index()].max(1);
        let nodes = self.disks.len() as u64;
        if nodes <= 1 {
            return Outputs { blocks, local: blocks, addresses: 0 };
        }
        let executor = self.attempts[attempt as usize].info.executor;
        let node = self.conf.executors[executor.index()].node;
        let others = self
            .cluster
            .executors
            .iter()
            .filter(|other| other.is_there() && other.slots > 0 && other.node != node);
        let addresses = others.count() as u64;
        let local = if addresses == 0 { blocks } else { blocks / nodes };
        Outputs { blocks, local, addresses }
    }

    /// A part of a fetch has come.
    pub(super) fn fetch_on(&mut self, attempt: u32, fetch: Fetch, phase: FetchPhase) -> bool {
        match phase {
            FetchPhase::ToDisk => {
                self.turn_to(attempt, Doing::Fetching(fetch, FetchPhase::First));
                !self.move_bytes(attempt, Over::Network, fetch.first_to_memory())
            }
            FetchPhase::First => {
                let rest = fetch.to_memory - fetch.first_to_memory();
                if self.move_beside(attempt, rest) {
                    self.attempts[attempt as usize].fetching.beside = true;
                } else {
                    self.fetched(attempt);
                }
                self.turn_to(attempt, Doing::Fetching(fetch, FetchPhase::Local));
                !self.move_bytes(attempt, Over::Disk, fetch.local + fetch.to_disk * 2)
            }
            FetchPhase::Local => {
                self.turn_to(attempt, Doing::Next);
                true
            }
        }
    }

    /// Nothing is in flight any more.
    pub(super) fn fetched(&mut self, attempt: u32) {
        let fetching = std::mem::take(&mut self.attempts[attempt as usize].fetching);
        if !fetching.in_flight.is_zero() {
            let executor = self.executor_of(attempt);
            executor.fetch_in_flight -= fetching.in_flight;
            let executor = self.attempts[attempt as usize].info.executor;
            self.emit(Event::Pools(executor));
        }
    }

    /// What came beside an attempt's work is there: who waits for it goes on.
    pub(super) fn fetched_beside(&mut self, attempt: u32) {
        self.fetched(attempt);
        if let Doing::Moving(Transfer::Fetch) = self.attempts[attempt as usize].doing {
            self.advance(attempt);
        }
    }

    /// Whether an attempt has to wait for bytes before its next step.
    pub(super) fn waits_for_fetch(&mut self, attempt: u32, next: Option<&Op>) -> bool {
        let fetching = &self.attempts[attempt as usize].fetching;
        if !fetching.beside || !(fetching.due || matches!(next, None | Some(Op::FetchShuffle { .. }))) {
            return false;
        }
        match fetching.lost {
            Some(shuffle) => {
                self.turn_to(attempt, Doing::FetchRetry(shuffle));
                self.resume_at(attempt, self.now + self.conf.failures.fetch_retry_wait);
            }
            None => self.turn_to(attempt, Doing::Moving(Transfer::Fetch)),
        }
        true
    }

    /// Map output has been lost: an attempt that has some of it coming beside its work gets no more of it.
    pub(super) fn break_off_fetch_beside(&mut self, attempt: u32) {
        let fetching = &mut self.attempts[attempt as usize].fetching;
        let Some(shuffle) = fetching.shuffle.filter(|_| fetching.beside && fetching.lost.is_none()) else {
            return;
        };
        if !self.scheduler.is_output_lost(shuffle) {
            return;
        }
        fetching.lost = Some(shuffle);
        self.abort_flow_beside(attempt);
        if let Doing::Moving(Transfer::Fetch) = self.attempts[attempt as usize].doing {
            self.turn_to(attempt, Doing::FetchRetry(shuffle));
            self.resume_at(attempt, self.now + self.conf.failures.fetch_retry_wait);
        }
    }
}

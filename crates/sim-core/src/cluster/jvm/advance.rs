//! Time passes: threads allocate until a collection stops them.

use super::heap::{Heap, Mutators, Spent};
use super::{HeapCollector, HeapVerdict};

const SECOND: u128 = 1_000_000_000;

impl Heap {
    /// Lets `wall_ns` pass, in which the threads run as far as collections let them.
    pub fn advance(&mut self, wall_ns: u64, mutators: Mutators) -> Spent {
        let mut spent = Spent::default();
        let mut left = wall_ns;
        while left > 0 {
            if self.verdict != HeapVerdict::Fine {
                spent.stopped_ns += left;
                break;
            }
            if self.owed_ns > 0 {
                let now = left.min(self.owed_ns);
                self.owed_ns -= now;
                self.concurrent.clock_ns += now;
                left -= now;
                spent.stopped_ns += now;
                spent.reported_ns += now;
                continue;
            }
            let (running, of) = self.speed(mutators.threads);
            let room = self.room();
            if room == 0 && mutators.bytes_per_second > 0 {
                if self.is_generational() {
                    self.collect();
                } else {
                    left -= self.stall(left, &mut spent);
                }
                continue;
            }
            let until_full = match mutators.bytes_per_second {
                0 => u64::MAX,
                rate => {
                    u64::try_from((u128::from(room) * SECOND).div_ceil(u128::from(rate))).unwrap_or(u64::MAX)
                }
            };
            let wall_until_full = scaled_up(until_full, of, running);
            let now = left
                .min(wall_until_full)
                .min(self.wall_until_phase(mutators.bytes_per_second, running, of))
                .max(1);
            let progress = if running == of { now } else { self.work_of(now, running, of) };
            let garbage =
                (u128::from(progress) * u128::from(mutators.bytes_per_second) / SECOND).min(u128::from(room));
            self.make_garbage(garbage as u64);
            left -= now;
            self.concurrent.clock_ns += now;
            spent.progress_ns += progress;
            spent.slowed_ns += now - progress;
            self.interval_ns += progress;
            self.overhead.major_interval_ns += progress;
            let concurrent = self.concurrent_for(now, running, of);
            if self.geometry.collector == HeapCollector::Zgc {
                spent.reported_ns += concurrent;
            }
            self.look(mutators.bytes_per_second);
        }
        spent
    }

    /// Bytes until the threads have to stop.
    fn room(&self) -> u64 {
        if self.is_generational() { self.eden.saturating_sub(self.eden_used) } else { self.free() }
    }

    fn make_garbage(&mut self, bytes: u64) {
        if self.is_generational() {
            self.young_garbage += bytes;
            self.eden_used += bytes;
        } else {
            self.old_garbage += bytes;
        }
    }

    /// What threads do of `wall` beside those of a concurrent collection; fractions of a nanosecond are kept.
    fn work_of(&mut self, wall: u64, running: u64, of: u64) -> u64 {
        let work = u128::from(wall) * u128::from(running) + u128::from(self.rest);
        self.rest = (work % u128::from(of)) as u64;
        ((work / u128::from(of)) as u64).min(wall)
    }

    /// How fast threads run beside those of a concurrent collection: as many nanoseconds of so many.
    fn speed(&self, threads: u64) -> (u64, u64) {
        if !self.concurrent.is_running() {
            return (1, 1);
        }
        let all = threads + self.geometry.concurrent_threads;
        if all > self.geometry.processors { (self.geometry.processors, all) } else { (1, 1) }
    }
}

/// `value * by / of`, at most `u64::MAX`.
pub(super) fn scaled(value: u64, by: u64, of: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(by) / u128::from(of.max(1))).unwrap_or(u64::MAX)
}

/// The same, rounded up.
pub(super) fn scaled_up(value: u64, by: u64, of: u64) -> u64 {
    u64::try_from((u128::from(value) * u128::from(by)).div_ceil(u128::from(of.max(1)))).unwrap_or(u64::MAX)
}

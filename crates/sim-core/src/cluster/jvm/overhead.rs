//! When a JVM gives up: no memory after a full collection, or nothing but collections.

use super::estimate::Padded;

/// What the JVM threw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeapVerdict {
    /// Nothing.
    Fine,
    /// `java.lang.OutOfMemoryError: Java heap space`.
    JavaHeapSpace,
    /// `java.lang.OutOfMemoryError: GC overhead limit exceeded`.
    GcOverheadLimit,
}

/// `UseGCOverheadLimit`: Parallel throws when over 98 % of the time goes to collections (`GCTimeLimit`) and less than
/// 2 % of eden and of the old generation are free (`GCHeapFreeLimit`), in five full collections one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overhead {
    minor: Padded,
    major: Padded,
    near: u32,
    /// Progress since the last full collection.
    pub(super) major_interval_ns: u64,
}

/// `AdaptiveSizePolicyGCTimeLimitThreshold`.
const TIMES: u32 = 5;
/// `AdaptiveTimeWeight`.
const WEIGHT: i64 = 25;
const MILLION: u64 = 1_000_000;

impl Overhead {
    pub(super) fn minor(&mut self, pause_ns: u64, interval_ns: u64) {
        self.minor.sample(share(pause_ns, interval_ns), WEIGHT);
    }

    pub(super) fn major(&mut self, pause_ns: u64) {
        self.major.sample(share(pause_ns, self.major_interval_ns), WEIGHT);
        self.major_interval_ns = 0;
    }

    /// Costs of young and of full collections: time for each million of time.
    pub(super) fn costs(&self) -> (u64, u64) {
        (self.minor.average(), self.major.average())
    }

    /// After a full collection: whether that was one too many.
    pub(super) fn exceeded(&mut self, nearly_full: bool) -> bool {
        let (minor, major) = self.costs();
        let busy = (minor + major).min(MILLION) > MILLION / 100 * 98;
        self.near = if busy && nearly_full { self.near + 1 } else { 0 };
        self.near >= TIMES
    }
}

fn share(pause_ns: u64, interval_ns: u64) -> u64 {
    (u128::from(pause_ns) * u128::from(MILLION) / u128::from((pause_ns + interval_ns).max(1))) as u64
}

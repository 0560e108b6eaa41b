//! Unrolling: storing values whose size is known only once they are there, in growing steps.
//!
//! Spark: `MemoryStore.putIterator`. Elements are appended one by one; after each `check_period`-th one (the first
//! check is after the first element) the size is estimated and, where the estimate has reached what was reserved,
//! 1.5 times the estimate is asked for. Here the steps between two requests are one.

use crate::units::Bytes;

/// `spark.storage.unrollMemory*`.
#[derive(Clone, Copy, Debug)]
pub struct UnrollConf {
    /// `spark.storage.unrollMemoryThreshold`: asked for before the first element.
    pub initial: Bytes,
    /// `spark.storage.unrollMemoryCheckPeriod`: elements between two estimates.
    pub check_period: u64,
    /// `spark.storage.unrollMemoryGrowthFactor`: what is asked for, relative to the estimate.
    pub growth_factor: f64,
}

impl Default for UnrollConf {
    fn default() -> Self {
        Self { initial: Bytes::mib(1), check_period: 16, growth_factor: 1.5 }
    }
}

/// What Spark's size tracker would say of a partly unrolled block. Estimates are inputs: they depend on Java objects.
pub trait SizeEstimate {
    /// The first check after the `done` first elements at which the estimate reaches `target`: the number of
    /// elements stored then, and the estimate. `None` where none of the checks up to `elements` does.
    fn next_reaching(&self, target: Bytes, done: u64, elements: u64, period: u64) -> Option<(u64, Bytes)>;
}

/// `base + per_element * k` bytes after `k` elements.
#[derive(Clone, Copy, Debug)]
pub struct LinearEstimate {
    /// Bytes of nothing.
    pub base: Bytes,
    /// Bytes of one more element.
    pub per_element: Bytes,
}

impl SizeEstimate for LinearEstimate {
    fn next_reaching(&self, target: Bytes, done: u64, elements: u64, period: u64) -> Option<(u64, Bytes)> {
        // Checks are made with 1, 1 + period, 1 + 2 * period .. elements stored.
        let first = done.div_ceil(period) * period + 1;
        let short = target.saturating_sub(self.base);
        let enough = match (short.0, self.per_element.0) {
            (0, _) => first,
            (_, 0) => return None,
            (short, per) => short.div_ceil(per).max(first),
        };
        let stored = (enough - 1).div_ceil(period) * period + 1;
        (stored <= elements).then(|| (stored, self.base + self.per_element * stored))
    }
}

/// What was recorded at each check.
#[derive(Clone, Copy, Debug)]
pub struct SampledEstimate<'a>(pub &'a [Bytes]);

impl SizeEstimate for SampledEstimate<'_> {
    fn next_reaching(&self, target: Bytes, done: u64, elements: u64, period: u64) -> Option<(u64, Bytes)> {
        let first = done.div_ceil(period) as usize;
        let checks =
            self.0.iter().enumerate().skip(first).map(|(check, &size)| (check as u64 * period + 1, size));
        checks.take_while(|&(stored, _)| stored <= elements).find(|&(_, size)| size >= target)
    }
}

/// One block being unrolled: a resumable `putIterator`.
#[derive(Clone, Copy, Debug)]
pub struct Unroll {
    conf: UnrollConf,
    /// Elements that the iterator has.
    elements: u64,
    /// Elements stored so far.
    pub stored: u64,
    /// Unroll memory that the block holds.
    pub held: Bytes,
    /// What the estimate is compared with; rises also when a request is refused.
    target: Bytes,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Initial,
    Growing,
    Sizing,
    Done,
}

/// What an unroll does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnrollStep {
    /// Append elements until `stored` of them are there, then reserve `bytes` and say how that went
    /// ([`Unroll::reserved`]).
    Reserve {
        /// Elements stored when memory is asked for.
        stored: u64,
        /// Bytes to ask for; may be 0.
        bytes: Bytes,
    },
    /// All elements are stored and `held` covers the precise size: turn unroll memory into a block.
    Store,
    /// A request was refused: the block stays partly unrolled and `held` stays reserved until it is consumed.
    Refused,
}

impl Unroll {
    /// An unroll of `elements` elements that has not asked for anything.
    #[must_use]
    pub fn new(conf: UnrollConf, elements: u64) -> Self {
        Self { conf, elements, stored: 0, held: Bytes::ZERO, target: conf.initial, phase: Phase::Initial }
    }

    /// The next step. `precise` is the exact size of the finished block.
    pub fn next(&mut self, estimate: &impl SizeEstimate, precise: Bytes) -> UnrollStep {
        loop {
            match self.phase {
                Phase::Initial => return UnrollStep::Reserve { stored: 0, bytes: self.conf.initial },
                Phase::Growing => {
                    let period = self.conf.check_period;
                    match estimate.next_reaching(self.target, self.stored, self.elements, period) {
                        Some((stored, size)) => {
                            return UnrollStep::Reserve { stored, bytes: self.growth(size) };
                        }
                        None => {
                            self.stored = self.elements;
                            self.phase = Phase::Sizing;
                        }
                    }
                }
                Phase::Sizing if precise > self.held => {
                    return UnrollStep::Reserve { stored: self.elements, bytes: precise - self.held };
                }
                Phase::Sizing => {
                    self.phase = Phase::Done;
                    return UnrollStep::Store;
                }
                Phase::Done => return UnrollStep::Refused,
            }
        }
    }

    /// `(size * growth_factor - target).toLong`, as Spark computes it.
    fn growth(&self, size: Bytes) -> Bytes {
        Bytes((size.0 as f64 * self.conf.growth_factor - self.target.0 as f64) as u64)
    }

    /// The answer to a [`UnrollStep::Reserve`].
    pub fn reserved(&mut self, stored: u64, bytes: Bytes, granted: bool) {
        self.stored = stored;
        if granted {
            self.held += bytes;
        }
        match self.phase {
            _ if !granted => self.phase = Phase::Done,
            Phase::Initial => self.phase = Phase::Growing,
            Phase::Growing => self.target += bytes,
            Phase::Sizing | Phase::Done => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(
        conf: UnrollConf,
        elements: u64,
        estimate: &impl SizeEstimate,
        precise: u64,
    ) -> Vec<(u64, u64)> {
        let mut unroll = Unroll::new(conf, elements);
        let mut seen = Vec::new();
        while let UnrollStep::Reserve { stored, bytes } = unroll.next(estimate, Bytes(precise)) {
            seen.push((stored, bytes.0));
            unroll.reserved(stored, bytes, true);
        }
        seen
    }

    const SMALL: UnrollConf = UnrollConf { initial: Bytes(100), check_period: 16, growth_factor: 1.5 };

    #[test]
    fn memory_grows_by_half_more_than_the_estimate() {
        let estimate = LinearEstimate { base: Bytes(0), per_element: Bytes(10) };
        // Checks at 1, 17 (170 >= 100: 255 - 100 = 155), 33 (330 >= 255: 495 - 255), 49 (490), 65 (650 >= 495: 480),
        // 81, 97 (970 < 975): the end, 1000 bytes are precise and 975 are held.
        assert_eq!(
            requests(SMALL, 100, &estimate, 1000),
            [(0, 100), (17, 155), (33, 240), (65, 480), (100, 25)]
        );
    }

    #[test]
    fn few_elements_are_checked_once() {
        let estimate = LinearEstimate { base: Bytes(0), per_element: Bytes(90) };
        assert_eq!(requests(SMALL, 10, &estimate, 900), [(0, 100), (10, 800)]);
    }

    #[test]
    fn linear_and_sampled_estimates_agree() {
        for (base, per, elements) in [(0, 7, 500), (90, 3, 333), (500, 0, 64), (3, 1000, 17), (99, 0, 50)] {
            let linear = LinearEstimate { base: Bytes(base), per_element: Bytes(per) };
            let samples: Vec<_> = (0..elements).step_by(16).map(|i| Bytes(base + per * (i + 1))).collect();
            let precise = base + per * elements;
            assert_eq!(
                requests(SMALL, elements, &linear, precise),
                requests(SMALL, elements, &SampledEstimate(&samples), precise),
                "{base} + {per} k"
            );
        }
    }

    #[test]
    fn a_refusal_ends_it_with_what_is_held() {
        let estimate = LinearEstimate { base: Bytes(0), per_element: Bytes(10) };
        let mut unroll = Unroll::new(SMALL, 100);
        unroll.reserved(0, Bytes(100), true);
        let UnrollStep::Reserve { stored, bytes } = unroll.next(&estimate, Bytes(1000)) else { panic!() };
        unroll.reserved(stored, bytes, false);
        assert_eq!(unroll.next(&estimate, Bytes(1000)), UnrollStep::Refused);
        assert_eq!((unroll.stored, unroll.held), (17, Bytes(100)));
    }
}

//! Draws: one stream of random numbers a label, so that adding a data set leaves the draws of the others alone.

use rand::distr::{Distribution as _, Uniform};
use rand::{Rng, SeedableRng};
use rand_distr::{Exp, LogNormal, Normal, Pareto, Zipf};
use rand_xoshiro::Xoshiro256PlusPlus;

/// No drawn, given or computed number of rows, bytes or nanoseconds reaches this.
pub(crate) const LIMIT: u64 = 1 << 62;

/// A distribution whose parameters have been checked. Each draw is rounded at once to a whole number; what lies below
/// zero becomes zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Distribution {
    /// Each whole number from `low` to `high` alike.
    Uniform {
        /// The smallest.
        low: u64,
        /// The largest.
        high: u64,
    },
    /// The normal distribution.
    Normal {
        /// Its mean.
        mean: u64,
        /// Its standard deviation.
        sd: u64,
    },
    /// `median * e^(sigma * z)` with a standard normal `z`.
    LogNormal {
        /// Half of the draws lie below.
        median: u64,
        /// Standard deviation of the logarithm, 0 to 4.
        sigma: f64,
    },
    /// The exponential distribution.
    Exponential {
        /// Its mean.
        mean: u64,
    },
    /// The Pareto distribution: few very large values.
    Pareto {
        /// The smallest value.
        min: u64,
        /// Above 1, or the mean would be endless; the smaller the heavier the tail.
        shape: f64,
    },
    /// Zipf's law: `k` in 1 to `max` comes with a weight of `k^-exponent`.
    Zipf {
        /// The largest value.
        max: u64,
        /// 0 to 10.
        exponent: f64,
    },
}

impl Distribution {
    /// The parameters, checked.
    ///
    /// # Errors
    /// What is out of range, and the range.
    pub(crate) fn checked(self) -> Result<Self, String> {
        let within = |name: &str, value: f64, low: f64, high: f64| {
            if value >= low && value <= high {
                return Ok(());
            }
            Err(format!("{name} is {value}: it must lie between {low} and {high}"))
        };
        match self {
            Self::Uniform { low, high } if low > high => {
                return Err(format!("low is {low} and high is {high}: low must not be above high"));
            }
            Self::Uniform { .. } | Self::Normal { .. } => {}
            Self::LogNormal { median: 0, .. } => return Err("median is 0: it must be at least 1".to_owned()),
            Self::Exponential { mean: 0 } => return Err("mean is 0: it must be at least 1".to_owned()),
            Self::Pareto { min: 0, .. } => return Err("min is 0: it must be at least 1".to_owned()),
            Self::Zipf { max: 0, .. } => return Err("max is 0: it must be at least 1".to_owned()),
            Self::LogNormal { sigma, .. } => within("sigma", sigma, 0.0, 4.0)?,
            Self::Exponential { .. } => {}
            Self::Pareto { shape, .. } => {
                if shape.is_nan() || shape <= 1.0 || shape > 1e6 {
                    return Err(format!(
                        "shape is {shape}: it must lie above 1, where the mean is not endless, up to 1000000"
                    ));
                }
            }
            Self::Zipf { exponent, .. } => within("exponent", exponent, 0.0, 10.0)?,
        }
        Ok(self)
    }

    /// Draw number `index` of the stream `label`.
    pub(crate) fn draw(self, seed: u64, label: &str) -> u64 {
        let mut stream = stream(seed, label);
        let real = |value: f64| (value.round() as u64).min(LIMIT - 1);
        let checked = "the parameters were checked";
        match self {
            Self::Uniform { low, high } => {
                Uniform::new_inclusive(low, high).expect(checked).sample(&mut stream)
            }
            Self::Normal { mean, sd } => {
                real(Normal::new(mean as f64, sd as f64).expect(checked).sample(&mut stream))
            }
            Self::LogNormal { median, sigma } => {
                real(LogNormal::new((median as f64).ln(), sigma).expect(checked).sample(&mut stream))
            }
            Self::Exponential { mean } => {
                real(Exp::new(1.0 / mean as f64).expect(checked).sample(&mut stream))
            }
            Self::Pareto { min, shape } => {
                real(Pareto::new(min as f64, shape).expect(checked).sample(&mut stream))
            }
            Self::Zipf { max, exponent } => {
                real(Zipf::new(max as f64, exponent).expect(checked).sample(&mut stream))
            }
        }
    }
}

/// A whole random number of the stream `label`.
pub(crate) fn bits(seed: u64, label: &str) -> u64 {
    stream(seed, label).next_u64()
}

/// The stream `label`.
pub(crate) fn stream(seed: u64, label: &str) -> Xoshiro256PlusPlus {
    // FNV-1a: fixed for ever, as goldens are.
    let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Xoshiro256PlusPlus::seed_from_u64(seed.rotate_left(32) ^ hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(distribution: Distribution, golden: [u64; 3]) {
        let distribution = distribution.checked().expect("in range");
        let draws = ["a/0/rows/0", "a/0/rows/1", "b/0/rows/0"].map(|label| distribution.draw(7, label));
        assert_eq!(draws, golden, "{distribution:?}");
    }

    /// The same on every machine and in every build: results are compared by seed.
    #[test]
    fn draws_never_change() {
        check(Distribution::Uniform { low: 10, high: 1_000_000 }, [432259, 369010, 910613]);
        check(Distribution::Normal { mean: 1_000_000, sd: 50_000 }, [987547, 983143, 1036242]);
        check(Distribution::LogNormal { median: 1_000_000, sigma: 1.0 }, [779535, 713815, 2064381]);
        check(Distribution::Exponential { mean: 1_000_000 }, [982320, 457729, 605818]);
        check(Distribution::Pareto { min: 1_000_000, shape: 1.5 }, [1749207, 1943776, 1064415]);
        check(Distribution::Zipf { max: 1_000_000, exponent: 0.5 }, [187089, 136397, 829296]);
    }

    #[test]
    fn endless_and_empty_distributions_are_refused() {
        let bad = [
            Distribution::Uniform { low: 2, high: 1 },
            Distribution::LogNormal { median: 1, sigma: 4.1 },
            Distribution::LogNormal { median: 1, sigma: f64::NAN },
            Distribution::LogNormal { median: 0, sigma: 1.0 },
            Distribution::Exponential { mean: 0 },
            Distribution::Pareto { min: 1, shape: 1.0 },
            Distribution::Pareto { min: 1, shape: f64::INFINITY },
            Distribution::Zipf { max: 5, exponent: -1.0 },
            Distribution::Zipf { max: 0, exponent: 1.0 },
        ];
        for distribution in bad {
            assert!(distribution.checked().is_err(), "{distribution:?}");
        }
    }

    #[test]
    fn draws_stay_below_the_limit() {
        for index in 0..1000 {
            let pareto = Distribution::Pareto { min: LIMIT - 1, shape: 1.01 };
            assert!(pareto.draw(index, "x") < LIMIT);
            assert!(Distribution::Normal { mean: 0, sd: LIMIT - 1 }.draw(index, "x") < LIMIT);
        }
    }
}

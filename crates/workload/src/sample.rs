//! Draws: one stream of random numbers a label, so that adding a data set leaves the draws of the others alone.

use rand_distr::{Distribution as _, Exp, LogNormal, Normal, Pareto, Uniform, Zipf};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// No drawn, given or computed number of rows, bytes or nanoseconds reaches this.
pub(crate) const LIMIT: u64 = 1 << 62;

/// A distribution whose parameters have been checked. Each draw is rounded at once to a whole number; what lies below
/// zero becomes zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
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
        let real = |value: f64| value.round().clamp(0.0, (LIMIT - 1) as f64) as u64;
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

fn stream(seed: u64, label: &str) -> Xoshiro256PlusPlus {
    // FNV-1a: fixed for ever, as goldens are.
    let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Xoshiro256PlusPlus::seed_from_u64(seed.rotate_left(32) ^ hash)
}

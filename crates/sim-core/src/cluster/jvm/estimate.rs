//! Averages as HotSpot keeps them to decide what comes next.

/// The largest sample: its hundredfold fits.
const MOST: i64 = i64::MAX / 1000;

/// `AdaptivePaddedAverage`: a decaying average and the deviation from it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Padded {
    average: i64,
    deviation: i64,
    samples: i64,
}

impl Padded {
    /// Takes a sample; the newest counts for `weight` of 100, in the beginning for more.
    pub(super) fn sample(&mut self, value: u64, weight: i64) {
        let value = i64::try_from(value).map_or(MOST, |value: i64| value.min(MOST));
        self.samples = (self.samples + 1).min(1000);
        let weight = if self.samples < 100 { weight.max(100 / self.samples) } else { weight };
        self.average += (value - self.average) * weight / 100;
        let off = (value - self.average).abs();
        self.deviation += (off - self.deviation) * weight / 100;
    }

    pub(super) fn average(&self) -> u64 {
        self.average.max(0) as u64
    }

    /// The average and `times` the deviation.
    pub(super) fn padded(&self, times: i64) -> u64 {
        (self.average + times * self.deviation).max(0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sample_is_the_average() {
        let mut average = Padded::default();
        average.sample(1_000_000, 10);
        assert_eq!((average.average(), average.padded(3)), (1_000_000, 1_000_000));
        average.sample(2_000_000, 10);
        // Of two samples each counts a half.
        assert_eq!(average.average(), 1_500_000);
        assert!(average.padded(3) > 2_000_000);
    }
}

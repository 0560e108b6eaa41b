//! Dividing a total without losing or making any of it.

/// Divides `total` in proportion to `weights`, rounding so that the parts sum to the total; evenly where all weights
/// are zero. No part is more than one away from its exact share.
#[must_use]
pub fn apportion(total: u64, weights: impl ExactSizeIterator<Item = u64> + Clone) -> Vec<u64> {
    let all: u128 = weights.clone().map(u128::from).sum();
    if all == 0 {
        return evenly(total, weights.len() as u64);
    }
    // total < 2^64 and the scaled sum < 2^64, so that a product fits 128 bits.
    let shift = (128 - all.leading_zeros()).saturating_sub(64);
    let share = |sum: u128| (u128::from(total) * (sum >> shift) / (all >> shift)) as u64;
    let mut sum = 0;
    let mut given = 0;
    let parts = weights.map(|weight| {
        sum += u128::from(weight);
        let upto = share(sum);
        upto - std::mem::replace(&mut given, upto)
    });
    parts.collect()
}

/// Divides `total` into `parts` that differ by one at most.
#[must_use]
pub(crate) fn evenly(total: u64, parts: u64) -> Vec<u64> {
    let upto = |part: u64| (u128::from(total) * u128::from(part) / u128::from(parts.max(1))) as u64;
    (0..parts).map(|part| upto(part + 1) - upto(part)).collect()
}

/// The same distribution of weights over `parts` positions instead of `weights.len()`.
#[must_use]
pub(crate) fn recut(weights: &[u64], parts: usize) -> Vec<u64> {
    if weights.len() == parts {
        return weights.to_vec();
    }
    let mut sums = vec![0_u128];
    sums.extend(weights.iter().scan(0_u128, |sum, &weight| {
        *sum += u128::from(weight);
        Some(*sum)
    }));
    // In units of 1/parts, interpolated within a position.
    let upto = |part: usize| {
        let at = part as u128 * weights.len() as u128;
        let (position, rest) = ((at / parts as u128) as usize, at % parts as u128);
        let weight = weights.get(position).map_or(0, |&weight| u128::from(weight));
        sums[position] + weight * rest / parts as u128
    };
    (0..parts).map(|part| u64::try_from(upto(part + 1) - upto(part)).unwrap_or(u64::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_total() {
        for weights in [vec![1, 2, 3], vec![0, 0], vec![0, 7, 0], vec![u64::MAX; 5], vec![1; 1000]] {
            for total in [0, 1, 999, u64::MAX >> 2] {
                let parts = apportion(total, weights.iter().copied());
                assert_eq!(parts.iter().sum::<u64>(), total, "{total} by {weights:?}");
            }
        }
        assert_eq!(apportion(10, [1, 0, 4].into_iter()), [2, 0, 8]);
    }

    #[test]
    fn recut_keeps_the_sum_and_the_shape() {
        assert_eq!(recut(&[10, 30], 4), [5, 5, 15, 15]);
        assert_eq!(recut(&[5, 5, 15, 15], 2), [10, 30]);
        assert_eq!(recut(&[1, 2, 3], 7).iter().sum::<u64>(), 6);
    }
}

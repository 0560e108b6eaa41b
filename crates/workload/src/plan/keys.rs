//! How the rows of a data set lie on its keys, and so on the partitions of a shuffle.

use super::apportion::{apportion, evenly, recut};
use crate::sample;

/// Keys followed one by one; the rest is spread evenly.
const FOLLOWED: u64 = 1024;
/// Terms of Zipf's normalising sum that are added up; the rest is an integral.
const SUMMED: u64 = 1_000_000;

/// How rows lie on keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Keys {
    /// Every row has its own key: all partitions get the same.
    Even,
    /// Some keys followed one by one, the rest spread evenly.
    Groups {
        /// The followed ones.
        heavy: Vec<Group>,
        /// Weight of all others together.
        tail_weight: u64,
        /// Number of the others.
        tail_keys: u64,
    },
    /// Weights of the partitions. Under another number of partitions the shape stays.
    Weights(Vec<u64>),
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its hash, modulo the number of partitions.
    pub hash: u64,
    /// Its rows, relative to those of all keys.
    pub weight: u64,
}

/// What one partition of a shuffle gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Rows.
    pub rows: u64,
    /// Rows of its largest key.
    pub largest_group: u64,
}

impl Keys {
    /// `count` keys with the same number of rows.
    pub(crate) fn uniform(count: u64, seed: u64, label: &str) -> Self {
        let heavy = if count <= FOLLOWED { count } else { 0 };
        Self::Groups {
            heavy: (0..heavy).map(|key| Group { hash: hash(seed, label, key), weight: 1 }).collect(),
            tail_weight: count - heavy,
            tail_keys: count - heavy,
        }
    }

    /// One key with `share_ppb` billionths of all rows, the rest on `count - 1` others.
    pub(crate) fn hot(share_ppb: u64, count: u64, seed: u64, label: &str) -> Self {
        Self::Groups {
            heavy: vec![Group { hash: hash(seed, label, 0), weight: share_ppb }],
            tail_weight: if count > 1 { 1_000_000_000 - share_ppb } else { 0 },
            tail_keys: count - 1,
        }
    }

    /// `count` keys; the k-th has rows in proportion to `k^-exponent`.
    pub(crate) fn zipf(count: u64, exponent: f64, seed: u64, label: &str) -> Self {
        let weight = |rank: u64| (rank as f64).powf(-exponent);
        let mut all: f64 = (1..=count.min(SUMMED)).map(weight).sum();
        if count > SUMMED {
            let (from, to) = (SUMMED as f64 + 0.5, count as f64 + 0.5);
            let slope = 1.0 - exponent;
            all += if slope.abs() < 1e-9 {
                (to / from).ln()
            } else {
                (to.powf(slope) - from.powf(slope)) / slope
            };
        }
        let scale = (1_u64 << 53) as f64 / all;
        let heavy: Vec<Group> = (1..=count.min(FOLLOWED))
            .map(|rank| Group { hash: hash(seed, label, rank), weight: (weight(rank) * scale) as u64 })
            .collect();
        let followed: u64 = heavy.iter().map(|group| group.weight).sum();
        let tail_keys = count - heavy.len() as u64;
        let tail_weight = if tail_keys > 0 { (1 << 53_u64) - followed.min(1 << 53) } else { 0 };
        Self::Groups { heavy, tail_weight, tail_keys }
    }

    /// Divides `rows` over the partitions of a shuffle.
    #[must_use]
    pub fn split(&self, rows: u64, partitions: u32) -> Vec<Share> {
        let parts = u64::from(partitions);
        match self {
            Self::Even => each(&evenly(rows, parts), 1),
            Self::Weights(weights) => {
                each(&apportion(rows, recut(weights, partitions as usize).into_iter()), 1)
            }
            Self::Groups { heavy, tail_weight, tail_keys } => {
                let weights: Vec<u64> =
                    heavy.iter().map(|group| group.weight).chain([*tail_weight]).collect();
                let mut amounts = apportion(rows, weights.into_iter());
                let tail = amounts.pop().unwrap_or(0);
                let tail_group = tail.div_ceil((*tail_keys).max(1));
                let mut shares = each(&evenly(tail, parts), tail_group);
                for (group, rows) in heavy.iter().zip(amounts) {
                    let share = &mut shares[(group.hash % parts) as usize];
                    share.rows += rows;
                    share.largest_group = share.largest_group.max(rows);
                }
                shares
            }
        }
    }
}

fn each(rows: &[u64], largest_group: u64) -> Vec<Share> {
    rows.iter().map(|&rows| Share { rows, largest_group: largest_group.min(rows) }).collect()
}

fn hash(seed: u64, label: &str, key: u64) -> u64 {
    sample::bits(seed, &format!("{label}/{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_partitions_gets_the_same_total() {
        let all = [
            Keys::Even,
            Keys::uniform(100, 7, "a"),
            Keys::uniform(1 << 40, 7, "a"),
            Keys::hot(300_000_000, 5_000, 7, "a"),
            Keys::zipf(10_000_000, 1.1, 7, "a"),
            Keys::Weights(vec![3, 1, 4, 1, 5]),
        ];
        for keys in all {
            for partitions in [1, 7, 200, 1000] {
                let shares = keys.split(1_000_003, partitions);
                assert_eq!(shares.len(), partitions as usize);
                assert_eq!(shares.iter().map(|share| share.rows).sum::<u64>(), 1_000_003, "{keys:?}");
            }
        }
    }

    #[test]
    fn a_hot_key_stays_in_one_partition() {
        let shares = Keys::hot(300_000_000, 1_000, 7, "a").split(1000, 10);
        assert_eq!(shares.iter().filter(|share| share.rows == 370).count(), 1);
        assert_eq!(shares.iter().filter(|share| share.rows == 70).count(), 9);
        assert_eq!(shares.iter().map(|share| share.largest_group).max(), Some(300));
    }
}

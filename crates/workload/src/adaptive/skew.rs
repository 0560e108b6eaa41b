//! Partitions of a join that are much larger than the others, split by the map tasks that wrote them.

use super::{JoinType, MapOutput, Read, SkewJoin};

/// A split smaller than this part of the target is put to a neighbour (`SMALL_PARTITION_FACTOR`).
const SMALL_PARTITION_FACTOR: f64 = 0.2;
/// Two splits that together are below so many targets become one (`MERGED_PARTITION_FACTOR`).
const MERGED_PARTITION_FACTOR: f64 = 1.2;

/// One side of a join.
#[derive(Clone, Debug)]
pub struct SkewSide<B> {
    /// Bytes by partition, as reported.
    pub sizes: Vec<u64>,
    /// The blocks of a partition by map task, as reported.
    pub blocks: B,
}

impl SkewSide<()> {
    /// The side that reads `output`.
    pub fn of(output: &MapOutput) -> SkewSide<impl Fn(u32) -> Vec<u64>> {
        SkewSide { sizes: output.bytes_by_partition(), blocks: |reducer| output.blocks(reducer) }
    }
}

/// What each task of a join reads of both sides, where some partitions are skewed; `None` where none is. Both have the same
/// number of partitions. Where there are more than `most` tasks, it is not the rest of them.
pub fn skewed_join<L: Fn(u32) -> Vec<u64>, R: Fn(u32) -> Vec<u64>>(
    left: &SkewSide<L>,
    right: &SkewSide<R>,
    join_type: JoinType,
    conf: SkewJoin,
    advisory_size: u64,
    most: usize,
) -> Option<Vec<[Read; 2]>> {
    let limits =
        [Limits::of(&left.sizes, conf, advisory_size), Limits::of(&right.sizes, conf, advisory_size)];
    let mut reads = Vec::with_capacity(left.sizes.len());
    let mut skewed = false;
    for (reducer, (&left_size, &right_size)) in (0..).zip(left.sizes.iter().zip(&right.sizes)) {
        let lefts = limits[0].splits(reducer, left_size, join_type.can_split_left(), &left.blocks);
        let rights = limits[1].splits(reducer, right_size, join_type.can_split_right(), &right.blocks);
        skewed |= lefts.is_some() || rights.is_some();
        let whole = || vec![Read::whole(reducer..reducer + 1)];
        let rights = rights.unwrap_or_else(whole);
        for left in lefts.unwrap_or_else(whole) {
            if reads.len() > most {
                return Some(reads);
            }
            reads.extend(rights.iter().map(|right| [left.clone(), right.clone()]));
        }
    }
    skewed.then_some(reads)
}

/// From which size on a partition of one side is skewed, and what its splits aim at.
struct Limits {
    threshold: u64,
    target: u64,
}

impl Limits {
    fn of(sizes: &[u64], conf: SkewJoin, advisory_size: u64) -> Self {
        let threshold = conf.threshold.max((median(sizes) as f64 * conf.factor) as u64);
        let usual = sizes.iter().copied().filter(|&size| size <= threshold);
        let (count, sum) =
            usual.fold((0_u64, 0_u64), |(count, sum), size| (count + 1, sum.saturating_add(size)));
        Self { threshold, target: advisory_size.max(sum.checked_div(count).unwrap_or(0)) }
    }

    fn splits(
        &self,
        reducer: u32,
        size: u64,
        may: bool,
        blocks: impl Fn(u32) -> Vec<u64>,
    ) -> Option<Vec<Read>> {
        if !may || size <= self.threshold {
            return None;
        }
        let blocks = blocks(reducer);
        let starts = split_by_size(&blocks, self.target);
        let ends = starts.iter().skip(1).copied().chain([blocks.len() as u32]);
        let read = |(start, end)| Read { reducers: reducer..reducer + 1, maps: Some(start..end) };
        (starts.len() > 1).then(|| starts.iter().copied().zip(ends).map(read).collect())
    }
}

/// Where neighbouring sizes are cut so that each part comes near the target: the first of each part
/// (`splitSizeListByTargetSize`).
#[must_use]
pub fn split_by_size(sizes: &[u64], target: u64) -> Vec<u32> {
    let small = target as f64 * SMALL_PARTITION_FACTOR;
    let mergeable = target as f64 * MERGED_PARTITION_FACTOR;
    let mut starts: Vec<u32> = vec![0];
    let mut last: Option<u64> = None;
    let mut present = 0_u64;
    // A part of which it or the one before is small, or both together are not too large, goes to the one before.
    let close = |starts: &mut Vec<u32>, last: &mut Option<u64>, present: u64| match last {
        Some(before)
            if (before.saturating_add(present) as f64) < mergeable
                || (present as f64) < small
                || (*before as f64) < small =>
        {
            starts.pop();
            *before = before.saturating_add(present);
        }
        _ => *last = Some(present),
    };
    for (at, &size) in (0..).zip(sizes) {
        if at > 0 && present.saturating_add(size) > target {
            close(&mut starts, &mut last, present);
            starts.push(at);
            present = size;
        } else {
            present = present.saturating_add(size);
        }
    }
    close(&mut starts, &mut last, present);
    starts
}

/// `Utils.median`: at least 1.
fn median(sizes: &[u64]) -> u64 {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    let median = match sorted.get(middle) {
        None => 0,
        Some(&upper) if sorted.len().is_multiple_of(2) => sorted[middle - 1].saturating_add(upper) / 2,
        Some(&upper) => upper,
    };
    median.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "splitSizeListByTargetSize" of `ShufflePartitionsUtilSuite`.
    #[test]
    fn blocks_are_split_as_in_sparks_own_suite() {
        assert_eq!(split_by_size(&[15, 90, 15, 15, 15, 90, 15], 100), [0, 2, 5]);
        assert_eq!(split_by_size(&[30, 15, 90, 10, 90, 15, 30], 100), [0, 2, 4, 5]);
        assert_eq!(split_by_size(&[15, 1000, 15, 1000], 100), [0, 3]);
        assert_eq!(split_by_size(&[35, 75, 90, 20, 35, 25, 35], 100), [0, 2, 3]);
    }

    /// The example of `OptimizeSkewedJoin`: L2, L4 and R3, R4 in two parts each make nine tasks of four.
    #[test]
    fn both_sides_are_split_and_repeated() {
        let side = |sizes: [u64; 8]| SkewSide {
            sizes: sizes.to_vec(),
            blocks: move |reducer: u32| vec![sizes[reducer as usize] / 2; 2],
        };
        let left = side([10, 200, 10, 200, 10, 10, 10, 10]);
        let right = side([10, 10, 200, 200, 10, 10, 10, 10]);
        let conf = SkewJoin { factor: 5.0, threshold: 50 };
        let tasks = |join_type| {
            skewed_join(&left, &right, join_type, conf, 100, 100).map(|reads| {
                let of = |reducer: u32| reads.iter().filter(|read| read[0].reducers.start == reducer).count();
                [0, 1, 2, 3].map(of)
            })
        };
        assert_eq!(tasks(JoinType::Inner), Some([1, 2, 2, 4]));
        assert_eq!(tasks(JoinType::LeftOuter), Some([1, 2, 1, 2]));
        assert_eq!(tasks(JoinType::RightOuter), Some([1, 1, 2, 2]));
        assert_eq!(tasks(JoinType::FullOuter), None);
        let low = SkewJoin { factor: 30.0, ..conf };
        assert_eq!(
            skewed_join(&left, &right, JoinType::Inner, low, 100, 100),
            None,
            "20 times the median is not 30"
        );
    }
}

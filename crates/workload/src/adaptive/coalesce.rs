//! Neighbouring partitions of the shuffles that one stage reads, put together.

use std::ops::Range;

use super::{AdaptiveConf, Read};

/// What coalescing aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Bytes of a task's input.
    pub advisory_size: u64,
    /// Tasks that are left at least, as far as there is data.
    pub min_partition_num: u32,
    /// Bytes below which a partition is put to a neighbour even where that makes it larger than wanted.
    pub min_partition_size: u64,
}

impl Target {
    /// That of the settings; `None` where they leave partitions alone.
    #[must_use]
    pub fn of(conf: &AdaptiveConf) -> Option<Self> {
        conf.coalescing.map(|coalescing| Self {
            advisory_size: conf.advisory_partition_size,
            min_partition_num: coalescing.min_partition_num,
            min_partition_size: coalescing.min_partition_size,
        })
    }

    /// The same for one of several groups of shuffles that a stage reads apart, which has `bytes` of `all`: the inputs of
    /// a union.
    #[must_use]
    pub fn for_part(self, bytes: u64, all: u64) -> Self {
        let least = f64::from(self.min_partition_num);
        let part = if all > 0 { (least * bytes as f64 / all as f64).round() } else { least };
        Self { min_partition_num: (part as u32).max(1), ..self }
    }

    /// Bytes of a task's input, given those of all.
    fn size(self, shuffles: &[&[u64]]) -> u64 {
        let total =
            shuffles.iter().flat_map(|sizes| sizes.iter()).fold(0_u64, |sum, &size| sum.saturating_add(size));
        let even = (total as f64 / f64::from(self.min_partition_num.max(1))).ceil() as u64;
        even.min(self.advisory_size).max(self.min_partition_size)
    }
}

/// The partitions that tasks read together, of shuffles whose partitions of one number are read by one task; their sizes
/// are `bytes_by_partition`. Empty partitions are left out. `None` where nothing is put together.
#[must_use]
pub fn coalesced(shuffles: &[&[u64]], target: Target) -> Option<Vec<Range<u32>>> {
    let partitions = shuffles.first()?.len();
    if shuffles.iter().any(|sizes| sizes.len() != partitions) {
        return None;
    }
    let all = 0..u32::try_from(partitions).ok()?;
    let found = section(all.clone(), shuffles, target.size(shuffles), target.min_partition_size, false);
    (found.len() < all.len()).then_some(found)
}

/// As [`coalesced`], of the two sides of a join of which some partitions are split: those are left as they are. `reads`
/// has what each task reads of both sides.
#[must_use]
pub fn coalesced_beside_splits(
    reads: Vec<[Read; 2]>,
    shuffles: [&[u64]; 2],
    target: Target,
) -> Vec<[Read; 2]> {
    let size = target.size(&shuffles);
    let mut found: Vec<[Read; 2]> = Vec::new();
    let put = |found: &mut Vec<[Read; 2]>, whole: Range<u32>| {
        let sections = section(whole, &shuffles, size, target.min_partition_size, true);
        found.extend(
            sections.into_iter().map(|reducers| [Read::whole(reducers.clone()), Read::whole(reducers)]),
        );
    };
    let mut whole = 0..0;
    for same in reads.chunk_by(|one, other| one[0].reducers == other[0].reducers) {
        let reducers = same[0][0].reducers.clone();
        if same.len() > 1 {
            if !whole.is_empty() {
                put(&mut found, whole);
            }
            found.extend_from_slice(same);
            whole = reducers.end..reducers.end;
        } else {
            whole.end = reducers.end;
        }
    }
    if !whole.is_empty() {
        put(&mut found, whole);
    }
    if found.len() < reads.len() { found } else { reads }
}

/// `ShufflePartitionsUtil.coalescePartitions` of some neighbouring partitions.
fn section(
    partitions: Range<u32>,
    shuffles: &[&[u64]],
    target_size: u64,
    min_partition_size: u64,
    may_be_empty: bool,
) -> Vec<Range<u32>> {
    let mut found: Vec<Range<u32>> = Vec::new();
    let mut size = 0_u64;
    let mut start = partitions.start;
    let mut last_size = 0_u64;
    for at in partitions.clone() {
        let more = shuffles.iter().fold(0_u64, |sum, sizes| sum.saturating_add(sizes[at as usize]));
        if at == start || size.saturating_add(more) <= target_size {
            size = size.saturating_add(more);
        } else if size < min_partition_size {
            match found.last_mut() {
                // Too small to stand alone: put to the smaller one of its neighbours.
                Some(last) if last_size > 0 && last_size < more => {
                    last.end = at;
                    start = at;
                    last_size = last_size.saturating_add(size);
                    size = more;
                }
                _ => size = size.saturating_add(more),
            }
        } else {
            if size > 0 {
                found.push(start..at);
            }
            start = at;
            last_size = size;
            size = more;
        }
    }
    match found.last_mut() {
        Some(last) if size < min_partition_size && last_size > 0 => last.end = partitions.end,
        none => {
            if size > 0 || (none.is_none() && !may_be_empty) {
                found.push(start..partitions.end);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(
        shuffles: &[&[u64]],
        advisory_size: u64,
        min_partition_num: u32,
        min_partition_size: u64,
    ) -> Vec<(u32, u32)> {
        let target = Target { advisory_size, min_partition_num, min_partition_size };
        let found = coalesced(shuffles, target).unwrap_or_default();
        found.into_iter().map(|range| (range.start, range.end)).collect()
    }

    /// The cases of `ShufflePartitionsUtilSuite`.
    #[test]
    fn partitions_come_together_as_in_sparks_own_suite() {
        let one = |sizes: &[u64]| starts(&[sizes], 100, 1, 0);
        assert_eq!(one(&[10, 0, 20, 0, 0]), [(0, 5)]);
        assert_eq!(one(&[10, 0, 90, 20, 0]), [(0, 3), (3, 5)]);
        assert_eq!(one(&[110, 10, 100, 110, 0]), [(0, 1), (1, 2), (2, 3), (3, 4)]);
        assert_eq!(one(&[100, 110, 100, 110, 110]), []);
        assert_eq!(one(&[30, 30, 0, 40, 110]), [(0, 4), (4, 5)]);
        assert_eq!(one(&[0; 5]), [(0, 5)], "a task at least");
        let two = |left: &[u64], right: &[u64], least| starts(&[left, right], 100, least, 0);
        assert_eq!(two(&[0; 5], &[0; 6], 1), [], "different numbers stay");
        assert_eq!(two(&[0, 10, 0, 20, 0], &[30, 0, 20, 0, 20], 1), [(0, 5)]);
        assert_eq!(two(&[0, 10, 0, 20, 0], &[30, 0, 70, 0, 30], 1), [(0, 2), (2, 4), (4, 5)]);
        assert_eq!(two(&[0, 99, 0, 20, 0], &[30, 0, 70, 0, 30], 1), [(0, 1), (1, 2), (2, 4), (4, 5)]);
        assert_eq!(two(&[0, 100, 40, 30, 0], &[30, 0, 60, 0, 110], 1), []);
        assert_eq!(two(&[200, 0, 0], &[100, 0, 0], 2), [(0, 1)]);
        assert_eq!(two(&[10, 5, 5, 0, 20], &[5, 10, 0, 10, 5], 2), [(0, 3), (3, 5)]);
        assert_eq!(two(&[10, 50, 20, 80, 20], &[40, 10, 0, 10, 30], 2), [(0, 1), (1, 3), (3, 4), (4, 5)]);
        assert_eq!(
            two(&[200, 0, 0, 0, 0], &[100, 0, 300, 0, 0], 2),
            [(0, 1), (2, 3)],
            "empty ones are left out"
        );
    }

    #[test]
    fn the_parts_of_a_union_share_the_least_number_of_tasks() {
        let target = Target { advisory_size: 100, min_partition_num: 8, min_partition_size: 0 };
        let least = |bytes, all| target.for_part(bytes, all).min_partition_num;
        assert_eq!((least(30, 40), least(10, 40), least(0, 40), least(0, 0)), (6, 2, 1, 8));
    }

    /// "coalesce after skew splitting" of `ShufflePartitionsUtilSuite`.
    #[test]
    fn what_is_split_stays_apart() {
        let left = [10, 5, 300, 10, 8, 10, 10, 20];
        let right = [10, 10, 10, 8, 10, 200, 7, 20];
        let whole = |range: Range<u32>| [Read::whole(range.clone()), Read::whole(range)];
        let part = |reducer: u32, map: u32| Read { reducers: reducer..reducer + 1, maps: Some(map..map + 1) };
        let mut reads: Vec<[Read; 2]> = (0..2).map(|at| whole(at..at + 1)).collect();
        reads.extend((0..3).map(|map| [part(2, map), Read::whole(2..3)]));
        reads.extend((3..5).map(|at| whole(at..at + 1)));
        reads.extend((0..2).map(|map| [Read::whole(5..6), part(5, map)]));
        reads.extend((6..8).map(|at| whole(at..at + 1)));
        let mut expected = vec![whole(0..2)];
        expected.extend_from_slice(&reads[2..5]);
        expected.push(whole(3..5));
        expected.extend_from_slice(&reads[7..9]);
        expected.push(whole(6..8));
        let target = Target { advisory_size: 100, min_partition_num: 1, min_partition_size: 0 };
        assert_eq!(coalesced_beside_splits(reads, [&left, &right], target), expected);
    }
}

//! How large the objects of the RDD API's collections are, from `Peak Execution Memory`.
//!
//! A collection that spilled has a peak that tells its share of the pool, not its size. Whether it spilled is an
//! outcome and not looked at. Instead:
//!
//! 1. A collection may hold `initialMemoryThreshold` bytes that it never asks for. With all N slots busy the task is
//!    refused what goes beyond `pool / N`, or beyond what its neighbours leave of the pool where they hold more than
//!    that; and never below `pool / 2N`. A peak below is the size of the objects.
//! 2. A larger one may be cut: the collection is larger than the peak. Its size is its rows by the largest bytes a row
//!    of the tasks above. Where that is below the peak, or there is no such task, it is the serialized bytes by an
//!    expansion, and a sixteenth more than the peak at least.

/// Bytes that objects take in memory for each 2 bytes serialized: 5. Seen: a spill of `sortByKey` writes 0.39 to 0.44 of
/// the bytes that it frees.
const MEMORY_EXPANSION: (u64, u64) = (5, 2);

/// The same where a map holds the values of equal keys together: 8 for each 5. The tuple, the key and its slot, which a
/// sorter keeps for each row, are there once a key. Seen: 7 to 9.
const GROUPED_EXPANSION: (u64, u64) = (8, 5);

/// How near to its limit a peak is that may be cut, in hundredths: blocks of broadcasts take a little of the pool.
const NEAR_LIMIT: u64 = 99;

/// What a cut collection is larger than its peak at least: one part of so many.
const BEYOND_PEAK: u64 = 16;

/// Serialized bytes as objects.
pub(super) fn expanded(serialized: u64) -> u64 {
    let (times, of) = MEMORY_EXPANSION;
    serialized.saturating_mul(times) / of
}

/// How a collection keeps rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each for itself.
    Rows,
    /// Together with those of the same key.
    Groups,
}

impl Layout {
    fn expanded(self, serialized: u64) -> u64 {
        match self {
            Self::Rows => expanded(serialized),
            Self::Groups => {
                let (times, of) = GROUPED_EXPANSION;
                serialized.saturating_mul(times) / of
            }
        }
    }
}

/// What a task's collection is estimated from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// `Peak Execution Memory`.
    pub(super) peak: u64,
    /// Rows that went in.
    pub(super) rows: u64,
    /// Their serialized bytes.
    pub(super) serialized: u64,
    /// The executor.
    pub(super) executor: u64,
    /// `Launch Time`.
    pub(super) launch: u64,
    /// `Finish Time`.
    pub(super) finish: u64,
}

impl Held {
    fn runs_beside(&self, other: &Self) -> bool {
        self.executor == other.executor && self.launch < other.finish && other.launch < self.finish
    }
}

/// What a task may have of execution memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// Bytes that execution can have at least: the pool without the region that storage keeps.
    pub(super) pool: u64,
    /// Tasks that run at once on an executor.
    pub(super) slots: u64,
    /// `spark.shuffle.spill.initialMemoryThreshold`: bytes that a collection holds without having asked.
    pub(super) initial: u64,
}

impl Share {
    /// The smallest peak of a task that may have been refused memory.
    fn limit(&self, tasks: &[Option<Held>], at: usize, task: &Held) -> u64 {
        let slots = self.slots.max(1);
        let beside = tasks.iter().enumerate().filter(|&(other, _)| other != at);
        let beside = beside.filter_map(|(_, other)| other.as_ref()).filter(|other| task.runs_beside(other));
        let mut beside: Vec<u64> = beside.map(|other| other.peak.saturating_sub(self.initial)).collect();
        beside.sort_unstable_by(|a, b| b.cmp(a));
        let taken = beside.iter().take(usize::try_from(slots - 1).unwrap_or(usize::MAX));
        let left = taken.fold(self.pool / 100 * NEAR_LIMIT, |left, &held| left.saturating_sub(held));
        let fair = self.pool / slots / 100 * NEAR_LIMIT;
        self.initial + left.clamp(fair / 2, fair)
    }
}

/// Estimated sizes, and whether one had to be scaled up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) bytes: Vec<Option<u64>>,
    pub(super) scaled: bool,
}

/// The sizes of the collections of tasks; `None` of a task of which nothing is known.
pub(super) fn sizes(tasks: &[Option<Held>], share: Share, layout: Layout) -> Sizes {
    let cut: Vec<bool> = tasks
        .iter()
        .enumerate()
        .map(|(at, task)| task.is_some_and(|held| held.peak >= share.limit(tasks, at, &held)))
        .collect();
    // Bytes a row, in 1024ths.
    let whole = tasks.iter().zip(&cut).filter(|&(_, &cut)| !cut).filter_map(|(task, _)| task.as_ref());
    let per_row = whole
        .filter(|held| held.rows > 0)
        .map(|held| held.peak.saturating_mul(1024) / held.rows)
        .max()
        .unwrap_or(0);
    let bytes = tasks.iter().zip(&cut).map(|(task, &cut)| {
        let held = (*task)?;
        if !cut {
            return Some(held.peak);
        }
        let by_rows = u128::from(held.rows) * u128::from(per_row) / 1024;
        let by_rows = u64::try_from(by_rows).unwrap_or(u64::MAX);
        let size = if by_rows > held.peak { by_rows } else { layout.expanded(held.serialized) };
        Some(size.max(held.peak.saturating_add(held.peak / BEYOND_PEAK)))
    });
    Sizes { bytes: bytes.collect(), scaled: cut.contains(&true) }
}

/// The size with its last row of a map whose size was last looked at before that row (`ExternalAppendOnlyMap`).
pub(super) fn with_last_row(seen: u64, rows: u64) -> u64 {
    seen.saturating_add(seen / rows.saturating_sub(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share { pool: 100_000, slots: 2, initial: 1_000 };

    fn held(peak: u64, rows: u64) -> Option<Held> {
        Some(Held { peak, rows, serialized: rows * 10, executor: 0, launch: 0, finish: 0 })
    }

    fn during(launch: u64, finish: u64, peak: u64) -> Option<Held> {
        held(peak, 1_000).map(|held| Held { launch, finish, ..held })
    }

    fn sizes(tasks: &[Option<Held>], layout: Layout) -> (Vec<u64>, bool) {
        let sizes = super::sizes(tasks, SHARE, layout);
        (sizes.bytes.into_iter().flatten().collect(), sizes.scaled)
    }

    #[test]
    fn a_peak_below_the_share_and_what_is_never_asked_for_is_the_size() {
        let tasks = [held(20_000, 100), None, held(50_400, 200)];
        assert_eq!(sizes(&tasks, Layout::Rows), (vec![20_000, 50_400], false));
    }

    #[test]
    fn a_peak_at_the_share_is_scaled_by_rows() {
        let tasks = [held(20_000, 100), held(51_000, 1_000)];
        assert_eq!(sizes(&tasks, Layout::Rows), (vec![20_000, 200_000], true));
    }

    #[test]
    fn rows_that_leave_a_cut_collection_below_its_peak_do_not_tell() {
        let tasks = [held(40_000, 10_000), held(51_200, 10_000)];
        assert_eq!(sizes(&tasks, Layout::Rows), (vec![40_000, 250_000], true));
    }

    #[test]
    fn where_all_may_be_cut_serialized_bytes_tell() {
        let tasks = [held(51_200, 1_000), held(51_200, 10_000)];
        assert_eq!(sizes(&tasks, Layout::Rows), (vec![54_400, 250_000], true));
        assert_eq!(sizes(&tasks, Layout::Groups), (vec![54_400, 160_000], true));
    }

    #[test]
    fn a_neighbour_with_more_than_its_share_leaves_less() {
        // 69,000 of 100,000 are taken: 30,000 are left, of which one was never asked for.
        let tasks = [during(0, 10, 70_000), during(9, 20, 32_000), during(10, 20, 32_000)];
        assert_eq!(sizes(&tasks, Layout::Rows).0, [74_375, 34_000, 32_000]);
        // A quarter of the pool is granted whatever others hold.
        let tasks = [during(0, 10, 95_000), during(9, 20, 25_000)];
        assert_eq!(sizes(&tasks, Layout::Rows).0[1], 25_000);
    }

    #[test]
    fn the_last_row_makes_up_the_size() {
        for (seen, rows) in [(19_536_183, 187_500), (1_000, 3), (77, 1_000), (5, 1), (0, 0)] {
            let size = with_last_row(seen, rows);
            let last = size.checked_div(rows).unwrap_or(0);
            assert!(rows < 2 || size - last == seen, "{seen} in {rows}");
        }
    }
}

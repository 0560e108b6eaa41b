//! How large the objects of the RDD API's collections are, from `Peak Execution Memory`.
//!
//! A collection that spilled has a peak that tells its share of the pool, not its size. Whether it spilled is an
//! outcome and not looked at. Instead:
//!
//! 1. A task that spilled had been refused memory, which happens to no task below `pool / 2N` (N slots): a peak below
//!    that is the size of the objects.
//! 2. With all slots busy a task is refused at `pool / N`: a peak below nine tenths of that is taken as the size too.
//! 3. A larger one may be cut: the size is the rows by the largest bytes a row of the tasks above; if there is none,
//!    the larger of the peak and 2.5 times the serialized bytes (`MEMORY_EXPANSION`).

/// Bytes that objects take in memory for each 2 bytes serialized: 5. Seen: a spill of `sortByKey` writes 0.39 to 0.44 of
/// the bytes that it frees.
const MEMORY_EXPANSION: (u64, u64) = (5, 2);

/// Serialized bytes as objects.
pub(super) fn expanded(serialized: u64) -> u64 {
    let (times, of) = MEMORY_EXPANSION;
    serialized.saturating_mul(times) / of
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
}

/// What a task may have of execution memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// Bytes that execution can have at least: the pool without the region that storage keeps.
    pub(super) pool: u64,
    /// Tasks that run at once on an executor.
    pub(super) slots: u64,
}

/// Estimated sizes, and whether one had to be scaled up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) bytes: Vec<Option<u64>>,
    pub(super) scaled: bool,
}

/// The sizes of the collections of tasks; `None` of a task of which nothing is known.
pub(super) fn sizes(tasks: &[Option<Held>], share: Share) -> Sizes {
    let limit = share.pool / share.slots.max(1) / 10 * 9;
    // Bytes a row, in 1024ths.
    let per_row = tasks
        .iter()
        .flatten()
        .filter(|held| held.peak < limit && held.rows > 0)
        .map(|held| held.peak.saturating_mul(1024) / held.rows)
        .max();
    let mut scaled = false;
    let bytes = tasks.iter().map(|task| {
        let held = (*task)?;
        if held.peak < limit {
            return Some(held.peak);
        }
        scaled = true;
        let size = match per_row {
            Some(per_row) => {
                (u128::from(held.rows) * u128::from(per_row) / 1024).try_into().unwrap_or(u64::MAX)
            }
            None => expanded(held.serialized),
        };
        Some(held.peak.max(size))
    });
    let bytes = bytes.collect();
    Sizes { bytes, scaled }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share { pool: 100_000, slots: 2 };

    fn held(peak: u64, rows: u64) -> Option<Held> {
        Some(Held { peak, rows, serialized: rows * 10 })
    }

    #[test]
    fn a_peak_below_the_share_is_the_size() {
        let sizes = sizes(&[held(20_000, 100), None, held(44_000, 200)], SHARE);
        assert_eq!(sizes, Sizes { bytes: vec![Some(20_000), None, Some(44_000)], scaled: false });
    }

    #[test]
    fn a_peak_at_the_share_is_scaled_by_rows() {
        let sizes = sizes(&[held(20_000, 100), held(50_000, 1_000)], SHARE);
        assert_eq!(sizes, Sizes { bytes: vec![Some(20_000), Some(200_000)], scaled: true });
    }

    #[test]
    fn where_all_may_be_cut_serialized_bytes_tell() {
        let sizes = sizes(&[held(50_000, 1_000), held(50_000, 10_000)], SHARE);
        assert_eq!(sizes, Sizes { bytes: vec![Some(50_000), Some(250_000)], scaled: true });
    }
}

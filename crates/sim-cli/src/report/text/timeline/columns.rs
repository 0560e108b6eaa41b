//! Time cut into columns: the fullest moment of each, and how often things happened in it.

use sim_core::ids::ExecutorId;
use sim_core::memory::MemoryMode;
use sim_core::observe::{Mark, PoolSample, Sample, Timeline};

/// Tells marks of a kind from others.
pub(super) type IsKind = fn(&Mark) -> bool;

/// The time that is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) end_ns: u64,
    pub(super) columns: usize,
}

impl Span {
    /// The column of a moment; the end belongs to the last one.
    pub(super) fn column_of(&self, at_ns: u64) -> usize {
        let column = u128::from(at_ns) * self.columns as u128 / u128::from(self.end_ns.max(1));
        (column as usize).min(self.columns - 1)
    }

    /// Nanoseconds of a column, rounded down.
    pub(super) fn column_ns(&self) -> u64 {
        self.end_ns / self.columns as u64
    }
}

/// The pools at the fullest moment of each column. A column in which nothing changes shows what was before.
pub(super) fn fullest(samples: &[Sample], mode: MemoryMode, span: &Span) -> Vec<PoolSample> {
    let fill = |pool: &PoolSample| pool.execution_used + pool.storage_used;
    let mut columns: Vec<Option<PoolSample>> = vec![None; span.columns];
    let mut before = PoolSample::default();
    let mut filled = 0;
    for sample in samples {
        let column = span.column_of(sample.at.0);
        while filled < column {
            columns[filled].get_or_insert(before);
            filled += 1;
        }
        let pool = sample.pools[mode as usize];
        // What a column begins with counts in it too, unless the run begins here.
        let known = columns[column].get_or_insert(if sample.at.0 == 0 { pool } else { before });
        if fill(&pool) >= fill(known) {
            *known = pool;
        }
        before = pool;
    }
    columns.into_iter().map(|pool| pool.unwrap_or(before)).collect()
}

/// The most tasks that waited in each column.
pub(super) fn waiting(samples: &[Sample], span: &Span) -> Vec<u64> {
    let mut columns = vec![0; span.columns];
    let mut before: (usize, u64) = (0, 0);
    let end = span.columns - 1;
    for (column, count) in samples
        .iter()
        .map(|sample| (span.column_of(sample.at.0), u64::from(sample.waiting)))
        .chain([(end, 0)])
    {
        for cell in &mut columns[before.0..=column] {
            *cell = before.1.max(*cell);
        }
        columns[column] = count.max(columns[column]);
        before = (column, count);
    }
    columns
}

/// How often marks of a kind stand in each column.
pub(super) fn marks(timeline: &Timeline, executor: ExecutorId, span: &Span, is_kind: IsKind) -> Vec<u64> {
    let mut columns = vec![0; span.columns];
    for (at, whose, mark) in &timeline.marks {
        if *whose == executor && is_kind(mark) {
            columns[span.column_of(at.0)] += 1;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::{Bytes, SimTime};

    fn sample(at: u64, execution: u64, waiting: u32) -> Sample {
        let pool = PoolSample { execution_used: Bytes(execution), ..PoolSample::default() };
        Sample { at: SimTime(at), pools: [pool, PoolSample::default()], unroll: Bytes::ZERO, waiting }
    }

    #[test]
    fn a_column_shows_its_fullest_moment_and_what_it_begins_with() {
        let samples =
            [sample(0, 0, 0), sample(12, 7, 1), sample(15, 3, 0), sample(38, 9, 0), sample(39, 0, 0)];
        let span = Span { end_ns: 40, columns: 4 };
        let used: Vec<u64> =
            fullest(&samples, MemoryMode::OnHeap, &span).iter().map(|pool| pool.execution_used.0).collect();
        assert_eq!(used, [0, 7, 3, 9]);
        assert_eq!(waiting(&samples, &span), [0, 1, 0, 0]);
    }

    #[test]
    fn a_wait_lasts_until_it_ends() {
        let samples = [sample(0, 0, 0), sample(5, 0, 2), sample(35, 0, 0)];
        assert_eq!(waiting(&samples, &Span { end_ns: 50, columns: 5 }), [2, 2, 2, 2, 0]);
    }
}

//! Other numbers of partitions than the recorded ones.
//!
//! The rule: a stage whose tasks read a partition each of a shuffle whose number of partitions a setting decides, gets as
//! many tasks as that setting says now. An amount that is more than twice the median of its column belongs to a hot key,
//! as far as it is above the median: that part stays whole, in one task; all the rest is spread evenly. A stage of which
//! only some inputs change stays as it is.
//!
//! Where adaptive execution puts partitions together that were read one by one, or others than it did, the sizes of the
//! partitions decide, as far as the log has them: those of tasks that read one each, or else even shares of what
//! tasks read that had several.

use std::ops::Range;

use crate::adaptive::{MapOutput, Target, coalesced};
use crate::lower::PlanConf;
use crate::plan::evenly;
use crate::plan::recording::{Column, Output, PartitionsFrom, Recording, Step};

/// The settings, of those that decide on the partitions of queries, under which a recording was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedUnder {
    /// `spark.sql.shuffle.partitions`, or what adaptive execution begins with instead.
    pub shuffle_partitions: u32,
    /// What coalescing aims at; `None` where partitions are not put together.
    pub coalescing: Option<Target>,
}

impl RecordedUnder {
    /// Those of `conf`.
    #[must_use]
    pub fn of(conf: &PlanConf) -> Self {
        Self {
            shuffle_partitions: conf.initial_partitions(),
            coalescing: conf.adaptive.as_ref().and_then(Target::of),
        }
    }
}

/// How the tasks of a stage, or the partitions of an RDD, are cut anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Recorded number.
    pub(super) from: u32,
    /// Number now.
    pub(super) to: u32,
    /// Where partitions are put together: how many there are before, and which are.
    coalesced: Option<(u32, Vec<Range<u32>>)>,
}

/// The numbers of a whole recording.
#[derive(Clone, Debug)]
pub(super) struct Cuts {
    /// Partitions by shuffle.
    pub(super) shuffles: Vec<u32>,
    pub(super) rdds: Vec<Cut>,
    pub(super) stages: Vec<Cut>,
}

impl Cuts {
    pub(super) fn of(recording: &Recording, conf: &PlanConf) -> Self {
        let shuffles = recording.shuffles.iter().map(|shuffle| match shuffle.partitions_from {
            PartitionsFrom::Program => shuffle.partitions,
            PartitionsFrom::SqlShufflePartitions => conf.initial_partitions().max(1),
            PartitionsFrom::DefaultParallelism => {
                conf.default_parallelism.unwrap_or(shuffle.partitions).max(1)
            }
        });
        let mut cuts = Self { shuffles: shuffles.collect(), rdds: Vec::new(), stages: Vec::new() };
        for rdd in &recording.rdds {
            let cut = cuts.cut(recording, conf, &rdd.steps, rdd.partitions);
            cuts.rdds.push(cut);
        }
        for stage in &recording.stages {
            let cut = cuts.cut(recording, conf, &stage.steps, stage.tasks);
            cuts.stages.push(cut);
        }
        cuts
    }

    fn cut(&self, recording: &Recording, conf: &PlanConf, steps: &[Step], from: u32) -> Cut {
        self.adaptive_cut(recording, conf, steps, from)
            .unwrap_or_else(|| self.even_cut(recording, steps, from))
    }

    fn even_cut(&self, recording: &Recording, steps: &[Step], from: u32) -> Cut {
        let mut found: Option<Cut> = None;
        for step in steps {
            let cut = match step {
                Step::Fetch { shuffle, .. } => {
                    let at = *shuffle as usize;
                    Cut::even(recording.shuffles[at].partitions, self.shuffles[at])
                }
                Step::Cached { rdd, .. } => self.rdds[*rdd as usize].clone(),
                _ => continue,
            };
            if cut.from != from || found.as_ref().is_some_and(|found| *found != cut) {
                return Cut::even(from, from);
            }
            found = Some(cut);
        }
        found.unwrap_or(Cut::even(from, from))
    }

    /// How adaptive execution reads the shuffles of these steps, where settings that it depends on are not the recorded
    /// ones.
    fn adaptive_cut(&self, recording: &Recording, conf: &PlanConf, steps: &[Step], from: u32) -> Option<Cut> {
        let (recorded, now) = (conf.recorded_under?, RecordedUnder::of(conf));
        if recorded == now || (recorded.coalescing.is_none() && now.coalescing.is_none()) {
            return None;
        }
        let mut columns = Vec::new();
        let mut partitions = None;
        for step in steps {
            match step {
                Step::Fetch { shuffle, wire_bytes, .. } => {
                    let table = &recording.shuffles[*shuffle as usize];
                    let to = self.shuffles[*shuffle as usize];
                    // Tasks that read several partitions each, or one each.
                    let whole = from == table.partitions
                        || (recorded.coalescing.is_some() && from < table.partitions);
                    let by_setting = table.partitions_from == PartitionsFrom::SqlShufflePartitions;
                    if !whole || !by_setting || partitions.is_some_and(|partitions| partitions != to) {
                        return None;
                    }
                    partitions = Some(to);
                    columns.push((*shuffle, wire_bytes));
                }
                // The partitions of others decide, or each task reads one of several inputs.
                Step::Cached { .. } | Step::Union => return None,
                _ => {}
            }
        }
        let to = partitions?;
        let even = Cut::even(from, to);
        let sizes = columns.into_iter().map(|(shuffle, wire_bytes)| {
            let maps = written(recording, shuffle);
            MapOutput::new(maps, even.column(wire_bytes)).bytes_by_partition()
        });
        let sizes: Vec<Vec<u64>> = sizes.collect();
        let sizes: Vec<&[u64]> = sizes.iter().map(Vec::as_slice).collect();
        Some(match now.coalescing.and_then(|target| coalesced(&sizes, target)) {
            Some(ranges) => Cut { from, to: ranges.len() as u32, coalesced: Some((to, ranges)) },
            None => even,
        })
    }
}

/// Bytes that each task wrote of a shuffle.
fn written(recording: &Recording, shuffle: u32) -> Vec<u64> {
    let writer = recording.stages.iter().find_map(|stage| match &stage.output {
        Output::Shuffle { shuffle: written, wire_bytes, .. } if *written == shuffle => {
            Some(wire_bytes.over(stage.tasks as usize))
        }
        _ => None,
    });
    writer.unwrap_or_default()
}

impl Cut {
    /// Evenly, apart from what is hot.
    fn even(from: u32, to: u32) -> Self {
        Self { from, to, coalesced: None }
    }

    /// Whether the tasks are those that ran.
    pub(super) fn is_recorded(&self) -> bool {
        self.from == self.to && self.coalesced.is_none()
    }

    /// A column of amounts that add up, such as rows.
    pub(super) fn column(&self, column: &Column) -> Vec<u64> {
        let recorded = column.over(self.from as usize);
        match &self.coalesced {
            None => spread(recorded, self.to),
            Some((partitions, ranges)) => {
                let spread = spread(recorded, *partitions);
                ranges.iter().map(|range| each(&spread, range).fold(0, u64::saturating_add)).collect()
            }
        }
    }

    /// A column of which the partitions that come together keep the largest.
    pub(super) fn largest(&self, column: &Column) -> Vec<u64> {
        let recorded = column.over(self.from as usize);
        match &self.coalesced {
            None => largest(recorded, self.to),
            Some((partitions, ranges)) => {
                let largest = largest(recorded, *partitions);
                ranges.iter().map(|range| each(&largest, range).max().unwrap_or(0)).collect()
            }
        }
    }
}

fn each<'a>(amounts: &'a [u64], range: &Range<u32>) -> impl Iterator<Item = u64> + 'a {
    amounts[range.start as usize..range.end as usize].iter().copied()
}

fn spread(recorded: Vec<u64>, to: u32) -> Vec<u64> {
    if recorded.len() == to as usize {
        return recorded;
    }
    let median = median(&recorded);
    let hot = |amount: u64| if amount > median.saturating_mul(2) { amount - median } else { 0 };
    let rest = recorded.iter().map(|&amount| amount - hot(amount)).fold(0_u64, u64::saturating_add);
    let mut cut = evenly(rest, u64::from(to));
    for (task, &amount) in recorded.iter().enumerate() {
        let at = task % to as usize;
        cut[at] = cut[at].saturating_add(hot(amount));
    }
    cut
}

fn largest(recorded: Vec<u64>, to: u32) -> Vec<u64> {
    if recorded.len() == to as usize {
        return recorded;
    }
    let mut cut = vec![0; to as usize];
    for (task, &amount) in recorded.iter().enumerate() {
        let at = task % to as usize;
        cut[at] = amount.max(cut[at]);
    }
    cut
}

fn median(amounts: &[u64]) -> u64 {
    let mut sorted = amounts.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// Whether these settings cut a recording into other partitions than it had: its tasks are inferred then.
#[must_use]
pub fn is_recut(recording: &Recording, conf: &PlanConf) -> bool {
    let cuts = Cuts::of(recording, conf);
    let writes = |output: &Output| match output {
        Output::Shuffle { shuffle, .. } => {
            cuts.shuffles[*shuffle as usize] != recording.shuffles[*shuffle as usize].partitions
        }
        _ => false,
    };
    cuts.stages.iter().any(|cut| !cut.is_recorded())
        || recording.stages.iter().any(|stage| writes(&stage.output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_evenly_over_other_partitions() {
        let cut = Cut::even(4, 8);
        assert_eq!(cut.column(&Column::Each(vec![100, 101, 99, 100])), [50; 8]);
        let fewer = Cut::even(4, 2);
        assert_eq!(fewer.column(&Column::Each(vec![100, 101, 99, 100])), [200; 2]);
    }

    #[test]
    fn a_hot_key_stays_whole() {
        let cut = Cut::even(4, 8);
        let rows = cut.column(&Column::Each(vec![100, 100, 900, 100]));
        assert_eq!(rows, [50, 50, 850, 50, 50, 50, 50, 50]);
        assert_eq!(rows.iter().sum::<u64>(), 1200);
    }

    #[test]
    fn the_recorded_number_changes_nothing() {
        let cut = Cut::even(2, 2);
        assert_eq!(cut.column(&Column::Each(vec![1, 900])), [1, 900]);
    }
}

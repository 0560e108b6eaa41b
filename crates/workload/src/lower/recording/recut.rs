//! Other numbers of partitions than the recorded ones.
//!
//! The rule: a stage whose tasks read a partition each of a shuffle whose number of partitions a setting decides, gets as
//! many tasks as that setting says now. An amount that is more than twice the median of its column belongs to a hot key,
//! as far as it is above the median: that part stays whole, in one task; all the rest is spread evenly. A stage
//! whose tasks read several partitions each (adaptive execution put them together by size) stays as it is, and so does
//! one of which only some inputs change.

use crate::lower::PlanConf;
use crate::plan::evenly;
use crate::plan::recording::{Column, Output, PartitionsFrom, Recording, Step};

/// How the tasks of a stage, or the partitions of an RDD, are cut anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Recorded number.
    pub(super) from: u32,
    /// Number now.
    pub(super) to: u32,
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
            PartitionsFrom::SqlShufflePartitions => conf.shuffle_partitions.max(1),
            PartitionsFrom::DefaultParallelism => {
                conf.default_parallelism.unwrap_or(shuffle.partitions).max(1)
            }
        });
        let mut cuts = Self { shuffles: shuffles.collect(), rdds: Vec::new(), stages: Vec::new() };
        for rdd in &recording.rdds {
            let cut = cuts.cut(recording, &rdd.steps, rdd.partitions);
            cuts.rdds.push(cut);
        }
        for stage in &recording.stages {
            let cut = cuts.cut(recording, &stage.steps, stage.tasks);
            cuts.stages.push(cut);
        }
        cuts
    }

    fn cut(&self, recording: &Recording, steps: &[Step], from: u32) -> Cut {
        let mut to = None;
        for step in steps {
            let (recorded, now) = match step {
                Step::Fetch { shuffle, .. } => {
                    let at = *shuffle as usize;
                    (recording.shuffles[at].partitions, self.shuffles[at])
                }
                Step::Cached { rdd, .. } => {
                    let cut = self.rdds[*rdd as usize];
                    (cut.from, cut.to)
                }
                _ => continue,
            };
            if recorded != from || to.is_some_and(|to| to != now) {
                return Cut { from, to: from };
            }
            to = Some(now);
        }
        Cut { from, to: to.unwrap_or(from) }
    }
}

impl Cut {
    /// A column of amounts that add up, such as rows.
    pub(super) fn column(self, column: &Column) -> Vec<u64> {
        let recorded = column.over(self.from as usize);
        if self.from == self.to {
            return recorded;
        }
        let median = median(&recorded);
        let hot = |amount: u64| if amount > median.saturating_mul(2) { amount - median } else { 0 };
        let rest = recorded.iter().map(|&amount| amount - hot(amount)).fold(0_u64, u64::saturating_add);
        let mut cut = evenly(rest, u64::from(self.to));
        for (task, &amount) in recorded.iter().enumerate() {
            let at = task % self.to as usize;
            cut[at] = cut[at].saturating_add(hot(amount));
        }
        cut
    }

    /// A column of which the partitions that come together keep the largest.
    pub(super) fn largest(self, column: &Column) -> Vec<u64> {
        let recorded = column.over(self.from as usize);
        if self.from == self.to {
            return recorded;
        }
        let mut cut = vec![0; self.to as usize];
        for (task, &amount) in recorded.iter().enumerate() {
            let at = task % self.to as usize;
            cut[at] = amount.max(cut[at]);
        }
        cut
    }
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
    cuts.stages.iter().any(|cut| cut.from != cut.to)
        || recording.stages.iter().any(|stage| writes(&stage.output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_evenly_over_other_partitions() {
        let cut = Cut { from: 4, to: 8 };
        assert_eq!(cut.column(&Column::Each(vec![100, 101, 99, 100])), [50; 8]);
        let fewer = Cut { from: 4, to: 2 };
        assert_eq!(fewer.column(&Column::Each(vec![100, 101, 99, 100])), [200; 2]);
    }

    #[test]
    fn a_hot_key_stays_whole() {
        let cut = Cut { from: 4, to: 8 };
        let rows = cut.column(&Column::Each(vec![100, 100, 900, 100]));
        assert_eq!(rows, [50, 50, 850, 50, 50, 50, 50, 50]);
        assert_eq!(rows.iter().sum::<u64>(), 1200);
    }

    #[test]
    fn the_recorded_number_changes_nothing() {
        let cut = Cut { from: 2, to: 2 };
        assert_eq!(cut.column(&Column::Each(vec![1, 900])), [1, 900]);
    }
}

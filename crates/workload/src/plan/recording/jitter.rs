//! The same application on another day: its tasks take a little more or less time.

use rand::distr::{Distribution as _, Uniform};

use super::{Column, Recording};
use crate::lower::Costs;
use crate::sample::stream;

/// Times between nine and eleven tenths, in parts of a thousand.
const TIME: (u64, u64) = (900, 1100);
/// A task asks for memory at once, or after up to three times the time that it was deserialized in: who comes first
/// where one task follows another depends on it.
const START: (u64, u64) = (0, 3000);

impl Recording {
    /// The recording with the time of each task changed by up to a tenth, and with it the moment at which it first asks
    /// for memory. Draws are those of `seed` and `run`: the same on every machine.
    #[must_use]
    pub fn jittered(&self, seed: u64, run: u32) -> Self {
        let mut jittered = self.clone();
        for (index, stage) in jittered.stages.iter_mut().enumerate() {
            let label = format!("replay/{run}/stage/{index}");
            stage.time_ms = times(&stage.time_ms, stage.tasks, TIME, seed, &label);
            let label = format!("replay/{run}/stage/{index}/start");
            stage.deserialize_ms = times(&stage.deserialize_ms, stage.tasks, START, seed, &label);
        }
        for (index, rdd) in jittered.rdds.iter_mut().enumerate() {
            let label = format!("replay/{run}/rdd/{index}");
            rdd.time_ms = times(&rdd.time_ms, rdd.partitions, TIME, seed, &label);
        }
        jittered
    }
}

fn times(column: &Column, tasks: u32, (least, most): (u64, u64), seed: u64, label: &str) -> Column {
    let mut stream = stream(seed, label);
    let parts = Uniform::new_inclusive(least, most).expect("the least is below the most");
    let time = |task| {
        let time = u128::from(column.at(task)) * u128::from(parts.sample(&mut stream));
        u64::try_from(time.div_ceil(1000)).unwrap_or(u64::MAX)
    };
    Column::of((0..tasks as usize).map(time).collect())
}

impl Costs {
    /// Costs between half and twice these. Where the time of a task is recorded they only decide which share of it
    /// passes while its rows come.
    #[must_use]
    pub fn jittered(&self, seed: u64, run: u32) -> Self {
        let mut stream = stream(seed, &format!("replay/{run}/costs"));
        let parts = Uniform::new_inclusive(500_u64, 2000).expect("the least is below the most");
        let mut cost = |cost: u64| cost.saturating_mul(parts.sample(&mut stream)).div_ceil(1000);
        Self {
            row_ns: cost(self.row_ns),
            byte_ps: cost(self.byte_ps),
            serialize_byte_ps: cost(self.serialize_byte_ps),
            sort_compare_ns: cost(self.sort_compare_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_change_by_a_tenth_at_most_and_by_run() {
        let recorded = Column::Each((0..1000).map(|task| task * 10).collect());
        let [one, again, other] = ["replay/1/stage/0", "replay/1/stage/0", "replay/2/stage/0"]
            .map(|label| times(&recorded, 1000, TIME, 7, label));
        assert_eq!(one, again);
        assert_ne!(one, other);
        for task in 0..1000 {
            let (before, now) = (recorded.at(task), one.at(task));
            assert!(now >= before * 9 / 10 && now <= (before * 11).div_ceil(10), "{before} became {now}");
        }
        assert_eq!(times(&Column::Same(0), 3, START, 7, "x"), Column::Same(0));
    }
}

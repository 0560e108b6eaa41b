//! How many new groups rows bring: the rate at which a hash aggregation grows.

/// Rows whose keys are drawn evenly from a number of groups. Of `n` rows, `groups * (1 - (1 - 1/groups)^n)` are
/// expected to be the first of their group.
///
/// Rows that were grouped before, by tasks of a partial aggregation, come in [runs](Self::in_runs): in what one of these
/// tasks has put out no group occurs twice, so that a row is new if it is not among the groups of the runs before.
///
/// The count is in integers (a fixed-point power), so that it is the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Groups that rows are drawn from.
    groups: u64,
    /// Rows in which no group occurs twice: 1 where each row is drawn for itself.
    run: u64,
}

/// Runs of less than one in so many of all groups are as good as single rows.
const LONG_RUN: u64 = 1000;

/// Rows are counted in this many bits; after 2^40 of them no group is new.
const BITS: usize = 40;

impl Groups {
    /// Every row is a group of its own.
    pub const DISTINCT: Self = Self { groups: u64::MAX, run: 1 };

    /// Rows drawn evenly from `groups` groups.
    ///
    /// # Panics
    /// Where there are no groups.
    #[must_use]
    pub fn drawn_from(groups: u64) -> Self {
        assert!(groups > 0, "rows are drawn from at least one group");
        Self { groups, run: 1 }
    }

    /// The same in runs of `rows` rows, of as many groups each.
    ///
    /// Many short runs are drawn as single rows: they make no difference then.
    #[must_use]
    pub fn in_runs(self, rows: u64) -> Self {
        let few = self.groups / LONG_RUN < rows && self != Self::DISTINCT;
        Self { run: if few { rows.max(1) } else { 1 }, ..self }
    }

    /// (1 - 1/groups)^(2^i), as fractions of 2^64.
    fn powers(&self) -> [u64; BITS] {
        let mut power = ((1u128 << 64) - (1u128 << 64).div_ceil(u128::from(self.groups))) as u64;
        let mut powers = [0; BITS];
        for slot in &mut powers {
            *slot = power;
            power = times(power, power);
        }
        powers
    }

    /// Groups that `rows` rows add to `known` ones (those that are kept elsewhere), after `before` rows whose other groups
    /// have been forgotten.
    #[must_use]
    pub fn added(&self, known: u64, before: u64, rows: u64) -> u64 {
        if *self == Self::DISTINCT {
            return rows;
        }
        if self.run > 1 {
            let (mut added, mut left) = (0, rows);
            let mut run = self.run - before % self.run;
            while left > 0 && known + added < self.groups {
                added += self.new_in_run(known + added, left.min(run));
                left = left.saturating_sub(run);
                run = self.run;
            }
            return added;
        }
        let mut power = u64::MAX;
        for (bit, factor) in self.powers().into_iter().enumerate() {
            if rows >> bit & 1 == 1 {
                power = times(power, factor);
            }
        }
        self.expected(known, if rows >> BITS == 0 { power } else { 0 })
    }

    /// Fewest rows that add `added` groups to `known` ones, as [`Self::added`] counts them; `u64::MAX` where none do.
    #[must_use]
    pub fn rows_for(&self, known: u64, before: u64, added: u64) -> u64 {
        if *self == Self::DISTINCT {
            return added;
        }
        if self.run > 1 {
            return self.rows_in_runs(known, before, added);
        }
        let (mut rows, mut power) = (0, u64::MAX);
        if added == 0 {
            return rows;
        }
        for (bit, factor) in self.powers().into_iter().enumerate().rev() {
            let further = times(power, factor);
            if self.expected(known, further) < added {
                power = further;
                rows += 1 << bit;
            }
        }
        if rows + 1 < 1 << BITS { rows + 1 } else { u64::MAX }
    }

    /// New ones of so many rows of a run that began with `known` groups.
    fn new_in_run(&self, known: u64, rows: u64) -> u64 {
        let (all, new) = (u128::from(self.groups), u128::from(self.groups.saturating_sub(known)));
        ((u128::from(rows) * new + all / 2) / all) as u64
    }

    fn rows_in_runs(&self, known: u64, before: u64, added: u64) -> u64 {
        let (mut rows, mut left, mut known) = (0, added, known);
        let mut run = self.run - before % self.run;
        while left > 0 {
            let new = self.new_in_run(known, run);
            if new >= left {
                let (mut too_few, mut enough) = (0, run);
                while enough - too_few > 1 {
                    let middle = too_few + (enough - too_few) / 2;
                    if self.new_in_run(known, middle) >= left { enough = middle } else { too_few = middle }
                }
                return rows + enough;
            }
            if new == 0 && run == self.run {
                return u64::MAX;
            }
            (rows, left, known) = (rows + run, left - new, known + new);
            run = self.run;
        }
        rows
    }

    fn expected(&self, known: u64, power: u64) -> u64 {
        let left = u128::from(self.groups.saturating_sub(known));
        ((left * u128::from(u64::MAX - power) + (1 << 63)) >> 64) as u64
    }
}

fn times(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_two_million_groups_bring_the_expected_number() {
        let groups = Groups::drawn_from(2_000_000);
        assert_eq!(groups.added(0, 0, 1), 1);
        // 2,000,000 * (1 - (1 - 1/2,000,000)^500,000) = 442,398.5
        assert_eq!(groups.added(0, 0, 500_000), 442_399);
        assert_eq!(groups.added(0, 0, 1 << 39), 2_000_000);
        assert_eq!(Groups::drawn_from(1).added(0, 0, 5), 1);
        assert_eq!(Groups::DISTINCT.added(7, 0, 5), 5);
    }

    #[test]
    fn rows_for_is_the_inverse() {
        for (groups, known, added) in [(1000, 0, 1), (1000, 0, 500), (1000, 400, 599), (7, 0, 7), (1, 0, 1)] {
            let drawn = Groups::drawn_from(groups);
            let rows = drawn.rows_for(known, 0, added);
            assert!(drawn.added(known, 0, rows) >= added, "{groups} {known} {added}");
            assert!(drawn.added(known, 0, rows - 1) < added, "{groups} {known} {added}");
        }
        assert_eq!(Groups::drawn_from(10).rows_for(0, 0, 11), u64::MAX);
    }

    #[test]
    fn a_run_has_no_group_twice() {
        // Eight map tasks met 221,330 of a reduce task's million groups each.
        let groups = Groups::drawn_from(1_000_000).in_runs(221_330);
        assert_eq!(groups.added(0, 0, 221_330), 221_330);
        assert_eq!(groups.added(0, 0, 2 * 221_330), 221_330 + 172_343, "it knew 22 % of the second run");
        assert_eq!(groups.added(0, 0, 8 * 221_330), 864_846);
        assert_eq!(
            groups.added(0, 52_000, 160_000),
            160_000,
            "the rest of a run has groups that were not in it yet"
        );
        for (before, added) in [(0, 1), (0, 262_144), (273_762, 262_144), (52_000, 900_000)] {
            let rows = groups.rows_for(0, before, added);
            assert!(groups.added(0, before, rows) >= added, "{before} {added}");
            assert!(groups.added(0, before, rows - 1) < added, "{before} {added}");
        }
        assert_eq!(groups.rows_for(0, 0, 1_000_001), u64::MAX);
        assert_eq!(Groups::drawn_from(1_000_000).in_runs(10), Groups::drawn_from(1_000_000));
    }
}

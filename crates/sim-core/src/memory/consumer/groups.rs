//! How many new groups rows bring: the rate at which a hash aggregation grows.

/// Rows whose keys are drawn evenly from a number of groups. Of `n` rows, `groups * (1 - (1 - 1/groups)^n)` are
/// expected to be the first of their group.
///
/// The count is in integers (a fixed-point power), so that it is the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Groups that rows are drawn from.
    groups: u64,
}

/// Rows are counted in this many bits; after 2^40 of them no group is new.
const BITS: usize = 40;

impl Groups {
    /// Every row is a group of its own.
    pub const DISTINCT: Self = Self { groups: u64::MAX };

    /// Rows drawn evenly from `groups` groups.
    ///
    /// # Panics
    /// Where there are no groups.
    #[must_use]
    pub fn drawn_from(groups: u64) -> Self {
        assert!(groups > 0, "rows are drawn from at least one group");
        Self { groups }
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

    /// Groups that `rows` rows add to `known` ones (those that are kept elsewhere).
    #[must_use]
    pub fn added(&self, known: u64, rows: u64) -> u64 {
        if *self == Self::DISTINCT {
            return rows;
        }
        let mut power = u64::MAX;
        for (bit, factor) in self.powers().into_iter().enumerate() {
            if rows >> bit & 1 == 1 {
                power = times(power, factor);
            }
        }
        self.expected(known, if rows >> BITS == 0 { power } else { 0 })
    }

    /// Fewest rows that add `added` groups to `known` ones; `u64::MAX` where none do.
    #[must_use]
    pub fn rows_for(&self, known: u64, added: u64) -> u64 {
        if *self == Self::DISTINCT {
            return added;
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
        assert_eq!(groups.added(0, 1), 1);
        // 2,000,000 * (1 - (1 - 1/2,000,000)^500,000) = 442,398.5
        assert_eq!(groups.added(0, 500_000), 442_399);
        assert_eq!(groups.added(0, 1 << 39), 2_000_000);
        assert_eq!(Groups::drawn_from(1).added(0, 5), 1);
        assert_eq!(Groups::DISTINCT.added(7, 5), 5);
    }

    #[test]
    fn rows_for_is_the_inverse() {
        for (groups, known, added) in [(1000, 0, 1), (1000, 0, 500), (1000, 400, 599), (7, 0, 7), (1, 0, 1)] {
            let drawn = Groups::drawn_from(groups);
            let rows = drawn.rows_for(known, added);
            assert!(drawn.added(known, rows) >= added, "{groups} {known} {added}");
            assert!(drawn.added(known, rows - 1) < added, "{groups} {known} {added}");
        }
        assert_eq!(Groups::drawn_from(10).rows_for(0, 11), u64::MAX);
    }
}

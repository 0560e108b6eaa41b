//! The largest group of rows with one key, which no metric says.

use std::collections::BTreeSet;

/// Rows of the largest key in each task, from how unevenly rows fell into the tasks.
///
/// Keys go to partitions by hash: `n` rows in groups of sizes `g` lie in `p` partitions with
/// `sum((rows - n/p)^2) = (1 - 1/p) * sum(g^2)` on average, so that the size of the group that a row is in is about
/// `sum(g^2) / n`. Where keys are few and alike, the rows of all tasks are multiples of one size: that is taken then.
///
/// Tasks that were given several partitions each, `put_together` by size, do not tell by their differences: but for
/// multiples, keys are taken to have few rows then.
pub(super) fn largest_groups(rows: &[u64], put_together: bool) -> Vec<u64> {
    let spread = || if put_together { FEW } else { spread_size(rows) };
    let size = common_size(rows).unwrap_or_else(spread);
    rows.iter().map(|&rows| rows.min(size)).collect()
}

/// Rows of a key that has few: no buffer leaves the heap for it.
const FEW: u64 = 1;

fn spread_size(rows: &[u64]) -> u64 {
    let (tasks, all) = (rows.len() as f64, rows.iter().map(|&rows| rows as f64).sum::<f64>());
    if rows.len() < 2 || all == 0.0 {
        return u64::MAX;
    }
    let mean = all / tasks;
    let squares: f64 = rows.iter().map(|&rows| (rows as f64 - mean).powi(2)).sum();
    (squares / (1.0 - 1.0 / tasks) / all).ceil().max(1.0) as u64
}

/// The size of which all are multiples, within a twentieth of it.
fn common_size(rows: &[u64]) -> Option<u64> {
    let filled: Vec<f64> = rows.iter().filter(|&&rows| rows > 0).map(|&rows| rows as f64).collect();
    let least = filled.iter().copied().reduce(f64::min)?;
    let most = filled.iter().copied().reduce(f64::max)?;
    // By chance one size in ten fits one more task.
    if filled.len() < 4 || most < 1.5 * least {
        return None;
    }
    let fits = |size: f64| {
        let groups = filled.iter().map(|rows| (rows / size).round());
        // One large key among many small ones shows two multiples, and the smaller one is no key.
        let different: BTreeSet<u64> = groups.clone().map(|groups| groups as u64).collect();
        different.len() > 2
            && filled.iter().zip(groups).all(|(rows, groups)| (rows / size - groups).abs() < 0.05)
    };
    (1..=8).map(|groups| least / f64::from(groups)).find(|&size| fits(size)).map(|size| size.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_keys_of_one_size_are_seen_in_their_multiples() {
        // Forty keys of 37,500 rows in eight tasks.
        let rows = [187_519, 262_869, 75_247, 150_010, 112_600, 299_800, 225_040, 186_915];
        assert!(largest_groups(&rows, false).iter().all(|&size| (37_500..37_700).contains(&size)));
    }

    #[test]
    fn many_keys_spread_evenly_and_one_large_one_does_not() {
        let many = [100_010, 99_950, 100_040, 100_000, 99_980, 100_020, 99_990, 100_010];
        assert!(largest_groups(&many, false)[0] < 10);
        let skewed = [100_000, 100_020, 99_990, 700_000, 100_010, 99_980];
        let sizes = largest_groups(&skewed, false);
        assert_eq!(sizes[0], 100_000, "no group is larger than the rows of its task");
        assert!((250_000..700_000).contains(&sizes[3]), "{sizes:?}");
    }

    #[test]
    fn tasks_of_several_partitions_say_nothing_by_their_rest() {
        assert_eq!(largest_groups(&[750_250, 711_978, 37_772], true), [1; 3]);
        assert!(largest_groups(&[750_250, 711_978, 37_772], false)[0] > 100_000);
    }

    #[test]
    fn one_task_may_have_one_group() {
        assert_eq!(largest_groups(&[7], false), [7]);
        assert_eq!(largest_groups(&[0, 0], false), [0, 0]);
        assert_eq!(largest_groups(&[], false), [0; 0]);
    }
}

//! The largest group of rows with one key, which no metric says.

use std::collections::BTreeSet;

/// Rows of the largest key in each task, from how unevenly rows fell into the tasks.
///
/// Keys go to partitions by hash: `n` rows in groups of sizes `g` lie in `p` partitions with
/// `sum((rows - n/p)^2) = (1 - 1/p) * sum(g^2)` on average, so that the size of the group that a row is in is about
/// `sum(g^2) / n`. Where keys are few and alike, the rows of all tasks are multiples of one size: that is taken then.
pub(super) fn largest_groups(rows: &[u64]) -> Vec<u64> {
    let size = common_size(rows).unwrap_or_else(|| spread_size(rows));
    rows.iter().map(|&rows| rows.min(size)).collect()
}

fn spread_size(rows: &[u64]) -> u64 {
    let (tasks, all) = (rows.len() as f64, rows.iter().map(|&rows| rows as f64).sum::<f64>());
    if rows.len() < 2 || all == 0.0 {
        return u64::MAX;
    }
    let mean = all / tasks;
    let squares: f64 = rows.iter().map(|&rows| (rows as f64 - mean).powi(2)).sum();
    (squares / (1.0 - 1.0 / tasks) / all).ceil().max(1.0) as u64
}

/// As [`largest_groups`], of tasks that each read as many partitions as adaptive execution put together.
///
/// It fills one task after the other up to one size and leaves the rest to the last, so that tasks differ by what was
/// left, not only by their keys. A group of keys that are alike is no larger than what was left; one that is far larger
/// than others shows among the tasks that were filled.
pub(super) fn largest_groups_of_coalesced(rows: &[u64]) -> Vec<u64> {
    let least = rows.iter().enumerate().filter(|&(_, &rows)| rows > 0).min_by_key(|&(_, &rows)| rows);
    let filled = rows.iter().filter(|&&rows| rows > 0).count();
    let Some((last, &left)) = least.filter(|_| filled > 2) else { return largest_groups(rows) };
    let others: Vec<u64> =
        rows.iter().enumerate().filter(|&(task, _)| task != last).map(|(_, &rows)| rows).collect();
    let size = spread_size(&others).max(left);
    largest_groups(rows).into_iter().map(|group| group.min(size)).collect()
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
        assert!(largest_groups(&rows).iter().all(|&size| (37_500..37_700).contains(&size)));
    }

    #[test]
    fn many_keys_spread_evenly_and_one_large_one_does_not() {
        let many = [100_010, 99_950, 100_040, 100_000, 99_980, 100_020, 99_990, 100_010];
        assert!(largest_groups(&many)[0] < 10);
        let skewed = [100_000, 100_020, 99_990, 700_000, 100_010, 99_980];
        let sizes = largest_groups(&skewed);
        assert_eq!(sizes[0], 100_000, "no group is larger than the rows of its task");
        assert!((250_000..700_000).contains(&sizes[3]), "{sizes:?}");
    }

    #[test]
    fn what_coalescing_left_to_the_last_task_bounds_the_groups() {
        // Forty keys of 37,500 rows: twenty in one task, nineteen in the next, one was left.
        assert_eq!(largest_groups_of_coalesced(&[750_250, 711_978, 37_772]), [37_772; 3]);
        // One key of three million rows among small ones has a task of its own.
        let skewed = largest_groups_of_coalesced(&[3_000_000, 750_000, 740_000, 100_000]);
        assert!(skewed[0] > 1_000_000, "{skewed:?}");
        // Two tasks that were filled to nearly one size say no more than any two.
        assert!(largest_groups_of_coalesced(&[760_000, 740_000])[0] < 1000);
        assert_eq!(largest_groups_of_coalesced(&[7]), [7]);
        assert_eq!(largest_groups_of_coalesced(&[]), [0; 0]);
    }

    #[test]
    fn one_task_may_have_one_group() {
        assert_eq!(largest_groups(&[7]), [7]);
        assert_eq!(largest_groups(&[0, 0]), [0, 0]);
        assert_eq!(largest_groups(&[]), [0; 0]);
    }
}

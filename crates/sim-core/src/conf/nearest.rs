//! "Did you mean": the known name nearest to a mistyped one.

use super::keys::KEYS;

/// Edits up to which a name counts as a slip of another.
const MAX_EDITS: usize = 2;

/// The key within two edits (insert, delete, replace or swap of neighbours) of `name`, upper and
/// lower case being the same; the nearest, and of equals the first.
pub fn nearest_key(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    KEYS.iter()
        .map(|row| (edits(&lower, &row.name.to_ascii_lowercase()), row.name))
        .filter(|(edits, _)| *edits <= MAX_EDITS)
        .min()
        .map(|(_, name)| name)
}

/// The optimal string alignment distance, with an early way out for lengths too far apart.
fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > MAX_EDITS {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_key_and_a_stranger_none() {
        for (slip, key) in [
            ("spark.memory.fracton", "spark.memory.fraction"),
            ("spark.memory.offheap.size", "spark.memory.offHeap.size"),
            ("spark.executor.memroy", "spark.executor.memory"),
            ("spark.sql.shuffle.partition", "spark.sql.shuffle.partitions"),
            ("poolsim.wakeorder", "poolsim.wakeOrder"),
        ] {
            assert_eq!(nearest_key(slip), Some(key), "{slip}");
        }
        assert_eq!(nearest_key("spark.app.name"), None);
        assert_eq!(nearest_key(""), None);
    }

    #[test]
    fn an_edit_is_an_insert_a_delete_a_replacement_or_a_swap() {
        assert_eq!(edits("abc", "abc"), 0);
        assert_eq!(edits("abc", "acb"), 1);
        assert_eq!(edits("abc", "ac"), 1);
        assert_eq!(edits("abc", "xbcd"), 2);
    }
}

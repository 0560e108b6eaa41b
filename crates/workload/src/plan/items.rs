//! An amount for each partition of a data set.

use super::apportion::{apportion, recut};

/// An amount for each partition, whatever their number.
#[derive(Clone, Debug, PartialEq)]
pub enum Items {
    /// The same for each.
    Same(u64),
    /// A total, divided like the rows.
    Total(u64),
    /// Given for each. Under another number of partitions the sum stays and is divided alike.
    Each(Vec<u64>),
}

impl Items {
    /// The amounts of `weights.len()` partitions; a total is divided by the weights.
    #[must_use]
    pub fn over(&self, weights: impl ExactSizeIterator<Item = u64> + Clone) -> Vec<u64> {
        match self {
            Self::Same(amount) => vec![*amount; weights.len()],
            Self::Total(total) => apportion(*total, weights),
            Self::Each(amounts) if amounts.len() == weights.len() => amounts.clone(),
            Self::Each(amounts) => {
                let total = amounts.iter().sum();
                apportion(total, recut(amounts, weights.len()).into_iter())
            }
        }
    }
}

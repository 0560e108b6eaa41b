//! An amount for each task: one number where all are alike.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount for each task of a stage, or each partition of an RDD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The same for all. Written as a number.
    Same(u64),
    /// One for each. Written as a list.
    Each(Vec<u64>),
}

impl Default for Column {
    fn default() -> Self {
        Self::Same(0)
    }
}

impl Column {
    /// The column of these amounts.
    #[must_use]
    pub fn of(amounts: Vec<u64>) -> Self {
        match amounts.first() {
            Some(&first) if amounts.iter().all(|&amount| amount == first) => Self::Same(first),
            Some(_) => Self::Each(amounts),
            None => Self::Same(0),
        }
    }

    /// The amount of a task; 0 where the column is too short.
    #[must_use]
    pub fn at(&self, task: usize) -> u64 {
        match self {
            Self::Same(amount) => *amount,
            Self::Each(amounts) => amounts.get(task).copied().unwrap_or(0),
        }
    }

    /// The number of amounts, where there is one for each task.
    #[must_use]
    pub fn amounts(&self) -> Option<usize> {
        match self {
            Self::Same(_) => None,
            Self::Each(amounts) => Some(amounts.len()),
        }
    }

    /// Whether all amounts are 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Same(amount) => *amount == 0,
            Self::Each(amounts) => amounts.iter().all(|&amount| amount == 0),
        }
    }

    /// The amounts of `tasks` tasks.
    #[must_use]
    pub fn over(&self, tasks: usize) -> Vec<u64> {
        (0..tasks).map(|task| self.at(task)).collect()
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Same(amount) => serializer.serialize_u64(*amount),
            Self::Each(amounts) => amounts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Amounts)
    }
}

struct Amounts;

impl<'de> Visitor<'de> for Amounts {
    type Value = Column;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or a list of them, one a task")
    }

    fn visit_u64<E: serde::de::Error>(self, amount: u64) -> Result<Column, E> {
        Ok(Column::Same(amount))
    }

    fn visit_i64<E: serde::de::Error>(self, amount: i64) -> Result<Column, E> {
        u64::try_from(amount).map(Column::Same).map_err(|_| E::custom(format!("{amount} is below zero")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut amounts: A) -> Result<Column, A::Error> {
        let mut column = Vec::with_capacity(amounts.size_hint().unwrap_or(0).min(1 << 16));
        while let Some(amount) = amounts.next_element()? {
            column.push(amount);
        }
        Ok(Column::Each(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_written_as_it_is_read() {
        for (text, column) in [
            ("7", Column::Same(7)),
            ("[1,2,3]", Column::Each(vec![1, 2, 3])),
            ("[]", Column::Each(Vec::new())),
        ] {
            assert_eq!(ron::from_str::<Column>(text).expect(text), column);
            assert_eq!(ron::to_string(&column).expect(text), text);
        }
        assert!(ron::from_str::<Column>("-1").is_err());
        assert!(ron::from_str::<Column>("\"x\"").is_err());
    }

    #[test]
    fn equal_amounts_become_one_number() {
        assert_eq!(Column::of(vec![5, 5]), Column::Same(5));
        assert_eq!(Column::of(vec![5, 6]), Column::Each(vec![5, 6]));
        assert_eq!(Column::of(Vec::new()).over(2), [0, 0]);
    }
}

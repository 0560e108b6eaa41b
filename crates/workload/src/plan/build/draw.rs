//! Draws of the amounts of a step.

use super::Builder;
use crate::Error;
use crate::plan::Items;
use crate::sample::LIMIT;
use crate::scenario::{Amount, Quantity, Unit};

impl Builder<'_> {
    /// One amount for the whole data set.
    pub(super) fn total(&self, field: &str, amount: &Amount<'_, impl Unit>) -> Result<u64, Error> {
        match amount.read(self.text)? {
            Quantity::Fixed(amount) => Ok(amount),
            Quantity::Drawn(distribution) => Ok(distribution.draw(self.seed, &self.label(field))),
            Quantity::Each(_) => Err(self
                .fail(format!("`{field}` is one amount for the whole data set"))
                .help("give a number or a distribution instead of a list")),
        }
    }

    /// One amount for each of a number of partitions that the plan knows.
    pub(super) fn each(
        &self,
        field: &str,
        amount: &Amount<'_, impl Unit>,
        partitions: u32,
    ) -> Result<Vec<u64>, Error> {
        let amounts = match amount.read(self.text)? {
            Quantity::Fixed(amount) => vec![amount; partitions as usize],
            Quantity::Drawn(distribution) => {
                let label = self.label(field);
                (0..partitions).map(|item| distribution.draw(self.seed, &format!("{label}/{item}"))).collect()
            }
            Quantity::Each(amounts) if amounts.len() == partitions as usize => amounts,
            Quantity::Each(amounts) => {
                return Err(self
                    .fail(format!("`{field}` lists {} of {partitions} partitions", amounts.len()))
                    .at(amount.span(self.text))
                    .label("one amount a partition belongs here"));
            }
        };
        self.checked_sum(field, &amounts)?;
        Ok(amounts)
    }

    /// An amount for each partition, of which the plan may not know the number: `fixed` says what a constant is.
    pub(super) fn items(
        &self,
        field: &str,
        amount: &Amount<'_, impl Unit>,
        partitions: Option<u32>,
        fixed: fn(u64) -> Items,
    ) -> Result<Items, Error> {
        match (amount.read(self.text)?, partitions) {
            (Quantity::Fixed(amount), _) => Ok(fixed(amount)),
            (Quantity::Each(amounts), _) => {
                self.checked_sum(field, &amounts)?;
                Ok(Items::Each(amounts))
            }
            (Quantity::Drawn(_), Some(partitions)) => self.each(field, amount, partitions).map(Items::Each),
            (Quantity::Drawn(_), None) => Err(self
                .fail(format!("`{field}` is drawn for each partition, whose number depends on the settings"))
                .at(amount.span(self.text))
                .help("give this step or the one before it `partitions`")),
        }
    }

    /// `a * b` below the limit.
    pub(super) fn product(&self, what: &str, a: u64, b: u64) -> Result<u64, Error> {
        a.checked_mul(b).filter(|&product| product < LIMIT).ok_or_else(|| {
            self.fail(format!("{what}: {a} times {b} reaches 2^62")).help("use smaller amounts")
        })
    }

    /// The sum of `amounts`, below the limit.
    pub(super) fn checked_sum(&self, what: &str, amounts: &[u64]) -> Result<u64, Error> {
        let sum: u128 = amounts.iter().map(|&amount| u128::from(amount)).sum();
        u64::try_from(sum).ok().filter(|&sum| sum < LIMIT).ok_or_else(|| {
            self.fail(format!("`{what}` sums to {sum}, which reaches 2^62")).help("use smaller amounts")
        })
    }
}

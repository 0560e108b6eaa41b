//! Amounts: whole numbers, sizes as Spark writes them, distributions and lists.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use ron::error::SpannedError;
use ron::value::RawValue;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};

use sim_core::conf::quantity::byte_string_as;
use sim_core::conf::unit::ByteUnit;

use super::diagnose::diagnose;
use super::name::Name;
use crate::Error;
use crate::sample::{Distribution, LIMIT};

/// A number of rows, bytes, groups ... that a scenario gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Quantity {
    /// A constant.
    Fixed(u64),
    /// Drawn once for each item: a partition, a block.
    Drawn(Distribution),
    /// Given for each item.
    Each(Vec<u64>),
}

/// The unit of a number in the file.
pub(crate) trait Unit {
    /// What is expected.
    const EXPECTED: &'static str;

    /// Reads a number written as text.
    fn parse(text: &str) -> Result<u64, String>;
}

/// Bytes: a whole number, or text with one of Spark's suffixes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bytes {}

/// Rows, groups, elements: a whole number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Count {}

impl Unit for Bytes {
    const EXPECTED: &'static str = "a number of bytes or a size such as \"64m\"";

    fn parse(text: &str) -> Result<u64, String> {
        byte_string_as(text, ByteUnit::B).map_err(|error| format!("`{text}` is no size: {error}"))
    }
}

impl Unit for Count {
    const EXPECTED: &'static str = "a whole number";

    fn parse(text: &str) -> Result<u64, String> {
        Err(format!("a count has no unit: write a whole number instead of \"{text}\""))
    }
}

/// One number in a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number<U>(pub(crate) u64, PhantomData<U>);

impl<'de, U: Unit> Deserialize<'de> for Number<U> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole<U>(PhantomData<U>);
        impl<U: Unit> Visitor<'_> for Whole<U> {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(U::EXPECTED)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u64, E> {
                Ok(number)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<u64, E> {
                u64::try_from(number)
                    .map_err(|_| E::custom(format!("{number} is below zero: use {}", U::EXPECTED)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
                U::parse(text).map_err(E::custom)
            }
        }
        let number = deserializer.deserialize_any(Whole::<U>(PhantomData))?;
        if number >= LIMIT {
            return Err(D::Error::custom(format!("{number} is too much: use less than 2^62 ({LIMIT})")));
        }
        Ok(Self(number, PhantomData))
    }
}

/// A [`Quantity`] in a unit, as text of the file. It is read when its step is, so that errors point into it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount<'a, U>(Name<'a>, PhantomData<U>);

impl<'de: 'a, 'a, U> Deserialize<'de> for Amount<'a, U> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(Name(raw.get_ron().trim()), PhantomData))
    }
}

/// The forms of an amount that begin with a word.
#[derive(Deserialize)]
#[serde(rename = "amount", deny_unknown_fields, rename_all = "snake_case", bound = "U: Unit")]
enum Shape<U> {
    Each(Vec<Number<U>>),
    Uniform { low: Number<U>, high: Number<U> },
    Normal { mean: Number<U>, sd: Number<U> },
    LogNormal { median: Number<U>, sigma: f64 },
    Exponential { mean: Number<U> },
    Pareto { min: Number<U>, shape: f64 },
    Zipf { max: Number<U>, exponent: f64 },
}

impl<U: Unit> Amount<'_, U> {
    /// The bytes of `text`, the file's, that it was read from.
    pub(crate) fn span(&self, text: &str) -> Range<usize> {
        self.0.span(text)
    }

    /// Reads it; errors point into `text`.
    pub(crate) fn read(&self, text: &str) -> Result<Quantity, Error> {
        let value = self.0.0;
        let whole = |title: String| Error::new(title).at(self.span(text));
        let inside = |error: &SpannedError| diagnose(value, error).shifted(self.span(text).start);
        if value.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let shape = super::options().from_str::<Shape<U>>(value).map_err(|error| inside(&error))?;
            return shape.quantity().map_err(whole);
        }
        let number = super::options().from_str::<Number<U>>(value).map_err(|error| match error.code {
            ron::Error::Message(title) => whole(title),
            ron::Error::InvalidValueForType { .. } => whole(format!(
                "expected {}, found {value}",
                U::EXPECTED
            ))
            .help("or a distribution such as normal(mean: 1000, sd: 50), or each([..]) with one a partition"),
            _ => inside(&error),
        })?;
        Ok(Quantity::Fixed(number.0))
    }
}

impl<U: Unit> Shape<U> {
    fn quantity(self) -> Result<Quantity, String> {
        let distribution = match self {
            Self::Each(numbers) if numbers.is_empty() => return Err("the list is empty".to_owned()),
            Self::Each(numbers) => {
                return Ok(Quantity::Each(numbers.iter().map(|number| number.0).collect()));
            }
            Self::Uniform { low, high } => Distribution::Uniform { low: low.0, high: high.0 },
            Self::Normal { mean, sd } => Distribution::Normal { mean: mean.0, sd: sd.0 },
            Self::LogNormal { median, sigma } => Distribution::LogNormal { median: median.0, sigma },
            Self::Exponential { mean } => Distribution::Exponential { mean: mean.0 },
            Self::Pareto { min, shape } => Distribution::Pareto { min: min.0, shape },
            Self::Zipf { max, exponent } => Distribution::Zipf { max: max.0, exponent },
        };
        distribution.checked().map(Quantity::Drawn)
    }
}

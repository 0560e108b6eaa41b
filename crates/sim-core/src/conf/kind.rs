//! What a row of the table of keys says: kind of value, default, range, and who reads it.

use std::fmt;

use super::keys::Key;
use super::quantity::{self, QuantityError};
use super::unit::{ByteUnit, TimeUnit};
use super::version::SparkVersion;

/// The kind of value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A size, kept in whole units of the one given (which a bare number is in) as Spark keeps it.
    Bytes(ByteUnit),
    /// A time, likewise.
    Time(TimeUnit),
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Long,
    /// A decimal number.
    Double,
    /// A number of cores: whole, or a fraction of up to nine decimals where the version has it.
    Cpus,
    /// One of a few words, in any case.
    Enum(&'static [&'static str]),
    /// Any text.
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bytes(unit) => write!(f, "a size: a whole number and b, k, m, g, t or p, alone in {unit}"),
            Kind::Time(unit) => write!(f, "a time: a whole number and us, ms, s, m, h or d, alone in {unit}"),
            Kind::Bool => f.write_str("true or false"),
            Kind::Int => f.write_str("a whole number of 32 bits"),
            Kind::Long => f.write_str("a whole number of 64 bits"),
            Kind::Double => f.write_str("a decimal number"),
            Kind::Cpus => f.write_str("a number of cores with at most nine decimals"),
            Kind::Enum(words) => write!(f, "one of {}", words.join(", ")),
            Kind::Text => f.write_str("a text"),
        }
    }
}

/// A resolved value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Bytes; negative means "no limit" or "off" for the keys that allow it.
    Bytes(i64),
    /// Nanoseconds; the longest time stands for all longer ones.
    Nanos(i64),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite decimal number.
    Double(f64),
    /// Billionths of a core.
    NanoCpus(u64),
    /// One of the words of [`Kind::Enum`].
    Word(&'static str),
    /// A text.
    Text(String),
}

/// The values a key may take, in the unit of [`Value`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allowed {
    /// Whatever its kind can hold.
    Any,
    /// At least this.
    AtLeast(i64),
    /// At least the first, at most the second.
    Between(i64, i64),
    /// A decimal number between two ends.
    Real(End, End),
}

/// An end of a range of decimal numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// The end itself is in the range.
    Closed(f64),
    /// The end itself is not.
    Open(f64),
}

impl Allowed {
    /// Whether `value` is in the range.
    pub fn allows(&self, value: &Value) -> bool {
        match (*self, value) {
            (Allowed::AtLeast(low), Value::Bytes(v) | Value::Nanos(v) | Value::Int(v)) => *v >= low,
            (Allowed::Between(low, high), Value::Bytes(v) | Value::Nanos(v) | Value::Int(v)) => {
                (low..=high).contains(v)
            }
            (Allowed::Real(low, high), Value::Double(v)) => {
                let above = match low {
                    End::Closed(end) => *v >= end,
                    End::Open(end) => *v > end,
                };
                let below = match high {
                    End::Closed(end) => *v <= end,
                    End::Open(end) => *v < end,
                };
                above && below
            }
            _ => true,
        }
    }

    /// The range in words, in the unit that `kind` is written in.
    pub fn describe(&self, kind: Kind) -> String {
        let amount = |v: i64| match kind {
            Kind::Bytes(_) => format!("{v}b"),
            Kind::Time(unit) => format!("{} {unit}", v / unit.nanos()),
            _ => v.to_string(),
        };
        match *self {
            Allowed::Any => "anything".into(),
            Allowed::AtLeast(low) => format!("at least {}", amount(low)),
            Allowed::Between(low, high) => {
                format!("from {} to {}", amount(low), amount(high))
            }
            Allowed::Real(low, high) => {
                let low = match low {
                    End::Closed(end) => format!("at least {end}"),
                    End::Open(end) => format!("above {end}"),
                };
                match high {
                    End::Closed(f64::MAX) => low,
                    End::Closed(end) => format!("{low} and at most {end}"),
                    End::Open(end) => format!("{low} and below {end}"),
                }
            }
        }
    }
}

/// The value of a key that nobody set.
#[derive(Clone, Copy, Debug)]
pub enum DefaultValue {
    /// None: Spark asks whether it is set.
    Unset,
    /// This text, read as if the user had written it.
    Is(&'static str),
    /// The value of another key.
    SameAs(Key),
    /// By version: the last entry that is not newer than the version counts.
    Since(&'static [(SparkVersion, DefaultValue)]),
}

impl DefaultValue {
    /// The default in `version`: never [`DefaultValue::Since`].
    pub fn at(self, version: SparkVersion) -> DefaultValue {
        match self {
            DefaultValue::Since(entries) => entries
                .iter()
                .rfind(|(since, _)| *since <= version)
                .map_or(DefaultValue::Unset, |(_, default)| default.at(version)),
            other => other,
        }
    }
}

/// Who reads a key, which tells what a sweep must do again when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Lowering alone: partitions, join strategies, writers, block sizes.
    Plan,
    /// The run alone: a lowered workload can be shared.
    Run,
    /// Both.
    Both,
}

impl Reads {
    /// Whether lowering reads it.
    pub fn plan(self) -> bool {
        self != Reads::Run
    }
}

/// A row of the table of keys.
#[derive(Debug)]
pub struct KeyRow {
    /// The row's own identity; its number is the row's index.
    pub key: Key,
    /// The name as users write it.
    pub name: &'static str,
    /// The kind of value.
    pub kind: Kind,
    /// The default.
    pub default: DefaultValue,
    /// Who reads it.
    pub reads: Reads,
    /// The first modelled version that knows it; before that Spark ignores it and so do we.
    pub since: SparkVersion,
    /// The values allowed.
    pub allowed: Allowed,
    /// What it means, in one line.
    pub meaning: &'static str,
}

/// Reads `raw` as a value of `kind`.
pub fn read_value(kind: Kind, raw: &str) -> Result<Value, QuantityError> {
    let malformed = QuantityError::Malformed;
    Ok(match kind {
        Kind::Bytes(unit) => {
            let units = quantity::byte_from_string(raw, unit)?;
            let bytes = units.checked_mul(unit.bytes().cast_signed()).ok_or(QuantityError::Overflow)?;
            Value::Bytes(bytes)
        }
        Kind::Time(unit) => {
            let units = quantity::time_string_as(raw, unit)?;
            Value::Nanos(units.saturating_mul(unit.nanos()))
        }
        Kind::Bool => Value::Bool(quantity::to_boolean(raw).ok_or(malformed)?),
        Kind::Int => {
            let number = quantity::to_long(raw).ok_or(malformed)?;
            if i32::try_from(number).is_err() {
                return Err(QuantityError::Overflow);
            }
            Value::Int(number)
        }
        Kind::Long => Value::Int(quantity::to_long(raw).ok_or(malformed)?),
        Kind::Double => Value::Double(quantity::to_double(raw).ok_or(malformed)?),
        Kind::Cpus => Value::NanoCpus(quantity::to_billionths(raw).ok_or(malformed)?),
        Kind::Enum(words) => {
            let word = raw.trim();
            let known = words.iter().find(|known| known.eq_ignore_ascii_case(word));
            Value::Word(known.ok_or(malformed)?)
        }
        Kind::Text => Value::Text(raw.into()),
    })
}

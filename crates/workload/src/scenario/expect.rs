//! What a scenario expects of its runs. Checking it is for whoever runs them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

/// One expectation of a run's result.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Where in the JSON of the result: names joined by dots, `[3]` for an element, `[*]` for all elements.
    pub path: String,
    /// What is to be found there. With `[*]` in the path a list is compared with the list of what was found, and
    /// anything else has to hold for each of them.
    pub test: Test,
    /// Why the expectation is justified.
    pub ground: Ground,
    /// The reason in words.
    pub why: Option<String>,
    /// The line of the scenario that holds it, from 1.
    pub line: usize,
}

/// What a value has to satisfy.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// To be this.
    Is(Value),
    /// To be a number of this range, ends included.
    In(f64, f64),
    /// To be text with this in it.
    Contains(String),
}

/// A value of JSON, without objects.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`: what cannot be known.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Real(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
}

/// What an expectation rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename = "ground", rename_all = "snake_case")]
pub enum Ground {
    /// A run of real Spark.
    Real,
    /// A file and function of Spark's source.
    Source,
    /// A sum that can be done by hand.
    Arithmetic,
    /// This model alone.
    Model,
}

/// An expectation as it is written; its path is the key of its entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Fields")]
pub(crate) struct RawExpectation {
    pub(crate) test: Test,
    pub(crate) ground: Ground,
    pub(crate) why: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename = "expectation", deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    is: Option<Value>,
    #[serde(default, rename = "in")]
    within: Option<(f64, f64)>,
    #[serde(default)]
    contains: Option<String>,
    ground: Ground,
    #[serde(default)]
    why: Option<String>,
}

impl TryFrom<Fields> for RawExpectation {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        let test = match (fields.is, fields.within, fields.contains) {
            (Some(value), None, None) => Test::Is(value),
            (None, Some((low, high)), None) if low <= high => Test::In(low, high),
            (None, Some((low, high)), None) => {
                return Err(format!("nothing lies in ({low}, {high}): write the smaller end first"));
            }
            (None, None, Some(text)) => Test::Contains(text),
            _ => return Err("an expectation takes one of `is`, `in` and `contains`".to_owned()),
        };
        Ok(Self { test, ground: fields.ground, why: fields.why })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, text, a boolean, a list or () for null")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Integer(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Integer(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Real(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Whether `path` is a path: names of small letters, digits and `_` joined by dots, each with any number of `[3]` or
/// `[*]` behind it.
pub(crate) fn is_path(path: &str) -> bool {
    path.split('.').all(|part| {
        let name = part.split('[').next().unwrap_or_default();
        let mut indices = part[name.len()..].split_inclusive(']');
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !name.is_empty()
            && name.chars().all(is_name)
            && indices.all(|index| {
                let inside = index.strip_prefix('[').and_then(|index| index.strip_suffix(']'));
                inside.is_some_and(|inside| inside == "*" || inside.parse::<u32>().is_ok())
            })
    })
}

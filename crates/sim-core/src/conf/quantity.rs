//! Spark's size and time strings, and the numbers and booleans of its settings.
//!
//! Follows `JavaUtils.byteStringAs`, `JavaUtils.timeStringAs` and `ConfigHelpers` (`toNumber`,
//! `toBoolean`, `byteFromString`, `timeFromString`) of Spark. A quantity is a whole number and an
//! optional suffix in any case; a bare number takes the unit of its key, so `2048` is 2 GiB for
//! `spark.executor.memory` and 2 KiB for `spark.memory.offHeap.size`. The same letter differs by
//! kind: `5m` is 5 MiB as a size and 5 minutes as a time.

use std::fmt;

use super::unit::{ByteUnit, TimeUnit};

/// Why a value could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// Not a number with an optional suffix.
    Malformed,
    /// The suffix is not one of Spark's for this kind.
    UnknownSuffix(String),
    /// A fraction such as `1.5g`; Spark takes whole numbers only. Holds the same size as a whole
    /// number of a smaller unit where there is one.
    Fraction(Option<String>),
    /// The number does not fit 64 bits, alone or in the unit of its key.
    Overflow,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuantityError::Malformed => f.write_str("it is not a number with a unit"),
            QuantityError::UnknownSuffix(suffix) => write!(f, "there is no unit `{suffix}`"),
            QuantityError::Fraction(None) => f.write_str("fractions are not supported"),
            QuantityError::Fraction(Some(whole)) => {
                write!(f, "fractions are not supported: write {whole}")
            }
            QuantityError::Overflow => f.write_str("it is more than 64 bits hold: use less"),
        }
    }
}

/// Reads a size in `unit`, truncating as Spark does: `2000000k` in MiB is 1953
/// (`JavaUtils.byteStringAs`).
pub fn byte_string_as(text: &str, unit: ByteUnit) -> Result<u64, QuantityError> {
    let lower = java_trim(text).to_lowercase();
    let (digits, suffix) = split_digits(&lower);
    if let Some(rest) = suffix.strip_prefix('.') {
        return Err(fraction_or_malformed(digits, rest));
    }
    check_letters(digits, suffix)?;
    let given = match suffix {
        "" => unit,
        _ => ByteUnit::of_suffix(suffix).ok_or_else(|| QuantityError::UnknownSuffix(suffix.into()))?,
    };
    let number: i64 = digits.parse().map_err(|_| QuantityError::Overflow)?;
    let number = number.unsigned_abs();
    // ByteUnit.convertFrom: multiply towards a smaller unit (checked), divide towards a larger.
    if given.bytes() < unit.bytes() {
        return Ok(number / (unit.bytes() / given.bytes()));
    }
    let factor = given.bytes() / unit.bytes();
    let value = number.checked_mul(factor).ok_or(QuantityError::Overflow)?;
    if value > i64::MAX.unsigned_abs() {
        return Err(QuantityError::Overflow);
    }
    Ok(value)
}

/// Reads a size that may be negative, as `-1` of `spark.sql.autoBroadcastJoinThreshold`
/// (`ConfigHelpers.byteFromString`).
pub fn byte_from_string(text: &str, unit: ByteUnit) -> Result<i64, QuantityError> {
    let (text, sign) = match text.strip_prefix('-') {
        Some(rest) => (rest, -1),
        None => (text, 1),
    };
    let value = byte_string_as(text, unit)?;
    Ok(sign * i64::try_from(value).map_err(|_| QuantityError::Overflow)?)
}

/// Reads a time in `unit`, truncating towards zero; a time too long for 64 bits becomes the
/// longest one, as `TimeUnit.convert` does (`JavaUtils.timeStringAs`).
pub fn time_string_as(text: &str, unit: TimeUnit) -> Result<i64, QuantityError> {
    let lower = java_trim(text).to_lowercase();
    let unsigned = lower.strip_prefix('-').unwrap_or(&lower);
    let (digits, suffix) = split_digits(unsigned);
    if let Some(rest) = suffix.strip_prefix('.') {
        return Err(match fraction_or_malformed(digits, rest) {
            QuantityError::Fraction(_) => QuantityError::Fraction(None),
            other => other,
        });
    }
    check_letters(digits, suffix)?;
    let given = match suffix {
        "" => unit,
        _ => TimeUnit::of_suffix(suffix).ok_or_else(|| QuantityError::UnknownSuffix(suffix.into()))?,
    };
    let signed = &lower[..lower.len() - suffix.len()];
    let number: i64 = signed.parse().map_err(|_| QuantityError::Overflow)?;
    if given.nanos() < unit.nanos() {
        return Ok(number / (unit.nanos() / given.nanos()));
    }
    Ok(number.saturating_mul(given.nanos() / unit.nanos()))
}

/// Reads `true` or `false` in any case (Scala's `toBoolean`); nothing else is a boolean.
pub fn to_boolean(text: &str) -> Option<bool> {
    let text = java_trim(text);
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Reads a whole number (Scala's `toLong`, which takes a leading `+`).
pub fn to_long(text: &str) -> Option<i64> {
    java_trim(text).parse().ok()
}

/// Reads a finite decimal number (Scala's `toDouble`, which takes a trailing `d` or `f`).
///
/// Java also reads `NaN`, `Infinity` and hexadecimal floats; no setting means anything by them.
pub fn to_double(text: &str) -> Option<f64> {
    let text = java_trim(text);
    let body = match text.strip_suffix(['d', 'D', 'f', 'F']) {
        Some(body) => body,
        None => text,
    };
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    if !body.chars().all(numeric) {
        return None;
    }
    body.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Reads a decimal number that is not negative, with at most nine decimals, as whole billionths:
/// exact where a double is not (`0.1` is 100 000 000).
pub fn to_billionths(text: &str) -> Option<u64> {
    let (whole, decimals) = java_trim(text).split_once('.').unwrap_or((java_trim(text), ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let empty = whole.is_empty() && decimals.is_empty();
    if empty || decimals.len() > 9 || !digits(whole) || !digits(decimals) {
        return None;
    }
    format!("{whole}{decimals:0<9}").parse().ok()
}

/// A size for people: one decimal and the largest unit of which it is at least two, so 1.5 GiB
/// reads `1536.0 MiB` (`Utils.bytesToString`).
pub fn bytes_to_string(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let exponent = (1..UNITS.len()).rev().find(|&e| bytes >= 2 << (10 * e)).unwrap_or(0);
    let unit = 1_u64 << (10 * exponent);
    // Java's %.1f rounds half up on the exact value: tenths = (10 * bytes + unit / 2) / unit.
    let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[exponent])
}

/// Java's `String.trim`: what is not above the space goes.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn check_letters(digits: &str, suffix: &str) -> Result<(), QuantityError> {
    if digits.is_empty() || !suffix.chars().all(|c| c.is_ascii_lowercase()) {
        return Err(QuantityError::Malformed);
    }
    Ok(())
}

/// `1.5g` has `1` and `5g` here: names `1536m` if that is the same size.
fn fraction_or_malformed(whole: &str, rest: &str) -> QuantityError {
    let (decimals, suffix) = split_digits(rest);
    if decimals.is_empty() || check_letters(whole, suffix).is_err() {
        return QuantityError::Malformed;
    }
    let smaller = match suffix {
        "k" | "kb" => "b",
        "m" | "mb" => "k",
        "g" | "gb" => "m",
        "t" | "tb" => "g",
        "p" | "pb" => "t",
        _ => return QuantityError::Fraction(None),
    };
    let same: Option<u64> = (|| {
        let scale = 10_u64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
        let number: u64 = format!("{whole}{decimals}").parse().ok()?;
        let scaled = number.checked_mul(1024)?;
        (scaled % scale == 0).then_some(scaled / scale)
    })();
    QuantityError::Fraction(same.map(|number| format!("{number}{smaller}")))
}

#[cfg(test)]
#[path = "quantity_tests.rs"]
mod tests;

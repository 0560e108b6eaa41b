//! The values of one key: `key=a,b,c` or `key=lo..hi:step`.

use std::str::FromStr;

use crate::Error;

/// A key and the values that it takes in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The key.
    pub key: String,
    /// Its values, as text.
    pub values: Vec<String>,
}

/// The most values of a range.
const MAX_VALUES: i128 = 100_000;
/// The most decimals of a number of a range.
const MAX_DECIMALS: usize = 9;

impl FromStr for Axis {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::Vary(format!("`{}` {why}: write key=a,b,c or key=lo..hi:step", text.escape_debug()))
        };
        let (key, values) = text.split_once('=').ok_or_else(|| wrong("has no `=`"))?;
        let (key, values) = (key.trim(), values.trim());
        if key.is_empty() {
            return Err(wrong("has no key"));
        }
        let values = match values.split_once("..") {
            Some((low, rest)) => {
                let (high, step) = rest.split_once(':').ok_or_else(|| wrong("has no step"))?;
                range(low.trim(), high.trim(), step.trim()).map_err(|why| wrong(&why))?
            }
            None => list(values),
        };
        if values.iter().any(String::is_empty) {
            return Err(wrong("has an empty value"));
        }
        if let Some((at, twice)) = values.iter().enumerate().find(|(at, value)| values[..*at].contains(value))
        {
            return Err(wrong(&format!("has `{}` twice (value {})", twice.escape_debug(), at + 1)));
        }
        Ok(Self { key: key.to_owned(), values })
    }
}

/// Values apart at commas that stand in no bracket, as in `local[2,4]`.
fn list(text: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let parts = text.split(|c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ',' && depth <= 0
    });
    parts.map(|part| part.trim().to_owned()).collect()
}

/// A decimal number with a unit behind it, exact.
struct Amount<'t> {
    /// In units of ten to the minus `decimals`.
    number: i128,
    decimals: usize,
    unit: &'t str,
}

impl<'t> Amount<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-')).unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if fraction.len() > MAX_DECIMALS || fraction.contains(['.', '-']) || digits.len() > 24 {
            return None;
        }
        let number = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { number, decimals: fraction.len(), unit })
    }

    /// The number in units of ten to the minus `decimals`, of which there are at least its own.
    fn scaled(&self, decimals: usize) -> i128 {
        self.number * 10_i128.pow((decimals - self.decimals) as u32)
    }
}

/// `low`, `low + step` and so on up to `high`, which is among them if the steps meet it.
fn range(low: &str, high: &str, step: &str) -> Result<Vec<String>, String> {
    let read = |text: &str| format!("has a bound or step `{}` that is no number", text.escape_debug());
    let from = Amount::read(low).ok_or_else(|| read(low))?;
    let to = Amount::read(high).ok_or_else(|| read(high))?;
    let by = Amount::read(step).ok_or_else(|| read(step))?;
    if from.unit != to.unit || from.unit != by.unit {
        return Err(format!("mixes the units `{}`, `{}` and `{}`", from.unit, to.unit, by.unit));
    }
    let decimals = from.decimals.max(to.decimals).max(by.decimals);
    let [first, last, step] = [&from, &to, &by].map(|amount| amount.scaled(decimals));
    if step <= 0 {
        return Err("has a step that is not above 0".to_owned());
    }
    if last < first {
        return Err("ends below its start".to_owned());
    }
    let count = (last - first) / step + 1;
    if count > MAX_VALUES {
        return Err(format!("has {count} values, more than {MAX_VALUES}"));
    }
    Ok((0..count).map(|n| decimal(first + n * step, decimals) + from.unit).collect())
}

/// A scaled number as text, with all of its decimals.
fn decimal(number: i128, decimals: usize) -> String {
    let scale = 10_i128.pow(decimals as u32);
    let (whole, rest) = (number.abs() / scale, number.abs() % scale);
    let sign = if number < 0 { "-" } else { "" };
    match decimals {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{rest:0decimals$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        text.parse::<Axis>().expect(text).values
    }

    #[test]
    fn lists_and_ranges() {
        assert_eq!(values("spark.a=1,2, 3"), ["1", "2", "3"]);
        assert_eq!(values("spark.master=local[2],local[4,2]"), ["local[2]", "local[4,2]"]);
        assert_eq!(values("spark.a=0.1..0.5:0.2"), ["0.1", "0.3", "0.5"]);
        assert_eq!(values("spark.a=0..1:0.25"), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(values("spark.a=4g..16g:4g"), ["4g", "8g", "12g", "16g"]);
        assert_eq!(values("spark.a=1..4:2"), ["1", "3"]);
        assert_eq!(values("spark.a=-1..1:1"), ["-1", "0", "1"]);
    }

    #[test]
    fn what_is_no_axis_says_why() {
        for (text, why) in [
            ("spark.a", "has no `=`"),
            ("=1", "has no key"),
            ("spark.a=", "has an empty value"),
            ("spark.a=1,,2", "has an empty value"),
            ("spark.a=1,2,1", "has `1` twice (value 3)"),
            ("spark.a=1..2", "has no step"),
            ("spark.a=1..x:1", "has a bound or step `x` that is no number"),
            ("spark.a=1..2:0", "has a step that is not above 0"),
            ("spark.a=2..1:1", "ends below its start"),
            ("spark.a=1g..2m:1", "mixes the units"),
            ("spark.a=0..1:0.000000001", "more than 100000"),
        ] {
            let error = text.parse::<Axis>().expect_err(text).to_string();
            assert!(error.contains(why) && error.contains("write key=a,b,c"), "{error}");
        }
    }
}

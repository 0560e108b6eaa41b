//! Versions of Spark, vendors' too.

use std::{convert::Infallible, fmt, str::FromStr};

/// The version that wrote a log: what it says, and its numbers.
///
/// ```
/// use spark_eventlog::LogVersion;
/// let version: LogVersion = "3.3.0-amzn-0".parse().unwrap();
/// assert_eq!((version.major(), version.minor(), version.patch()), (Some(3), Some(3), Some(0)));
/// assert_eq!(version.vendor(), Some("-amzn-0"));
/// assert_eq!("3.1.1.119".parse::<LogVersion>().unwrap().vendor(), Some(".119"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogVersion {
    raw: String,
    numbers: [Option<u32>; 3],
    vendor_at: usize,
}

impl LogVersion {
    /// As the log spells it.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The first number, if there is one.
    pub fn major(&self) -> Option<u32> {
        self.numbers[0]
    }

    /// The second number, if there is one.
    pub fn minor(&self) -> Option<u32> {
        self.numbers[1]
    }

    /// The third number, if there is one.
    pub fn patch(&self) -> Option<u32> {
        self.numbers[2]
    }

    /// What follows the three numbers, if anything: a vendor's version, or `-SNAPSHOT` and the like.
    pub fn vendor(&self) -> Option<&str> {
        Some(&self.raw[self.vendor_at..]).filter(|rest| !rest.is_empty())
    }
}

impl FromStr for LogVersion {
    type Err = Infallible;

    fn from_str(raw: &str) -> Result<Self, Infallible> {
        let raw = raw.trim();
        let mut numbers = [None; 3];
        let mut at = 0;
        for (index, number) in numbers.iter_mut().enumerate() {
            let start = if index == 0 { Some(0) } else { raw[at..].starts_with('.').then_some(at + 1) };
            let Some(start) = start else { break };
            let digits = raw[start..].bytes().take_while(u8::is_ascii_digit).count();
            *number = raw[start..start + digits].parse().ok();
            if number.is_none() {
                break;
            }
            at = start + digits;
        }
        Ok(Self { raw: raw.to_owned(), numbers, vendor_at: at })
    }
}

impl fmt::Display for LogVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> (Vec<u32>, Option<String>) {
        let version: LogVersion = raw.parse().unwrap_or_else(|never| match never {});
        assert_eq!(version.raw(), raw);
        (version.numbers.into_iter().flatten().collect(), version.vendor().map(str::to_owned))
    }

    #[test]
    fn versions_of_vendors() {
        let vendor = |text: &str| Some(text.to_owned());
        assert_eq!(parse("3.5.6"), (vec![3, 5, 6], None));
        assert_eq!(parse("3.3.0-amzn-0"), (vec![3, 3, 0], vendor("-amzn-0")));
        assert_eq!(parse("3.1.1.119"), (vec![3, 1, 1], vendor(".119")));
        assert_eq!(parse("2.4.0-cdh6.3.2"), (vec![2, 4, 0], vendor("-cdh6.3.2")));
        assert_eq!(parse("3.5.0-databricks-14.3"), (vec![3, 5, 0], vendor("-databricks-14.3")));
        assert_eq!(parse("4.1-SNAPSHOT"), (vec![4, 1], vendor("-SNAPSHOT")));
        assert_eq!(parse("13.3.x-photon-scala2.12"), (vec![13, 3], vendor(".x-photon-scala2.12")));
        assert_eq!(parse("3.99999999999.1"), (vec![3], vendor(".99999999999.1")));
        assert_eq!(parse("unknown"), (vec![], vendor("unknown")));
        assert_eq!(parse(""), (vec![], None));
    }
}

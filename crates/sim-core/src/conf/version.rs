//! The Spark versions that the model tells apart.

use std::fmt;
use std::str::FromStr;

/// A minor version of Spark whose memory code is modelled. Patch releases do not differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SparkVersion {
    /// 3.5.x, checked against 3.5.3 to 3.5.6.
    V3_5,
    /// 4.0.x.
    V4_0,
    /// 4.1.x, checked against 4.1.4.
    V4_1,
    /// 4.2.x: as 4.1 in everything modelled.
    V4_2,
    /// 4.3.x, defaults read from 4.3.0.
    V4_3,
}

impl SparkVersion {
    /// All versions, oldest first.
    pub const ALL: [SparkVersion; 5] =
        [SparkVersion::V3_5, SparkVersion::V4_0, SparkVersion::V4_1, SparkVersion::V4_2, SparkVersion::V4_3];

    /// Major and minor number.
    pub const fn numbers(self) -> (u32, u32) {
        match self {
            SparkVersion::V3_5 => (3, 5),
            SparkVersion::V4_0 => (4, 0),
            SparkVersion::V4_1 => (4, 1),
            SparkVersion::V4_2 => (4, 2),
            SparkVersion::V4_3 => (4, 3),
        }
    }
}

impl fmt::Display for SparkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.numbers();
        write!(f, "{major}.{minor}")
    }
}

/// How well a version text is covered by the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// An Apache release of a modelled minor version.
    Modelled,
    /// A vendor's build, a preview or another minor version: the nearest modelled one stands in.
    Nearest,
}

/// A version as a log or a user writes it, mapped to a modelled one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedVersion {
    /// The version whose behaviour is used.
    pub version: SparkVersion,
    /// Whether that is the version that was asked for.
    pub coverage: Coverage,
}

/// A text that is no Spark version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionError {
    /// What was found.
    pub found: String,
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a Spark version: write major.minor, one of", self.found.escape_debug())?;
        for (i, version) in SparkVersion::ALL.iter().enumerate() {
            write!(f, "{} {version}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for VersionError {}

impl FromStr for ParsedVersion {
    type Err = VersionError;

    /// Reads `4.1`, `3.5.6`, or a vendor's `3.3.0-amzn-0`. Vendors build on the release they name
    /// but change it, so a suffix is never [`Coverage::Modelled`].
    fn from_str(text: &str) -> Result<ParsedVersion, VersionError> {
        let error = || VersionError { found: text.into() };
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (numbers, suffix) = trimmed.split_at(end);
        let mut parts = numbers.trim_end_matches('.').split('.');
        let mut number = || parts.next()?.parse::<u32>().ok();
        let major = number().ok_or_else(error)?;
        let minor = number().ok_or_else(error)?;
        let wanted = (major, minor);
        // The newest that is not newer than asked; what is older than all gets the oldest.
        let version = SparkVersion::ALL
            .into_iter()
            .rfind(|version| version.numbers() <= wanted)
            .unwrap_or(SparkVersion::V3_5);
        let coverage = if suffix.is_empty() && version.numbers() == wanted {
            Coverage::Modelled
        } else {
            Coverage::Nearest
        };
        Ok(ParsedVersion { version, coverage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_nearest_modelled_one_and_says_so() {
        use Coverage::{Modelled, Nearest};
        use SparkVersion::{V3_5, V4_0, V4_1, V4_3};
        for (text, version, coverage) in [
            ("3.5", V3_5, Modelled),
            ("3.5.6", V3_5, Modelled),
            ("4.0", V4_0, Modelled),
            ("4.1.4", V4_1, Modelled),
            ("4.3", V4_3, Modelled),
            ("3.3.0-amzn-0", V3_5, Nearest),
            ("3.5.1-amzn-1", V3_5, Nearest),
            ("4.0.0.7.3.1.0-197", V4_0, Nearest),
            ("4.0.x-scala2.13", V4_0, Nearest),
            ("4.9", V4_3, Nearest),
            ("2.4.8", V3_5, Nearest),
        ] {
            let parsed: ParsedVersion = text.parse().expect(text);
            assert_eq!(parsed, ParsedVersion { version, coverage }, "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused_with_the_choice() {
        for text in ["", "4", "spark", "four.one", "v3.5"] {
            assert!(text.parse::<ParsedVersion>().is_err(), "{text}");
        }
        let error = "4".parse::<ParsedVersion>().expect_err("no minor number");
        assert_eq!(
            error.to_string(),
            "`4` is not a Spark version: write major.minor, one of 3.5, 4.0, 4.1, 4.2, 4.3"
        );
    }
}

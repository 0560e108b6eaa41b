//! Units of sizes and times with their suffixes: `JavaUtils.byteSuffixes` and `timeSuffixes`.

use std::fmt;

/// A unit of sizes: Spark's `ByteUnit`. All are powers of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteUnit {
    /// Bytes.
    B,
    /// 2^10 bytes.
    KiB,
    /// 2^20 bytes.
    MiB,
    /// 2^30 bytes.
    GiB,
    /// 2^40 bytes.
    TiB,
    /// 2^50 bytes.
    PiB,
}

impl ByteUnit {
    /// Bytes in one of this unit.
    pub const fn bytes(self) -> u64 {
        1 << (10 * self as u32)
    }

    /// The unit of a suffix in lower case.
    pub fn of_suffix(suffix: &str) -> Option<ByteUnit> {
        Some(match suffix {
            "b" => ByteUnit::B,
            "k" | "kb" => ByteUnit::KiB,
            "m" | "mb" => ByteUnit::MiB,
            "g" | "gb" => ByteUnit::GiB,
            "t" | "tb" => ByteUnit::TiB,
            "p" | "pb" => ByteUnit::PiB,
            _ => return None,
        })
    }
}

impl fmt::Display for ByteUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"][*self as usize])
    }
}

/// A unit of times: the `TimeUnit`s that Spark has a suffix for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Microseconds, `us`.
    Micros,
    /// Milliseconds, `ms`.
    Millis,
    /// Seconds, `s`.
    Seconds,
    /// Minutes, `m` or `min`.
    Minutes,
    /// Hours, `h`.
    Hours,
    /// Days, `d`.
    Days,
}

impl TimeUnit {
    /// Nanoseconds in one of this unit.
    pub const fn nanos(self) -> i64 {
        match self {
            TimeUnit::Micros => 1_000,
            TimeUnit::Millis => 1_000_000,
            TimeUnit::Seconds => 1_000_000_000,
            TimeUnit::Minutes => 60 * TimeUnit::Seconds.nanos(),
            TimeUnit::Hours => 60 * TimeUnit::Minutes.nanos(),
            TimeUnit::Days => 24 * TimeUnit::Hours.nanos(),
        }
    }

    /// The unit of a suffix in lower case.
    pub fn of_suffix(suffix: &str) -> Option<TimeUnit> {
        Some(match suffix {
            "us" => TimeUnit::Micros,
            "ms" => TimeUnit::Millis,
            "s" => TimeUnit::Seconds,
            "m" | "min" => TimeUnit::Minutes,
            "h" => TimeUnit::Hours,
            "d" => TimeUnit::Days,
            _ => return None,
        })
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["microseconds", "milliseconds", "seconds", "minutes", "hours", "days"][*self as usize])
    }
}

//! Values observed from `JavaUtils` and `Utils` of Spark 3.5.6 and 4.1.4.

use super::*;
use crate::conf::unit::{ByteUnit, TimeUnit};

fn bytes(text: &str) -> Result<u64, QuantityError> {
    byte_string_as(text, ByteUnit::B)
}

fn millis(text: &str) -> Result<i64, QuantityError> {
    time_string_as(text, TimeUnit::Millis)
}

#[test]
fn a_size_is_a_whole_number_and_a_suffix_in_any_case() {
    assert_eq!(bytes(" 5m "), Ok(5 << 20));
    assert_eq!(bytes("5M"), Ok(5 << 20));
    assert_eq!(bytes("1Gb"), Ok(1 << 30));
    assert_eq!(bytes("7"), Ok(7));
    assert_eq!(bytes("8191p"), Ok(9_222_246_136_947_933_184));
    assert_eq!(bytes(""), Err(QuantityError::Malformed));
    assert_eq!(bytes("m"), Err(QuantityError::Malformed));
    assert_eq!(bytes("1 g"), Err(QuantityError::Malformed));
    assert_eq!(bytes("-1"), Err(QuantityError::Malformed));
    assert_eq!(bytes("1kib"), Err(QuantityError::UnknownSuffix("kib".into())));
}

#[test]
fn a_bare_number_takes_the_unit_of_its_key_and_a_smaller_unit_is_truncated() {
    assert_eq!(byte_string_as("2048", ByteUnit::MiB), Ok(2048));
    assert_eq!(byte_string_as("2000000k", ByteUnit::MiB), Ok(1953));
    assert_eq!(byte_string_as("1073741824b", ByteUnit::MiB), Ok(1024));
    assert_eq!(byte_string_as("9223372036854775807m", ByteUnit::MiB), Ok(u64::MAX / 2));
}

#[test]
fn too_large_sizes_are_refused() {
    for text in ["8192p", "9007199254740992k", "9223372036854775808", "99999999999999999999"] {
        assert_eq!(bytes(text), Err(QuantityError::Overflow), "{text}");
    }
}

#[test]
fn fractions_are_refused_with_the_whole_number_to_write() {
    assert_eq!(bytes("1.5g"), Err(QuantityError::Fraction(Some("1536m".into()))));
    assert_eq!(bytes("0.1g"), Err(QuantityError::Fraction(None)));
    assert_eq!(bytes("1.5"), Err(QuantityError::Fraction(None)));
    assert_eq!(bytes("1.g"), Err(QuantityError::Malformed));
    assert_eq!(millis("1.5s"), Err(QuantityError::Fraction(None)));
}

#[test]
fn a_size_may_be_negative_where_the_key_allows_it() {
    assert_eq!(byte_from_string("-1", ByteUnit::B), Ok(-1));
    assert_eq!(byte_from_string("-1k", ByteUnit::B), Ok(-1024));
    assert_eq!(byte_from_string(" -1", ByteUnit::B), Err(QuantityError::Malformed));
}

#[test]
fn a_time_has_its_own_suffixes_and_saturates() {
    assert_eq!(millis("5"), Ok(5));
    assert_eq!(millis("1M"), Ok(60_000));
    assert_eq!(millis("1min"), Ok(60_000));
    assert_eq!(millis("-3s"), Ok(-3_000));
    assert_eq!(millis("1500us"), Ok(1));
    assert_eq!(millis("-1500us"), Ok(-1));
    assert_eq!(millis("106751991167d"), Ok(9_223_372_036_828_800_000));
    assert_eq!(millis("106751991168d"), Ok(i64::MAX));
    assert_eq!(millis("3w"), Err(QuantityError::UnknownSuffix("w".to_owned())));
    assert_eq!(millis("9223372036854775808"), Err(QuantityError::Overflow));
}

#[test]
fn booleans_and_numbers_are_scalas() {
    assert_eq!(to_boolean(" TRUE"), Some(true));
    assert_eq!(to_boolean("yes"), None);
    assert_eq!(to_long("+7 "), Some(7));
    assert_eq!(to_long("7.0"), None);
    assert_eq!(to_double("1d"), Some(1.0));
    assert_eq!(to_double(".5"), Some(0.5));
    assert_eq!(to_double("1e-3"), Some(0.001));
    assert_eq!(to_double("nan"), None);
    assert_eq!(to_double("1e999"), None);
    assert_eq!(to_double("1p"), None);
    assert_eq!(to_billionths("0.1"), Some(100_000_000));
    assert_eq!(to_billionths("2"), Some(2_000_000_000));
    assert_eq!(to_billionths("0.0000000001"), None);
    assert_eq!(to_billionths("-1"), None);
    assert_eq!(to_billionths("."), None);
}

#[test]
fn sizes_are_printed_in_the_largest_unit_of_which_there_are_two() {
    for (bytes, text) in [
        (0, "0.0 B"),
        (2047, "2047.0 B"),
        (2048, "2.0 KiB"),
        (1_572_864, "1536.0 KiB"),
        (1_610_612_736, "1536.0 MiB"),
        (1 << 31, "2.0 GiB"),
        (3_126_853_632, "2.9 GiB"),
        (2_476_100_185_751_552, "2.2 PiB"),
        (i64::MAX.unsigned_abs(), "8.0 EiB"),
    ] {
        assert_eq!(bytes_to_string(bytes), text);
    }
}

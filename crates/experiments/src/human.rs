//! Sizes, times and counts as people read them.

use sim_core::conf::quantity::bytes_to_string;

/// A size in Spark's own form, `1536.0 MiB`; nothing is `0 B`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..2048 => format!("{bytes} B"),
        _ => bytes_to_string(bytes),
    }
}

/// A time with three digits that count: `0 ms`, `417 ms`, `12.3 s`, `4 min 05 s`, `3 h 20 min`.
#[must_use]
pub fn ms(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10),
        10_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", ms / 60_000, ms % 60_000 / 1_000),
        _ => format!("{} h {:02} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// A number with its noun: `1 task`, `8 tasks`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", grouped(number)),
    }
}

/// A number with its thousands set apart: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let all = [0, 999, 1_000, 9_999, 10_000, 59_999, 60_000, 245_900, 3_600_000, 12_000_000];
        let texts = all.map(ms);
        let wanted = [
            "0 ms",
            "999 ms",
            "1.00 s",
            "9.99 s",
            "10.0 s",
            "59.9 s",
            "1 min 00 s",
            "4 min 05 s",
            "1 h 00 min",
            "3 h 20 min",
        ];
        assert_eq!(texts, wanted);
    }

    #[test]
    fn small_sizes_are_whole_and_numbers_are_grouped() {
        assert_eq!([0, 2_047, 2_048].map(bytes), ["0 B", "2047 B", "2.0 KiB"]);
        assert_eq!([1, 999, 1_000, 1_234_567].map(grouped), ["1", "999", "1,000", "1,234,567"]);
        assert_eq!([count(1, "task"), count(2_000, "task")], ["1 task", "2,000 tasks"]);
    }
}

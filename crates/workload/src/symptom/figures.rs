//! Figures in the texts of errors.

use std::collections::BTreeMap;

use regex::Regex;

use super::Symptom;

/// Figures by name. Names end in their unit: `_bytes`, `_ms`; counts have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<&'static str, i64>);

/// What figures a symptom's text has: patterns with a group for each. A group's number may have a unit of sizes.
fn patterns(symptom: Symptom) -> &'static [(&'static str, &'static [&'static str])] {
    match symptom {
        Symptom::YarnPhysical => {
            &[(r"([\d.]+ ?[KMGT]?B) of ([\d.]+ ?[KMGT]?B) physical memory", &["used_bytes", "limit_bytes"])]
        }
        Symptom::YarnVirtual => {
            &[(r"([\d.]+ ?[KMGT]?B) of ([\d.]+ ?[KMGT]?B) virtual memory", &["used_bytes", "limit_bytes"])]
        }
        Symptom::UnableToAcquire | Symptom::SparkOutOfMemory => {
            &[(r"acquire (\d+) bytes of memory, got (\d+)", &["asked_bytes", "got_bytes"])]
        }
        Symptom::HashRelation => &[(
            r"acquire (\d+) bytes memory to build hash relation, got (\d+)",
            &["asked_bytes", "got_bytes"],
        )],
        Symptom::MaxResultSize => &[
            (r"results of (\d+) tasks", &["tasks"]),
            (
                r"\(([\d.]+ [KMGTE]?i?B)\) is bigger than (?:spark\.driver\.|local )maxResultSize,? \(?([\d.]+ [KMGTE]?i?B)",
                &["total_bytes", "limit_bytes"],
            ),
        ],
        Symptom::BroadcastRows => &[(r"over (\d+) rows: (\d+) rows", &["limit_rows", "rows"])],
        Symptom::BroadcastBytes => {
            &[(r"larger than ([\d.]+ ?[KMGTE]?i?B): ([\d.]+ ?[KMGTE]?i?B)", &["limit_bytes", "total_bytes"])]
        }
        Symptom::TaskTooLarge => {
            &[(r"was (\d+) bytes", &["asked_bytes"]), (r"maxSize \((\d+) bytes\)", &["limit_bytes"])]
        }
        Symptom::KryoOverflow => &[(r"Available: (\d+), required: (\d+)", &["left_bytes", "asked_bytes"])],
        Symptom::DirectMemory => &[
            (r"allocate (\d+) byte\(s\) of direct memory", &["asked_bytes"]),
            (r"\(used: (\d+), max: (\d+)\)", &["used_bytes", "limit_bytes"]),
            (r"reserve (\d+) bytes of direct", &["asked_bytes"]),
            (r"\(allocated: (\d+), limit: (\d+)\)", &["used_bytes", "limit_bytes"]),
        ],
        Symptom::NativeMemory => &[(r"failed to (?:map|allocate) (\d+) bytes", &["asked_bytes"])],
        Symptom::HeartbeatTimeout => &[(r"timed out after (\d+) ms", &["waited_ms"])],
        Symptom::ExecutorFailures => &[(r"failures \((\d+)\)", &["failures"])],
        Symptom::FetchFailed => &[(r"for shuffle (\d+)", &["shuffle"])],
        Symptom::RequiredMemory => &[
            (r"Required (?:executor|AM) memory \((\d+)", &["heap_mib"]),
            (r"offHeap memory \((\d+)\) MB", &["off_heap_mib"]),
            (r"overhead \((\d+)", &["overhead_mib"]),
            (r"PySpark memory \((\d+)", &["pyspark_mib"]),
            (r"max threshold \((\d+)", &["limit_mib"]),
        ],
        Symptom::SystemMemory => &[(r"memory (\d+) must be at least (\d+)", &["asked_bytes", "limit_bytes"])],
        Symptom::ManagedLeak => &[(r"size = (\d+) bytes", &["left_bytes"])],
        Symptom::CacheRefused => &[(r"computed ([\d.]+ [KMGT]?i?B) so far", &["used_bytes"])],
        Symptom::SpillNotice => &[(r"data of ([\d.]+ [KMGT]?i?B) to disk", &["used_bytes"])],
        Symptom::BroadcastTimeout => &[(r"broadcast in (\d+) secs", &["limit_s"])],
        Symptom::TooLargeFrame => &[(r"frame: (\d+)", &["asked_bytes"])],
        _ => &[],
    }
}

impl Figures {
    /// The figures of a symptom in a text, with its exit code, if the text names one.
    pub(super) fn read(symptom: Symptom, text: &str, codes: &[i32]) -> Self {
        let mut figures = BTreeMap::new();
        for (pattern, names) in patterns(symptom) {
            let pattern = Regex::new(pattern).expect("a pattern");
            let Some(found) = pattern.captures(text) else { continue };
            for (name, group) in names.iter().zip(found.iter().skip(1)) {
                if let Some(value) = group.and_then(|group| number(group.as_str())) {
                    figures.entry(*name).or_insert(value);
                }
            }
        }
        if let Some(code) = codes.iter().find(|code| **code != 0) {
            figures.insert("exit_code", i64::from(*code));
        }
        Self(figures)
    }

    /// The figure of that name, where it is one and not negative.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(|value| u64::try_from(*value).ok())
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        self.0.get("exit_code").copied()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, i64)> + '_ {
        self.0.iter().map(|(name, value)| (*name, *value))
    }
}

/// A count, or a size in the units of Hadoop (`16.9 GB`) and Spark (`16.9 GiB`), which are the same.
fn number(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().chars().next() {
        None | Some('B') => 0,
        Some('K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        Some('T') => 40,
        Some('E') => 60,
        Some(_) => return None,
    };
    if shift == 0 && !number.contains('.') {
        return number.parse().ok();
    }
    let value = number.parse::<f64>().ok()? * (1_i64 << shift) as f64;
    (value < i64::MAX as f64).then_some(value.round() as i64)
}

//! What was and was not read.

use std::{collections::BTreeMap, ops::RangeInclusive};

/// What was read so far, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostics {
    /// The log that was chosen: its file, its folder, or its name inside of a ZIP.
    pub log: String,
    /// Other logs beside it that were not read: earlier attempts of the same application.
    pub other_logs: Vec<String>,
    /// Files read to their end.
    pub files_read: u64,
    /// Files of a rolling log that hold a compacted part: earlier events of ended jobs are gone.
    pub compacted_files: u64,
    /// Files that the newest compacted one replaces.
    pub superseded_files: u64,
    /// Indices of a rolling log that are missing.
    pub missing_indices: Vec<RangeInclusive<u64>>,
    /// Links that lead out of the folder and were not followed.
    pub links_skipped: Vec<String>,
    /// Lines, blank and malformed ones too.
    pub lines: u64,
    /// Lines with nothing but white space.
    pub blank_lines: u64,
    /// Events by name as in the log, the unknown ones too.
    pub events: BTreeMap<String, u64>,
    /// Lines that are no event.
    pub malformed_lines: u64,
    /// The first malformed lines.
    pub first_malformed: Vec<MalformedLine>,
    /// Files whose last line lacks its end and is no event: written at this moment, or cut off.
    pub incomplete_lines: u64,
    /// Places where a compressed stream ends too early or is damaged, or where a file of a rolling log is none. What
    /// decodes before is kept, and what decodes after it.
    pub damages: u64,
    /// The first of them.
    pub damaged_streams: Vec<DamagedStream>,
    /// Whether the log says which Spark wrote it.
    pub log_start_seen: bool,
    /// Whether the application came to its end.
    pub application_end_seen: bool,
    /// Whether the log's name says that it is still written: `.inprogress` of it or of a folder's `appstatus`.
    pub in_progress: bool,
}

/// A line that is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedLine {
    /// The file.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

/// A compressed stream that could not be decoded to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedStream {
    /// The file.
    pub file: String,
    /// Lines read of it.
    pub lines: u64,
    /// Whether it just ends too early, as a log does that is still written.
    pub truncated: bool,
    /// What is wrong.
    pub reason: String,
}

impl Diagnostics {
    /// Malformed lines and damaged streams of which the place is kept.
    pub const FIRST_MALFORMED: usize = 10;
    /// Distinct names of events that are counted each on its own.
    pub const NAMES: usize = 1000;
    /// The name under which further ones are counted.
    pub const FURTHER_NAMES: &str = "(further names)";

    /// All events that were read.
    pub fn event_count(&self) -> u64 {
        self.events.values().sum()
    }

    /// How many events of a name were read.
    pub fn count(&self, name: &str) -> u64 {
        self.events.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn event(&mut self, name: &str) {
        if let Some(count) = self.events.get_mut(name) {
            *count += 1;
        } else {
            let name = if self.events.len() < Self::NAMES { name } else { Self::FURTHER_NAMES };
            *self.events.entry(name.chars().take(200).collect()).or_default() += 1;
        }
    }

    pub(crate) fn damaged(&mut self, damage: DamagedStream) {
        self.damages += 1;
        if self.damaged_streams.len() < Self::FIRST_MALFORMED {
            self.damaged_streams.push(damage);
        }
    }

    pub(crate) fn malformed(&mut self, file: &str, line: u64, reason: &impl ToString) {
        self.malformed_lines += 1;
        if self.first_malformed.len() < Self::FIRST_MALFORMED {
            self.first_malformed.push(MalformedLine {
                file: file.to_owned(),
                line,
                reason: reason.to_string(),
            });
        }
    }
}

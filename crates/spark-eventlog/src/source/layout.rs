//! Which files make a log, told by their names as Spark and vendors give them.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::is_in_progress;
use crate::Error;

/// A log among files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    /// Its folder, or its file.
    pub(super) name: String,
    kind: Layout,
    /// Indices of the files in order.
    pub(super) files: Vec<usize>,
    pub(super) compacted_files: u64,
    pub(super) superseded_files: u64,
    pub(super) missing_indices: Vec<RangeInclusive<u64>>,
    pub(super) in_progress: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Layout {
    #[default]
    Single,
    Rolling,
    /// `eventlog` with `eventlog-2024-01-01--10-00.gz` beside it.
    Dated,
}

impl Log {
    pub(super) fn is_single(&self) -> bool {
        self.kind == Layout::Single
    }

    /// The application and its attempt, as far as the name tells.
    fn application(&self) -> (&str, u64) {
        let base = self.name.rsplit('/').next().unwrap_or_default();
        let id = base.strip_prefix("eventlog_v2_").unwrap_or(base);
        let id = if self.is_single() { id.split('.').next().unwrap_or(id) } else { id };
        // Ids of YARN hold two underscores themselves.
        let own = if id.starts_with("application_") { 2 } else { 0 };
        match id.rsplit_once('_') {
            Some((app, attempt)) if app.matches('_').count() >= own => {
                attempt.parse().map_or((id, 0), |attempt| (app, attempt))
            }
            _ => (id, 0),
        }
    }
}

/// A file of a rolling log.
struct Rolled {
    index: u64,
    compacted: bool,
    file: usize,
}

/// What the files of one folder are.
#[derive(Default)]
struct Folder {
    rolled: Vec<Rolled>,
    dated: Vec<(String, usize)>,
    single: Vec<(String, usize)>,
    in_progress: bool,
}

/// All logs among files, which are given in order of their names. `outer` is the name of what holds them.
pub(super) fn logs<'a>(outer: &str, files: impl Iterator<Item = &'a str>) -> Vec<Log> {
    let mut folders = BTreeMap::<&str, Folder>::new();
    for (file, path) in files.enumerate() {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        // Checksums of Hadoop, markers of success, and what systems leave behind.
        if name.starts_with(['.', '_']) || folder.starts_with("__MACOSX") {
            continue;
        }
        let folder = folders.entry(folder).or_default();
        if let Some(index) = rolled_index(name) {
            folder.rolled.push(Rolled { index, compacted: name.ends_with(".compact"), file });
        } else if name.starts_with("appstatus") {
            folder.in_progress |= is_in_progress(name);
        } else if is_dated(name) {
            folder.dated.push((name.to_owned(), file));
        } else {
            folder.single.push((path.to_owned(), file));
        }
    }
    let mut logs = Vec::new();
    for (path, Folder { rolled, dated, single, in_progress }) in folders {
        let name = if path.is_empty() { outer.trim_end_matches('/') } else { path }.to_owned();
        if !rolled.is_empty() {
            logs.push(Log { name, in_progress, ..rolling(rolled) });
        } else if !dated.is_empty() {
            logs.push(Log { name, ..in_order_of_date(dated) });
        } else {
            logs.extend(single.into_iter().map(|(name, file)| Log {
                in_progress: is_in_progress(&name),
                name,
                files: vec![file],
                ..Log::default()
            }));
        }
    }
    logs
}

/// `events_<index>_<application>`.
fn rolled_index(name: &str) -> Option<u64> {
    name.strip_prefix("events_")?.split('_').next()?.parse().ok()
}

/// As Spark's `RollingEventLogFilesFileReader`: the newest compacted file, which comes after the file of its own index,
/// and all after it.
fn rolling(mut files: Vec<Rolled>) -> Log {
    files.sort_by_key(|file| (file.index, file.compacted));
    let from = files.iter().rposition(|file| file.compacted).unwrap_or(0);
    let superseded_files = from as u64;
    files.drain(..from);
    // A second copy of an index, say with another codec.
    files.dedup_by_key(|file| file.index);
    let compacted = files.first().is_some_and(|file| file.compacted);
    let mut missing_indices = Vec::new();
    let mut expected = if compacted { files[0].index } else { 1 };
    for file in &files {
        if file.index > expected {
            missing_indices.push(expected..=file.index - 1);
        }
        expected = file.index.saturating_add(1);
    }
    Log {
        kind: Layout::Rolling,
        files: files.iter().map(|file| file.file).collect(),
        compacted_files: compacted.into(),
        superseded_files,
        missing_indices,
        ..Log::default()
    }
}

/// `eventlog`, or `eventlog-<date>` with any ending.
fn is_dated(name: &str) -> bool {
    name == "eventlog"
        || name.strip_prefix("eventlog-").is_some_and(|date| {
            let shape = b"dddd-dd-dd--dd-dd";
            date.len() >= shape.len()
                && date.bytes().zip(shape).all(|(byte, &shape)| match shape {
                    b'd' => byte.is_ascii_digit(),
                    other => byte == other,
                })
        })
}

/// The dates are such that their order is that of the names; the file without a date is the one that is written.
fn in_order_of_date(mut files: Vec<(String, usize)>) -> Log {
    files.sort_by(|(a, _), (b, _)| (a == "eventlog").cmp(&(b == "eventlog")).then_with(|| a.cmp(b)));
    Log { kind: Layout::Dated, files: files.into_iter().map(|(_, file)| file).collect(), ..Log::default() }
}

/// The log that is wanted: the one of that name, or the only one, or the last attempt of the only application. With
/// the names of those that are not read.
pub(super) fn choose(
    outer: &str,
    mut logs: Vec<Log>,
    wanted: Option<&str>,
) -> Result<(Log, Vec<String>), Error> {
    let none = || Error::NoLog { name: outer.to_owned(), wanted: wanted.map(str::to_owned) };
    // The last attempt last; one that is complete after one that is not.
    logs.sort_by(|a, b| {
        let key = |log: &Log| (log.application().1, !log.in_progress);
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    let at = match wanted {
        Some(wanted) => logs.iter().position(|log| {
            log.name == wanted || log.name.strip_suffix(wanted).is_some_and(|before| before.ends_with('/'))
        }),
        None => logs.len().checked_sub(1),
    };
    let log = logs.remove(at.ok_or_else(none)?);
    let mut others: Vec<_> = logs.iter().map(|other| other.name.clone()).collect();
    others.sort();
    if wanted.is_none() && logs.iter().any(|other| other.application().0 != log.application().0) {
        others.push(log.name);
        others.sort();
        return Err(Error::SeveralLogs { name: outer.to_owned(), logs: others });
    }
    Ok((log, others))
}

//! Files, folders and ZIPs.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use spark_eventlog::{EventLog, Options};
use tempfile::TempDir;

use crate::{Read, data, refusal, sort_log, sort_names};

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn event(name: &str) -> String {
    format!("{{\"Event\":\"{name}\"}}\n")
}

/// Reads a folder whose files each hold one event of the file's own name.
fn read_named(files: &[&str]) -> Read {
    let events: Vec<_> = files.iter().map(|name| event(name)).collect();
    let files: Vec<_> = files.iter().copied().zip(events.iter().map(String::as_str)).collect();
    let folder = folder(&files);
    Read::path(folder.path()).expect("a log").sound()
}

#[test]
fn rolled_files_are_read_in_order_of_their_index() {
    let read = read_named(&["events_10_a", "events_2_a", "events_1_a", ".events_1_a.crc"]);
    assert_eq!(read.names, ["events_1_a", "events_2_a", "events_10_a"]);
    assert_eq!(read.diagnostics.missing_indices, [3..=9]);
    assert_eq!((read.diagnostics.files_read, read.diagnostics.compacted_files), (3, 0));
}

#[test]
fn an_index_without_end_is_no_list_without_end() {
    let read = read_named(&["events_18446744073709551615_a", "events_5_a"]);
    assert_eq!(read.diagnostics.missing_indices, [1..=4, 6..=18_446_744_073_709_551_614]);
}

/// The newest compacted file and those after it, as Spark's `RollingEventLogFilesFileReader`.
#[test]
fn a_compacted_file_replaces_what_is_before_it() {
    let files =
        ["events_1_a", "events_2_a.compact", "events_3_a", "events_4_a", "events_4_a.compact", "events_5_a"];
    let read = read_named(&files);
    assert_eq!(read.names, ["events_4_a.compact", "events_5_a"]);
    let diagnostics = read.diagnostics;
    assert_eq!((diagnostics.compacted_files, diagnostics.superseded_files), (1, 4));
    assert!(diagnostics.missing_indices.is_empty());
}

#[test]
fn the_marker_tells_whether_it_is_still_written() {
    let text = event("X");
    let whole = folder(&[("eventlog_v2_a/events_1_a", &text), ("eventlog_v2_a/appstatus_a", "")]);
    assert!(!Read::path(whole.path()).expect("a log").diagnostics.in_progress);
    let written =
        folder(&[("eventlog_v2_a/events_1_a", &text), ("eventlog_v2_a/appstatus_a.inprogress", "")]);
    let read = Read::path(written.path().join("eventlog_v2_a")).expect("a log");
    assert!(read.diagnostics.in_progress);
}

#[test]
fn a_rolled_file_that_is_damaged_does_not_cost_those_after_it() {
    let (first, last) = (event("First"), event("Last"));
    let files =
        [("events_1_a", first.as_str()), ("events_2_a", "<html>"), ("events_3_a", ""), ("events_4_a", &last)];
    let read = Read::path(folder(&files).path()).expect("a log");
    assert_eq!(read.names, ["First", "Last"]);
    assert_eq!((read.diagnostics.damages, read.diagnostics.files_read), (1, 4));
    assert_eq!(read.diagnostics.damaged_streams[0].reason, "is an HTML or XML page");
}

#[test]
fn lines_do_not_go_on_in_the_next_file() {
    let files =
        [("events_1_a", "{\"Event\":\"A\"}\n{\"Event\":"), ("events_2_a", "\"B\"}\n{\"Event\":\"C\"}\n")];
    let read = Read::path(folder(&files).path()).expect("a log");
    assert_eq!(read.names, ["A", "", "", "C"]);
    assert_eq!((read.diagnostics.incomplete_lines, read.diagnostics.malformed_lines), (1, 1));
}

/// Databricks' files, made up by the names that its documentation and users show: none could be recorded here.
#[test]
fn files_with_dates_are_read_in_order_and_the_one_without_last() {
    let read = read_named(&["eventlog", "eventlog-2024-01-01--10-00.gz", "eventlog-2023-12-31--23-00"]);
    assert_eq!(read.names, ["eventlog-2023-12-31--23-00", "eventlog-2024-01-01--10-00.gz", "eventlog"]);
}

#[test]
fn a_folder_with_one_log_is_that_log() {
    let text = event("X");
    let folder = folder(&[("logs/local-1", &text), ("logs/README.md", "about it"), ("logs/_SUCCESS", "")]);
    let read = Read::path(folder.path()).expect("a log").sound();
    assert_eq!(read.diagnostics.log, "logs/local-1");
}

/// What Spark 1.0 to 1.2 wrote.
#[test]
fn a_folder_of_the_oldest_versions_is_a_log() {
    let text = event("X");
    let files = [("EVENT_LOG_1", text.as_str()), ("SPARK_VERSION_1.2.0", ""), ("APPLICATION_COMPLETE", "")];
    assert_eq!(Read::path(folder(&files).path()).expect("a log").sound().names, ["X"]);
}

#[test]
fn of_several_applications_one_is_to_be_named() {
    let (a, b) = (event("A"), event("B"));
    let folder = folder(&[("app-1", &a), ("app-2", &b)]);
    let message = refusal(Read::path(folder.path()));
    assert!(message.ends_with("holds 2 logs, of which one can be read: app-1, app-2"), "{message}");
    let read = |name: &str| Options::new().log(name).open(folder.path()).and_then(Read::all);
    assert_eq!(read("app-1").expect("a log").names, ["A"]);
    assert!(refusal(read("app-3")).ends_with("holds no event log `app-3`"));
}

#[test]
fn of_several_attempts_the_last_one_is_read() {
    let id = "application_1700000000000_0001";
    let names = [format!("{id}_1.zstd"), format!("{id}_10"), format!("{id}_9")];
    let read = read_named(&names.each_ref().map(String::as_str));
    assert_eq!(read.names, [&names[1][..]]);
    assert_eq!(read.diagnostics.other_logs, [&names[0][..], &names[2]]);
    // The underscores of YARN's ids are no attempts.
    let folder =
        folder(&[(id, "{\"Event\":\"A\"}"), ("application_1700000000000_0002", "{\"Event\":\"B\"}")]);
    assert!(refusal(Read::path(folder.path())).contains("holds 2 logs"));
}

#[test]
fn an_empty_folder_holds_no_log() {
    assert!(refusal(Read::path(folder(&[]).path())).ends_with("holds no event log"));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let outside = folder(&[("secret", &event("Secret"))]);
    let folder = folder(&[("events_1_a", &event("X"))]);
    let link = |target: &Path, name: &str| {
        std::os::unix::fs::symlink(target, folder.path().join(name)).expect("a link");
    };
    link(&outside.path().join("secret"), "events_2_a");
    link(outside.path(), "more");
    link(&folder.path().join("events_1_a"), "events_3_a");
    let read = Read::path(folder.path()).expect("a log");
    assert_eq!(read.names, ["X", "X"]);
    assert_eq!(read.diagnostics.links_skipped, ["events_2_a", "more"]);
}

#[test]
fn a_log_that_is_written_is_read_to_its_present_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("local-1.inprogress");
    let mut file = fs::File::create(&path).expect("a file");
    let text = sort_log();
    let (before, after) = text.split_at(text.len() / 2);
    file.write_all(before.as_bytes()).expect("space");
    let first = Read::path(&path).expect("a log");
    assert!(first.diagnostics.in_progress);
    assert_eq!((first.diagnostics.malformed_lines, first.diagnostics.incomplete_lines), (0, 1));
    // What comes while it is read is read too.
    let mut log = EventLog::open(&path).expect("a log");
    assert_eq!(log.next_event().expect("readable").expect("an event").name(), "SparkListenerLogStart");
    file.write_all(after.as_bytes()).expect("space");
    assert_eq!(Read::all(log).expect("a log").names, sort_names()[1..]);
}

/// Java's `ZipOutputStream`, with sizes behind the data.
#[test]
fn a_download_of_the_history_server_is_read() {
    let read = Read::path(data("sort.zip")).expect("a log").sound();
    assert_eq!(read.names, sort_names());
    assert_eq!(
        (read.diagnostics.log.as_str(), read.diagnostics.files_read),
        ("eventlog_v2_local-1795177414596", 2)
    );
    let bytes = fs::read(data("sort.zip")).expect("it is there");
    assert_eq!(Read::bytes(bytes).expect("a stream").sound().names, sort_names());
}

#[test]
fn a_zip_holds_logs_in_folders_of_attempts() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let id = "application_1700000000000_0001";
    for attempt in [1, 2] {
        zip.add_directory(format!("logs/eventlog_v2_{id}_{attempt}/"), stored).expect("a folder");
        let path = format!("logs/eventlog_v2_{id}_{attempt}/events_1_{id}_{attempt}.zstd");
        zip.start_file(path, stored).expect("a file");
        let text = event(&format!("Attempt{attempt}"));
        zip.write_all(&zstd::encode_all(text.as_bytes(), 1).expect("memory")).expect("memory");
    }
    let bytes = zip.finish().expect("memory").into_inner();
    let read = Read::bytes(bytes.clone()).expect("a log").sound();
    assert_eq!(read.names, ["Attempt2"]);
    assert_eq!(read.diagnostics.other_logs, [format!("logs/eventlog_v2_{id}_1")]);
    let first = Read::bytes_with(&Options::new().log(format!("eventlog_v2_{id}_1")), bytes).expect("a log");
    assert_eq!(first.names, ["Attempt1"]);
}

#[test]
fn a_zip_without_a_log_is_refused() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(
        "a.txt",
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored),
    )
    .expect("a file");
    zip.write_all(b"hello").expect("memory");
    let message = refusal(Read::bytes(zip.finish().expect("memory").into_inner()));
    assert_eq!(message, "bytes/a.txt: is text that does not begin with `{`, not an event log of Spark");
    let empty = zip::ZipWriter::new(Cursor::new(Vec::new())).finish().expect("memory").into_inner();
    assert_eq!(refusal(Read::bytes(empty)), "bytes: holds no event log");
}

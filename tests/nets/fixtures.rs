//! The recorded logs under `tests/fixtures` are whole, small and known by their truth.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Three megabytes: a clone should stay quick.
const MOST_BYTES: u64 = 3_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs")
}

/// The bytes of a file, or of all files below a folder.
fn size(path: &Path) -> u64 {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a readable folder");
        entries.map(|entry| size(&entry.expect("a readable entry").path())).sum()
    } else {
        fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len()
    }
}

/// The rows of the truth: id, log and the bytes of the log.
fn truth() -> Vec<(String, String, u64)> {
    let mut reader = csv::Reader::from_path(folder().join("truth.csv")).expect("the truth");
    let header = reader.headers().expect("a header").clone();
    let column = |name| header.iter().position(|cell| cell == name).expect("a column of the truth");
    let (id, log, bytes) = (column("id"), column("log"), column("log_bytes"));
    let row = |row: csv::StringRecord| {
        (row[id].to_owned(), row[log].to_owned(), row[bytes].parse().expect("a number of bytes"))
    };
    reader.records().map(|record| row(record.expect("a row as long as the header"))).collect()
}

#[test]
fn every_row_has_its_log_and_every_log_its_row() {
    let rows = truth();
    for (id, log, bytes) in &rows {
        assert!(log.starts_with(&format!("{id}/")), "{id}: the log of another run: {log}");
        let path = folder().join(log);
        assert!(path.exists(), "{id}: there is no {log}");
        // A rolling log has a file of its status, which holds nothing.
        assert_eq!(size(&path), *bytes, "{id}: {log} is not as it was recorded");
    }
    let known: BTreeSet<String> = rows.into_iter().map(|(id, ..)| id).collect();
    let entries = fs::read_dir(folder()).expect("the logs").map(|entry| entry.expect("a readable entry"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let there: BTreeSet<String> =
        folders.map(|entry| entry.file_name().into_string().expect("a plain name")).collect();
    assert_eq!(known, there);
}

#[test]
fn all_together_they_are_small() {
    let bytes = size(&folder());
    assert!(bytes <= MOST_BYTES, "{bytes} bytes of fixtures");
}

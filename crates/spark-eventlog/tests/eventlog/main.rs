//! What is read, and what is made of what cannot be.

mod codecs;
mod faults;
mod layouts;
mod mutations;
mod shapes;

use std::{io::Cursor, path::PathBuf};

use spark_eventlog::{Diagnostics, Error, Event, EventLog, Options};

/// What a log gave.
#[derive(Debug)]
struct Read {
    /// Names of events, empty for malformed lines.
    names: Vec<String>,
    diagnostics: Diagnostics,
}

impl Read {
    /// Reads a log to its end.
    fn all(mut log: EventLog) -> Result<Self, Error> {
        let mut names = Vec::new();
        while let Some(event) = log.next_event()? {
            names.push(event.name().to_owned());
        }
        assert!(log.next_event()?.is_none(), "the end stays the end");
        Ok(Self { names, diagnostics: log.diagnostics().clone() })
    }

    fn path(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Self::all(EventLog::open(path)?)
    }

    fn bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::bytes_with(&Options::new(), bytes)
    }

    fn bytes_with(options: &Options, bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::all(options.from_reader("bytes", Cursor::new(bytes.into()))?)
    }

    /// Asserts that nothing was wrong.
    #[track_caller]
    fn sound(self) -> Self {
        let Diagnostics { malformed_lines, incomplete_lines, damages, .. } = self.diagnostics;
        assert_eq!((malformed_lines, incomplete_lines, damages), (0, 0, 0), "{:?}", self.diagnostics);
        self
    }
}

fn data(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/data", name].iter().collect()
}

/// The text of the real log.
fn sort_log() -> String {
    std::fs::read_to_string(data("sort")).expect("the log is there")
}

/// Its events.
fn sort_names() -> Vec<String> {
    let text = sort_log();
    text.lines().map(|line| Event::parse(line.as_bytes()).expect("an event").name().to_owned()).collect()
}

/// The one message of a refusal.
#[track_caller]
fn refusal(read: Result<Read, Error>) -> String {
    read.expect_err("it is refused").to_string()
}

//! What is run: told by its content, not by its name.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use spark_eventlog::EventLog;
use workload::Scenario;
use workload::recorded::{self, Observed, Recorded};

use crate::kind::Kind;
use crate::{Error, Note, replay};

/// The largest scenario that is read.
const MAX_BYTES: u64 = 256 << 20;
/// Bytes that are looked at to tell what an input is.
const HEAD: u64 = 64 << 10;

/// Something that can be run.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name, for people.
    pub name: String,
    /// What it says.
    pub scenario: Scenario,
    /// What a user may want to know of how it was read.
    pub notes: Vec<Note>,
    /// What happened, where it is a log.
    pub observed: Option<Arc<Observed>>,
}

/// An input whose log is kept as it was read.
pub(crate) enum Opened {
    /// A scenario.
    Scenario(Box<Input>),
    /// A log with its name.
    Log(String, Box<Recorded>),
}

impl Opened {
    /// Opens a path; `-` is standard input. Errors are those of [`Input::open`].
    pub(crate) fn open(path: &Path, options: &LogOptions, seed: Option<u64>) -> Result<Self, Error> {
        let name = path.display().to_string();
        if name == "-" {
            let name = "standard input";
            let mut stream = std::io::stdin();
            let head = head(name, &mut stream)?;
            let is_log = Kind::of(&head) != Kind::Scenario;
            let stream = Cursor::new(head).chain(stream);
            return Ok(match is_log {
                true => {
                    let log = EventLog::from_reader(name, stream).map_err(of_reader)?;
                    let options =
                        recorded::Options { as_default: options.as_default, redact: options.redact };
                    Self::Log(name.to_owned(), Box::new(recorded::read(log, options)?))
                }
                false => Self::Scenario(Box::new(Input::read(name, stream, seed)?)),
            });
        }
        let is_log =
            path.is_dir() || (path.is_file() && Kind::of(&head(&name, &mut open(path)?)?) != Kind::Scenario);
        Ok(match is_log {
            true => Self::Log(name, Box::new(read_log(path, options)?)),
            false => Self::Scenario(Box::new(Input::open(path, seed)?)),
        })
    }
}

/// How a log is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Which log of a folder or ZIP, by the name of its file or folder there.
    pub log: Option<String>,
    /// As if Spark had logged only what it logs by default.
    pub as_default: bool,
    /// Pseudonyms in place of names.
    pub redact: bool,
}

impl Input {
    /// Reads a scenario or a log. `seed` replaces the one that a scenario gives.
    ///
    /// # Errors
    /// Where it cannot be read, or is of a kind that cannot be run.
    pub fn open(path: &Path, seed: Option<u64>) -> Result<Self, Error> {
        let name = path.display().to_string();
        let seekable = path.is_file();
        if path.is_dir() || (seekable && Kind::of(&head(&name, &mut open(path)?)?) != Kind::Scenario) {
            return of_log(&name, &read_log(path, &LogOptions::default())?);
        }
        Self::read(&name, open(path)?, seed)
    }

    /// Reads a stream to its end.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn read(
        name: &str,
        mut stream: impl Read + Send + 'static,
        seed: Option<u64>,
    ) -> Result<Self, Error> {
        let head = head(name, &mut stream)?;
        if Kind::of(&head) != Kind::Scenario {
            let log = EventLog::from_reader(name, Cursor::new(head).chain(stream)).map_err(of_reader)?;
            return of_log(name, &recorded::read(log, recorded::Options::default())?);
        }
        let text = text(name, head, stream)?;
        Ok(Self {
            name: name.to_owned(),
            scenario: Scenario::parse(name, &text, seed)?,
            notes: Vec::new(),
            observed: None,
        })
    }

    /// Reads a scenario; a log is refused.
    ///
    /// # Errors
    /// As [`Input::open`], and where it is an event log, which expects nothing.
    pub fn open_scenario(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let refused = || {
            Error::Input(format!(
                "{name} is an event log, which says nothing of what is expected: \
                 make a scenario of it with `poolsim import` and write an `expect:` block"
            ))
        };
        if path.is_dir() {
            return Err(refused());
        }
        let mut stream = open(path)?;
        let head = head(&name, &mut stream)?;
        if Kind::of(&head) == Kind::Log {
            return Err(refused());
        }
        Self::read(&name, Cursor::new(head).chain(stream), None)
    }
}

/// Reads an event log: a file, a folder, a ZIP, or `-` for standard input.
///
/// # Errors
/// Where it cannot be read, or is no event log.
pub fn read_log(path: &Path, options: &LogOptions) -> Result<Recorded, Error> {
    let name = path.display().to_string();
    let mut opening = spark_eventlog::Options::new();
    if let Some(log) = &options.log {
        opening = opening.log(log);
    }
    let log = if name == "-" {
        let mut stream = std::io::stdin();
        let head = head("standard input", &mut stream)?;
        refuse_scenario("standard input", &head)?;
        opening.from_reader("standard input", Cursor::new(head).chain(stream))
    } else {
        // A pipe is read once only.
        if path.is_file() {
            refuse_scenario(&name, &head(&name, &mut open(path)?)?)?;
        }
        opening.open(path)
    };
    let options = recorded::Options { as_default: options.as_default, redact: options.redact };
    Ok(recorded::read(log.map_err(of_reader)?, options)?)
}

fn of_log(name: &str, recorded: &Recorded) -> Result<Input, Error> {
    replay::input_of(name, recorded)
}

fn of_reader(error: spark_eventlog::Error) -> Error {
    match error {
        spark_eventlog::Error::SeveralLogs { .. } => {
            Error::Input(format!("{error}; choose one with --log NAME"))
        }
        spark_eventlog::Error::Io { name, source } => {
            Error::Input(format!("cannot read {name}: {}", reason(&source)))
        }
        other => Error::Input(other.to_string()),
    }
}

fn refuse_scenario(name: &str, head: &[u8]) -> Result<(), Error> {
    match Kind::of(head) {
        Kind::Scenario if Kind::looks_like_ron(head) => Err(Error::Input(format!(
            "{name} is a scenario, not an event log of Spark: run it with `poolsim run {name}`"
        ))),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> Result<std::fs::File, Error> {
    std::fs::File::open(path)
        .map_err(|error| Error::Input(format!("cannot read {}: {}", path.display(), reason(&error))))
}

/// The first bytes of a stream.
fn head(name: &str, stream: &mut impl Read) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    let read = stream.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(|error| Error::Input(format!("cannot read {name}: {}", reason(&error))))?;
    Ok(head)
}

/// All of a text whose first bytes have been read.
fn text(name: &str, head: Vec<u8>, stream: impl Read) -> Result<String, Error> {
    let mut bytes = head;
    let left = MAX_BYTES + 1 - bytes.len() as u64;
    stream
        .take(left)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::Input(format!("cannot read {name}: {}", reason(&error))))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::Input(format!(
            "{name} is larger than 256 MiB: give totals and distributions, not every row"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::Input(format!("{name} is no text: byte {at} is not UTF-8; a scenario is a UTF-8 file in RON"))
    })
}

/// What the system says, without its number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &'static [u8]) -> String {
        Input::read("x", bytes, None).expect_err("it cannot be run").to_string()
    }

    #[test]
    fn an_input_is_told_by_its_content() {
        assert!(refusal(b"<!DOCTYPE html>").contains("an HTML or XML page"));
        assert!(refusal(b"BZh91AY").contains("a bzip2 file"));
        assert!(refusal(b"(question: \"\xff\")").contains("byte 12 is not UTF-8"));
        assert!(Input::read("x", &b"(question: \"why?\")"[..], None).is_ok());
    }

    #[test]
    fn what_has_no_event_is_no_log() {
        assert!(refusal(b"{\"a\":1}\n").contains("not an event log of Spark"));
    }
}

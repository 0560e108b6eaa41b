//! The one error of the crate.

use std::io;

/// Why a log cannot be read (any further). A damaged line or a stream that is cut off is no error: it is counted in
/// [`Diagnostics`](crate::Diagnostics).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused.
    #[error("{name}: {source}")]
    Io {
        /// The file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing in it.
    #[error("{name}: is empty: expected an event log of Spark")]
    Empty {
        /// The file.
        name: String,
    },
    /// Not an event log.
    #[error("{name}: is {found}, not an event log of Spark{hint}")]
    NotALog {
        /// The file.
        name: String,
        /// What it seems to be.
        found: String,
        /// What to do, or empty.
        hint: &'static str,
    },
    /// A folder or ZIP with logs of several applications.
    #[error("{name}: holds {} logs, of which one can be read: {}", logs.len(), few(logs))]
    SeveralLogs {
        /// The folder or file.
        name: String,
        /// The logs in it.
        logs: Vec<String>,
    },
    /// No log in a folder or ZIP, or none of that name.
    #[error("{name}: holds no event log{}", wanted.as_ref().map_or(String::new(), |wanted| format!(" `{wanted}`")))]
    NoLog {
        /// The folder or file.
        name: String,
        /// The log that was asked for.
        wanted: Option<String>,
    },
    /// A line over the limit.
    #[error("{name}: line {line} is longer than {limit} bytes, the most that is read")]
    LineTooLong {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// A stream that decompresses to far more than a log does.
    #[error(
        "{name}: {compressed} bytes decompress to more than {decompressed}: more than {limit} times as much is refused"
    )]
    Bomb {
        /// The file.
        name: String,
        /// Bytes read so far.
        compressed: u64,
        /// Bytes that came of them.
        decompressed: u64,
        /// The limit.
        limit: u64,
    },
}

/// The first names of a list.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text.push_str(", ...");
    }
    text
}

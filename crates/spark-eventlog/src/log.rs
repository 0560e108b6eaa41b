//! The reader.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::{
    Diagnostics, Error, Event,
    lines::{Found, Lines},
};

/// An event log that is read event by event.
pub struct EventLog {
    lines: Lines<Box<dyn Read + Send>>,
    file: String,
    line_in_file: u64,
    diagnostics: Diagnostics,
}

impl EventLog {
    /// Longest line in bytes.
    pub const MAX_LINE: usize = 256 << 20;

    /// Opens a log: a file, a folder, a ZIP, or `-` for standard input. What it is shows in its content.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or is no event log.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let input: Box<dyn Read + Send> = if name == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).map_err(|source| Error::Io { name: name.clone(), source })?)
        };
        Self::from_reader(name, input)
    }

    /// Reads a log from a stream that is told in messages by `name`.
    ///
    /// # Errors
    ///
    /// It is no event log.
    pub fn from_reader(name: impl Into<String>, input: impl Read + Send + 'static) -> Result<Self, Error> {
        let file = name.into();
        let diagnostics = Diagnostics { log: file.clone(), ..Diagnostics::default() };
        Ok(Self { lines: Lines::new(Box::new(input), Self::MAX_LINE), file, line_in_file: 0, diagnostics })
    }

    /// The next event, or `None` after the last one. It borrows from the reader's buffer.
    ///
    /// # Errors
    ///
    /// Reading fails or a limit is exceeded. Damaged lines and streams are no errors but counted.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let (found, range) = loop {
            let (found, range) =
                self.lines.next().map_err(|source| Error::Io { name: self.file.clone(), source })?;
            match found {
                Found::End => return Ok(None),
                Found::TooLong => {
                    return Err(Error::LineTooLong {
                        name: self.file.clone(),
                        line: self.line_in_file + 1,
                        limit: Self::MAX_LINE,
                    });
                }
                Found::Line | Found::Rest => {}
            }
            self.line_in_file += 1;
            self.diagnostics.lines += 1;
            if !self.lines.bytes(range.clone()).trim_ascii().is_empty() {
                break (found, range);
            }
            self.diagnostics.blank_lines += 1;
        };
        match Event::parse(self.lines.bytes(range)) {
            Ok(event) => {
                self.diagnostics.event(event.name());
                return Ok(Some(event));
            }
            Err(_) if found == Found::Rest => self.diagnostics.incomplete_lines += 1,
            Err(error) => self.diagnostics.malformed(&self.file, self.line_in_file, error),
        }
        Ok(Some(Event::Malformed))
    }

    /// What was read so far, and what was wrong with it.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }
}

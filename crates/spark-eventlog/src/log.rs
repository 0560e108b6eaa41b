//! The reader.

use std::{fmt, io::Read, path::Path};

use crate::{
    DamagedStream, Diagnostics, Error, Event, Limits,
    codec::{Bomb, Decoded, Input, Meter, Resumable, SourceError, decode},
    lines::{Found, Lines},
    source::{self, Segment, Source},
};

/// How a log is opened.
///
/// ```no_run
/// # use spark_eventlog::Options;
/// let attempt = Options::new().log("eventlog_v2_application_1700000000000_0001_2").open("logs.zip")?;
/// # Ok::<(), spark_eventlog::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    log: Option<String>,
    limits: Limits,
}

impl Options {
    /// The last attempt of the only application, under the usual limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses a log of a folder or ZIP by the name of its file or folder there.
    #[must_use]
    pub fn log(mut self, name: impl Into<String>) -> Self {
        self.log = Some(name.into());
        self
    }

    /// What is refused.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// As [`EventLog::open`].
    ///
    /// # Errors
    ///
    /// It cannot be opened, or is no event log.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<EventLog, Error> {
        EventLog::of(source::open(path.as_ref(), self.log.as_deref())?, self.limits)
    }

    /// As [`EventLog::from_reader`].
    ///
    /// # Errors
    ///
    /// It is no event log.
    pub fn from_reader(
        &self,
        name: impl Into<String>,
        input: impl Read + Send + 'static,
    ) -> Result<EventLog, Error> {
        EventLog::of(source::reader(name.into(), Box::new(input), self.log.as_deref())?, self.limits)
    }
}

/// An event log that is read event by event. Its memory does not depend on the length of the log: it is bounded by the
/// longest line and the window of the codec.
pub struct EventLog {
    source: Source,
    limits: Limits,
    current: Option<Current>,
    ended: bool,
}

/// The file that is read.
struct Current {
    name: String,
    lines: Lines<Input>,
    /// Lines that were read of it.
    line: u64,
}

impl EventLog {
    /// Opens a log: a file, a folder, a ZIP, or `-` for standard input. What it is shows in its content, except that
    /// the order of the files of a rolling log is that of their names.
    ///
    /// # Errors
    ///
    /// It cannot be opened, is no event log, or one of several.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Options::new().open(path)
    }

    /// Reads a log from a stream that is called `name` in messages.
    ///
    /// # Errors
    ///
    /// It is no event log.
    pub fn from_reader(name: impl Into<String>, input: impl Read + Send + 'static) -> Result<Self, Error> {
        Options::new().from_reader(name, input)
    }

    /// What was read so far, and what was wrong with it.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.source.diagnostics
    }

    /// The next event, or `None` after the last one. It borrows from the reader's buffer.
    ///
    /// # Errors
    ///
    /// Reading fails, a limit is exceeded, or all of it holds no event. Damaged lines and streams are no errors but
    /// counted. After an error there are no more events.
    ///
    /// ```
    /// use spark_eventlog::{Event, EventLog};
    ///
    /// let text = "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":0}\nnoise\n{\"Event\":\"New\"}\n";
    /// let mut log = EventLog::from_reader("example", text.as_bytes())?;
    /// let mut names = Vec::new();
    /// while let Some(event) = log.next_event()? {
    ///     names.push(event.name().to_owned());
    /// }
    /// assert_eq!(names, ["SparkListenerJobEnd", "", "New"]);
    /// assert_eq!(log.diagnostics().first_malformed[0].line, 2);
    /// # Ok::<(), spark_eventlog::Error>(())
    /// ```
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let Some((found, range)) = self.next_line().inspect_err(|_| self.ended = true)? else {
            self.ended = true;
            return Ok(None);
        };
        let Some(current) = &self.current else { return Ok(None) };
        let diagnostics = &mut self.source.diagnostics;
        match Event::parse(current.lines.bytes(range)) {
            Ok(event) => {
                diagnostics.event(event.name());
                diagnostics.log_start_seen |= matches!(event, Event::LogStart(_));
                diagnostics.application_end_seen |= matches!(event, Event::ApplicationEnd(_));
                return Ok(Some(event));
            }
            Err(_) if found == Found::Rest => diagnostics.incomplete_lines += 1,
            Err(error) => diagnostics.malformed(&current.name, current.line, &error),
        }
        Ok(Some(Event::Malformed))
    }

    fn of(source: Source, limits: Limits) -> Result<Self, Error> {
        let mut log = Self { source, limits, current: None, ended: false };
        log.open_segment()?;
        Ok(log)
    }

    /// The next line that is not blank, over all files.
    fn next_line(&mut self) -> Result<Option<(Found, std::ops::Range<usize>)>, Error> {
        while !self.ended {
            let Some(current) = &mut self.current else {
                if self.open_segment()? {
                    continue;
                }
                return self.check_read().map(|()| None);
            };
            let (found, range) = match current.lines.next() {
                Ok((Found::End, _)) => {
                    self.current = None;
                    self.source.diagnostics.files_read += 1;
                    continue;
                }
                Ok((Found::TooLong, _)) => {
                    let (name, line) = (current.name.clone(), current.line + 1);
                    return Err(Error::LineTooLong { name, line, limit: self.limits.line_bytes });
                }
                Ok(line) => line,
                Err(error) => {
                    let resumes = error.get_ref().is_some_and(|payload| payload.is::<Resumable>());
                    let (name, line) = (current.name.clone(), current.line);
                    if !resumes {
                        current.lines.stop();
                    }
                    self.damage(name, line, error)?;
                    continue;
                }
            };
            current.line += 1;
            self.source.diagnostics.lines += 1;
            if !current.lines.bytes(range.clone()).trim_ascii().is_empty() {
                return Ok(Some((found, range)));
            }
            self.source.diagnostics.blank_lines += 1;
        }
        Ok(None)
    }

    /// Opens the next file that holds anything; `false` if none is left.
    fn open_segment(&mut self) -> Result<bool, Error> {
        while let Some(Segment { name, open }) = self.source.segments.pop_front() {
            let meter = Meter::default();
            let decoded = open(&meter).and_then(decode);
            let decoded =
                decoded.map_err(|error| Error::Io { name: name.clone(), source: source::unwrap(error) })?;
            // A file that is no log is an error if there is nothing else.
            let alone = self.source.segments.is_empty() && self.source.diagnostics.files_read == 0;
            let (found, hint) = match decoded {
                Decoded::Text(text) => {
                    let lines = Lines::new(meter.guard(text, &self.limits), self.limits.line_bytes);
                    self.current = Some(Current { name, lines, line: 0 });
                    return Ok(true);
                }
                Decoded::Empty if alone => return Err(Error::Empty { name }),
                Decoded::Empty => {
                    self.source.diagnostics.files_read += 1;
                    continue;
                }
                Decoded::Zip => ("a ZIP inside of another file", "; unpack it first"),
                Decoded::Other(found, hint) => (found, hint),
            };
            if alone {
                return Err(Error::NotALog { name, found: found.to_owned(), hint });
            }
            self.source.diagnostics.damaged(DamagedStream {
                file: name,
                lines: 0,
                truncated: false,
                reason: format!("is {found}"),
            });
            self.source.diagnostics.files_read += 1;
        }
        Ok(false)
    }

    /// Counts damage of the stream; an error of the system or a limit stays one.
    fn damage(&mut self, name: String, lines: u64, error: std::io::Error) -> Result<(), Error> {
        if SourceError::is(&error) {
            return Err(Error::Io { name, source: source::unwrap(error) });
        }
        if let Some(&Bomb { compressed, decompressed }) =
            error.get_ref().and_then(|payload| payload.downcast_ref())
        {
            return Err(Error::Bomb { name, compressed, decompressed, limit: self.limits.ratio });
        }
        let truncated = error.kind() == std::io::ErrorKind::UnexpectedEof;
        self.source.diagnostics.damaged(DamagedStream {
            file: name,
            lines,
            truncated,
            reason: error.to_string(),
        });
        Ok(())
    }

    /// At the end: whether there was anything.
    fn check_read(&self) -> Result<(), Error> {
        let diagnostics = &self.source.diagnostics;
        if diagnostics.event_count() > 0 {
            return Ok(());
        }
        let name = diagnostics.log.clone();
        let reason = diagnostics
            .damaged_streams
            .first()
            .map(|damage| format!("a compressed stream without a whole event ({})", damage.reason))
            .or_else(|| {
                let first = diagnostics.first_malformed.first()?;
                Some(format!("text of {} lines without an event ({})", diagnostics.lines, first.reason))
            })
            .or_else(|| (diagnostics.incomplete_lines > 0).then(|| "the beginning of a line".to_owned()));
        match reason {
            Some(found) => Err(Error::NotALog { name, found, hint: "" }),
            None => Err(Error::Empty { name }),
        }
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").field("diagnostics", self.diagnostics()).finish_non_exhaustive()
    }
}

//! Lines of a stream, in a buffer that is used again.

use std::io::{self, Read};

/// Splits a stream into lines. The buffer grows to the longest line and no further.
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// The bytes of the buffer that are filled and not yet handed out.
    start: usize,
    end: usize,
    /// Bytes from `start` that were searched for an end of line already.
    searched: usize,
    at_end: bool,
    limit: usize,
}

/// A line that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A whole line.
    Line,
    /// What is left after the last end of line.
    Rest,
    /// A line that is longer than the limit.
    TooLong,
    /// Nothing is left.
    End,
}

/// Reads are as large as this.
const BUFFER: usize = 256 << 10;

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self { input, buffer: vec![0; BUFFER], start: 0, end: 0, searched: 0, at_end: false, limit }
    }

    /// Finds the next line and its place, without its end.
    pub(crate) fn next(&mut self) -> io::Result<(Found, std::ops::Range<usize>)> {
        loop {
            let left = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memchr(b'\n', &left[self.searched..]) {
                let line = self.start..self.start + self.searched + at;
                self.start = line.end + 1;
                self.searched = 0;
                return Ok((Found::Line, line));
            }
            self.searched = left.len();
            if self.searched > self.limit {
                return Ok((Found::TooLong, 0..0));
            }
            if self.at_end {
                let line = self.start..self.end;
                self.start = self.end;
                self.searched = 0;
                return Ok((if line.is_empty() { Found::End } else { Found::Rest }, line));
            }
            self.fill()?;
        }
    }

    /// What is at a place that was just found.
    pub(crate) fn bytes(&self, line: std::ops::Range<usize>) -> &[u8] {
        &self.buffer[line]
    }

    /// Nothing more comes: what is buffered is the rest.
    pub(crate) fn stop(&mut self) {
        self.at_end = true;
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            let double = (self.buffer.len() * 2).min(self.limit + BUFFER);
            self.buffer.resize(double, 0);
        } else if self.buffer.len() > 16 * BUFFER && self.end < BUFFER {
            self.buffer.truncate(BUFFER);
            self.buffer.shrink_to_fit();
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

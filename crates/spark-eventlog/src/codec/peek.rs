//! A stream whose beginning can be looked at.

use std::io::{self, Read};

use super::SourceError;

/// A stream whose beginning was read to look at it, and is read again.
pub(crate) struct Peek<R> {
    head: Vec<u8>,
    at: usize,
    /// What stopped the look, shown where the reader comes to it.
    error: Option<io::Error>,
    input: R,
}

impl<R: Read> Peek<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { head: Vec::new(), at: 0, error: None, input }
    }

    /// The first bytes, at most `most`. Damage ends them and is kept for the reader; an error of the source is one here.
    pub(crate) fn head(&mut self, most: usize) -> io::Result<&[u8]> {
        let mut filled = 0;
        self.head.resize(most, 0);
        while filled < most {
            match self.input.read(&mut self.head[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if SourceError::is(&error) => return Err(error),
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        self.head.truncate(filled);
        Ok(&self.head)
    }
}

impl<R: Read> Read for Peek<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = &self.head[self.at..];
        if !left.is_empty() {
            let read = left.len().min(out.len());
            out[..read].copy_from_slice(&left[..read]);
            self.at += read;
            return Ok(read);
        }
        self.head = Vec::new();
        self.at = 0;
        self.error.take().map_or_else(|| self.input.read(out), Err)
    }
}

//! Frames of zstd, one after another: Spark ends a frame at each flush.
//!
//! The decoder of the `zstd` crate ends at the first damage. Here the next frame is sought.

use std::io::{self, ErrorKind, Read};

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::{Resumable, blocks::truncated};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BUFFER: usize = 64 << 10;
/// The largest window that is decoded, as a power of two: what the `zstd` tool takes without being asked. Spark's are
/// of at most 8 MiB.
const WINDOW_LOG_MAX: u32 = 27;

pub(crate) struct Zstd<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    in_frame: bool,
    decoder: Decoder<'static>,
}

impl<R: Read> Zstd<R> {
    pub(crate) fn new(input: R) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
        Ok(Self { input, buffer: vec![0; BUFFER], start: 0, end: 0, at_end: false, in_frame: false, decoder })
    }

    /// Reads more behind what is left.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// Goes to where the next frame may begin, past the present byte.
    fn seek_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        self.decoder.reinit()?;
        self.start = (self.start + 1).min(self.end);
        loop {
            let left = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memmem::find(left, &MAGIC) {
                self.start += at;
                return Ok(());
            }
            if self.at_end {
                self.start = self.end;
                return Ok(());
            }
            // The magic may lie across the end.
            self.start = self.end - left.len().min(MAGIC.len() - 1);
            self.fill()?;
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.start == self.end && !self.at_end {
                self.fill()?;
                continue;
            }
            let ended = self.start == self.end;
            if ended && !self.in_frame {
                return Ok(0);
            }
            let mut input = InBuffer::around(&self.buffer[self.start..self.end]);
            let mut output = OutBuffer::around(&mut *out);
            let (result, written, consumed) = {
                let result = self.decoder.run(&mut input, &mut output);
                (result, output.pos(), input.pos())
            };
            match result {
                Ok(hint) => {
                    self.start += consumed;
                    self.in_frame = hint != 0;
                    if written > 0 {
                        return Ok(written);
                    }
                    if ended {
                        self.in_frame = false;
                        return Err(truncated("a zstd frame"));
                    }
                }
                Err(error) => {
                    self.seek_frame()?;
                    return Err(Resumable::error(format!("a zstd frame is damaged: {error}")));
                }
            }
        }
    }
}

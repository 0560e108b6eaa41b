//! What the framings of Java's codecs have in common: blocks, each with a header and decoded at once.

use std::io::{self, ErrorKind, Read};

/// A framing.
pub(crate) trait Framing {
    /// Decodes the next block to the end of `out`, which is empty; `false` at the end of the stream. Damage that is
    /// [`Resumable`](super::Resumable) leaves the stream at the next block.
    fn next_block(&mut self, out: &mut Vec<u8>) -> io::Result<bool>;
}

/// The bytes of all blocks.
pub(crate) struct Blocks<F> {
    framing: F,
    block: Vec<u8>,
    at: usize,
}

impl<F> Blocks<F> {
    pub(crate) fn new(framing: F) -> Self {
        Self { framing, block: Vec::new(), at: 0 }
    }
}

impl<F: Framing> Read for Blocks<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            self.at = 0;
            self.block.clear();
            match self.framing.next_block(&mut self.block) {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(error) => {
                    self.block.clear();
                    return Err(error);
                }
            }
        }
        let left = &self.block[self.at..];
        let read = left.len().min(out.len());
        out[..read].copy_from_slice(&left[..read]);
        self.at += read;
        Ok(read)
    }
}

/// Reads a header or a part of one; `false` at the end of the stream before its first byte.
pub(crate) fn read_header(input: &mut impl Read, header: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < header.len() {
        match input.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(truncated("a block's header")),
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Reads the bytes of a block.
pub(crate) fn read_body(input: &mut impl Read, body: &mut Vec<u8>, len: usize) -> io::Result<()> {
    body.clear();
    // Grown as it comes: a length that is not true costs no memory.
    if input.take(len as u64).read_to_end(body)? < len { Err(truncated("a block")) } else { Ok(()) }
}

pub(crate) fn truncated(what: &str) -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, format!("the stream ends inside of {what}"))
}

pub(crate) fn damaged(reason: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason.into())
}

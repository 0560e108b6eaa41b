//! The framing of snappy-java's `SnappyOutputStream`. It is not the official snappy framing.
//!
//! A header of 16 bytes, then blocks with a big-endian length. Streams may follow each other.

use std::io::{self, Read};

use super::{
    Resumable,
    blocks::{Framing, damaged, read_body, read_header, truncated},
};

pub(crate) const MAGIC: &[u8] = b"\x82SNAPPY\0";
/// The magic and two versions.
const HEADER: usize = 16;
/// The largest block that is decoded; Spark's are 32 KiB.
const MAX_BLOCK: usize = 32 << 20;

pub(crate) struct Snappy<R> {
    input: R,
    body: Vec<u8>,
    decoder: snap::raw::Decoder,
}

impl<R: Read> Snappy<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, body: Vec::new(), decoder: snap::raw::Decoder::new() }
    }
}

impl<R: Read> Framing for Snappy<R> {
    fn next_block(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let mut len = [0; 4];
        if !read_header(&mut self.input, &mut len)? {
            return Ok(false);
        }
        if len == MAGIC[..4] {
            let mut rest = [0; HEADER - 4];
            if !read_header(&mut self.input, &mut rest)? {
                return Err(truncated("a header"));
            }
            return if rest.starts_with(&MAGIC[4..]) {
                Ok(true)
            } else {
                Err(damaged("the header is damaged"))
            };
        }
        let len = u32::from_be_bytes(len) as usize;
        if len > snap::raw::max_compress_len(MAX_BLOCK) {
            return Err(damaged(format!("a snappy block claims {len} bytes")));
        }
        read_body(&mut self.input, &mut self.body, len)?;
        let decoded = snap::raw::decompress_len(&self.body).ok().filter(|&len| len <= MAX_BLOCK);
        let Some(decoded) = decoded else {
            return Err(Resumable::error("a snappy block claims an absurd size"));
        };
        out.resize(decoded, 0);
        match self.decoder.decompress(&self.body, out) {
            Ok(_) => Ok(true),
            Err(error) => Err(Resumable::error(format!("a snappy block is damaged: {error}"))),
        }
    }
}

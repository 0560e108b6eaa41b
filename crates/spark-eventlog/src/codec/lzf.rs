//! The framing of compress-lzf: chunks `ZV`, type, big-endian 16-bit lengths.

use std::io::{self, Read};

use super::{
    Resumable,
    blocks::{Framing, damaged, read_body, read_header, truncated},
};

const MAGIC: &[u8] = b"ZV";
const RAW: u8 = 0;
const COMPRESSED: u8 = 1;

pub(crate) struct Lzf<R> {
    input: R,
    body: Vec<u8>,
}

impl<R: Read> Lzf<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, body: Vec::new() }
    }

    fn u16(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 2];
        if !read_header(&mut self.input, &mut bytes)? {
            return Err(truncated("a chunk's header"));
        }
        Ok(u16::from_be_bytes(bytes).into())
    }
}

impl<R: Read> Framing for Lzf<R> {
    fn next_block(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let mut head = [0; 3];
        if !read_header(&mut self.input, &mut head)? {
            return Ok(false);
        }
        if !head.starts_with(MAGIC) || head[2] > COMPRESSED {
            return Err(damaged("what should be the header of an LZF chunk is none"));
        }
        let len = self.u16()?;
        if head[2] == RAW {
            read_body(&mut self.input, out, len)?;
            return Ok(true);
        }
        let decoded = self.u16()?;
        read_body(&mut self.input, &mut self.body, len)?;
        match lzf::decompress(&self.body, decoded) {
            Ok(bytes) if bytes.len() == decoded => out.extend_from_slice(&bytes),
            Ok(_) => return Err(Resumable::error("an LZF chunk is shorter than its header says")),
            Err(error) => return Err(Resumable::error(format!("an LZF chunk is damaged: {error}"))),
        }
        Ok(true)
    }
}

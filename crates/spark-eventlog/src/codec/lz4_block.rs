//! `LZ4Block`, the framing of lz4-java's `LZ4BlockOutputStream`. It is not the LZ4 frame format.
//!
//! A block: `LZ4Block`, a token (method and size class), compressed length, length, checksum (all little-endian).
//! A block of length 0 ends the stream; another stream may follow.

use std::io::{self, Read};

use twox_hash::XxHash32;

use super::{
    Resumable,
    blocks::{Framing, damaged, read_body, read_header, truncated},
};

pub(crate) const MAGIC: &[u8] = b"LZ4Block";
const HEADER: usize = 21;
const SEED: u32 = 0x9747_b28c;
/// lz4-java keeps 28 bits of the checksum.
const CHECKSUM_BITS: u32 = 0x0fff_ffff;
const METHOD_RAW: u8 = 0x10;
const METHOD_LZ4: u8 = 0x20;
/// The size class 0 is of blocks of 1 KiB, the last one of 32 MiB.
const CLASS_BASE: u32 = 10;

pub(crate) struct Lz4Block<R> {
    input: R,
    body: Vec<u8>,
    /// Whether the last block was the one that ends a stream.
    ended: bool,
}

impl<R: Read> Lz4Block<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, body: Vec::new(), ended: true }
    }
}

impl<R: Read> Framing for Lz4Block<R> {
    fn next_block(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let mut header = [0; HEADER];
        if !read_header(&mut self.input, &mut header)? {
            // Said once.
            return if std::mem::replace(&mut self.ended, true) {
                Ok(false)
            } else {
                Err(truncated("the stream"))
            };
        }
        let int =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (token, compressed, len, checksum) = (header[8], int(9) as usize, int(13) as usize, int(17));
        let (method, class) = (token & 0xf0, CLASS_BASE + u32::from(token & 0x0f));
        let most = 1_usize << class;
        let sound = len <= most
            && match method {
                METHOD_RAW => compressed == len,
                METHOD_LZ4 => compressed <= lz4_flex::block::get_maximum_output_size(len),
                _ => false,
            };
        if !header.starts_with(MAGIC) || !sound {
            self.ended = true;
            return Err(damaged("what should be the header of an LZ4 block is none"));
        }
        self.ended = len == 0;
        if let Err(error) = read_body(&mut self.input, &mut self.body, compressed) {
            self.ended = true;
            return Err(error);
        }
        if method == METHOD_RAW {
            out.extend_from_slice(&self.body);
        } else {
            out.resize(len, 0);
            match lz4_flex::block::decompress_into(&self.body, out) {
                Ok(decoded) if decoded == len => {}
                Ok(_) => return Err(Resumable::error("an LZ4 block is shorter than its header says")),
                Err(error) => return Err(Resumable::error(format!("an LZ4 block is damaged: {error}"))),
            }
        }
        if len > 0 && XxHash32::oneshot(SEED, out) & CHECKSUM_BITS != checksum {
            return Err(Resumable::error("the checksum of an LZ4 block is wrong"));
        }
        Ok(true)
    }
}

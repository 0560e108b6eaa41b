//! The compressions that Spark's logs come in, told by their first bytes.

mod blocks;
mod lz4_block;
mod lzf;
mod meter;
mod peek;
mod snappy;
mod zstd;

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

pub(crate) use meter::{Bomb, Meter, SourceError};
pub(crate) use peek::Peek;

/// A stream that can be handed to another thread.
pub(crate) type Input = Box<dyn Read + Send>;

/// What a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing but white space, as far as was looked.
    Blank,
    Plain,
    Zstd,
    Gzip,
    Lz4Block,
    Snappy,
    Lzf,
    Zip,
    /// Not a log: what it is and what to do.
    Other(&'static str, &'static str),
}

/// Bytes that are looked at.
pub(crate) const HEAD: usize = 64 << 10;

const NOTHING_TO_DO: &str = "";
const TO_DECOMPRESS: &str = "; decompress it first";

/// First bytes of what is not a log but may be taken for one.
const OTHERS: [(&[u8], &str, &str); 10] = [
    (b"BZh", "a bzip2 file", TO_DECOMPRESS),
    (b"\xfd7zXZ\0", "an xz file", TO_DECOMPRESS),
    (
        b"\x04\x22\x4d\x18",
        "a file of the lz4 tool (Spark's own lz4 logs begin with `LZ4Block`)",
        TO_DECOMPRESS,
    ),
    (
        b"\xff\x06\0\0sNaPpY",
        "a framed snappy file (Spark's own snappy logs are framed otherwise)",
        TO_DECOMPRESS,
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", TO_DECOMPRESS),
    (b"PAR1", "a Parquet file", NOTHING_TO_DO),
    (b"ORC", "an ORC file", NOTHING_TO_DO),
    (b"%PDF", "a PDF file", NOTHING_TO_DO),
    (b"\x7fELF", "a program", NOTHING_TO_DO),
    (b"JAVA PROFILE", "a heap dump", NOTHING_TO_DO),
];

impl Kind {
    /// What a stream that begins so is.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x28, 0xb5, 0x2f, 0xfd, ..] => return Self::Zstd,
            // A skippable frame of zstd, as parallel compressors write first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Self::Zstd,
            [0x1f, 0x8b, ..] => return Self::Gzip,
            [b'Z', b'V', 0 | 1, ..] => return Self::Lzf,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Self::Zip,
            _ if head.starts_with(lz4_block::MAGIC) => return Self::Lz4Block,
            _ if head.starts_with(snappy::MAGIC) => return Self::Snappy,
            _ => {}
        }
        if let Some((_, found, hint)) = OTHERS.iter().find(|(magic, ..)| head.starts_with(magic)) {
            return Self::Other(found, hint);
        }
        Self::of_text(head)
    }

    fn of_text(head: &[u8]) -> Self {
        const EVENT: &[u8] = b"{\"Event\"";
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        // A log whose beginning was cut off begins inside of a line.
        let event_within =
            || memchr::memmem::find_iter(text, EVENT).any(|at| at > 0 && text[at - 1] == b'\n');
        match text {
            [] => Self::Blank,
            [b'{', ..] => Self::Plain,
            _ if event_within() => Self::Plain,
            [b'<', ..] => {
                Self::Other("an HTML or XML page", "; it may be the answer of a server that wants a login")
            }
            [b'[', ..] => Self::Other("JSON that does not begin with `{`", NOTHING_TO_DO),
            _ if text.iter().any(|&byte| byte < b' ' && !byte.is_ascii_whitespace()) => {
                Self::Other("binary data", NOTHING_TO_DO)
            }
            _ => Self::Other("text that does not begin with `{`", NOTHING_TO_DO),
        }
    }
}

/// Damage after which decoding goes on: the payload of the error says so.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Resumable(String);

impl Resumable {
    pub(crate) fn error(reason: impl Into<String>) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self(reason.into()))
    }
}

/// A stream as text, or why not.
pub(crate) enum Decoded {
    Text(Input),
    Empty,
    Zip,
    Other(&'static str, &'static str),
}

/// Decodes a stream until it is text: logs are compressed by Spark, and once more by those who archive them.
///
/// An error is one of the source; damage shows when the text is read.
pub(crate) fn decode(input: Input) -> io::Result<Decoded> {
    const LAYERS: usize = 4;
    let mut input = input;
    for layer in 0..LAYERS {
        let mut peek = Peek::new(input);
        let head = peek.head(HEAD)?;
        input = match Kind::of(head) {
            Kind::Blank if layer == 0 && head.is_empty() => return Ok(Decoded::Empty),
            Kind::Blank | Kind::Plain => return Ok(Decoded::Text(Box::new(peek))),
            Kind::Zip => return Ok(Decoded::Zip),
            Kind::Other(found, hint) => return Ok(Decoded::Other(found, hint)),
            Kind::Zstd => Box::new(zstd::Zstd::new(peek)?),
            Kind::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(HEAD, peek))),
            Kind::Lz4Block => Box::new(blocks::Blocks::new(lz4_block::Lz4Block::new(BufReader::new(peek)))),
            Kind::Snappy => Box::new(blocks::Blocks::new(snappy::Snappy::new(BufReader::new(peek)))),
            Kind::Lzf => Box::new(blocks::Blocks::new(lzf::Lzf::new(BufReader::new(peek)))),
        };
    }
    Ok(Decoded::Other("compressed more than thrice", TO_DECOMPRESS))
}

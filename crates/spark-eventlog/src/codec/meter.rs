//! How much goes in and comes out, and the end of what grows too much.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::Input;
use crate::Limits;

/// Bytes that were read of the source.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

/// The payload of errors of the system, to tell them from damage.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SourceError(pub(crate) io::Error);

impl SourceError {
    pub(crate) fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|payload| payload.is::<Self>())
    }
}

/// The payload of the error that ends a stream which decompresses to too much.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{compressed} bytes decompress to more than {decompressed}")]
pub(crate) struct Bomb {
    pub(crate) compressed: u64,
    pub(crate) decompressed: u64,
}

impl Meter {
    /// Counts what is read of the source.
    pub(crate) fn source(&self, input: Input) -> Input {
        Box::new(Source { input, read: self.0.clone() })
    }

    /// Watches what comes out.
    pub(crate) fn guard(&self, input: Input, limits: &Limits) -> Input {
        Box::new(Guard { input, read: self.0.clone(), decompressed: 0, limits: *limits })
    }
}

struct Source {
    input: Input,
    read: Arc<AtomicU64>,
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.input.read(out) {
            Ok(read) => {
                self.read.fetch_add(read as u64, Relaxed);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::other(SourceError(error))),
        }
    }
}

struct Guard {
    input: Input,
    read: Arc<AtomicU64>,
    decompressed: u64,
    limits: Limits,
}

impl Read for Guard {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        self.decompressed += read as u64;
        let compressed = self.read.load(Relaxed);
        if self.decompressed > self.limits.ratio_from_bytes
            && self.decompressed / compressed.max(1) >= self.limits.ratio
        {
            return Err(io::Error::other(Bomb { compressed, decompressed: self.decompressed }));
        }
        Ok(read)
    }
}

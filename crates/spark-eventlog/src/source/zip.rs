//! The files of a ZIP, as the History Server gives logs out.
//!
//! The `zip` crate reads the directory. The files are read here, since they are read later and one by one.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive, result::ZipError};

use super::Entry;
use crate::{
    Error,
    codec::{Input, Meter},
};

/// The files of a ZIP by name.
pub(super) fn entries(name: &str, file: File) -> Result<Vec<Entry>, Error> {
    let shared = Arc::new(file);
    let own = shared.try_clone().map_err(|source| Error::Io { name: name.to_owned(), source })?;
    let mut archive = ZipArchive::new(BufReader::new(own)).map_err(|error| failed(name, error))?;
    let mut entries = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|error| failed(name, error))?;
        if file.is_dir() {
            continue;
        }
        let path = file.name().map_err(|error| failed(name, error))?.into_owned();
        let place = Place {
            start: file.data_start().unwrap_or(u64::MAX),
            len: file.compressed_size(),
            method: if file.encrypted() { Method::Encrypted } else { method(file.compression()) },
        };
        let shared = Arc::clone(&shared);
        entries.push(Entry { path, open: Box::new(move |meter| place.open(&shared, meter)) });
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn failed(name: &str, error: ZipError) -> Error {
    match error {
        ZipError::Io(source) if source.raw_os_error().is_some() => {
            Error::Io { name: name.to_owned(), source }
        }
        error => Error::NotALog {
            name: name.to_owned(),
            found: format!("a ZIP whose directory cannot be read ({error})"),
            hint: "; download it again",
        },
    }
}

/// Where a file of the ZIP lies, and how.
#[derive(Clone, Copy)]
struct Place {
    start: u64,
    len: u64,
    method: Method,
}

#[derive(Clone, Copy)]
enum Method {
    Stored,
    Deflated,
    Encrypted,
    Other,
}

fn method(method: CompressionMethod) -> Method {
    match method {
        CompressionMethod::Stored => Method::Stored,
        CompressionMethod::DEFLATE => Method::Deflated,
        _ => Method::Other,
    }
}

impl Place {
    /// Files are read one after another, so that all can share one position.
    fn open(self, file: &File, meter: &Meter) -> io::Result<Input> {
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(self.start))?;
        let bytes = meter.source(Box::new(file.take(self.len)));
        match self.method {
            Method::Stored => Ok(bytes),
            Method::Deflated => Ok(Box::new(DeflateDecoder::new(BufReader::with_capacity(64 << 10, bytes)))),
            Method::Encrypted => Err(io::Error::other("is encrypted: unpack the ZIP first")),
            Method::Other => {
                Err(io::Error::other("is packed in a way that is not known: unpack the ZIP first"))
            }
        }
    }
}

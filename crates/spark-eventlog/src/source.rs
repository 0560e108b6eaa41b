//! Where a log comes from: the files that it consists of, in order.

mod folder;
mod layout;
mod zip;

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Seek},
    path::Path,
};

use crate::{
    Diagnostics, Error,
    codec::{Decoded, Input, Kind, Meter, SourceError, decode},
};

/// Opens a file. The meter counts its bytes before they are decompressed.
type Open = Box<dyn FnOnce(&Meter) -> io::Result<Input> + Send>;

/// As [`Open`], more than once.
type Reopen = Box<dyn Fn(&Meter) -> io::Result<Input> + Send>;

/// A file of a log, opened when its turn comes.
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) open: Open,
}

/// The files of a log.
pub(crate) struct Source {
    pub(crate) segments: VecDeque<Segment>,
    /// What the names of the files say.
    pub(crate) diagnostics: Diagnostics,
}

/// A file of a folder or a ZIP.
struct Entry {
    /// Inside of the folder or ZIP, with `/`.
    path: String,
    open: Reopen,
}

/// Whether the name of a file says that Spark still writes it.
fn is_in_progress(name: &str) -> bool {
    name.ends_with(".inprogress")
}

/// A file, a folder or, as `-`, standard input.
pub(crate) fn open(path: &Path, wanted: Option<&str>) -> Result<Source, Error> {
    let name = path.display().to_string();
    if name == "-" {
        return reader("standard input".to_owned(), Box::new(io::stdin()), wanted);
    }
    let io_error = |source| Error::Io { name: name.clone(), source };
    if path.metadata().map_err(io_error)?.is_dir() {
        let (entries, links_skipped) = folder::entries(path).map_err(io_error)?;
        let mut source = choose(&name, entries, wanted)?;
        source.diagnostics.links_skipped = links_skipped;
        return Ok(source);
    }
    let mut file = File::open(path).map_err(io_error)?;
    if is_zip(&mut file).map_err(io_error)? {
        return choose(&name, zip::entries(&name, file)?, wanted);
    }
    let mut source = reader(name.clone(), Box::new(file), wanted)?;
    source.diagnostics.in_progress = is_in_progress(&name);
    Ok(source)
}

/// A stream. A ZIP needs to be sought in, so it is put into a temporary file.
pub(crate) fn reader(name: String, input: Input, wanted: Option<&str>) -> Result<Source, Error> {
    let io_error = |source| Error::Io { name: name.clone(), source };
    let mut peek = crate::codec::Peek::new(input);
    if Kind::of(peek.head(4).map_err(io_error)?) == Kind::Zip {
        let mut file = tempfile::tempfile().map_err(io_error)?;
        io::copy(&mut peek, &mut file).and_then(|_| file.rewind()).map_err(io_error)?;
        return choose(&name, zip::entries(&name, file)?, wanted);
    }
    let diagnostics = Diagnostics { log: name.clone(), ..Diagnostics::default() };
    let segment = Segment { name, open: Box::new(|meter| Ok(meter.source(Box::new(peek)))) };
    Ok(Source { segments: VecDeque::from([segment]), diagnostics })
}

/// Whether it is a ZIP that can be sought in. A pipe is read once only and left alone.
fn is_zip(file: &mut File) -> io::Result<bool> {
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut peek = crate::codec::Peek::new(&mut *file);
    let zip = Kind::of(peek.head(4)?) == Kind::Zip;
    file.rewind()?;
    Ok(zip)
}

/// The log that is meant among the files of a folder or ZIP.
fn choose(name: &str, entries: Vec<Entry>, wanted: Option<&str>) -> Result<Source, Error> {
    let mut logs = layout::logs(name, entries.iter().map(|entry| entry.path.as_str()));
    if logs.len() > 1 {
        logs.retain(|log| !log.is_single() || is_log(&entries[log.files[0]]));
    }
    let (log, other_logs) = layout::choose(name, logs, wanted)?;
    let mut entries: Vec<_> = entries.into_iter().map(Some).collect();
    let segments = log
        .files
        .iter()
        .filter_map(|&index| entries[index].take())
        .map(|Entry { path, open }| Segment { name: format!("{name}/{path}"), open })
        .collect();
    let diagnostics = Diagnostics {
        log: log.name,
        other_logs,
        compacted_files: log.compacted_files,
        superseded_files: log.superseded_files,
        missing_indices: log.missing_indices,
        in_progress: log.in_progress,
        ..Diagnostics::default()
    };
    Ok(Source { segments, diagnostics })
}

/// Whether a file beside others looks like a log.
fn is_log(entry: &Entry) -> bool {
    let decoded = (entry.open)(&Meter::default()).and_then(decode);
    let Ok(Decoded::Text(mut text)) = decoded else { return false };
    let mut peek = crate::codec::Peek::new(&mut text);
    peek.head(4 << 10).is_ok_and(|head| memchr::memmem::find(head, b"\"Event\"").is_some())
}

/// An error of the source as it was before it went through the decoders.
pub(crate) fn unwrap(error: io::Error) -> io::Error {
    match error.downcast::<SourceError>() {
        Ok(SourceError(source)) => source,
        Err(error) => error,
    }
}

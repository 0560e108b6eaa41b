//! Where results go: stdout, or a file that appears only when it is complete.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// A place for results.
pub(crate) enum Output {
    /// Standard output.
    Stdout(BufWriter<io::StdoutLock<'static>>),
    /// `FILE.partial`, renamed to FILE by [`Output::finish`].
    File(Partial),
}

/// A file on its way. Dropped before it is finished, it is removed.
pub(crate) struct Partial {
    path: PathBuf,
    partial: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl Output {
    /// Opens the place before the work starts, so that what cannot be written is known at once.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        match path {
            None => Ok(Self::Stdout(BufWriter::new(io::stdout().lock()))),
            Some(path) if path.as_os_str() == "-" => Self::open(None),
            Some(path) => Partial::create(path).map(Self::File),
        }
    }

    /// Writes what is left and gives the file its name.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Stdout(mut writer) => Ok(writer.flush()?),
            Self::File(partial) => partial.finish(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(writer) => writer.write(bytes),
            Self::File(partial) => partial.writer().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(writer) => writer.flush(),
            Self::File(partial) => partial.writer().flush(),
        }
    }
}

impl Partial {
    fn create(path: &Path) -> anyhow::Result<Self> {
        if path.is_dir() {
            bail!("cannot write {}: it is a folder, name a file", path.display());
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
        Ok(Self { path: path.to_owned(), partial, writer: Some(BufWriter::new(file)) })
    }

    fn writer(&mut self) -> &mut BufWriter<File> {
        self.writer.as_mut().expect("it is taken by finishing alone")
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let failed = || format!("cannot write {}", self.path.display());
        if let Some(writer) = &mut self.writer {
            writer.flush().with_context(failed)?;
        }
        std::fs::rename(&self.partial, &self.path).with_context(failed)?;
        self.writer = None;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            // Nothing can be done where it cannot be removed; the name says that it is incomplete.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

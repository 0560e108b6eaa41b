//! The files of a folder.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::Entry;
use crate::codec::Meter;

/// A log's folder, or a folder that holds it, or the folder of the application around it.
const DEPTH: usize = 3;

/// The files of a folder by name, and the links that lead out of it.
pub(super) fn entries(folder: &Path) -> io::Result<(Vec<Entry>, Vec<String>)> {
    let mut walk = Walk { root: folder.canonicalize()?, entries: Vec::new(), links_skipped: Vec::new() };
    walk.folder(folder, "", DEPTH)?;
    walk.entries.sort_by(|a, b| a.path.cmp(&b.path));
    walk.links_skipped.sort();
    Ok((walk.entries, walk.links_skipped))
}

struct Walk {
    root: PathBuf,
    entries: Vec<Entry>,
    links_skipped: Vec<String>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, within: &str, depth: usize) -> io::Result<()> {
        for item in fs::read_dir(folder)? {
            let item = item?;
            let path = item.path();
            let name = format!("{within}{}", item.file_name().to_string_lossy());
            let mut kind = item.file_type()?;
            if kind.is_symlink() {
                let inside = path.canonicalize().is_ok_and(|target| target.starts_with(&self.root));
                if !inside {
                    self.links_skipped.push(name);
                    continue;
                }
                kind = fs::metadata(&path)?.file_type();
                // A linked folder is found where it is.
                if kind.is_dir() {
                    continue;
                }
            }
            if kind.is_dir() && depth > 1 {
                self.folder(&path, &format!("{name}/"), depth - 1)?;
            } else if kind.is_file() {
                let open = move |meter: &Meter| File::open(&path).map(|file| meter.source(Box::new(file)));
                self.entries.push(Entry { path: name, open: Box::new(open) });
            }
        }
        Ok(())
    }
}

//! Reading the file: what it may be and how large.

use std::io::Read as _;
use std::path::Path;

use crate::Error;

/// The largest file that is read.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let name = path.display();
    let failed = |error: std::io::Error| Error::new(format!("cannot read the scenario {name}: {error}"));
    if path.is_dir() {
        return Err(Error::new(format!("a scenario is a file, and {name} is a folder"))
            .help("name one .ron file in it"));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(&name.to_string()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::new(format!("the scenario {name} is no text: byte {at} is not UTF-8"))
            .help("save it as UTF-8; an event log is replayed, not run as a scenario")
    })
}

/// Refuses a text that is too large, and takes a byte order mark away.
pub(crate) fn accept<'t>(name: &str, text: &'t str) -> Result<&'t str, Error> {
    if text.len() as u64 > MAX_BYTES {
        return Err(too_large(name));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Error::new(format!("the scenario {name} is empty"))
            .help("the shortest one is (question: \"..\", cluster: (memory: \"10g\"))"));
    }
    Ok(text)
}

fn too_large(name: &str) -> Error {
    Error::new(format!("the scenario {name} is larger than 256 MiB"))
        .help("give totals and distributions instead of columns, or fewer recorded tasks")
}

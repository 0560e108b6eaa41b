//! What is run: told by its content, not by its name.

use std::io::Read;
use std::path::Path;

use workload::Scenario;

use crate::{Error, Note};

/// The largest input that is read.
const MAX_BYTES: u64 = 256 << 20;

/// Something that can be run.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name, for people.
    pub name: String,
    /// What it says.
    pub scenario: Scenario,
    /// What a user may want to know of how it was read.
    pub notes: Vec<Note>,
}

impl Input {
    /// Reads a file. `seed` replaces the one that it gives.
    ///
    /// # Errors
    /// Where it cannot be read, or is of a kind that cannot be run.
    pub fn open(path: &Path, seed: Option<u64>) -> Result<Self, Error> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(Error::Input(format!(
                "{name} is a folder: a scenario is one .ron file (rolling event logs are not read yet)"
            )));
        }
        let file = std::fs::File::open(path)
            .map_err(|error| Error::Input(format!("cannot read {name}: {}", reason(&error))))?;
        Self::read(&name, file, seed)
    }

    /// Reads a stream to its end.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn read(name: &str, stream: impl Read, seed: Option<u64>) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let mut limited = stream.take(MAX_BYTES + 1);
        limited
            .read_to_end(&mut bytes)
            .map_err(|error| Error::Input(format!("cannot read {name}: {}", reason(&error))))?;
        refuse_other_kinds(name, &bytes)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Error::Input(format!(
                "{name} is no text: byte {at} is not UTF-8; a scenario is a UTF-8 file in RON"
            ))
        })?;
        Ok(Self { name: name.to_owned(), scenario: Scenario::parse(name, &text, seed)?, notes: Vec::new() })
    }
}

/// What begins with these bytes is packed: (first bytes, what they are of).
const PACKED: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"LZ4Block", "compressed with lz4"),
    (b"\x82SNAPPY\x00", "compressed with snappy"),
];

fn refuse_other_kinds(name: &str, bytes: &[u8]) -> Result<(), Error> {
    let wrong = |text: String| Err(Error::Input(text));
    if bytes.len() as u64 > MAX_BYTES {
        return wrong(format!("{name} is larger than 256 MiB: give totals and distributions, not every row"));
    }
    if let Some((_, kind)) = PACKED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return wrong(format!(
            "{name} is {kind}: event logs are not read yet; write a scenario in RON, as scenarios/first-look.ron"
        ));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') {
        return wrong(format!(
            "{name} looks like a Spark event log (its first line starts with `{{`): event logs are not read yet; \
             write a scenario in RON, as scenarios/first-look.ron"
        ));
    }
    Ok(())
}

/// What the system says, without its number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        Input::read("x", bytes, None).expect_err("it is no scenario").to_string()
    }

    #[test]
    fn an_input_is_told_by_its_content() {
        assert!(refusal(b"{\"Event\":\"SparkListenerLogStart\"}\n").contains("looks like a Spark event log"));
        assert!(refusal(b"\xef\xbb\xbf \n{").contains("looks like a Spark event log"));
        assert!(refusal(b"PK\x03\x04..").contains("is a ZIP archive"));
        assert!(refusal(b"\x28\xb5\x2f\xfd..").contains("compressed with zstd"));
        assert!(refusal(b"(question: \"\xff\")").contains("byte 12 is not UTF-8"));
        assert!(Input::read("x", &b"(question: \"why?\")"[..], None).is_ok());
    }
}

//! What a file is, by its first bytes.

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A scenario, or some other text.
    Scenario,
    /// An event log, perhaps compressed.
    Log,
    /// Something that the reader of logs has a name for.
    Other,
}

/// First bytes of compressed logs.
const PACKED: [&[u8]; 8] = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"LZ4Block",
    b"\x82SNAPPY\x00",
    b"ZV\x00",
    b"ZV\x01",
];

/// First bytes of what is neither; the reader of logs says what it is.
const OTHER: [&[u8]; 11] = [
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x04\x22\x4d\x18",
    b"\xff\x06\0\0sNaPpY",
    b"7z\xbc\xaf\x27\x1c",
    b"PAR1",
    b"ORC",
    b"%PDF",
    b"\x7fELF",
    b"JAVA PROFILE",
    b"<",
];

impl Kind {
    pub(crate) fn of(head: &[u8]) -> Self {
        let skippable_zstd = matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        if skippable_zstd || PACKED.iter().any(|magic| head.starts_with(magic)) {
            return Self::Log;
        }
        let text = trimmed(head);
        let cut_off = || text.windows(9).any(|bytes| bytes == b"\n{\"Event\"");
        if text.first() == Some(&b'{') || cut_off() {
            Self::Log
        } else if OTHER.iter().any(|magic| head.starts_with(magic)) || text.first() == Some(&b'<') {
            Self::Other
        } else {
            Self::Scenario
        }
    }

    /// Whether a text may be RON: it begins with a comment, an attribute, or the parenthesis of the scenario.
    pub(crate) fn looks_like_ron(head: &[u8]) -> bool {
        let text = trimmed(head);
        ["(", "//", "/*", "#![", "scenario"].iter().any(|start| text.starts_with(start.as_bytes()))
    }
}

fn trimmed(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        for log in [
            &b"{\"Event\":\"SparkListenerLogStart\"}\n"[..],
            b"\xef\xbb\xbf \n{",
            b"PK\x03\x04..",
            b"\x28\xb5\x2f\xfd..",
            b"the end of a line\"}\n{\"Event\":\"x\"}",
        ] {
            assert_eq!(Kind::of(log), Kind::Log, "{}", log.escape_ascii());
        }
        for scenario in [&b"(question: \"why?\")"[..], b"// comment\n(", b"", b"plain text"] {
            assert_eq!(Kind::of(scenario), Kind::Scenario);
        }
        assert_eq!(Kind::of(b"\n<html>"), Kind::Other);
        assert!(Kind::looks_like_ron(b"\n// a\n(") && !Kind::looks_like_ron(b"hello"));
    }
}

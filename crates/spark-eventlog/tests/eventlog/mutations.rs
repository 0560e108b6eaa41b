//! Whatever is done to real bytes, there is no panic and an end.

use std::sync::LazyLock;

use proptest::prelude::*;
use spark_eventlog::Event;

use crate::{Read, data, sort_log};

static LINES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| sort_log().lines().map(|line| line.as_bytes().to_vec()).collect());

static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let files = ["sort.zstd", "sort.lz4", "sort.snappy", "sort.lzf", "sort.zip", "sort"];
    files.map(|file| std::fs::read(data(file)).expect(file)).to_vec()
});

/// One thing done to bytes, at a place that is taken modulo their number.
#[derive(Clone, Debug)]
enum Mutation {
    Set(usize, u8),
    Cut(usize),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let tokens = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "null",
        "-1",
        "1e400",
        "99999999999999999999",
        "0.1",
        "true",
        "\\ud800",
        "\u{1f600}",
        "{\"Event\":\"",
        "[[[[[[[[",
    ]);
    prop_oneof![
        3 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        1 => any::<usize>().prop_map(Mutation::Cut),
        1 => (any::<usize>(), 1..100_usize).prop_map(|(at, len)| Mutation::Remove(at, len)),
        1 => (any::<usize>(), 1..100_usize).prop_map(|(at, len)| Mutation::Repeat(at, len)),
        3 => (any::<usize>(), tokens).prop_map(|(at, token)| Mutation::Insert(at, token)),
    ]
}

fn apply(bytes: &mut Vec<u8>, mutations: &[Mutation]) {
    for mutation in mutations {
        if bytes.is_empty() {
            return;
        }
        let place = |at: usize| at % bytes.len();
        let span = |at: usize, len: usize| place(at)..(place(at) + len).min(bytes.len());
        match *mutation {
            Mutation::Set(at, byte) => {
                let at = place(at);
                bytes[at] = byte;
            }
            Mutation::Cut(at) => bytes.truncate(place(at)),
            Mutation::Remove(at, len) => drop(bytes.drain(span(at, len))),
            Mutation::Repeat(at, len) => {
                let part = bytes[span(at, len)].to_vec();
                let at = place(at);
                bytes.splice(at..at, part);
            }
            Mutation::Insert(at, token) => {
                let at = place(at);
                bytes.splice(at..at, token.bytes());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn lines(line in any::<prop::sample::Index>(), mutations in prop::collection::vec(mutation(), 1..6)) {
        let mut line = line.get(&LINES).clone();
        apply(&mut line, &mutations);
        if let Err(error) = Event::parse(&line) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn files(file in any::<prop::sample::Index>(), mutations in prop::collection::vec(mutation(), 1..6)) {
        let mut bytes = file.get(&FILES).clone();
        apply(&mut bytes, &mutations);
        match Read::bytes(bytes) {
            Ok(read) => {
                let diagnostics = read.diagnostics;
                let events = diagnostics.event_count();
                let lines = events + diagnostics.malformed_lines + diagnostics.incomplete_lines + diagnostics.blank_lines;
                prop_assert_eq!(lines, diagnostics.lines, "each line is counted once");
            }
            Err(error) => prop_assert!(error.to_string().lines().count() == 1, "{}", error),
        }
    }

    #[test]
    fn made_up_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), magic in 0..8_usize) {
        let magics: [&[u8]; 8] = [
            b"", b"{", b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08", b"LZ4Block\x26", b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", b"ZV\x01", b"PK\x03\x04",
        ];
        let refused = Read::bytes([magics[magic], &bytes].concat());
        prop_assert!(refused.is_err(), "there is no event in it");
    }
}

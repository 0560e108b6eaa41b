//! Each codec as Spark's own encoders write it, whole, cut off and damaged.

use std::io::Write;

use spark_eventlog::{DamagedStream, Limits, Options};

use crate::{Read, data, refusal, sort_log, sort_names};

const REAL: [&str; 4] = ["sort.zstd", "sort.lz4", "sort.snappy", "sort.lzf"];

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).expect("memory")
}

#[test]
fn what_sparks_encoders_wrote_is_read() {
    assert_eq!(sort_names().len(), 35);
    for file in REAL.into_iter().chain(["sort"]) {
        let read = Read::path(data(file)).expect(file).sound();
        assert_eq!(read.names, sort_names(), "{file}");
        let diagnostics = read.diagnostics;
        assert!(diagnostics.log_start_seen && diagnostics.application_end_seen && !diagnostics.in_progress);
        assert_eq!((diagnostics.lines, diagnostics.files_read, diagnostics.event_count()), (35, 1, 35));
    }
}

#[test]
fn the_codec_shows_in_the_content_and_not_in_the_name() {
    for file in REAL {
        let bytes = std::fs::read(data(file)).expect(file);
        assert_eq!(Read::bytes(bytes).expect(file).sound().names, sort_names());
    }
}

#[test]
fn streams_may_follow_each_other() {
    for file in REAL {
        let bytes = std::fs::read(data(file)).expect(file);
        let twice = Read::bytes([bytes.clone(), bytes].concat()).expect(file).sound();
        assert_eq!(twice.names, [sort_names(), sort_names()].concat(), "{file}");
    }
    let text = sort_log();
    let (first, second) = text.as_bytes().split_at(text.len() / 3);
    assert_eq!(Read::bytes([gzip(first), gzip(second)].concat()).expect("gzip").sound().names, sort_names());
    assert_eq!(Read::bytes([zstd(first), zstd(second)].concat()).expect("zstd").sound().names, sort_names());
}

#[test]
fn what_was_compressed_once_more_for_the_archive_is_read() {
    for file in REAL {
        let bytes = std::fs::read(data(file)).expect(file);
        assert_eq!(Read::bytes(gzip(&bytes)).expect(file).sound().names, sort_names());
    }
    let five_times = (0..5).fold(sort_log().into_bytes(), |bytes, _| gzip(&bytes));
    assert!(refusal(Read::bytes(five_times)).contains("compressed more than thrice"));
}

#[test]
fn a_stream_that_is_cut_off_keeps_what_comes_before() {
    let whole = sort_names();
    for file in REAL {
        let bytes = std::fs::read(data(file)).expect(file);
        // The first of the three blocks of lz4 is more than half of it.
        for part in 6..8 {
            let read = Read::bytes(&bytes[..bytes.len() * part / 8]).expect(file);
            let events: Vec<_> = read.names.iter().filter(|name| !name.is_empty()).cloned().collect();
            assert_eq!(events, whole[..events.len()], "{file}");
            assert!(events.len() > 10, "{file} {part}/8: {}", events.len());
            assert_eq!(read.diagnostics.malformed_lines, 0, "{file} {part}/8");
            let damages = &read.diagnostics.damaged_streams;
            assert!(damages.iter().all(|damage| damage.truncated), "{damages:?}");
        }
    }
}

#[test]
fn gzip_that_is_cut_off_keeps_what_comes_before() {
    let bytes = gzip(sort_log().as_bytes());
    let read = Read::bytes(&bytes[..bytes.len() / 2]).expect("a part");
    assert!(read.names.len() > 5);
    assert!(matches!(&read.diagnostics.damaged_streams[..], [DamagedStream { truncated: true, .. }]));
}

/// Inverts some bits and reads. What is lost lies between the first and the last events.
#[track_caller]
fn read_damaged(file: &str, at: impl Fn(&[u8]) -> usize) -> Read {
    let mut bytes = std::fs::read(data(file)).expect(file);
    let at = at(&bytes);
    bytes[at] ^= 0x55;
    let read = Read::bytes(bytes).expect(file);
    let whole = sort_names();
    assert_eq!(read.diagnostics.damages, 1, "{file}");
    assert!(!read.diagnostics.damaged_streams[0].truncated, "{file}");
    assert_eq!(
        (read.names.first(), read.names.last()),
        (whole.first(), whole.last()),
        "{:?}",
        read.diagnostics
    );
    read
}

/// The places of a magic.
fn places<'a>(bytes: &'a [u8], magic: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(magic.len()).enumerate().filter(move |(_, window)| *window == magic).map(|(at, _)| at)
}

/// Spark ends a frame at each flush, so that little is lost.
#[test]
fn lines_resume_after_a_damaged_frame() {
    const MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";
    let header = |bytes: &[u8]| places(bytes, MAGIC).nth(5).expect("frames") + MAGIC.len();
    let read = read_damaged("sort.zstd", header);
    let lost = sort_names().len() - read.names.iter().filter(|name| !name.is_empty()).count();
    assert!((1..=4).contains(&lost), "{lost} lost: {:?}", read.names);
}

#[test]
fn lines_resume_after_a_damaged_block() {
    let body = |bytes: &[u8]| places(bytes, b"LZ4Block").nth(1).expect("blocks") + 200;
    let reason = &read_damaged("sort.lz4", body).diagnostics.damaged_streams[0].reason;
    assert!(reason.contains("LZ4 block"), "{reason}");
    // Neither snappy nor LZF has a checksum: a length that is not true is what shows.
    let length =
        |bytes: &[u8]| 16 + 4 + u32::from_be_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]) as usize + 4;
    assert!(
        read_damaged("sort.snappy", length).diagnostics.damaged_streams[0].reason.contains("snappy block")
    );
    let length = |bytes: &[u8]| places(bytes, b"ZV\x01").nth(4).expect("chunks") + 6;
    assert!(read_damaged("sort.lzf", length).diagnostics.damaged_streams[0].reason.contains("LZF chunk"));
}

#[test]
fn a_stream_that_ends_in_something_else_keeps_what_comes_before() {
    for file in REAL {
        let mut bytes = std::fs::read(data(file)).expect(file);
        bytes.extend_from_slice(b"<html>what a proxy adds</html> and more of it");
        let read = Read::bytes(bytes).expect(file);
        assert_eq!(read.names[..35], sort_names(), "{file}");
        assert_eq!(read.diagnostics.damages, 1, "{file}");
    }
}

#[test]
fn a_bomb_is_refused() {
    let limits = Limits { ratio: 100, ratio_from_bytes: 1 << 20, ..Limits::default() };
    let options = Options::new().limits(limits);
    let text = b"{\"Event\":\"X\"}\n".repeat(200_000);
    for bomb in [zstd(&text), gzip(&zstd(&text))] {
        let message = refusal(Read::bytes_with(&options, bomb));
        assert!(message.contains("more than 100 times as much is refused"), "{message}");
    }
    // Before there is much of it, a good ratio is no fault.
    let little = zstd(&text[..1 << 20]);
    assert!(Read::bytes_with(&options, little).is_ok());
}

#[test]
fn a_bomb_without_lines_is_refused_before_the_line_is() {
    let mut bomb = b"{".to_vec();
    bomb.resize(80 << 20, b' ');
    let message = refusal(Read::bytes(zstd(&bomb)));
    assert!(message.contains("more than 2000 times"), "{message}");
}

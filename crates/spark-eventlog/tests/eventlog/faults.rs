//! Faults of text: what is kept, what is counted, what is refused.

use spark_eventlog::{Diagnostics, Event, Limits, Options};

use crate::{Read, refusal, sort_log, sort_names};

const TASK: &str = r#"{"Event":"SparkListenerTaskStart","Stage ID":1,"Task Info":{"Task ID":4}}"#;

#[test]
fn malformed_lines_are_counted_with_place_and_reason() {
    let text = format!("{TASK}\nnoise\n{{\"Event\":\n\n{TASK}\r\n");
    let read = Read::bytes(text).expect("two events");
    assert_eq!(read.names, ["SparkListenerTaskStart", "", "", "SparkListenerTaskStart"]);
    let Diagnostics { lines, blank_lines, malformed_lines, first_malformed, .. } = read.diagnostics;
    assert_eq!((lines, blank_lines, malformed_lines), (5, 1, 2));
    assert_eq!(first_malformed.iter().map(|malformed| malformed.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(first_malformed[0].reason, "expected ident at line 1 column 2");
}

#[test]
fn only_the_first_malformed_lines_are_kept() {
    let text = format!("{TASK}\n{}", "{]\n".repeat(1000));
    let diagnostics = Read::bytes(text).expect("an event").diagnostics;
    assert_eq!(diagnostics.malformed_lines, 1000);
    assert_eq!(diagnostics.first_malformed.len(), Diagnostics::FIRST_MALFORMED);
}

#[test]
fn a_line_without_its_end_is_incomplete_and_not_malformed() {
    let text = sort_log();
    let cut = text.trim_end().rfind('\n').expect("lines") + 30;
    let read = Read::bytes(&text.as_bytes()[..cut]).expect("a log");
    assert_eq!(read.names[..34], sort_names()[..34]);
    assert_eq!((read.diagnostics.malformed_lines, read.diagnostics.incomplete_lines), (0, 1));
    assert!(!read.diagnostics.application_end_seen);
    // A last line that is whole but for its end is an event.
    assert_eq!(Read::bytes(text.trim_end()).expect("a log").sound().names, sort_names());
}

#[test]
fn a_log_whose_beginning_is_gone_is_read() {
    let text = sort_log();
    let read = Read::bytes(&text.as_bytes()[200..]).expect("a log");
    assert_eq!(read.diagnostics.malformed_lines, 1);
    assert!(!read.diagnostics.log_start_seen && read.diagnostics.application_end_seen);
    assert_eq!(read.names.last().map(String::as_str), Some("SparkListenerApplicationEnd"));
}

#[test]
fn unknown_events_are_counted_by_name() {
    let text = "{\"Event\":\"com.example.Mine\",\"x\":[1]}\n{ \"x\": 1, \"Event\" : \"Later\" }\n{\"Event\":\"a\\\"b\"}\n";
    let read = Read::bytes(text.repeat(3)).expect("events").sound();
    let counts: Vec<_> =
        read.diagnostics.events.iter().map(|(name, &count)| (name.as_str(), count)).collect();
    assert_eq!(counts, [("Later", 3), ("a\"b", 3), ("com.example.Mine", 3)]);
}

#[test]
fn names_without_end_do_not_fill_the_memory() {
    let text: String = (0..5000).map(|number| format!("{{\"Event\":\"E{number}\"}}\n")).collect();
    let diagnostics = Read::bytes(text).expect("events").diagnostics;
    assert_eq!(diagnostics.event_count(), 5000);
    assert_eq!(diagnostics.events.len(), Diagnostics::NAMES + 1);
    assert_eq!(diagnostics.count(Diagnostics::FURTHER_NAMES), 4000);
    let diagnostics =
        Read::bytes(format!("{{\"Event\":\"{}\"}}\n", "n".repeat(10_000))).expect("events").diagnostics;
    assert!(diagnostics.events.keys().all(|name| name.len() == 200));
}

#[test]
fn an_unknown_event_that_is_cut_off_is_malformed() {
    let read = Read::bytes(format!("{{\"Event\":\"Mine\",\"x\":\n{TASK}\n")).expect("an event");
    assert_eq!(read.diagnostics.malformed_lines, 1);
}

#[test]
fn absurd_numbers_cost_the_line_or_nothing() {
    let with = |number: &str| TASK.replace(":4", &format!(":{number}"));
    // A Java long may be negative; digits in quotes are a number to those who rewrite logs.
    for number in ["-1", "9223372036854775807", "\"4\"", "4.0", "null"] {
        Read::bytes(with(number)).expect(number).sound();
    }
    for number in
        ["9223372036854775808", "1e400", "99999999999999999999999", "0.5", "true", "\"four\"", "[4]"]
    {
        let read = Read::bytes(format!("{}\n{TASK}\n", with(number))).expect(number);
        assert_eq!(read.diagnostics.malformed_lines, 1, "{number}");
    }
}

#[test]
fn depth_costs_the_line() {
    let plan = |depth: usize| {
        let open = r#"{"nodeName":"Project","children":["#.repeat(depth);
        let name = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart";
        format!(
            r#"{{"Event":"{name}","executionId":0,"time":1,"sparkPlanInfo":{open}{}}}"#,
            "]}".repeat(depth)
        )
    };
    // Plans of many joins are deeper than JSON is read at once.
    for depth in [60, 70, 500] {
        let line = plan(depth);
        let Ok(Event::SqlExecutionStart(start)) = Event::parse(line.as_bytes()) else {
            panic!("depth {depth}")
        };
        let mut node = &start.spark_plan_info;
        let mut nodes = 0;
        while let Some(child) = node.children.first() {
            assert_eq!(node.node_name, "Project");
            node = child;
            nodes += 1;
        }
        assert_eq!((nodes, start.time), (depth - 1, 1));
    }
    for depth in [501, 100_000] {
        let read = Read::bytes(format!("{TASK}\n{}\n{TASK}\n", plan(depth))).expect("a log");
        assert_eq!(read.diagnostics.malformed_lines, 1);
        assert_eq!(read.diagnostics.first_malformed[0].reason, "the plan is deeper than 500 nodes");
    }
    let scope = format!("{}{}", "[".repeat(130), "]".repeat(130));
    let read = Read::bytes(format!(
        "{}\n{TASK}\n",
        TASK.replace("\"Task ID\":4", &format!("\"Task ID\":4,\"Host\":{scope}"))
    ));
    assert!(
        read.expect("a log").diagnostics.first_malformed.is_empty(),
        "a list in the place of a text is passed over"
    );
    // What nobody reads may be as deep as it wants.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    Read::bytes(TASK.replace("\"Stage ID\"", &format!("\"x\":{deep},\"Stage ID\""))).expect("a log").sound();
}

#[test]
fn a_line_over_the_limit_is_refused() {
    let options = Options::new().limits(Limits { line_bytes: 1 << 20, ..Limits::default() });
    let long = format!("{{\"Event\":\"X\",\"x\":\"{}\"}}", "x".repeat(2 << 20));
    let message = refusal(Read::bytes_with(&options, format!("{TASK}\n{long}\n")));
    assert_eq!(message, "bytes: line 2 is longer than 1048576 bytes, the most that is read");
    let fits = format!("{{\"Event\":\"X\",\"x\":\"{}\"}}", "x".repeat((1 << 20) - 100));
    Read::bytes_with(&options, format!("{fits}\n{TASK}\n{fits}")).expect("it fits").sound();
}

#[test]
fn what_is_no_log_is_refused_with_what_it_is() {
    let cases: [(&[u8], &str); 12] = [
        (b"", "bytes: is empty: expected an event log of Spark"),
        (b" \n\n  \n", "bytes: is empty: expected an event log of Spark"),
        (b"<!DOCTYPE html><html>login</html>", "bytes: is an HTML or XML page, not an event log of Spark"),
        (b"[{\"Event\":\"X\"}]", "bytes: is JSON that does not begin with `{`, not an event log"),
        (
            b"{\"a\":1}\n",
            "bytes: is text of 1 lines without an event (missing field `Event` at line 1 column 7)",
        ),
        (b"{\"Event\":\"Spar", "bytes: is the beginning of a line, not an event log"),
        (b"24/01/01 10:00:00 INFO SparkContext: hello\n", "bytes: is text that does not begin with `{`"),
        (b"\0\x01\x02\xff\xfe", "bytes: is binary data, not an event log"),
        (b"BZh91AY&SY", "bytes: is a bzip2 file, not an event log of Spark; decompress it first"),
        (b"\xfd7zXZ\0\0", "bytes: is an xz file, not an event log of Spark; decompress it first"),
        (b"PK\x03\x04 and no more of it", "bytes: is a ZIP whose directory cannot be read"),
        (
            b"LZ4Block",
            "bytes: is a compressed stream without a whole event (the stream ends inside of a block's header)",
        ),
    ];
    for (bytes, message) in cases {
        let refused = refusal(Read::bytes(bytes));
        assert!(refused.starts_with(message), "{refused}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let message = refusal(Read::path("no/such/file"));
    assert!(message.starts_with("no/such/file: No such file"), "{message}");
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    let read = Read::bytes(format!("\u{feff}\n{TASK}\n")).expect("a log");
    assert_eq!(read.names.last().map(String::as_str), Some("SparkListenerTaskStart"));
}

/// A source that fails is not a log that ends.
#[test]
fn an_error_of_the_system_is_an_error() {
    struct Failing;
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    for lines in [0, 3, 3000] {
        let text = std::io::Cursor::new(format!("{TASK}\n").repeat(lines));
        let input = std::io::Read::chain(text, Failing);
        let read = spark_eventlog::EventLog::from_reader("pipe", input).and_then(Read::all);
        assert_eq!(refusal(read), "pipe: the disk is gone");
    }
}

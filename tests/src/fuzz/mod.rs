//! What fuzzing feeds bytes to: each function takes any bytes and panics where something is wrong.
//!
//! `tests/fuzz` hands them to libFuzzer; the tests of this package feed them a fixed number of made-up inputs
//! ([`inputs`]), so that they cannot rot.

mod consumers;

pub use consumers::{Act, Script};

use arbitrary::{Arbitrary, Unstructured};
use sim_core::engine::run;
use sim_core::memory::mix64;
use sim_core::observe::Fingerprint;
use sim_core::outcome::Verdict;
use spark_eventlog::{Event, EventLog, Limits, Options};
use workload::scenario::Scenario;

use crate::calls::{Call, Setup, compare};
use crate::workloads::Case;

/// `sim-core` against the reference, call by call.
pub fn calls(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(setup) = Setup::arbitrary(&mut input) else { return };
    let calls = input.arbitrary_iter::<Call>().expect("an iterator is always there");
    if let Err(difference) = compare(setup, calls.map_while(Result::ok)) {
        panic!("{setup:?}\n{difference}");
    }
}

/// The consumers of one task and the memory that they are given.
pub fn consumers(bytes: &[u8]) {
    if let Ok(script) = Script::arbitrary_take_rest(Unstructured::new(bytes)) {
        script.play();
    }
}

/// A whole run: it ends, and once more in the same way.
pub fn runs(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let once = || run(&case.workload, &case.conf, Fingerprint::default());
    let first = once();
    assert_ne!(first.0.verdict, Verdict::GaveUp);
    assert_eq!(first, once());
}

/// The text of a scenario: read, or refused with a message.
pub fn scenario(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = Scenario::parse("fuzz.ron", text, None) {
        assert!(!error.to_string().is_empty(), "a refusal says why");
    }
}

/// An event log in any codec or a ZIP: read to its end with each line counted once, or refused with one line.
pub fn eventlog(bytes: &[u8]) {
    // What fits into the memory of a fuzzer.
    let limits = Limits { line_bytes: 1 << 20, ratio: 100, ratio_from_bytes: 1 << 20 };
    let log = Options::new().limits(limits).from_reader("fuzz", std::io::Cursor::new(bytes.to_vec()));
    let read = |mut log: EventLog| {
        while log.next_event()?.is_some() {}
        Ok(log)
    };
    match log.and_then(read) {
        Ok(log) => {
            let read = log.diagnostics();
            let counted =
                read.event_count() + read.malformed_lines + read.incomplete_lines + read.blank_lines;
            assert_eq!(counted, read.lines);
        }
        Err(error) => assert!(error.to_string().lines().count() == 1, "a refusal says why"),
    }
}

/// One line of an event log: an event or malformed. What it holds can be shown, copied and compared.
pub fn event(bytes: &[u8]) {
    if let Ok(event) = Event::parse(bytes) {
        assert_eq!(event, event.clone());
        assert!(!format!("{event:?}").is_empty());
    }
}

/// Made-up inputs, the same ones each time: `count` of them, up to `longest` bytes long.
pub fn inputs(count: u64, longest: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |number| {
        let length = mix64(0, number) % (longest + 1);
        (0..length).map(|at| mix64(number + 1, at) as u8).collect()
    })
}

/// A text with some pieces of it lost, doubled, changed or moved: what people and editors do to scenarios.
#[must_use]
pub fn damaged(text: &str, seed: u64) -> String {
    let mut tokens: Vec<&str> = text.split_inclusive(|c: char| " \n(),:\"[]{}".contains(c)).collect();
    let mut counter = 0;
    let mut below = |bound: usize| {
        counter += 1;
        (mix64(seed, counter) % bound.max(1) as u64) as usize
    };
    for _ in 0..=below(4) {
        if tokens.is_empty() {
            break;
        }
        let (at, other) = (below(tokens.len()), below(tokens.len()));
        match below(5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other]),
            2 => tokens.swap(at, other),
            3 => tokens[at] = ["-1", "1e999", "0b", "99999999999999999999", "\"", "é", "None", "("][below(8)],
            _ => tokens.truncate(at),
        }
    }
    tokens.concat()
}

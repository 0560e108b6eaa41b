//! A short, always equal run of what is fuzzed at length elsewhere.

use poolsim_tests::fuzz::{self, Script, damaged, inputs};
use proptest::prelude::*;

#[test]
fn made_up_calls() {
    inputs(2_000, 2_000).for_each(|input| fuzz::calls(&input));
}

#[test]
fn made_up_consumers() {
    inputs(3_000, 400).for_each(|input| fuzz::consumers(&input));
}

#[test]
fn made_up_runs() {
    inputs(500, 300).for_each(|input| fuzz::runs(&input));
}

#[test]
fn made_up_scenarios() {
    inputs(500, 300).for_each(|input| fuzz::scenario(&input));
}

/// Behind the magic of each codec.
#[test]
fn made_up_logs() {
    let magics: [&[u8]; 7] = [
        b"{",
        b"\x28\xb5\x2f\xfd",
        b"\x1f\x8b\x08\0",
        b"LZ4Block\x26",
        b"\x82SNAPPY\0",
        b"ZV\x01",
        b"PK\x03\x04",
    ];
    for magic in magics {
        inputs(200, 300).for_each(|input| fuzz::eventlog(&[magic, &input].concat()));
    }
}

#[test]
fn damaged_logs_are_read_or_refused_with_a_message() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/spark-eventlog/tests/data");
    let text = std::fs::read_to_string(format!("{folder}/sort")).expect("a log");
    for seed in 0..30 {
        fuzz::eventlog(damaged(&text, seed).as_bytes());
    }
    for (number, line) in text.lines().enumerate() {
        for seed in 0..30 {
            fuzz::event(damaged(line, seed + 100 * number as u64).as_bytes());
        }
    }
}

/// The span of the error lies in the carriage returns, which the excerpt leaves out.
#[test]
fn a_scenario_that_ends_in_carriage_returns_is_refused() {
    fuzz::scenario(b"(\r\r\r\r");
}

#[test]
fn damaged_scenarios_are_refused_with_a_message() {
    let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");
    let files = std::fs::read_dir(scenarios).expect("scenarios").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "ron")).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a text file");
        for seed in 0..100 {
            fuzz::scenario(damaged(&text, seed).as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_consumers_hold_is_what_the_pool_gave(script: Script) {
        script.play();
    }
}

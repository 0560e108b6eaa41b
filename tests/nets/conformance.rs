//! Every recording of real Spark that is kept, replayed on `sim-core` without a difference.

use std::path::PathBuf;

use poolsim_tests::conform::{Report, conform_file};

fn replay(name: &str) -> Report {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let report = conform_file(&path).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.ops > 0, "{name} is empty");
    if let Some(first) = report.mismatches.first() {
        panic!("{name}: {} differences, the first:\n{first}", report.mismatches.len());
    }
    report
}

macro_rules! replays {
    ($($test:ident: $file:literal;)*) => {
        $(
            #[test]
            fn $test() {
                let report = replay($file);
                assert!(report.skipped.is_empty(), "a trace leaves nothing out: {:?}", report.skipped);
            }
        )*

        const REPLAYED: &[&str] = &[$($file),*];
    };
}

replays! {
    traces_of_pools_and_stores: "traces-a-3.5.6.jsonl.gz";
    traces_of_tasks_and_consumers: "traces-b-3.5.6.jsonl.gz";
    traces_of_tasks_and_consumers_4_1: "traces-b-4.1.4.jsonl.gz";
    traces_of_tasks_and_consumers_4_3: "traces-b-4.3.0.jsonl.gz";
    directed_traces: "traces-directed-3.5.6.jsonl.gz";
    directed_traces_4_3: "traces-directed-4.3.0.jsonl.gz";
    cases_of_single_components: "oracle-cases.jsonl.gz";
    sizes_under_g1: "sizing-g1.jsonl.gz";
    sizes_under_the_serial_collector: "sizing-serial.jsonl.gz";
}

/// Cases of single components, some of them in Spark's own words.
const CASES: &str = "peer-suite-cases.jsonl.gz";

#[test]
fn cases_of_sparks_own_suites() {
    let report = replay(CASES);
    let skipped: Vec<_> = report.skipped.iter().map(|(target, &cases)| (target.as_str(), cases)).collect();
    // They tell in words what no call of this model says: the driver's part, and bounds of Java's own.
    let known = [
        ("agg_map (worded)", 2),
        ("bytes_map (worded)", 1),
        ("driver_results (worded)", 5),
        ("spillable (worded)", 2),
    ];
    assert_eq!(skipped, known);
}

#[test]
fn no_recording_is_forgotten() {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let files = std::fs::read_dir(golden).expect("recordings are kept beside this package");
    let names =
        files.map(|file| file.expect("a readable entry").file_name().into_string().expect("a plain name"));
    let mut forgotten: Vec<_> = names
        .filter(|name| name.ends_with(".gz"))
        .filter(|name| name != CASES)
        .filter(|name| !REPLAYED.contains(&name.as_str()))
        .collect();
    forgotten.sort();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

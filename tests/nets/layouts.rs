//! Layouts beside what real JVMs and real Sparks say: `Runtime.maxMemory`, default collectors, block managers of logs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use experiments::layout::{LayoutReport, Request, layout};
use experiments::{LogOptions, Settings};
use sim_core::conf::layout::{Collector, InitialHeap, runtime_max_memory};
use spark_eventlog::{Event, EventLog};

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rows(file: &str) -> Vec<csv::StringRecord> {
    let mut reader =
        csv::Reader::from_path(package().join("jvm/max_memory").join(file)).expect("a recorded table");
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row as long as the header")).collect();
    assert!(!rows.is_empty(), "{file} is empty");
    rows
}

#[test]
fn heaps_are_what_java_17_says() {
    let mut seen = BTreeSet::new();
    for row in rows("max_memory.csv") {
        let collector = match &row[1] {
            "g1" => Collector::G1,
            "parallel" => Collector::Parallel,
            "serial" => Collector::Serial,
            "zgc" => Collector::Zgc,
            "shenandoah" => Collector::Shenandoah,
            other => panic!("no such collector: {other}"),
        };
        let initial = match &row[3] {
            "true" => InitialHeap::EqualsMaximum,
            _ => InitialHeap::BelowMaximum,
        };
        let xmx: u64 = row[2].parse().expect("MiB");
        let said: u64 = row[4].parse().expect("bytes");
        assert_eq!(runtime_max_memory(xmx << 20, collector, initial), said, "{row:?}");
        seen.insert((row[1].to_owned(), row[3].to_owned()));
        assert!(row[0].starts_with("17."), "recorded with {}", &row[0]);
    }
    assert_eq!(seen.len(), 10, "five collectors, two ways of -Xms: {seen:?}");
}

#[test]
fn a_jvm_takes_serial_with_one_processor_and_g1_with_more() {
    for row in rows("default_collector.csv") {
        let wanted = if &row[1] == "1" { "serial" } else { "g1" };
        assert_eq!(&row[2], wanted, "{row:?}");
    }
}

/// The layout of a log's own settings, and what its block managers registered with: name, bytes on and off the heap.
fn of_log(path: &Path) -> (LayoutReport, Vec<(String, u64, u64)>) {
    let request = Request::open(path, &LogOptions::default(), &Settings::default());
    let request = request.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let report = layout(&request).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut log = EventLog::open(path).expect("it was read just now");
    let mut managers = Vec::new();
    while let Some(event) = log.next_event().expect("it was read just now") {
        if let Event::BlockManagerAdded(added) = event {
            let bytes = |size: Option<i64>| u64::try_from(size.unwrap_or(0)).expect("a size");
            managers.push((
                added.block_manager_id.executor_id.to_string(),
                bytes(added.maximum_onheap_memory),
                bytes(added.maximum_offheap_memory),
            ));
        }
    }
    (report, managers)
}

/// Compares the pools of executors and of the driver; returns how many were compared.
fn compare(path: &Path) -> usize {
    let (report, managers) = of_log(path);
    for pool in &report.observed {
        let differences = (pool.on_heap_difference_bytes, pool.off_heap_difference_bytes);
        assert_eq!(differences, (Some(0), Some(0)), "{}: {pool:?}", path.display());
    }
    for (name, on_heap, off_heap) in &managers {
        let process = match (name.as_str(), &report.executor) {
            ("driver", _) => &report.driver,
            (_, Some(executor)) => executor,
            (_, None) => panic!("{}: an executor in local mode: {name}", path.display()),
        };
        let unified = process.container.find("unified").map(|part| part.bytes);
        assert_eq!(unified, Some(*on_heap), "{}: {name}", path.display());
        let both = process.shown.as_ref().map(|shown| shown.block_manager_bytes);
        assert_eq!(both, Some(on_heap + off_heap), "{}: {name}", path.display());
    }
    managers.len()
}

/// The one log of each folder of recorded runs.
fn logs(folder: &Path) -> Vec<PathBuf> {
    let folders =
        fs::read_dir(folder).expect("a folder of logs").map(|entry| entry.expect("an entry").path());
    let mut logs: Vec<PathBuf> = folders
        .filter(|path| path.is_dir())
        .flat_map(|path| fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()))
        .collect();
    logs.sort();
    logs
}

#[test]
fn pools_of_the_fixtures_are_the_computed_ones() {
    let logs = logs(&package().join("fixtures/logs"));
    let compared: usize = logs.iter().map(|log| compare(log)).sum();
    assert!(compared >= 25, "{compared} block managers in {} logs", logs.len());
}

/// `POOLSIM_LOGS` names a folder with a folder for each log. Without it this test says so and tests nothing.
#[test]
fn pools_of_other_logs_are_the_computed_ones() {
    let Some(folder) = std::env::var_os("POOLSIM_LOGS") else {
        eprintln!("skipped: POOLSIM_LOGS names no folder of logs");
        return;
    };
    let logs = logs(Path::new(&folder));
    let compared: usize = logs.iter().map(|log| compare(log)).sum();
    assert!(compared > 0, "no block manager in {} logs", logs.len());
    eprintln!("{compared} block managers of {} logs are as computed", logs.len());
}

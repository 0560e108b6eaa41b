//! The small real logs, replayed: what is simulated does not depend on the outcome, and an imported scenario does the
//! same.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use experiments::replay::{ReplayOptions, ReplayReport, input_of, replay};
use experiments::{Case, Input, Keep, Layer, LogOptions, Settings, Slips, read_log, run};
use serde_json::{Map, Value};
use spark_eventlog::EventLog;
use workload::Scenario;
use workload::recorded::{self, Recorded};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/logs")
}

/// Every log that there is, by name.
fn logs() -> Vec<(String, PathBuf)> {
    let entries =
        fs::read_dir(fixtures()).expect("the fixtures").map(|entry| entry.expect("an entry").path());
    let mut logs: Vec<(String, PathBuf)> = entries
        .filter(|path| path.is_dir())
        .map(|folder| {
            let inside =
                fs::read_dir(&folder).expect("a folder").next().expect("a log").expect("a log").path();
            (folder.file_name().expect("a name").to_string_lossy().into_owned(), inside)
        })
        .collect();
    logs.sort();
    assert!(logs.len() >= 20, "{} logs", logs.len());
    logs
}

fn log(name: &str) -> PathBuf {
    logs().into_iter().find(|(known, _)| known == name).expect(name).1
}

fn read(path: &Path) -> Option<Recorded> {
    read_log(path, &LogOptions::default()).ok()
}

fn replayed(recorded: &Recorded) -> ReplayReport {
    let options = ReplayOptions { tasks: true, ..ReplayOptions::default() };
    replay("log", recorded, &Settings::default(), &options).expect("it can be replayed")
}

#[test]
fn an_imported_scenario_does_what_the_replay_simulates() {
    let mut replayable = 0;
    for (name, path) in logs() {
        let Some(recorded) = read(&path) else { continue };
        let simulated = replayed(&recorded);
        let mut text = Vec::new();
        let input = input_of(&name, &recorded).expect("it can be run");
        input.scenario.write(&mut text).expect("memory takes everything");
        let text = String::from_utf8(text).expect("RON is text");
        let scenario =
            Scenario::parse("x.ron", &text, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(scenario, input.scenario, "{name}");
        let again = Input { name: "x.ron".to_owned(), scenario, notes: Vec::new(), observed: None };
        let case = Case::of(&again, &Settings::default()).expect("it can be run");
        assert_eq!(run(&case, Keep::default()).report.fingerprint, simulated.fingerprint, "{name}");
        replayable += 1;
    }
    assert!(replayable >= 20, "{replayable} of the logs can be replayed");
}

#[test]
fn what_is_simulated_does_not_depend_on_the_outcome() {
    let names =
        ["sort-f0.1", "smj-f0.05", "mixedblocks-MAD-f0.2-sf0.3", "mixed-MO-f0.2-sf0.3", "groupbykey-f0.05"];
    for name in names {
        let text = decoded(&log(name));
        let before = of_text(&text);
        let (other, changed) = with_another_outcome(&text);
        assert!(changed > 0, "{name} has an outcome");
        let after = of_text(&other);
        assert_ne!(before.observed, after.observed, "{name}: what happened is another");
        let json = |report: &ReplayReport| serde_json::to_string(&report.simulated).expect("data");
        assert_eq!(json(&before), json(&after), "{name}");
        assert_eq!(before.fingerprint, after.fingerprint, "{name}");
    }
}

fn of_text(text: &str) -> ReplayReport {
    let log = EventLog::from_reader("log", Cursor::new(text.to_owned())).expect("a log");
    replayed(&recorded::read(log, recorded::Options::default()).expect("a log with tasks"))
}

/// The lines of a log that is plain or zstd.
fn decoded(path: &Path) -> String {
    let mut bytes = Vec::new();
    fs::File::open(path).expect("the log").read_to_end(&mut bytes).expect("the log");
    if bytes.starts_with(b"\x28\xb5\x2f\xfd") {
        bytes = zstd::decode_all(bytes.as_slice()).expect("whole frames");
    }
    String::from_utf8(bytes).expect("text")
}

/// The log as if three times as much had been spilled and everything had taken three times as long, without drops of
/// blocks; and the number of changes.
fn with_another_outcome(text: &str) -> (String, usize) {
    let mut changed = 0;
    let mut started: Vec<(u64, u64)> = Vec::new();
    let mut application = 0;
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut event: Map<String, Value> = serde_json::from_str(line).expect("an event");
        let number = |event: &Map<String, Value>, key: &str| event.get(key).and_then(Value::as_u64);
        let kind = event["Event"].as_str().expect("a name").rsplit('.').next().expect("a name").to_owned();
        let thrice = |from: u64, to: u64| Value::from(from + 3 * (to - from));
        match kind.as_str() {
            "SparkListenerApplicationStart" => application = number(&event, "Timestamp").expect("a time"),
            "SparkListenerApplicationEnd" => {
                let end = number(&event, "Timestamp").expect("a time");
                event.insert("Timestamp".to_owned(), thrice(application, end));
                changed += 1;
            }
            "SparkListenerJobStart" => {
                let times = (number(&event, "Job ID"), number(&event, "Submission Time"));
                started.push((times.0.expect("an id"), times.1.expect("a time")));
            }
            "SparkListenerJobEnd" => {
                let job = number(&event, "Job ID").expect("an id");
                let start = started.iter().find(|(id, _)| *id == job).expect("it has started").1;
                let end = number(&event, "Completion Time").expect("a time");
                event.insert("Completion Time".to_owned(), thrice(start, end));
                changed += 1;
            }
            "SparkListenerStageCompleted" => {
                let info = event["Stage Info"].as_object_mut().expect("an object");
                let times = (number(info, "Submission Time"), number(info, "Completion Time"));
                if let (Some(start), Some(end)) = times {
                    info.insert("Completion Time".to_owned(), thrice(start, end));
                }
            }
            "SparkListenerTaskEnd" => changed += spill_thrice(&mut event),
            "SparkListenerBlockUpdated" => {
                let level = &event["Block Updated Info"]["Storage Level"];
                let block = event["Block Updated Info"]["Block ID"].as_str().expect("an id");
                if block.starts_with("rdd_") && level["Use Memory"] == false {
                    changed += 1;
                    continue;
                }
            }
            _ => {}
        }
        lines.push(Value::Object(event).to_string());
    }
    (lines.join("\n"), changed)
}

fn spill_thrice(event: &mut Map<String, Value>) -> usize {
    let mut changed = 0;
    let mut thrice = |value: &mut Value| {
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        if let Some(number) = number.filter(|&number| number > 0) {
            let more = Value::from(number * 3);
            *value = if value.is_string() { Value::from(more.to_string()) } else { more };
            changed += 1;
        }
    };
    if let Some(metrics) = event.get_mut("Task Metrics").and_then(Value::as_object_mut) {
        for key in ["Memory Bytes Spilled", "Disk Bytes Spilled"] {
            metrics.get_mut(key).into_iter().for_each(&mut thrice);
        }
    }
    let accumulables = event["Task Info"]["Accumulables"].as_array_mut();
    for accumulable in accumulables.into_iter().flatten() {
        let name = accumulable["Name"].as_str().unwrap_or_default();
        let spill = [
            "spill size",
            "internal.metrics.memoryBytesSpilled",
            "internal.metrics.diskBytesSpilled",
            "number of sort fallback tasks",
        ];
        if spill.contains(&name) {
            for key in ["Update", "Value"] {
                accumulable.get_mut(key).into_iter().for_each(&mut thrice);
            }
        }
    }
    changed
}

#[test]
fn a_prediction_says_what_changes_and_between_what_it_lies() {
    let recorded = read(&log("sort-f0.6")).expect("a log");
    let pairs = vec![("spark.memory.fraction".to_owned(), "0.1".to_owned())];
    let layer = Layer { name: "--conf".to_owned(), pairs, slips: Slips::Refuse };
    let settings = Settings { layers: vec![layer], ..Settings::default() };
    let options = ReplayOptions { interval_runs: 8, ..ReplayOptions::default() };
    let report = replay("log", &recorded, &settings, &options).expect("it can be replayed");
    assert_eq!(report.simulated.memory_spilled_bytes, Some(0));
    let predicted = report.predicted.expect("it was asked for");
    assert_eq!(predicted.conf.len(), 1);
    assert_eq!(predicted.conf[0].key, "spark.memory.fraction");
    let spilled = predicted.figures.memory_spilled_bytes.expect("a number");
    assert!(spilled > 0, "a sixth of the memory is too little");
    let interval = predicted.interval["memory_spilled_bytes"];
    assert!((interval.low..=interval.high).contains(&spilled) && interval.runs == 8, "{interval:?}");
    let again = replay("log", &recorded, &settings, &options).expect("it can be replayed");
    assert_eq!(again.predicted.expect("it was asked for").interval["memory_spilled_bytes"], interval);
}

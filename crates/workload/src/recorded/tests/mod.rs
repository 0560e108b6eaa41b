//! Small logs from their first line to a recording.

mod log;

use serde_json::{Value, json};
use spark_eventlog::{Event, EventLog};

use super::facts::{Collector, Figure};
use super::{Kind, Options, Recorded, read};
use crate::plan::recording::{Column, Output, Step, Writer};
use log::{Log, Measured, rdd};

/// `spark.driver.memory` of 1 GiB.
const POOL: u64 = 455_501_414;

/// A `groupByKey` of 2 map and 2 reduce tasks; 1 MB is written, of which one reducer gets three quarters.
fn grouped() -> Log {
    let mut log = Log::local(POOL);
    let map = [
        rdd(1, "MapPartitionsRDD", "map", &[0], 2, ""),
        rdd(0, "ParallelCollectionRDD", "range", &[], 2, ""),
    ];
    let reduce =
        [rdd(3, "MapPartitionsRDD", "map", &[2], 2, ""), rdd(2, "ShuffledRDD", "groupByKey", &[1], 2, "")];
    let stages: [(u64, &[Value], &[u64], u64); 2] = [(0, &map, &[], 2), (1, &reduce, &[0], 2)];
    log.job(0, 0, &stages);
    log.submit(stages[0], 10);
    let wrote = Measured { written: (500_000, 5_000), ..Measured::default() };
    log.task(0, 0, (15, 115), wrote);
    log.task(0, 1, (20, 220), wrote);
    log.submit(stages[1], 230);
    let read = |bytes, rows, peak| Measured { fetched: (bytes, rows), peak, ..Measured::default() };
    log.task(1, 1, (240, 640), read(750_000, 7_500, 3_000_000));
    log.task(1, 0, (235, 335), Measured { spilled: (900, 90), ..read(250_000, 2_500, 1_000_000) });
    log.end_job(0, 700);
    log.event("ApplicationEnd", json!({"Timestamp": log::START + 800}));
    log
}

/// An RDD of 3 partitions, cached and read twice; the last partition was dropped in between.
fn cached() -> Log {
    let mut log = Log::local(POOL);
    let lineage = |last: u64| {
        [
            rdd(last, "MapPartitionsRDD", "map", &[1], 3, ""),
            rdd(1, "MapPartitionsRDD", "map", &[0], 3, "MEMORY"),
            rdd(0, "HadoopRDD", "textFile", &[], 3, ""),
        ]
    };
    for job in 0..2 {
        let at = job * 1000;
        let rdds = lineage(2 + job);
        let stage: (u64, &[Value], &[u64], u64) = (job, &rdds, &[], 3);
        log.job(job, at, &[stage]);
        log.submit(stage, at + 1);
        for task in 0..3 {
            let file = (10_000 + task, 100);
            let input = if job == 0 || task == 2 { file } else { (40_000 + task, 100) };
            if job == 0 {
                log.block(&format!("rdd_1_{task}"), (true, false), (40_000 + task, 0));
            }
            log.task(job, task, (at + 10, at + 60), Measured { input, ..Measured::default() });
        }
        log.block("rdd_1_2", (false, false), (40_002, 0));
        log.end_job(job, at + 100);
    }
    log.event("UnpersistRDD", json!({"RDD ID": 1}));
    log
}

fn over(column: &Column, rows: usize) -> Vec<u64> {
    column.over(rows)
}

#[test]
fn a_group_by_key_becomes_a_map_behind_its_shuffle() {
    let recorded = grouped().read(Options::default());
    let recording = &recorded.recording;
    recording.check().expect("sound");
    assert_eq!(recording.shuffles[0].partitions, 2);
    let [map, reduce] = recording.stages.as_slice() else { panic!("{:?}", recording.stages) };
    let Output::Shuffle {
        shuffle: 0,
        wire_bytes: Column::Same(500_000),
        writer: Writer::Rdd { objects },
        ..
    } = &map.output
    else {
        panic!("{:?}", map.output)
    };
    assert_eq!(objects, &Column::Same(1_250_000));
    let fetch = reduce.steps.iter().position(|step| matches!(step, Step::Fetch { .. })).expect("a fetch");
    let Step::Fetch { shuffle: 0, wire_bytes, rows, .. } = &reduce.steps[fetch] else { panic!() };
    assert_eq!((over(wire_bytes, 2), over(rows, 2)), (vec![250_000, 750_000], vec![2_500, 7_500]));
    // With the last row, which comes after the size was last looked at.
    assert_eq!(
        reduce.steps[fetch + 1],
        Step::AppendOnlyMap { bytes: Column::Each(vec![1_000_400, 3_000_400]) }
    );
    assert_eq!(over(&reduce.time_ms, 2), [100, 400]);
    assert_eq!(over(&reduce.not_before_ms, 2), [5, 10]);
    assert_eq!(recording.jobs[0].stages, [0, 1]);
}

#[test]
fn what_happened_is_observed_apart() {
    let recorded = grouped().read(Options::default());
    let observed = &recorded.observed;
    assert_eq!((observed.memory_spilled_bytes, observed.disk_spilled_bytes), (900, 90));
    assert_eq!(observed.peak_execution_memory_sum_bytes, 4_000_000);
    assert_eq!((observed.cpu_ms, observed.duration_ms), (28, Some(1800)));
    assert_eq!(observed.evicted_blocks, None);
    assert_eq!(observed.tasks.iter().map(|task| task.launch_ms).collect::<Vec<_>>(), [15, 20, 235, 240]);
    assert_eq!(recorded.calibration.disk_per_memory(), Some(0.1));
    let unknown =
        |grade: &&super::Grade| grade.kind == Kind::Unknown { key: "spark.eventLog.logBlockUpdates.enabled" };
    assert_eq!(recorded.grades.iter().filter(unknown).count(), 3);
}

#[test]
fn a_cached_rdd_has_the_sizes_of_its_blocks_in_both_modes() {
    for as_default in [false, true] {
        let recorded = cached().read(Options { as_default, redact: false });
        recorded.recording.check().expect("sound");
        let [rdd] = recorded.recording.rdds.as_slice() else { panic!("{:?}", recorded.recording.rdds) };
        // The last block was never read: by default it has the mean of the others.
        let last = if as_default { 40_000 } else { 40_002 };
        assert_eq!(over(&rdd.memory, 3), [40_000, 40_001, last]);
        assert_eq!(over(&rdd.elements, 3), [100; 3]);
        let Step::Input { file_bytes, .. } = &rdd.steps[0] else { panic!("{:?}", rdd.steps) };
        assert_eq!(over(file_bytes, 3), [10_000, 10_001, 10_002]);
        assert_eq!(recorded.recording.jobs[1].unpersist, [0]);
        assert_eq!(
            (recorded.recording.jobs[1].after.as_slice(), recorded.recording.jobs[1].delay_ms),
            (&[0][..], 940)
        );
        assert_eq!(recorded.observed.evicted_blocks, (!as_default).then_some(1));
        let of_blocks = recorded.grades.iter().find(|grade| grade.figure == "block_bytes").expect("a grade");
        assert_eq!(of_blocks.kind == Kind::Exact, !as_default);
    }
}

/// Multiplies what the outcome is told by, and drops the updates of blocks that left memory.
fn exaggerated(log: &Log) -> Log {
    let mut changed = Vec::new();
    for line in &log.0 {
        let mut line = line.clone();
        if line["Block Updated Info"]["Storage Level"]["Use Memory"] == false {
            continue;
        }
        for name in ["Memory Bytes Spilled", "Disk Bytes Spilled"] {
            if let Some(bytes) = line["Task Metrics"][name].as_u64() {
                line["Task Metrics"][name] = (bytes * 3).into();
            }
        }
        if let Some(end) = line["Completion Time"].as_u64() {
            line["Completion Time"] = (end + 2 * (end - log::START)).into();
        }
        if line["Event"] == "SparkListenerJobEnd" {
            line["Job Result"] = json!({"Result": "JobFailed", "Exception": {"Message": "Java heap space"}});
        }
        changed.push(line);
    }
    Log(changed)
}

#[test]
fn a_recording_does_not_depend_on_what_happened() {
    for log in [grouped(), cached()] {
        for as_default in [false, true] {
            let options = Options { as_default, redact: false };
            let (kept, changed) = (log.read(options), exaggerated(&log).read(options));
            assert_eq!(kept.recording, changed.recording);
            assert_eq!((kept.conf, kept.pools), (changed.conf, changed.pools));
            assert!(changed.observed.failed && !kept.observed.failed);
        }
    }
}

fn everything(recorded: &Recorded) -> String {
    format!("{recorded:?}\n{}", ron::to_string(&recorded.recording).expect("ron"))
}

#[test]
fn secrets_do_not_leave_the_log() {
    for log in [grouped(), cached()] {
        let redacted = log.read(Options { redact: true, ..Options::default() });
        assert!(!everything(&redacted).contains("CANARY"), "{redacted:?}");
        assert_eq!(redacted.recording.stages[0].name, "stage 0");
        // Names are shown, values of settings are not: the stages are named as the secret is.
        let shown = log.read(Options::default());
        assert!(!everything(&shown).contains("CANARY"), "{shown:?}");
        assert_eq!(shown.recording.stages[0].name, "stage at (withheld).scala:0");
    }
}

#[test]
fn names_are_shown_where_they_hold_no_value_of_a_setting() {
    let text = grouped().text().replace("stage at CANARY.scala", "sum at App.scala");
    let log = EventLog::from_reader("test", std::io::Cursor::new(text)).expect("a log");
    let recorded = read(log, Options::default()).expect("tasks");
    assert_eq!(recorded.recording.stages[0].name, "sum at App.scala:0");
    assert_eq!(recorded.observed.stages[1].name, "sum at App.scala:1");
}

#[test]
fn tasks_that_did_not_end_have_the_median_of_their_stage() {
    let mut log = grouped();
    log.0.retain(|line| line["Task Info"]["Task ID"] != 1000);
    let recorded = log.read(Options::default());
    let reduce = &recorded.recording.stages[1];
    assert_eq!((reduce.tasks, over(&reduce.time_ms, 2)), (2, vec![400, 400]));
    assert!(
        recorded.notes.iter().any(|note| note.text.contains("1 of 2 tasks of stage 1")),
        "{:?}",
        recorded.notes
    );
    recorded.recording.check().expect("sound");
}

#[test]
fn a_log_without_tasks_is_refused() {
    let log =
        EventLog::from_reader("empty.log", std::io::Cursor::new(Log::local(POOL).text())).expect("a log");
    let error = read(log, Options::default()).expect_err("no task");
    assert_eq!(error.title(), "empty.log: no task ended in it: there is nothing to replay");
}

#[test]
fn absurd_numbers_are_one_clear_error() {
    for (from, to, message) in [
        (
            "\"Number of Tasks\":2",
            "\"Number of Tasks\":4000000000",
            "the log has 8000000000 tasks, and 100000000 are allowed",
        ),
        (
            "\"Number of Partitions\":3",
            "\"Number of Partitions\":4000000000",
            "the log has 4000000000 partitions of cached rdds, and 10000000 are allowed",
        ),
    ] {
        let log = if from.contains("Tasks") { grouped() } else { cached() };
        let text = log.text().replace(from, to);
        let log = EventLog::from_reader("test", std::io::Cursor::new(text)).expect("a log");
        assert_eq!(read(log, Options::default()).expect_err(message).title(), message);
    }
}

#[test]
fn the_largest_numbers_are_added_without_a_panic() {
    let largest = i64::MAX.to_string();
    let mut text = grouped().text();
    for name in [
        "Memory Bytes Spilled",
        "Disk Bytes Spilled",
        "Peak Execution Memory",
        "Executor CPU Time",
        "Local Bytes Read",
        "Total Records Read",
        "Shuffle Bytes Written",
        "Shuffle Records Written",
    ] {
        let start = format!("\"{name}\":");
        let mut changed = String::new();
        let mut parts = text.split(&start);
        changed.push_str(parts.next().unwrap_or_default());
        for part in parts {
            changed.push_str(&start);
            changed.push_str(&largest);
            changed.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        text = changed;
    }
    let log = EventLog::from_reader("test", std::io::Cursor::new(text)).expect("a log");
    let recorded = read(log, Options::default()).expect("tasks");
    assert_eq!(recorded.observed.memory_spilled_bytes, u64::MAX);
    assert!(recorded.recording.check().is_err());
}

#[test]
fn a_task_takes_at_most_300_bytes() {
    const TASKS: u64 = 100_000;
    let mut log = Log::local(POOL);
    let rdds = [rdd(0, "ShuffledRDD", "groupByKey", &[], TASKS, "")];
    log.submit((0, &rdds, &[], TASKS), 10);
    let mut collector = Collector::new(false);
    let mut add = |log: &Log| {
        for line in log.text().lines() {
            collector.add(&Event::parse(line.as_bytes()).expect(line));
        }
    };
    add(&log);
    // Numbers that differ in each task, and 10 metrics of a query.
    for task in 0..TASKS {
        let big = (1 << 33) + task * 7919;
        let mut one = Log::default();
        let pair = (big, task + 1);
        let measured =
            Measured { input: pair, fetched: pair, written: pair, peak: big, spilled: (big, task) };
        one.task(0, task, (10 + task, 20 + 2 * task), measured);
        let metric = |id: u64| {
            json!({"ID": id, "Name": "number of output rows", "Update": (task + id).to_string(),
                               "Value": "1", "Metadata": "sql"})
        };
        one.0[0]["Task Info"]["Accumulables"] = (0..10).map(metric).collect();
        add(&one);
    }
    let facts = collector.finish();
    let table = &facts.attempts[0].table;
    assert_eq!((table.rows() as u64, table.sum(Figure::Succeeded)), (TASKS, TASKS));
    let bytes = table.heap_bytes() as u64 / TASKS;
    assert!((100..=300).contains(&bytes), "{bytes} bytes a task");
}

/// Stages of one task each, one a job: their RDDs, the last first, and bytes and records that the task read.
fn read_by_one_task(stages: &[(&[Value], (u64, u64))]) -> Log {
    let mut log = Log::local(POOL);
    for (id, (rdds, input)) in (0..).zip(stages) {
        let stage: (u64, &[Value], &[u64], u64) = (id, rdds, &[], 1);
        log.job(id, id * 100, &[stage]);
        log.submit(stage, id * 100 + 1);
        log.task(id, 0, (id * 100 + 2, id * 100 + 50), Measured { input: *input, ..Measured::default() });
        log.end_job(id, id * 100 + 60);
    }
    log
}

#[test]
fn what_a_task_reads_of_several_blocks_is_parted() {
    let one = |id: u64, name: &str, parents: &[u64], level: &str| rdd(id, name, "map", parents, 1, level);
    let (file, a, b) =
        (one(0, "HadoopRDD", &[], ""), one(1, "A", &[0], "MEMORY"), one(2, "B", &[1], "MEMORY"));
    let log = read_by_one_task(&[
        (&[one(10, "MapPartitionsRDD", &[1], ""), a.clone(), file], (9_000, 70)),
        // Finds a for itself and once more to compute b.
        (&[one(11, "Zipped", &[1, 2], ""), b.clone(), a.clone()], (80_000, 2)),
        // Finds b twice, and a.
        (&[one(12, "Zipped", &[2, 13, 1], ""), one(13, "Mapped", &[2], ""), b, a.clone()], (100_000, 3)),
        // Computes c, which nobody reads, as b was computed.
        (&[one(20, "Mapped", &[21], ""), one(21, "B", &[1], "MEMORY"), a], (40_000, 1)),
    ]);
    let recording = log.read(Options { as_default: true, ..Options::default() }).recording;
    let sizes: Vec<_> =
        recording.rdds.iter().map(|rdd| (rdd.id, rdd.memory.at(0), rdd.elements.at(0))).collect();
    assert_eq!(sizes, [(1, 40_000, 1), (2, 30_000, 1), (21, 30_000, 1)]);
}

#[test]
fn an_rdd_that_is_persisted_again_is_kept() {
    let unpersisted = |again: &str| {
        let lineage = |last: u64, level: &str| {
            [rdd(last, "MapPartitionsRDD", "map", &[1], 1, ""), rdd(1, "A", "map", &[], 1, level)]
        };
        let (before, after) = (lineage(2, "MEMORY"), lineage(3, again));
        let mut log = read_by_one_task(&[(&before, (10, 1)), (&after, (10, 1))]);
        let second = log.0.iter().rposition(|line| line["Event"] == "SparkListenerJobStart").expect("a job");
        log.0.insert(second, json!({"Event": "SparkListenerUnpersistRDD", "RDD ID": 1}));
        let recording = log.read(Options::default()).recording;
        recording.jobs.iter().map(|job| job.unpersist.len()).sum::<usize>()
    };
    assert_eq!((unpersisted(""), unpersisted("MEMORY")), (1, 0));
}

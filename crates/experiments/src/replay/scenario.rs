//! The scenario of a log: its recording under the settings that it had.

use std::collections::BTreeMap;

use sim_core::conf::Key;
use sim_core::conf::version::ParsedVersion;
use workload::plan::recording::{Output, Step};
use workload::recorded::Recorded;
use workload::scenario::Cluster;
use workload::{Plan, Recording, Scenario};

/// Picoseconds in which a byte of records that spill is serialized, compressed, written and read back: real runs took
/// 6 to 12 seconds of tasks for each GB.
pub(super) const SPILL_BYTE_PS: u64 = 8_000;

/// Bytes on disk of a spilled byte, where neither the log nor its shuffles tell: of sorts of text.
const USUAL_DISK_RATIO: f64 = 0.9;
/// The same of a hash aggregation, whose spilled bytes are those of whole pages and arrays.
const AGGREGATION_DISK_RATIO: f64 = 0.2;
/// What a record in a sorter takes besides its bytes.
const BYTES_BESIDE_A_RECORD: f64 = 4.0;

/// The scenario of a log, with the times as they were recorded.
pub(super) fn of_log(recorded: &Recorded) -> Scenario {
    let recording = &recorded.recording;
    let executors = u32::try_from(recording.executors.len()).unwrap_or(u32::MAX).max(1);
    let nodes = recording.executors.iter().map(|executor| executor.node.saturating_add(1)).max().unwrap_or(1);
    Scenario {
        question: question(recorded),
        spark_version: recorded.version.parse::<ParsedVersion>().is_ok().then(|| recorded.version.clone()),
        cluster: Cluster { executors, nodes: nodes.min(executors) },
        conf: conf(recorded, executors),
        plan: Plan { recording: Some(Box::new(recording.clone())), ..Plan::default() },
        expect: Vec::new(),
        variants: Vec::new(),
    }
}

fn question(recorded: &Recorded) -> String {
    let app = &recorded.app;
    match (app.name.trim(), app.id.as_str()) {
        ("", "") => "What did the recorded application do with its memory?".to_owned(),
        ("", id) => format!("What did the application {id} do with its memory?"),
        (name, "") => format!("What did the application {name} do with its memory?"),
        (name, id) => format!("What did the application {name} ({id}) do with its memory?"),
    }
}

/// The number of executors, which a cluster gives, and then the settings by key. What takes time besides the recorded
/// times of tasks takes none: it is in them.
fn conf(recorded: &Recorded, executors: u32) -> Vec<(String, String)> {
    let mut conf = BTreeMap::new();
    let mut put = |key: Key, value: String| conf.insert(key.name().to_owned(), value);
    put(Key::PoolsimDiskBytesPerSecond, "0".to_owned());
    put(Key::PoolsimNetworkBytesPerSecond, "0".to_owned());
    put(Key::PoolsimDriverLaunchMs, "0".to_owned());
    put(Key::PoolsimTaskLaunchMs, "0".to_owned());
    put(Key::PoolsimSpillCpuBytePs, SPILL_BYTE_PS.to_string());
    let ratio = recorded.calibration.disk_per_memory().unwrap_or_else(|| usual_ratio(&recorded.recording));
    put(Key::PoolsimSpillDiskRatio, format!("{:.6}", ratio.clamp(0.000_001, 1000.0)));
    conf.extend(recorded.conf.iter().cloned());
    let instances = Key::ExecutorInstances.name();
    conf.remove(instances);
    std::iter::once((instances.to_owned(), executors.to_string())).chain(conf).collect()
}

/// Bytes on disk of a spilled byte, of a log in which nothing spilled: what the stages would spill, each weighted by
/// the bytes of its rows.
fn usual_ratio(recording: &Recording) -> f64 {
    let mut sums = (0.0, 0.0);
    for stage in &recording.stages {
        let Some(ratio) = usual_ratio_of(&stage.steps, &stage.output, stage.tasks) else { continue };
        let weight = 1.0 + stage.steps.iter().map(|step| bytes_of(step, stage.tasks)).sum::<f64>();
        sums = (sums.0 + ratio * weight, sums.1 + weight);
    }
    if sums.1 > 0.0 { sums.0 / sums.1 } else { USUAL_DISK_RATIO }
}

/// The ratio of a stage that did not spill; `None` for one that has nothing to spill.
///
/// The rows that a sort spills are compressed as those of a shuffle are, so that a shuffle that the stage reads or
/// writes tells the ratio.
pub(super) fn usual_ratio_of(steps: &[Step], output: &Output, tasks: u32) -> Option<f64> {
    let sorts = steps.iter().any(|step| {
        matches!(
            step,
            Step::Sort { .. }
                | Step::MergeJoin { .. }
                | Step::RowBuffer { .. }
                | Step::AppendOnlyMap { .. }
                | Step::ExternalSorter { .. }
        )
    });
    let aggregates = steps.iter().any(|step| matches!(step, Step::Aggregate { .. }));
    let writes = matches!(output, Output::Shuffle { .. });
    if !sorts && aggregates {
        return Some(AGGREGATION_DISK_RATIO);
    }
    if !sorts && !writes {
        return None;
    }
    let mut sums = (0.0, 0.0);
    let mut add = |wire: f64, rows: f64, bytes: f64| {
        sums = (sums.0 + wire, sums.1 + bytes + rows * BYTES_BESIDE_A_RECORD);
    };
    let sum = |column: &workload::plan::recording::Column| -> f64 {
        (0..tasks as usize).map(|task| column.at(task) as f64).sum()
    };
    for step in steps {
        if let Step::Fetch { wire_bytes, rows, bytes, .. } = step {
            add(sum(wire_bytes), sum(rows), sum(bytes));
        }
    }
    if let (true, Output::Shuffle { wire_bytes, rows, bytes, .. }) = (sums.1 == 0.0, output) {
        sums = (sum(wire_bytes), sum(bytes) + sum(rows) * BYTES_BESIDE_A_RECORD);
    }
    Some(if sums.1 > 0.0 && sums.0 > 0.0 { (sums.0 / sums.1).clamp(0.05, 1.3) } else { USUAL_DISK_RATIO })
}

fn bytes_of(step: &Step, tasks: u32) -> f64 {
    let (Step::Input { bytes, .. } | Step::Fetch { bytes, .. } | Step::Cached { bytes, .. }) = step else {
        return 0.0;
    };
    (0..tasks as usize).map(|task| bytes.at(task) as f64).sum()
}

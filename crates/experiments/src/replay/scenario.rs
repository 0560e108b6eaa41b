//! The scenario of a log: its recording under the settings that it had.

use std::collections::BTreeMap;

use sim_core::conf::Key;
use sim_core::conf::version::ParsedVersion;
use workload::recorded::Recorded;
use workload::scenario::Cluster;
use workload::{Plan, Scenario};

use super::disk::usual_ratio;

/// Picoseconds in which a byte of records that spill is serialized, compressed, written and read back: real runs took
/// 6 to 12 seconds of tasks for each GB.
pub(super) const SPILL_BYTE_PS: u64 = 8_000;

/// The scenario of a log, with the times as they were recorded.
pub(super) fn of_log(recorded: &Recorded) -> Scenario {
    let recording = &recorded.recording;
    let executors = u32::try_from(recording.executors.len()).unwrap_or(u32::MAX).max(1);
    let nodes = recording.executors.iter().map(|executor| executor.node.saturating_add(1)).max().unwrap_or(1);
    Scenario {
        question: question(recorded),
        spark_version: recorded.version.parse::<ParsedVersion>().is_ok().then(|| recorded.version.clone()),
        cluster: Cluster { executors, nodes: nodes.min(executors) },
        losses: Vec::new(),
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

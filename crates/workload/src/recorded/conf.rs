//! Settings of a recorded application: those that the model knows, and what the log proves beyond them.

use std::collections::BTreeMap;

use sim_core::conf::keys::KEYS;
use sim_core::conf::kind::{Kind, read_value};
use sim_core::conf::layout::unified::RESERVED_SYSTEM_MEMORY_BYTES;
use sim_core::conf::version::ParsedVersion;
use sim_core::conf::{ClusterShape, Conf, Key, SparkVersion};
use sim_core::engine::RunConf;

use super::facts::Facts;
use super::{ExecutorPools, Note, python};

/// The settings, by name, under which the layout is that of the log.
pub(super) fn settings(
    facts: &Facts,
    pools: &[ExecutorPools],
    executors: usize,
    notes: &mut Vec<Note>,
) -> Vec<(String, String)> {
    let environment = &facts.environment;
    let mut settings: BTreeMap<&'static str, String> = BTreeMap::new();
    for (&name, value) in &environment.settings {
        if let Some(value) = kept(name, value) {
            settings.insert(name, value);
        } else {
            notes.push(Note::new(format!(
                "the value of {name} in the log means nothing to the model: ignored"
            )));
        }
    }
    for (&name, values) in &environment.session {
        match values.iter().next() {
            Some((value, &queries)) if values.len() == 1 && queries == environment.queries => {
                settings.extend(kept(name, value).map(|value| (name, value)));
            }
            _ => notes
                .push(Note::new(format!("{name} differs between queries: that of the application holds"))),
        }
    }
    let used: Vec<_> = facts.executors.iter().filter(|executor| executor.used).collect();
    let cores = used.iter().map(|executor| executor.cores).max().unwrap_or(0);
    let local = used.iter().any(|executor| executor.id == "driver");
    let cores_were_set = settings.contains_key(Key::ExecutorCores.name());
    let mut set = |key: Key, value: String| settings.insert(key.name(), value);
    if cores > 1 && !local && !cores_were_set && python::observed(facts).is_some() {
        set(Key::PoolsimPythonLimitCores, "1".to_owned());
    }
    if cores > 0 && !local {
        set(Key::ExecutorCores, cores.to_string());
    }
    if executors > 0 && !local {
        set(Key::ExecutorInstances, executors.to_string());
    }
    if environment.python {
        set(Key::PoolsimIsPython, "true".to_owned());
    }
    let collectors = environment.collectors;
    if let Some(collector) = if local { collectors.driver } else { collectors.executor } {
        set(Key::PoolsimJvmCollector, collector.to_owned());
    }
    let master = environment.settings.get(Key::Master.name()).map_or("", String::as_str);
    set(Key::Master, self::master(master, local, cores));
    fit_heap(facts, &mut settings, pools, notes);
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A value that the model can read. Addresses and paths are cut off.
fn kept(name: &str, value: &str) -> Option<String> {
    let row = KEYS.iter().find(|row| row.name == name)?;
    if row.kind == Kind::Text && row.key != Key::Master {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._$-".contains(c);
        return value.chars().all(plain).then(|| value.to_owned());
    }
    let read = read_value(row.kind, value).ok()?;
    row.allowed.allows(&read).then(|| value.to_owned())
}

/// The master, without addresses and with the cores that there were.
fn master(master: &str, local: bool, cores: u32) -> String {
    if local {
        let failures = master.strip_prefix("local[").and_then(|rest| rest.strip_suffix(']'));
        let failures = failures.and_then(|inside| inside.split_once(',')?.1.trim().parse::<u32>().ok());
        return match failures {
            Some(failures) => format!("local[{},{failures}]", cores.max(1)),
            None => format!("local[{}]", cores.max(1)),
        };
    }
    if master.starts_with("yarn") {
        "yarn".to_owned()
    } else if master.starts_with("k8s") {
        "k8s://cluster".to_owned()
    } else {
        // Workers that subtract the heap alone: of `local-cluster[..]` and Mesos too.
        "spark://cluster".to_owned()
    }
}

/// Sets what makes the pool on the heap as large as the log says.
fn fit_heap(
    facts: &Facts,
    settings: &mut BTreeMap<&'static str, String>,
    pools: &[ExecutorPools],
    notes: &mut Vec<Note>,
) {
    let Some(reported) = pools.iter().map(|pool| pool.max_on_heap).min() else { return };
    if pools.iter().any(|pool| pool.max_on_heap != reported) {
        notes.push(Note::new("executors reported pools of several sizes: all get the smallest"));
    }
    let version = facts.version.parse::<ParsedVersion>().map_or(SparkVersion::V3_5, |parsed| parsed.version);
    let heap_of = |settings: &BTreeMap<&'static str, String>| {
        let conf = Conf::builder(version).layer("the log", settings.clone()).build().ok()?;
        let (_, layout) = RunConf::resolve(&conf, ClusterShape::default()).ok()?;
        Some((layout.pools.max_heap_bytes, conf.double(Key::MemoryFraction)))
    };
    if heap_of(settings).is_some_and(|(heap, _)| heap == reported) {
        return;
    }
    let named = settings.get(Key::PoolsimJvmCollector.name()).cloned();
    if named.is_none() {
        for collector in ["parallel", "serial", "zgc", "shenandoah"] {
            settings.insert(Key::PoolsimJvmCollector.name(), collector.to_owned());
            if heap_of(settings).is_some_and(|(heap, _)| heap == reported) {
                return;
            }
        }
        settings.remove(Key::PoolsimJvmCollector.name());
    }
    let fraction = Conf::builder(version)
        .layer("the log", settings.clone())
        .build()
        .map_or(0.6, |conf| conf.double(Key::MemoryFraction));
    settings.insert(Key::PoolsimJvmMaxHeapMemory.name(), max_heap(reported, fraction).to_string());
    if heap_of(settings).is_none_or(|(heap, _)| heap != reported) {
        settings.remove(Key::PoolsimJvmMaxHeapMemory.name());
        notes.push(Note::new(format!(
            "executors reported {reported} bytes for execution and storage, to which the settings do not lead"
        )));
    }
}

/// The least heap of which `fraction`, without what is reserved, is `pool` bytes.
fn max_heap(pool: u64, fraction: f64) -> u64 {
    let near = (pool as f64 / fraction) as u64;
    let usable = (near.saturating_sub(2)..=near.saturating_add(2))
        .find(|&usable| (usable as f64 * fraction) as u64 == pool)
        .unwrap_or(near);
    usable.saturating_add(RESERVED_SYSTEM_MEMORY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::facts::ExecutorFacts;

    fn facts(master: &str, memory: &str, pool: u64) -> Facts {
        let mut facts = Facts { version: "3.5.6".to_owned(), ..Facts::default() };
        let executor = if master.starts_with("local[") { "driver" } else { "1" };
        facts.executors.push(ExecutorFacts {
            id: executor.to_owned(),
            cores: 4,
            used: true,
            max_on_heap: Some(pool),
            ..ExecutorFacts::default()
        });
        let settings = &mut facts.environment.settings;
        settings.insert("spark.master", master.to_owned());
        let key = if executor == "driver" { "spark.driver.memory" } else { "spark.executor.memory" };
        settings.insert(key, memory.to_owned());
        facts
    }

    fn settings_of(facts: &Facts) -> (BTreeMap<String, String>, Vec<Note>) {
        let pool = facts.executors[0].max_on_heap.expect("a pool");
        let executor = facts.executors[0].id.clone();
        let pools = [ExecutorPools { executor, max_on_heap: pool, max_off_heap: 0 }];
        let mut notes = Vec::new();
        (settings(facts, &pools, 1, &mut notes).into_iter().collect(), notes)
    }

    #[test]
    fn a_heap_that_follows_from_its_settings_needs_no_key() {
        let (settings, notes) = settings_of(&facts("local[*]", "1g", 455_501_414));
        assert_eq!(settings["spark.master"], "local[4]");
        assert!(!settings.contains_key("poolsim.jvm.maxHeapMemory"), "{settings:?}");
        assert!(!settings.contains_key("poolsim.jvm.collector"), "{settings:?}");
        assert_eq!(notes, []);
    }

    #[test]
    fn the_collector_is_told_by_the_pool() {
        // Parallel: 1 GiB without a survivor space is 910.5 MiB.
        let pool = ((910.5 - 300.0) * 1_048_576.0 * 0.6) as u64;
        let (settings, _) = settings_of(&facts("spark://host.example:7077", "1g", pool));
        assert_eq!(settings["poolsim.jvm.collector"], "parallel");
        assert_eq!(settings["spark.master"], "spark://cluster");
        assert_eq!((&*settings["spark.executor.cores"], &*settings["spark.executor.instances"]), ("4", "1"));
    }

    #[test]
    fn another_heap_is_told_in_bytes() {
        let (settings, notes) = settings_of(&facts("yarn", "1g", 400_000_001));
        let heap: u64 = settings["poolsim.jvm.maxHeapMemory"].parse().expect("bytes");
        assert_eq!(((heap - (300 << 20)) as f64 * 0.6) as u64, 400_000_001);
        assert_eq!(notes, []);
    }

    #[test]
    fn values_that_mean_nothing_are_left_out_with_their_name_alone() {
        let mut facts = facts("local[4]", "1g", 455_501_414);
        facts.environment.settings.insert("spark.memory.fraction", "CANARY".to_owned());
        facts.environment.settings.insert("spark.io.compression.codec", "/CANARY/path".to_owned());
        let (settings, notes) = settings_of(&facts);
        assert!(settings.values().all(|value| !value.contains("CANARY")), "{settings:?}");
        assert_eq!(notes.len(), 2);
        assert!(notes.iter().all(|note| !note.text.contains("CANARY")), "{notes:?}");
    }

    #[test]
    fn what_every_query_changed_is_a_setting() {
        let mut facts = facts("local[4]", "1g", 455_501_414);
        facts.environment.queries = 2;
        let session = &mut facts.environment.session;
        session.insert("spark.sql.shuffle.partitions", BTreeMap::from([("8".to_owned(), 2)]));
        session.insert("spark.sql.adaptive.enabled", BTreeMap::from([("false".to_owned(), 1)]));
        let (settings, notes) = settings_of(&facts);
        assert_eq!(settings["spark.sql.shuffle.partitions"], "8");
        assert!(!settings.contains_key("spark.sql.adaptive.enabled"));
        assert_eq!(notes.len(), 1);
    }
}

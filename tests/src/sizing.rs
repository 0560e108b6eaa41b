//! Conformance of the memory layout with sizes recorded from real Spark.
//!
//! Each function takes one record and says what differs. The records are the sizing tables (one
//! line a heap, asked of `UnifiedMemoryManager.apply`) and the cases of the targets
//! `memory_manager_size`, `container_size`, `driver_container_size` and `sizing`. Spark's
//! functions are called as the recorder called them: without the checks of user settings.

use std::fmt::Debug;

use serde_json::Value;
use sim_core::conf::layout::page::{PageInputs, default_page_size_bytes};
use sim_core::conf::layout::unified::{RESERVED_SYSTEM_MEMORY_BYTES, UnifiedInputs, get_max_memory};
use sim_core::conf::layout::{
    ClusterManager, Collector, Container, DeployMode, Deployment, Language, LayoutError, ProfileMemory,
    UnifiedPools,
};
use sim_core::conf::quantity::{byte_string_as, to_double};
use sim_core::conf::unit::ByteUnit;
use sim_core::conf::{Conf, Semantics, SparkVersion};
use sim_core::memory::MemoryMode;

/// The versions on which records were made.
const RECORDED: [SparkVersion; 2] = [SparkVersion::V3_5, SparkVersion::V4_1];

/// A line of a sizing table: `systemMemory`, `fraction`, .. and what the manager reported.
pub fn sizing_table(record: &Value) -> Result<(), String> {
    let inputs = UnifiedInputs {
        system_memory_bytes: number(record, "systemMemory")?,
        reserved_bytes: RESERVED_SYSTEM_MEMORY_BYTES,
        fraction: decimal(record, "fraction")?,
        storage_fraction: decimal(record, "storageFraction")?,
        off_heap_size_bytes: number(record, "offHeap")?,
        executor_memory_bytes: None,
    };
    let pools = match (UnifiedPools::of(&inputs), record.get("error")) {
        (Ok(pools), None) => pools,
        (Err(_), Some(_)) => return Ok(()),
        (got, error) => return Err(format!("got {got:?}, Spark says {error:?}")),
    };
    let collector = match text(record, "gc")? {
        gc if gc.starts_with("G1") => Collector::G1,
        "Copy" => Collector::Serial,
        other => return Err(format!("no such collector in the tables: {other}")),
    };
    same("maxHeap", pools.max_heap_bytes, number(record, "maxHeap")?)?;
    let heap = (pools.storage_region_bytes, pools.execution_bytes);
    let wanted = (number(record, "onStoragePool")?, number(record, "onExecPool")?);
    same("pools on the heap", heap, wanted)?;
    let off_heap = (pools.off_heap_storage_region_bytes, pools.off_heap_execution_bytes);
    let wanted = (number(record, "offStoragePool")?, number(record, "offExecPool")?);
    same("pools off the heap", off_heap, wanted)?;
    let enabled = flag(record, "offHeapEnabled");
    let page = page_size(&pools, enabled, number(record, "cores")?, collector);
    same("pageSize", page, number(record, "pageSize")?)
}

/// A case of the target `memory_manager_size`.
pub fn memory_manager_size(record: &Value) -> Result<(), String> {
    let (setup, want) = (&record["setup"], &record["want"]);
    let inputs = UnifiedInputs {
        system_memory_bytes: number(setup, "system_memory")?,
        reserved_bytes: RESERVED_SYSTEM_MEMORY_BYTES,
        fraction: decimal(setup, "fraction")?,
        storage_fraction: decimal(setup, "storage_fraction")?,
        off_heap_size_bytes: number(setup, "offheap_size")?,
        executor_memory_bytes: executor_memory(setup)?,
    };
    let pools = match UnifiedPools::of(&inputs) {
        Ok(pools) => pools,
        Err(error) => return same_error(&error, want, "error", "error_3.5"),
    };
    let collector = match text(setup, "gc")? {
        "G1" => Collector::G1,
        other => return Err(format!("no such collector in the cases: {other}")),
    };
    let enabled = flag(setup, "offheap_enabled");
    let page = page_size(&pools, enabled, number(setup, "cores")?, collector);
    for (name, got) in [
        ("max_heap", pools.max_heap_bytes),
        ("storage_region", pools.storage_region_bytes),
        ("execution", pools.execution_bytes),
        ("off_storage", pools.off_heap_storage_region_bytes),
        ("off_execution", pools.off_heap_execution_bytes),
        ("page_size", page),
    ] {
        same(name, got, number(want, name)?)?;
    }
    Ok(())
}

/// A case of the target `sizing`: `UnifiedMemoryManager.getMaxMemory`.
pub fn sizing(record: &Value) -> Result<(), String> {
    let setup = &record["setup"];
    let inputs = UnifiedInputs {
        system_memory_bytes: number(setup, "system_memory")?,
        reserved_bytes: number(setup, "reserved")?,
        fraction: decimal(setup, "fraction")?,
        storage_fraction: 0.5,
        off_heap_size_bytes: 0,
        executor_memory_bytes: executor_memory(setup)?,
    };
    for step in steps(record)? {
        match get_max_memory(&inputs) {
            Ok(bytes) => same("max_heap_memory", Some(bytes), step["want"].as_i64())?,
            Err(error) => same_error(&error, step, "message", "message_3.5")?,
        }
    }
    Ok(())
}

/// A case of the target `container_size`, with parts (`want`) or a total in its steps.
pub fn container_size(record: &Value) -> Result<(), String> {
    for version in versions(record) {
        let setup = &record["setup"];
        let conf = conf(version, setup, EXECUTOR_KEYS)?;
        let container = Container::executor(&conf, &deployment(setup), &profile(setup)?)
            .map_err(|error| error.to_string())?;
        if let Some(want) = record.get("want") {
            for (name, got) in [
                ("heap", container.heap_mib),
                ("overhead", container.overhead_mib),
                ("offheap", container.off_heap_mib),
                ("pyspark", container.pyspark_mib),
                ("total", container.total_mib()),
            ] {
                same(name, got, number(want, name)?)?;
            }
        } else {
            same_total(record, &container)?;
        }
    }
    Ok(())
}

/// A case of the target `driver_container_size`.
pub fn driver_container_size(record: &Value) -> Result<(), String> {
    for version in versions(record) {
        let setup = &record["setup"];
        let conf = conf(version, setup, DRIVER_KEYS)?;
        same_total(record, &Container::driver(&conf, &deployment(setup)))?;
    }
    Ok(())
}

/// Names of a setup and the settings they stand for.
type Keys = &'static [(&'static str, &'static str)];

const EXECUTOR_KEYS: Keys = &[
    ("executor_memory", "spark.executor.memory"),
    ("memory_overhead", "spark.executor.memoryOverhead"),
    ("overhead_factor", "spark.executor.memoryOverheadFactor"),
    ("min_memory_overhead", "spark.executor.minMemoryOverhead"),
    ("pyspark_memory", "spark.executor.pyspark.memory"),
    ("offheap_enabled", "spark.memory.offHeap.enabled"),
    ("offheap_size", "spark.memory.offHeap.size"),
    ("k8s_overhead_factor", "spark.kubernetes.memoryOverheadFactor"),
];

const DRIVER_KEYS: Keys = &[
    ("driver_memory", "spark.driver.memory"),
    ("memory_overhead", "spark.driver.memoryOverhead"),
    ("driver_overhead_factor", "spark.driver.memoryOverheadFactor"),
    ("min_memory_overhead", "spark.driver.minMemoryOverhead"),
];

fn conf(version: SparkVersion, setup: &Value, keys: Keys) -> Result<Conf, String> {
    let given = keys.iter().filter_map(|&(name, key)| {
        let value = setup.get(name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((key, text))
    });
    let conf = Conf::builder(version).layer("setup", given).build();
    conf.map_err(|error| error.to_string())
}

fn deployment(setup: &Value) -> Deployment {
    let python = flag(setup, "python_app");
    let language = match setup["resource"].as_str() {
        Some("python") => Language::Python,
        Some("r") => Language::R,
        _ if python => Language::Python,
        _ => Language::Jvm,
    };
    // The suite runs the executor's step alone: no driver's step has handed 0.4 on, so executors
    // of Python keep the common factor 0.1, which is YARN's rule.
    let manager = match setup["cluster"].as_str() {
        Some("k8s") if !python => ClusterManager::Kubernetes,
        _ => ClusterManager::Yarn,
    };
    Deployment { manager, mode: DeployMode::Cluster, language }
}

fn profile(setup: &Value) -> Result<ProfileMemory, String> {
    let profile = &setup["profile"];
    let mib = |name: &str| match profile[name].as_str() {
        Some(text) => {
            byte_string_as(text, ByteUnit::MiB).map(Some).map_err(|error| format!("{name}: {error}"))
        }
        None => Ok(None),
    };
    Ok(ProfileMemory {
        heap_mib: mib("memory")?,
        overhead_mib: mib("memory_overhead")?,
        off_heap_mib: mib("offheap")?,
        pyspark_mib: mib("pyspark_memory")?,
    })
}

fn page_size(pools: &UnifiedPools, off_heap: bool, cores: u64, collector: Collector) -> u64 {
    let (mode, execution_bytes) = if off_heap {
        (MemoryMode::OffHeap, pools.off_heap_execution_bytes)
    } else {
        (MemoryMode::OnHeap, pools.execution_bytes)
    };
    let inputs = PageInputs {
        mode,
        execution_bytes,
        cores: u32::try_from(cores).expect("cores of a machine"),
        collector,
    };
    default_page_size_bytes(&inputs, &Semantics::of(SparkVersion::V4_1))
}

/// `executor_memory`, a number without a unit being bytes in this check.
fn executor_memory(setup: &Value) -> Result<Option<u64>, String> {
    match setup["executor_memory"].as_str() {
        Some(text) => byte_string_as(text, ByteUnit::B).map(Some).map_err(|error| error.to_string()),
        None => Ok(None),
    }
}

/// The versions a case holds for: `4.0+` leaves 3.5 out.
fn versions(record: &Value) -> impl Iterator<Item = SparkVersion> {
    let from_4_0 = record["versions"].as_str().is_some_and(|text| text.starts_with('4'));
    RECORDED.into_iter().filter(move |version| !from_4_0 || *version >= SparkVersion::V4_0)
}

fn same_total(record: &Value, container: &Container) -> Result<(), String> {
    for step in steps(record)? {
        same("container_mib", Some(container.total_mib()), step["want"].as_u64())?;
    }
    Ok(())
}

/// Compares the texts of both versions; `older` is present where 3.5 differs.
fn same_error(error: &LayoutError, want: &Value, newer: &str, older: &str) -> Result<(), String> {
    let wanted = want[newer].as_str();
    let wanted_3_5 = want[older].as_str().or(wanted);
    let text = |version| error.spark_text(&Semantics::of(version));
    same(newer, Some(&*text(SparkVersion::V4_1)), wanted)?;
    same(older, Some(&*text(SparkVersion::V3_5)), wanted_3_5)
}

fn same<T: Copy + PartialEq + Debug>(what: &str, got: T, want: T) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(format!("{what}: got {got:?}, Spark has {want:?}")) }
}

fn steps(record: &Value) -> Result<&Vec<Value>, String> {
    record["steps"].as_array().ok_or_else(|| "the case has no steps".into())
}

fn number(record: &Value, name: &str) -> Result<u64, String> {
    record[name].as_u64().ok_or_else(|| format!("{name} is no number of bytes: {}", record[name]))
}

fn text<'a>(record: &'a Value, name: &str) -> Result<&'a str, String> {
    record[name].as_str().ok_or_else(|| format!("{name} is no text: {}", record[name]))
}

/// A number, or a text with one.
fn decimal(record: &Value, name: &str) -> Result<f64, String> {
    let value = &record[name];
    value
        .as_f64()
        .or_else(|| to_double(value.as_str()?))
        .ok_or_else(|| format!("{name} is no decimal number: {value}"))
}

fn flag(record: &Value, name: &str) -> bool {
    record[name].as_bool().unwrap_or(false)
}

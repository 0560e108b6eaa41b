//! Cases of single components: recorded ones with their traces, and those of Spark's own suites.
//!
//! A case states every value it saw; each is compared. What differs between the recorded versions is stated beside the
//! value, and the case is replayed once for each version.

mod block_store;
mod compare;
mod component;
mod executor;
mod executor_world;
mod flat;
mod hash_maps;
mod memory_store;
mod memory_store_locks;
mod pools;
mod recorded;
mod sorters;
mod spillable;
mod task_memory;
mod tasks;
mod worded;
mod worded_collections;
mod worded_maps;
mod worded_sorters;

use serde_json::Value;
use sim_core::memory::consumer::ErrorTexts;

use super::Report;
use crate::sizing;
use compare::Compare;

/// A line of Spark whose classes are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Spark35,
    Spark41,
}

impl Line {
    fn texts(self) -> ErrorTexts {
        match self {
            Self::Spark35 => ErrorTexts::Spark3,
            Self::Spark41 => ErrorTexts::Spark4,
        }
    }
}

/// The lines that a case holds for.
fn lines(versions: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    if versions.contains("3.5") {
        lines.push(Line::Spark35);
    }
    if versions.contains('4') || versions.ends_with('+') {
        lines.push(Line::Spark41);
    }
    lines
}

/// What replays a case: the case, the line, and where differences go.
type Replay = fn(&Value, Line, &mut Compare) -> Result<(), String>;

fn replay_of(target: &str, case: &Value) -> Option<Replay> {
    let is_recorded = case.get("trace").is_some();
    Some(match target {
        "shuffle_sorter" if is_recorded => sorters::shuffle_sorter,
        "unsafe_sorter" if is_recorded => sorters::unsafe_sorter,
        "bytes_map" if is_recorded => hash_maps::bytes_map,
        "long_map" if is_recorded => hash_maps::long_map,
        "spillable" if is_recorded => spillable::spillable,
        "executor" => executor::executor,
        "pools" => pools::pools,
        "task_memory" => task_memory::task_memory,
        "memory_store" => memory_store::memory_store,
        "memory_store_locks" => memory_store_locks::memory_store_locks,
        "block_store" => block_store::block_store,
        // Sizes follow from settings, not from what consumers do; they are replayed where settings are modelled.
        "sizing" | "memory_manager_size" | "container_size" | "driver_container_size" => return None,
        _ => return None,
    })
}

/// Checks a case of sizes alone.
type Sizing = fn(&Value) -> Result<(), String>;

fn sizing_of(target: &str) -> Option<Sizing> {
    Some(match target {
        "memory_manager_size" => sizing::memory_manager_size,
        "container_size" => sizing::container_size,
        "driver_container_size" => sizing::driver_container_size,
        "sizing" => sizing::sizing,
        _ => return None,
    })
}

/// Replays one case and adds what was found.
pub(super) fn replay(case: &Value, report: &mut Report) -> Result<(), String> {
    let target = case["target"].as_str().ok_or("a case has a target")?;
    let id = case["id"].as_str().unwrap_or("?");
    if let Some(sizing) = sizing_of(target) {
        report.traces += 1;
        report.ops += 1;
        if let Err(mismatch) = sizing(case) {
            report.mismatches.push(format!("{id}: {mismatch}"));
        }
        return Ok(());
    }
    let in_words = case["steps"].get(0).is_some_and(|step| step.get("do").is_some());
    let replay = if in_words { worded::replay_of(id) } else { replay_of(target, case) };
    let Some(replay) = replay else {
        let what = if in_words { format!("{target} (worded)") } else { target.to_owned() };
        *report.skipped.entry(what).or_default() += 1;
        return Ok(());
    };
    report.traces += 1;
    for line in lines(case["versions"].as_str().unwrap_or_default()) {
        let mut compare = Compare::new(&format!("{id} on {line:?}"));
        replay(case, line, &mut compare).map_err(|error| format!("{id}: {error}"))?;
        report.ops += compare.compared;
        report.mismatches.extend(compare.mismatch);
    }
    Ok(())
}

//! Executors of the recording, and what they reported of their pools.

use std::collections::BTreeMap;

use crate::plan::recording::Executor;
use crate::recorded::ExecutorPools;
use crate::recorded::facts::Facts;

/// The executors on which tasks could run, and the index of each in the recording by its index in the facts.
pub(super) fn executors(facts: &Facts, start: u64) -> (Vec<Executor>, BTreeMap<usize, u32>) {
    let mut executors = Vec::new();
    let mut index = BTreeMap::new();
    let mut nodes: BTreeMap<Option<u32>, u32> = BTreeMap::new();
    for (at, executor) in facts.executors.iter().enumerate() {
        // The driver of a cluster registers its block manager, but no cores.
        if !executor.used && (executor.id == "driver" || executor.cores == 0) {
            continue;
        }
        let next = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let node = *nodes.entry(executor.host).or_insert(next);
        index.insert(at, u32::try_from(executors.len()).unwrap_or(u32::MAX));
        executors.push(Executor {
            id: executor.id.clone(),
            node,
            added_ms: executor.added.map_or(0, |added| added.saturating_sub(start)),
            removed_ms: executor.removed.map(|removed| removed.saturating_sub(start)),
        });
    }
    (executors, index)
}

/// What the executors of the recording reported as their pools.
pub(in crate::recorded) fn pools(facts: &Facts, executors: &BTreeMap<usize, u32>) -> Vec<ExecutorPools> {
    executors
        .keys()
        .filter_map(|&at| {
            let executor = &facts.executors[at];
            Some(ExecutorPools {
                executor: executor.id.clone(),
                max_on_heap: executor.max_on_heap?,
                max_off_heap: executor.max_off_heap.unwrap_or(0),
            })
        })
        .collect()
}

/// Slots of an executor: its cores by the cores of a task; at least 1.
pub(super) fn slots(facts: &Facts, executors: &BTreeMap<usize, u32>) -> u64 {
    let cores = executors.keys().map(|&at| facts.executors[at].cores).max().unwrap_or(1).max(1);
    let task = facts.environment.settings.get("spark.task.cpus").and_then(|cpus| cpus.parse::<u32>().ok());
    u64::from((cores / task.unwrap_or(1).max(1)).max(1))
}

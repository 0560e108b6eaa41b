//! Random sequences on pools, memory store and tasks together.

use serde_json::{Value, json};
use sim_core::ids::AttemptSlot;
use sim_core::storage::{NewBlock, StorageLevel};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, list, text};
use super::executor_world::{ExecutorWorld, mode};
use super::tasks::{self, Tasks};

/// Who puts and removes blocks: no task of the case.
const STORER: AttemptSlot = AttemptSlot(100);
/// Who pins blocks.
const READER: AttemptSlot = AttemptSlot(101);

pub(super) fn executor(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let mut world = ExecutorWorld::new(&ExecutorWorld::pools_of(setup)?, Bytes::mib(1));
    let mut tasks = Tasks::new(setup)?;
    let racy_from = case["racy_from_step"].as_u64().unwrap_or(u64::MAX);
    for (number, step) in list(case, "steps")?.iter().enumerate() {
        let at = format!("step {number} {}", step["op"]);
        let result = execute(step, &mut world, &mut tasks)?;
        let mut woken = Value::Null;
        while let Some(task) = world.memory.manager.waiters().next_woken() {
            if let Some((consumer, got)) = tasks.go_on(task, &mut world) {
                woken = json!({"consumer": tasks.consumers[consumer].name, "got": got.0});
            }
        }
        compare.value(&format!("{at}: want"), &step["want"], &result);
        compare.value(&format!("{at}: woken"), &step["woken"], &woken);
        let trace = counted(std::mem::take(&mut world.trace));
        if (number as u64) < racy_from {
            compare.list(&format!("{at}: trace"), &step["trace"], &trace);
            compare.fields(&format!("{at}: pools"), &step["obs"]["pools"], &world.pools());
            compare.value(&format!("{at}: lru"), &step["obs"]["lru"], &world.lru());
            compare.fields(&format!("{at}: used"), &step["obs"]["used"], &used(&tasks));
        }
    }
    Ok(())
}

fn execute(step: &Value, world: &mut ExecutorWorld, tasks: &mut Tasks) -> Result<Value, String> {
    Ok(match text(step, "op")? {
        "consumer.acquire" => {
            let got = tasks.acquire(tasks.at(step)?, tasks::held(step)?, world);
            got.map_or(json!("blocked"), |got| json!(got.0))
        }
        "consumer.free" => {
            tasks.free(tasks.at(step)?, bytes(step, "bytes")?, world);
            Value::Null
        }
        "task.cleanup" => json!(tasks.clean_up(step, world)?.0),
        op => block_operation(op, step, world)?,
    })
}

fn block_operation(op: &str, step: &Value, world: &mut ExecutorWorld) -> Result<Value, String> {
    let name = text(step, "block")?;
    if op == "put_bytes" {
        return put_bytes(step, name, world);
    }
    let copy = world.find(name).ok_or_else(|| format!("{name} is not there"))?;
    Ok(match op {
        "read" | "size" => {
            world.manager().report_status(copy);
            if op == "size" { json!(world.blocks[copy].memory_size.0) } else { Value::Null }
        }
        "remove" => {
            world.manager().remove_block(copy, STORER);
            Value::Null
        }
        "pin" => {
            world.memory.store.lock_for_reading(&mut world.blocks, copy, READER);
            Value::Null
        }
        "unpin" => {
            world.manager().release_lock(copy, READER);
            Value::Null
        }
        _ => return Err(format!("unknown operation: {op}")),
    })
}

fn put_bytes(step: &Value, name: &str, world: &mut ExecutorWorld) -> Result<Value, String> {
    let level = StorageLevel {
        use_off_heap: mode(step) == sim_core::memory::MemoryMode::OffHeap,
        ..StorageLevel::MEMORY_ONLY_SER
    };
    let new = NewBlock { block: world.block(name), rdd: ExecutorWorld::rdd_of(name), level };
    let copy = world.manager().begin_put(new, STORER).ok_or("a new block is new")?;
    let Ok(stored) = world.manager().cache_bytes(copy, bytes(step, "bytes")?);
    world.log_drops();
    if stored {
        world.manager().release_lock(copy, STORER);
    } else {
        world.memory.store.remove_block(&mut world.blocks, copy);
    }
    Ok(json!(stored))
}

fn used(tasks: &Tasks) -> Value {
    let mut used = json!({});
    for (at, consumer) in tasks.consumers.iter().enumerate() {
        if !tasks.used(at).is_zero() {
            used[&consumer.name] = json!(tasks.used(at).0);
        }
    }
    used
}

/// Runs of equal entries carry `"x", count`.
fn counted(trace: Vec<Value>) -> Vec<Value> {
    let mut runs: Vec<(Value, u64)> = Vec::new();
    for entry in trace {
        match runs.last_mut() {
            Some((last, count)) if *last == entry => *count += 1,
            _ => runs.push((entry, 1)),
        }
    }
    let with_count = |(mut entry, count): (Value, u64)| {
        if let (Some(entry), true) = (entry.as_array_mut(), count > 1) {
            entry.extend([json!("x"), json!(count)]);
        }
        entry
    };
    runs.into_iter().map(with_count).collect()
}

//! Locks when an eviction fails in its middle.

use serde_json::{Value, json};
use sim_core::ids::{AttemptSlot, BlockId};
use sim_core::storage::{BlockTable, CopyId, DropHandler, Dropped, ExecutorMemory, NewBlock, StorageLevel};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, list, number, text};
use super::executor_world::ExecutorWorld;

const NO_TASK: AttemptSlot = AttemptSlot(0);
const READER: AttemptSlot = AttemptSlot(1);

/// Lets some drops pass and fails the next one.
struct Failing {
    succeed: u64,
    dropped: Vec<BlockId>,
}

impl DropHandler for Failing {
    type Error = String;
    fn on_drop(&mut self, dropped: &Dropped) -> Result<(), String> {
        if self.dropped.len() as u64 >= self.succeed {
            return Err(format!("Mock error dropping block {}", self.dropped.len()));
        }
        self.dropped.push(dropped.block);
        Ok(())
    }
}

pub(super) fn memory_store_locks(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let mut world = ExecutorWorld::new(&ExecutorWorld::pools_of(setup)?, Bytes(512));
    let mut drops = Failing { succeed: number(setup, "drop_ok")?, dropped: Vec::new() };
    let reader_after_drop = setup["reader_after_drop"] == true;
    // A block that somebody reads after its drop is on disk.
    let level =
        if reader_after_drop { StorageLevel::MEMORY_AND_DISK_SER } else { StorageLevel::MEMORY_ONLY_SER };
    let mut all = Vec::new();
    for (index, step) in list(case, "steps")?.iter().enumerate() {
        let at = format!("step {index} {}", step["op"]);
        match text(step, "op")? {
            "fill" => {
                for number in 1..=number(step, "count")? {
                    let name = format!("{}{number}", text(step, "prefix")?);
                    put(&mut world, &mut drops, &name, level, bytes(step, "bytes")?, &mut all)?;
                }
            }
            "put_bytes" => {
                let name = text(step, "block")?;
                let put = put(&mut world, &mut drops, name, level, bytes(step, "bytes")?, &mut all);
                if let Some(raises) = step["raises"].as_str() {
                    let message = put.err().unwrap_or_default();
                    compare.value(
                        &format!("{at}: raises"),
                        &json!(true),
                        &json!(message.starts_with(raises)),
                    );
                } else {
                    compare.value(&format!("{at}: want"), &step["want"], &json!(put?));
                }
                if reader_after_drop {
                    for &block in &drops.dropped {
                        let copy = world.memory.store.find(&world.blocks, block).ok_or("it is on disk")?;
                        world.memory.store.lock_for_reading(&mut world.blocks, copy, READER);
                    }
                }
            }
            _ => check_locks(step, &at, &world, &all, compare),
        }
        let expected = &step["obs"];
        for (key, value) in expected["pools"].as_object().into_iter().flatten() {
            compare.value(&format!("{at}: {key}"), value, &world.pools()[key]);
        }
        compare.value(&format!("{at}: lru"), &expected["lru"], &world.lru());
    }
    Ok(())
}

fn put(
    world: &mut ExecutorWorld,
    drops: &mut Failing,
    name: &str,
    level: StorageLevel,
    size: Bytes,
    all: &mut Vec<BlockId>,
) -> Result<bool, String> {
    let new = NewBlock { block: world.block(name), rdd: ExecutorWorld::rdd_of(name), level };
    all.push(new.block);
    let ExecutorWorld { memory, blocks, .. } = world;
    let copy = memory.block_manager(blocks, drops).begin_put(new, NO_TASK).ok_or("a new block is new")?;
    let stored = memory.block_manager(blocks, drops).cache_bytes(copy, size);
    settle(memory, blocks, copy, &stored);
    stored
}

fn settle(memory: &mut ExecutorMemory, blocks: &mut BlockTable, copy: CopyId, stored: &Result<bool, String>) {
    match stored {
        Ok(_) => memory.store.unlock(blocks, copy, NO_TASK),
        Err(_) => memory.store.remove_block(blocks, copy),
    }
}

fn check_locks(step: &Value, at: &str, world: &ExecutorWorld, all: &[BlockId], compare: &mut Compare) {
    let found = all.iter().filter_map(|&block| world.memory.store.find(&world.blocks, block));
    let copies: Vec<_> = found.map(|copy| &world.blocks[copy]).collect();
    compare.value(&format!("{at}: block_infos"), &step["block_infos"], &json!(copies.len()));
    let in_memory = copies.iter().filter(|copy| copy.in_memory).count();
    compare.value(&format!("{at}: in_memory"), &step["in_memory"], &json!(in_memory));
    let writers = copies.iter().filter(|copy| copy.writer.is_some()).count();
    compare.value(&format!("{at}: writers"), &step["writers"], &json!(writers));
    for copy in copies {
        let key = if copy.in_memory { "readers_in_memory" } else { "readers_on_dropped" };
        compare.value(&format!("{at}: {key}"), &step[key], &json!(copy.readers));
    }
}

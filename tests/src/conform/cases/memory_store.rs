//! The memory store with its manager and locks, outside of any task.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sim_core::ids::AttemptSlot;
use sim_core::storage::{BlockForm, NewBlock, SampledEstimate, StorageLevel, UnrollStep, Unrolling};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, byte_list, bytes, list, number, text};
use super::executor_world::{ExecutorWorld, mode, on_line};

/// Spark's id for what runs outside of any task is -1.
const NO_TASK: AttemptSlot = AttemptSlot(0);

/// What the steps of one case share.
struct Store {
    world: ExecutorWorld,
    /// Drops and unroll requests of a step, in their order.
    log: Vec<Value>,
    /// Partial results that were kept, by name.
    kept: BTreeMap<String, Unrolling>,
    /// Amounts of unroll memory that were saved, by name.
    saved: BTreeMap<String, u64>,
}

pub(super) fn memory_store(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let conf = ExecutorWorld::pools_of(setup)?;
    let world = ExecutorWorld::new(&conf, bytes(setup, "unroll_threshold")?);
    let mut store = Store { world, log: Vec::new(), kept: BTreeMap::new(), saved: BTreeMap::new() };
    for (number, step) in list(case, "steps")?.iter().enumerate() {
        let at = format!("step {number} {}", step["op"]);
        let result = store.execute(step, line)?;
        if step["op"] == "unroll.check" {
            compare.value(&format!("{at}: value"), on_line(step, "value", line), &result);
            compare.value(
                &format!("{at}: {}", step["want"]),
                &json!(true),
                &json!(store.holds(step, &result)),
            );
        } else if let Some(want) = step.get("want") {
            compare.value(&format!("{at}: want"), want, &result);
        }
        if let Some(size) = step.get("stored_size") {
            let copy = store.world.find(text(step, "block")?).ok_or("a stored block is there")?;
            compare.value(&format!("{at}: size"), size, &json!(store.world.blocks[copy].memory_size.0));
        }
        let got = store.observed();
        let expected = on_line(step, "obs", line);
        compare.fields(&format!("{at}: pools"), &expected["pools"], &got["pools"]);
        for key in ["lru", "unroll", "log"] {
            compare.value(&format!("{at}: {key}"), &expected[key], &got[key]);
        }
    }
    Ok(())
}

impl Store {
    fn observed(&mut self) -> Value {
        let mut pools = self.world.pools();
        // The recorder shows the heap alone.
        if let Some(pools) = pools.as_object_mut() {
            pools.retain(|key, _| !key.starts_with('o'));
        }
        let unroll = self.world.memory.store.current_unroll_memory().0;
        let log = std::mem::take(&mut self.log);
        let log = if log.is_empty() { Value::Null } else { json!(log) };
        json!({"pools": pools, "lru": self.world.lru(), "unroll": unroll, "log": log})
    }

    /// A number, `>0`, `>name` or `=name` of an amount that was saved.
    fn holds(&mut self, step: &Value, got: &Value) -> bool {
        let now = got.as_u64().unwrap_or(0);
        if let Some(name) = step["save"].as_str() {
            self.saved.insert(name.to_owned(), now);
        }
        match &step["want"] {
            Value::String(want) if want == ">0" => now > 0,
            Value::String(want) => match (want.split_at(1), |name| self.saved.get(name).copied()) {
                ((">", name), saved) => saved(name).is_some_and(|saved| now > saved),
                ((_, name), saved) => saved(name) == Some(now),
            },
            want => *want == json!(now),
        }
    }

    fn log_drops(&mut self) {
        self.world.log_drops();
        for drop in self.world.trace.drain(..) {
            self.log.push(json!(format!("drop {}", drop[1].as_str().unwrap_or("?"))));
        }
    }

    fn execute(&mut self, step: &Value, line: Line) -> Result<Value, String> {
        let op = text(step, "op")?;
        Ok(match op {
            "unroll.check" => {
                json!(self.world.memory.store.current_unroll_memory().0)
            }
            "unroll.reserve" => {
                let (asked, mode) = (bytes(step, "bytes")?, mode(step));
                let ExecutorWorld { memory, blocks, drops, .. } = &mut self.world;
                let Ok(granted) = memory.store.reserve_unroll_memory(
                    &mut memory.manager,
                    blocks,
                    None,
                    NO_TASK,
                    asked,
                    mode,
                    drops,
                );
                self.log_drops();
                self.log.push(json!(format!("unroll {asked} {granted}")));
                json!(granted)
            }
            "unroll.release" => {
                let asked = step["bytes"].as_u64().map_or(Bytes::MAX, Bytes);
                let ExecutorWorld { memory, .. } = &mut self.world;
                memory.store.release_unroll_memory(&mut memory.manager, NO_TASK, asked, mode(step));
                Value::Null
            }
            "put_values" | "put_stream" => self.put_iterator(step, line)?,
            "put_bytes" => self.put_bytes(step)?,
            "drain" | "close" | "discard" | "values_of_partial_stream" | "finish_to_sink" => {
                let kept = self.kept.remove(text(step, "handle")?).ok_or("no such partial result")?;
                self.world.manager().consume_unrolled(&kept);
                Value::Null
            }
            _ => self.on_block(op, step)?,
        })
    }

    fn on_block(&mut self, op: &str, step: &Value) -> Result<Value, String> {
        let copy = self.world.find(text(step, "block")?);
        let in_memory = copy.filter(|&copy| self.world.blocks[copy].in_memory);
        Ok(match (op, in_memory) {
            ("contains", found) => json!(found.is_some()),
            ("size" | "get_values", Some(copy)) => {
                self.world.manager().report_status(copy);
                if op == "size" { json!(self.world.blocks[copy].memory_size.0) } else { Value::Null }
            }
            ("remove", Some(copy)) => {
                self.world.manager().remove_block(copy, NO_TASK);
                Value::Null
            }
            _ => return Err(format!("{op} of a block that is not there")),
        })
    }

    fn new_block(&mut self, step: &Value, level: StorageLevel) -> Result<NewBlock, String> {
        let name = text(step, "block")?;
        let off_heap = mode(step) == sim_core::memory::MemoryMode::OffHeap;
        let level = StorageLevel { use_off_heap: off_heap, ..level };
        Ok(NewBlock { block: self.world.block(name), rdd: ExecutorWorld::rdd_of(name), level })
    }

    fn put_bytes(&mut self, step: &Value) -> Result<Value, String> {
        let new = self.new_block(step, StorageLevel::MEMORY_ONLY_SER)?;
        let copy = self.world.manager().begin_put(new, NO_TASK).ok_or("a new block is new")?;
        let Ok(stored) = self.world.manager().cache_bytes(copy, bytes(step, "bytes")?);
        self.log_drops();
        if stored {
            self.world.manager().release_lock(copy, NO_TASK);
        } else {
            self.world.memory.store.remove_block(&mut self.world.blocks, copy);
        }
        Ok(json!(stored))
    }

    fn put_iterator(&mut self, step: &Value, line: Line) -> Result<Value, String> {
        let level = match text(step, "op")? {
            "put_values" => StorageLevel::MEMORY_ONLY,
            _ => StorageLevel::MEMORY_ONLY_SER,
        };
        let new = self.new_block(step, level)?;
        let estimates = byte_list(&json!({"of": on_line(step, "estimates", line)}), "of")?;
        let form = BlockForm { estimate: SampledEstimate(&estimates), size: bytes(step, "final")? };
        let copy = self.world.manager().begin_put(new, NO_TASK).ok_or("a new block is new")?;
        let mut unrolling = self.world.manager().begin_unroll(copy, NO_TASK, number(step, "items")?);
        let stored = loop {
            let before = self.world.memory.store.current_unroll_memory();
            let Ok(next) = self.world.manager().unroll_step(&mut unrolling, &form);
            self.log_drops();
            match next {
                UnrollStep::Reserve { bytes, .. } => {
                    let granted = self.world.memory.store.current_unroll_memory() - before == bytes;
                    self.log.push(json!(format!("unroll {bytes} {granted}")));
                }
                UnrollStep::Store => break true,
                UnrollStep::Refused => break false,
            }
        };
        // A block that was put without a lock has no info, and so nobody can evict it: its write lock stays.
        if step["lock"] == true {
            self.world.manager().release_lock(copy, NO_TASK);
        }
        if let (false, Some(name)) = (stored, step["keep"].as_str()) {
            self.kept.insert(name.to_owned(), unrolling);
        }
        Ok(json!(if stored { "stored" } else { "partial" }))
    }
}

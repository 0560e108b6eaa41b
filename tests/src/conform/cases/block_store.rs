//! Puts, reads and removals through the block manager.

use serde_json::{Value, json};
use sim_core::ids::{AttemptSlot, BlockId, RddId};
use sim_core::memory::{ExecutionMemory, Grant, ManagerConf, MemoryMode};
use sim_core::storage::{
    BlockData, BlockForm, BlockManager, Dropped, NewBlock, Put, PutLock, Read, ReadMethod, SampledEstimate,
    StorageLevel, UnrollStep,
};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, byte_list, bytes, list, number, text};
use super::executor_world::{ExecutorWorld, on_line};

/// Spark's id for what runs outside of any task is -1.
const NO_TASK: AttemptSlot = AttemptSlot(0);
/// Who presses on storage from the execution side.
const PRESSING: AttemptSlot = AttemptSlot(1);

/// Sizes of a block as a case states them, by name.
struct Profile {
    name: String,
    elements: u64,
    values: Vec<Bytes>,
    values_size: Bytes,
    serialized: Vec<Bytes>,
    serialized_size: Bytes,
}

impl Profile {
    fn data(&self) -> BlockData<SampledEstimate<'_>> {
        BlockData {
            elements: self.elements,
            values: BlockForm { estimate: SampledEstimate(&self.values), size: self.values_size },
            serialized: BlockForm { estimate: SampledEstimate(&self.serialized), size: self.serialized_size },
        }
    }
}

struct Store {
    world: ExecutorWorld,
    profiles: Vec<Profile>,
    /// Blocks that were put into the memory store behind the block manager's back.
    unregistered: Vec<String>,
}

pub(super) fn block_store(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let world = ExecutorWorld::new(&pools_of(setup)?, bytes(setup, "unroll_threshold")?);
    let mut store = Store { world, profiles: Vec::new(), unregistered: Vec::new() };
    for (number, step) in list(case, "steps")?.iter().enumerate() {
        let at = format!("step {number} {}", step["op"]);
        let got = store.execute(step, line)?;
        for key in ["want", "returned", "bytes", "from", "read_from", "method"] {
            let is_input = key == "bytes" && step["op"].as_str().is_some_and(|op| op.starts_with("exec"));
            if let (Some(expected), false) = (step.get(key), is_input) {
                compare.value(&format!("{at}: {key}"), expected, &got[key]);
            }
        }
        let expected = on_line(step, "obs", line);
        store.world.compare_pools(&at, &expected["pools"], compare);
        compare.value(&format!("{at}: lru"), &expected["lru"], &store.world.lru());
        compare.value(&format!("{at}: disk"), &expected["disk"], &store.disk());
        let unroll = store.world.memory.store.current_unroll_memory().0;
        compare.value(&format!("{at}: unroll"), &expected["unroll"], &json!(unroll));
    }
    Ok(())
}

fn pools_of(setup: &Value) -> Result<ManagerConf, String> {
    let Some(fraction) = setup["storage_fraction"].as_f64() else { return ExecutorWorld::pools_of(setup) };
    let region = |bytes: Bytes| Bytes((bytes.0 as f64 * fraction) as u64);
    let (heap, off_heap) = (bytes(setup, "heap")?, bytes(setup, "offheap")?);
    Ok(ManagerConf {
        max_heap_memory: heap,
        on_heap_storage_region: region(heap),
        max_off_heap_memory: off_heap,
        off_heap_storage_region: region(off_heap),
        ..ManagerConf::default()
    })
}

/// A name of Spark's, or `{disk, memory, offheap, deser, repl}`.
fn level_of(level: &Value) -> Result<StorageLevel, String> {
    if let Some(name) = level.as_str() {
        return StorageLevel::by_name(name).ok_or_else(|| format!("unknown storage level: {name}"));
    }
    Ok(StorageLevel {
        use_disk: level["disk"] == true,
        use_memory: level["memory"] == true,
        use_off_heap: level["offheap"] == true,
        deserialized: level["deser"] == true,
        replication: u8::try_from(number(level, "repl")?).map_err(|error| error.to_string())?,
    })
}

/// What Kryo makes of a byte array: class, length in 7-bit groups, content.
fn kryo_size(item: Bytes) -> Bytes {
    let length_bits = u64::from(u64::BITS - (item.0 + 1).leading_zeros());
    item + Bytes(2 + length_bits.div_ceil(7))
}

impl Store {
    /// `[name, bytes]` of the blocks on disk, in the order in which their names first came up.
    fn disk(&mut self) -> Value {
        let mut disk = Vec::new();
        for name in self.world.names() {
            if let Some(copy) = self.world.find(&name).filter(|&copy| self.world.blocks[copy].on_disk) {
                disk.push(json!([name, self.world.blocks[copy].serialized_size.0]));
            }
        }
        json!(disk)
    }

    fn profile(step: &Value, line: Line) -> Result<Profile, String> {
        let name = text(step, "block")?.to_owned();
        if let (Some(values), Some(serialized)) = (step.get("values"), step.get("serialized")) {
            return Ok(Profile {
                name,
                elements: number(step, "elements")?,
                values: byte_list(values, "estimates")?,
                values_size: bytes(values, "final")?,
                serialized: byte_list(serialized, "estimates")?,
                serialized_size: bytes(serialized, "final")?,
            });
        }
        // One form is stated, that of the level; what is on disk follows from the serializer.
        let estimates = match on_line(step, "estimates", line) {
            Value::Null => Vec::new(),
            estimates => byte_list(&json!({"of": estimates}), "of")?,
        };
        let items = byte_list(step, "items")?;
        let size = step["final"].as_u64().map_or(Bytes::ZERO, Bytes);
        Ok(Profile {
            name,
            elements: items.len() as u64,
            values: estimates.clone(),
            values_size: size,
            serialized: estimates,
            serialized_size: items.into_iter().map(kryo_size).sum(),
        })
    }

    fn remember(&mut self, profile: Profile) {
        self.profiles.retain(|other| other.name != profile.name);
        self.profiles.push(profile);
    }

    fn execute(&mut self, step: &Value, line: Line) -> Result<Value, String> {
        let op = text(step, "op")?;
        if let Some(name) = step["block"].as_str() {
            self.world.block(name);
        }
        Ok(match op {
            "put" => self.put(step, line)?,
            "store_put_values" => self.put_behind(step, line)?,
            "get" | "get_values" => self.get_values(step, op == "get_values")?,
            "exec.acquire" => {
                let grant = self.world.acquire(bytes(step, "bytes")?, PRESSING, MemoryMode::OnHeap);
                match grant {
                    Grant::Granted(got) => json!({"want": got.0}),
                    other => json!({"want": format!("{other:?}")}),
                }
            }
            "exec.release" => {
                self.world.release(bytes(step, "bytes")?, PRESSING, MemoryMode::OnHeap);
                Value::Null
            }
            "remove_rdd" => {
                let rdd = u32::try_from(number(step, "rdd")?).map_err(|error| error.to_string())?;
                self.world.manager().remove_rdd(RddId(rdd), NO_TASK);
                Value::Null
            }
            _ => self.on_block(op, text(step, "block")?)?,
        })
    }

    fn on_block(&mut self, op: &str, name: &str) -> Result<Value, String> {
        let (block, copy) = (self.world.block(name), self.world.find(name));
        let mut manager = self.world.manager();
        match (op, copy) {
            ("get_bytes", _) => {
                let Ok(read) = manager.get_local_bytes(block, NO_TASK);
                if let Read::Found { copy, .. } = read {
                    manager.release_lock(copy, NO_TASK);
                }
                return Ok(json!({"want": matches!(read, Read::Found { .. })}));
            }
            ("in_memory", copy) => {
                return Ok(json!({"want": copy.is_some_and(|copy| manager.blocks[copy].in_memory)}));
            }
            ("on_disk", copy) => {
                return Ok(json!({"want": copy.is_some_and(|copy| manager.blocks[copy].on_disk)}));
            }
            (_, None) => {}
            ("unlock", Some(copy)) => manager.release_lock(copy, NO_TASK),
            ("remove", Some(copy)) => {
                manager.remove_block(copy, NO_TASK);
            }
            ("drop_from_memory", Some(copy)) => {
                let Ok(()) = manager.drop_from_memory(copy);
            }
            ("store_remove", Some(copy)) => {
                let memory = &mut *manager.memory;
                memory.store.remove(&mut memory.manager, manager.blocks, copy);
                if self.unregistered.iter().any(|other| other == name) {
                    self.unregistered.retain(|other| other != name);
                    self.world.memory.store.remove_block(&mut self.world.blocks, copy);
                }
            }
            _ => return Err(format!("unknown operation: {op}")),
        }
        Ok(Value::Null)
    }

    fn put(&mut self, step: &Value, line: Line) -> Result<Value, String> {
        let profile = Self::profile(step, line)?;
        let name = text(step, "block")?;
        let level = level_of(&step["level"])?;
        let new = NewBlock { block: self.world.block(name), rdd: ExecutorWorld::rdd_of(name), level };
        let Ok(put) = self.world.manager().put_iterator(new, NO_TASK, &profile.data(), PutLock::Release);
        if put != Put::Exists {
            self.remember(profile);
        }
        let stored = json!(put != Put::Nowhere);
        Ok(json!({"want": stored, "returned": stored}))
    }

    /// Straight into the memory store: the block has no info, so that nobody can evict it.
    fn put_behind(&mut self, step: &Value, line: Line) -> Result<Value, String> {
        let profile = Self::profile(step, line)?;
        let name = text(step, "block")?;
        let level = StorageLevel::MEMORY_ONLY;
        let new = NewBlock { block: self.world.block(name), rdd: ExecutorWorld::rdd_of(name), level };
        let copy = self.world.manager().begin_put(new, NO_TASK).ok_or("the block has an info")?;
        self.unregistered.push(name.to_owned());
        let mut manager = self.world.manager();
        let mut unrolling = manager.begin_unroll(copy, NO_TASK, profile.elements);
        let stored = loop {
            let Ok(next) = manager.unroll_step(&mut unrolling, &profile.data().values);
            match next {
                UnrollStep::Reserve { .. } => {}
                UnrollStep::Store => break "stored",
                UnrollStep::Refused => break "partial",
            }
        };
        Ok(json!({"want": stored}))
    }

    fn get_values(&mut self, step: &Value, reads_all: bool) -> Result<Value, String> {
        let name = text(step, "block")?;
        let block = self.world.block(name);
        let none = Profile {
            name: String::new(),
            elements: 0,
            values: Vec::new(),
            values_size: Bytes::ZERO,
            serialized: Vec::new(),
            serialized_size: Bytes::ZERO,
        };
        let profile = self.profiles.iter().find(|profile| profile.name == name).unwrap_or(&none);
        let data = profile.data();
        let mut manager = self.world.memory.block_manager(&mut self.world.blocks, &mut self.world.drops);
        let read = if reads_all {
            let Ok(read) = manager.get_local_values(block, NO_TASK, &data);
            read
        } else {
            read_first_element(&mut manager, block, &data)
        };
        let Read::Found { copy, method, bytes } = read else { return Ok(json!({"want": false})) };
        if reads_all || step["hold"] != true {
            manager.release_lock(copy, NO_TASK);
        }
        let from = match method {
            ReadMethod::Memory => "Memory",
            ReadMethod::Disk => "Disk",
        };
        Ok(json!({"want": true, "bytes": bytes.0, "from": from, "read_from": from, "method": from}))
    }
}

/// A reader that stops early: where the block does not go back into memory, its unroll memory stays reserved.
fn read_first_element(
    manager: &mut BlockManager<'_, Vec<Dropped>>,
    block: BlockId,
    data: &BlockData<SampledEstimate<'_>>,
) -> Read {
    let read = manager.begin_read(block, NO_TASK);
    if let Read::Found { copy, method: ReadMethod::Disk, .. } = read {
        let StorageLevel { use_memory, deserialized, .. } = manager.blocks[copy].level;
        if use_memory && deserialized {
            let mut unrolling = manager.begin_unroll(copy, NO_TASK, data.elements);
            while let Ok(UnrollStep::Reserve { .. }) = manager.unroll_step(&mut unrolling, &data.values) {}
            manager.report_status(copy);
        } else if use_memory {
            let Ok(_) = manager.cache_bytes(copy, data.serialized.size);
        }
    }
    read
}

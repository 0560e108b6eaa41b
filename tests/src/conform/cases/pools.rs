//! The memory manager alone, with a fake store behind it.

use serde_json::{Value, json};
use sim_core::ids::{AttemptSlot, RddId};
use sim_core::memory::{Evicted, Evictor, Grant, MemoryMode, UnifiedMemoryManager};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, list, number, text};
use super::executor_world::{ExecutorWorld, mode, on_line};

/// The fake store: what it does when it is asked to free memory.
struct Store {
    kind: String,
    /// Bytes of blocks at the moment.
    used: Bytes,
    last_asked: Option<Bytes>,
}

impl Evictor for Store {
    type Error = &'static str;
    fn evict_blocks_to_free_space(
        &mut self,
        _: Option<RddId>,
        space: Bytes,
        _: MemoryMode,
    ) -> Evicted<Self::Error> {
        self.last_asked = Some(space);
        let outcome = if self.kind == "throwing" { Err("bad memory store!") } else { Ok(()) };
        let frees = self.kind == "exact" && space <= self.used;
        Evicted { released: if frees { space } else { Bytes::ZERO }, outcome }
    }
}

pub(super) fn pools(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let conf = ExecutorWorld::pools_of(setup)?;
    // Only the manager of this world is used; the world shows its pools.
    let mut world = ExecutorWorld::new(&conf, Bytes::ZERO);
    let kind = text(setup, "evictor")?.to_owned();
    let mut store = Store { kind, used: Bytes::ZERO, last_asked: None };
    for (number, step) in list(case, "steps")?.iter().enumerate() {
        let at = format!("step {number} {}", step["op"]);
        let manager = &mut world.memory.manager;
        store.used = MemoryMode::BOTH.into_iter().map(|mode| manager.storage(mode).memory_used()).sum();
        let got = execute(step, setup, manager, &mut store)?;
        for key in ["want", "raises", "requested", "exec_used", "store_used"] {
            if let Some(expected) = step.get(key) {
                compare.value(&format!("{at}: {key}"), expected, &got[key]);
            }
        }
        world.compare_pools(&at, on_line(step, "obs", line), compare);
    }
    Ok(())
}

fn execute(
    step: &Value,
    setup: &Value,
    manager: &mut UnifiedMemoryManager,
    store: &mut Store,
) -> Result<Value, String> {
    let mode = mode(step);
    let task = || number(step, "task").map(|task| AttemptSlot::at(task as usize));
    Ok(match text(step, "op")? {
        "exec.acquire" => {
            match manager.acquire_execution_memory(bytes(step, "bytes")?, task()?, mode, store) {
                Ok(Grant::Granted(got)) => json!({"want": got.0}),
                Ok(other) => json!({"want": format!("{other:?}")}),
                Err(error) => json!({"raises": error}),
            }
        }
        "exec.release" => {
            manager.release_execution_memory(bytes(step, "bytes")?, task()?, mode);
            Value::Null
        }
        "store.acquire" => {
            let stored = manager.acquire_storage_memory(None, bytes(step, "bytes")?, mode, store)?;
            json!({"want": stored})
        }
        "store.release" => {
            manager.release_storage_memory(bytes(step, "bytes")?, mode);
            Value::Null
        }
        "store.release_all" => {
            manager.release_all_storage_memory();
            Value::Null
        }
        "unmanaged.set" => {
            if setup["unmanaged_poll"] == true {
                manager.set_unmanaged_memory(MemoryMode::OnHeap, bytes(step, "on")?);
                manager.set_unmanaged_memory(MemoryMode::OffHeap, bytes(step, "off")?);
            }
            Value::Null
        }
        "evict.check" => json!({"requested": store.last_asked.take().map(|asked| asked.0)}),
        "check" => {
            let sum = |used: &dyn Fn(MemoryMode) -> Bytes| {
                MemoryMode::BOTH.map(used).iter().map(|b| b.0).sum::<u64>()
            };
            json!({
                "exec_used": sum(&|mode| manager.execution(mode).memory_used()),
                "store_used": sum(&|mode| manager.storage(mode).memory_used()),
            })
        }
        // The manager asserts them itself, at the end of each call.
        "invariants" => Value::Null,
        op => return Err(format!("unknown operation: {op}")),
    })
}

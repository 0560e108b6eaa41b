//! Task memory managers over pools, or over memory that is given to whoever asks.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sim_core::ids::AttemptSlot;
use sim_core::memory::{ExecutionMemory, Grant, MemoryMode, Request};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, list, number, text};
use super::executor_world::{ExecutorWorld, on_line};
use super::tasks::{Noting, Tasks};

/// What the tasks of a case draw on.
enum Memory {
    Unified(Box<ExecutorWorld>),
    Flat { left: Bytes, of_task: BTreeMap<AttemptSlot, Bytes> },
}

impl ExecutionMemory for Memory {
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        match self {
            Self::Unified(world) => world.acquire(bytes, task, mode),
            Self::Flat { left, of_task } => {
                let granted = bytes.min(*left);
                *left -= granted;
                *of_task.entry(task).or_default() += granted;
                Grant::Granted(granted)
            }
        }
    }

    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        match self {
            Self::Unified(world) => world.recheck(bytes, task, mode),
            Self::Flat { .. } => unreachable!("nobody waits"),
        }
    }

    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        match self {
            Self::Unified(world) => world.release(bytes, task, mode),
            Self::Flat { left, of_task } => {
                let held = of_task.entry(task).or_default();
                let released = bytes.min(*held);
                *held -= released;
                *left += released;
                released
            }
        }
    }
}

impl Noting for Memory {
    fn note(&mut self, _: Value) {}
}

impl Memory {
    fn of_task(&self, task: AttemptSlot) -> Bytes {
        match self {
            Self::Unified(world) => {
                let held = |mode| world.memory.manager.execution(mode).memory_of(task).unwrap_or_default();
                MemoryMode::BOTH.into_iter().map(held).sum()
            }
            Self::Flat { of_task, .. } => of_task.get(&task).copied().unwrap_or_default(),
        }
    }
}

pub(super) fn task_memory(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let mut memory = match text(setup, "manager")? {
        "flat" => Memory::Flat { left: bytes(setup, "limit")?, of_task: BTreeMap::new() },
        _ => {
            let conf = ExecutorWorld::pools_of(setup)?;
            Memory::Unified(Box::new(ExecutorWorld::new(&conf, Bytes::ZERO)))
        }
    };
    let mut tasks = Tasks::new(setup)?;
    // Calls of threads of their own, by name: the call, and what it got where it did not wait.
    let mut spawned: BTreeMap<String, (Value, Option<Value>)> = BTreeMap::new();
    for (number, step) in list(case, "steps")?.iter().enumerate() {
        let at = format!("step {number} {}", step["op"]);
        match text(step, "op")? {
            "spawn" => {
                let call = &step["call"];
                let result = execute(call, &mut memory, &mut tasks)?;
                let result = if result == "blocked" { None } else { Some(result) };
                spawned.insert(text(step, "name")?.to_owned(), (call.clone(), result));
            }
            op @ ("blocked" | "await") => {
                let (call, done) = spawned.get(text(step, "name")?).ok_or("nobody of that name")?;
                let done = match done {
                    Some(done) => Some(done.clone()),
                    None => tasks.waited(tasks.at(call)?).flatten().map(|got| json!(got.0)),
                };
                let expected = if op == "await" { &call["want"] } else { &Value::Null };
                compare.value(&at, expected, &done.unwrap_or_default());
            }
            _ => {
                let result = execute(step, &mut memory, &mut tasks)?;
                if let Some(want) = step.get("want") {
                    compare.value(&format!("{at}: want"), want, &result);
                }
            }
        }
        go_on(&mut memory, &mut tasks);
        if let Memory::Unified(world) = &memory {
            world.compare_pools(&at, on_line(step, "obs", line), compare);
        }
    }
    Ok(())
}

fn go_on(memory: &mut Memory, tasks: &mut Tasks) {
    loop {
        let Memory::Unified(world) = memory else { return };
        let Some(task) = world.memory.manager.waiters().next_woken() else { return };
        tasks.go_on(task, memory);
    }
}

fn execute(step: &Value, memory: &mut Memory, tasks: &mut Tasks) -> Result<Value, String> {
    let shown = |got: Option<Bytes>| got.map_or(json!("blocked"), |got| json!(got.0));
    let names = |of: &dyn Fn(usize) -> Bytes| -> Value {
        let asked = step["want"].as_object().into_iter().flatten();
        let at = |name: &str| tasks.consumers.iter().position(|consumer| consumer.name == name);
        asked.map(|(name, _)| (name.clone(), json!(at(name).map(|at| of(at).0)))).collect()
    };
    Ok(match text(step, "op")? {
        "tmm.acquire" => {
            shown(tasks.acquire(tasks.at(step)?, Request::Execution(bytes(step, "bytes")?), memory))
        }
        "tmm.release" => {
            tasks.release(tasks.at(step)?, bytes(step, "bytes")?, memory);
            Value::Null
        }
        "tmm.cleanup" => json!(tasks.clean_up(step, memory)?.0),
        "consumer.use" | "consumer.acquire" => {
            shown(tasks.acquire(tasks.at(step)?, Request::Memory(bytes(step, "bytes")?), memory))
        }
        "consumer.free" => {
            tasks.free(tasks.at(step)?, bytes(step, "bytes")?, memory);
            Value::Null
        }
        "consumer.free_all" => {
            let at = tasks.at(step)?;
            tasks.free(at, tasks.used(at), memory);
            Value::Null
        }
        "page.alloc" => shown(tasks.acquire(tasks.at(step)?, Request::Page(bytes(step, "bytes")?), memory)),
        "task_usage" => json!(memory.of_task(AttemptSlot::at(number(step, "task")? as usize)).0),
        "used" => names(&|at| tasks.used(at)),
        "spilled" => names(&|at| tasks.consumers[at].spilled),
        op => return Err(format!("unknown operation: {op}")),
    })
}

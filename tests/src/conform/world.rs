//! One executor of `sim-core` driven by the operations of a trace, as the harness drove the real classes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sim_core::conf::layout::Collector;
use sim_core::conf::layout::page::{PageInputs, default_page_size_bytes};
use sim_core::conf::{Semantics, SparkVersion};
use sim_core::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use sim_core::memory::{
    Acquired, Evictor, ExecutionMemory, Grant, ManagerConf, MemoryMode, Request, Step, TaskMemoryConf,
    TaskMemoryManager, UnifiedMemoryManager,
};
use sim_core::storage::{
    BlockTable, CopyId, Dropped, LinearEstimate, MemoryStore, StorageLevel, ToDisk, Unroll, UnrollConf,
    UnrollStep,
};
use sim_core::units::Bytes;

use super::harness_consumer::{HarnessConsumer, SpillPolicy};

/// The state of one trace.
pub(super) struct World {
    executor: Executor,
    unroll: UnrollConf,
    task_memory: TaskMemoryConf,
    page_size: u64,
    barge: bool,
    /// Attempt slots by task of the trace; -1 stands for "outside of any task".
    slots: BTreeMap<i64, AttemptSlot>,
    tmms: BTreeMap<u64, TaskMemoryManager>,
    consumers: Vec<HarnessConsumer>,
    waiting: BTreeMap<AttemptSlot, Waiting>,
    pages: u64,
}

/// The part of the world that grants memory, and what it was seen to do.
struct Executor {
    manager: UnifiedMemoryManager,
    store: MemoryStore,
    blocks: BlockTable,
    names: Vec<String>,
    drops: Vec<Dropped>,
    events: Vec<Value>,
    /// The task whose thread runs.
    current: i64,
    /// Page allocations that the JVM will refuse; one count for all tasks, as in the harness.
    allocator_failures: u64,
}

struct Waiting {
    task: u64,
    op: u64,
    what: Blocking,
}

#[derive(Clone, Copy)]
enum Blocking {
    Pool { bytes: Bytes, mode: MemoryMode },
    Consumer { number: u64 },
}

impl Executor {
    fn log_drops(&mut self) {
        for dropped in self.drops.drain(..) {
            let to = if dropped.to_disk == ToDisk::No { "X" } else { "D" };
            let name = &self.names[dropped.block.index()];
            self.events.push(json!(["ev", name, dropped.size.0, mode_name(dropped.mode), to, self.current]));
        }
    }

    fn log_grant(&mut self, asked: Bytes, grant: Grant) -> Grant {
        self.log_drops();
        match grant {
            Grant::Granted(got) => self.events.push(json!(["g", self.current, asked.0, got.0])),
            Grant::Wait => self.events.push(json!(["w", self.current])),
            Grant::Orphaned => {}
        }
        grant
    }

    fn acquire_storage(&mut self, rdd: Option<RddId>, bytes: Bytes, mode: MemoryMode) -> bool {
        let mut evictor = self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(stored) = self.manager.acquire_storage_memory(rdd, bytes, mode, &mut evictor);
        self.log_drops();
        stored
    }
}

impl ExecutionMemory for Executor {
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let mut evictor = self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(grant) = self.manager.acquire_execution_memory(bytes, task, mode, &mut evictor);
        self.log_grant(bytes, grant)
    }

    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let mut evictor = self.store.evictor(&mut self.blocks, &mut self.drops);
        let Ok(grant) = self.manager.recheck_execution_memory(bytes, task, mode, &mut evictor);
        self.log_grant(bytes, grant)
    }

    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.manager.release_execution_memory(bytes, task, mode)
    }

    fn allocate(&mut self, _: Bytes) -> bool {
        let fails = self.allocator_failures > 0;
        self.allocator_failures = self.allocator_failures.saturating_sub(1);
        !fails
    }
}

fn mode_name(mode: MemoryMode) -> &'static str {
    match mode {
        MemoryMode::OnHeap => "on",
        MemoryMode::OffHeap => "off",
    }
}

fn mode_of(op: &Value) -> MemoryMode {
    if op["m"] == "off" { MemoryMode::OffHeap } else { MemoryMode::OnHeap }
}

fn number(op: &Value, key: &str) -> Result<u64, String> {
    op[key].as_u64().ok_or_else(|| format!("`{key}` is no number of bytes or elements: {}", op[key]))
}

fn bytes(op: &Value, key: &str) -> Result<Bytes, String> {
    number(op, key).map(Bytes)
}

/// `rdd_<rdd>_<partition>`; other names belong to no RDD.
fn rdd_of(name: &str) -> Option<RddId> {
    let (rdd, _) = name.strip_prefix("rdd_")?.split_once('_')?;
    rdd.parse().ok().map(RddId)
}

impl World {
    pub(super) fn new(header: &Value) -> Result<Self, String> {
        let cfg = &header["cfg"];
        let decimal = |key: &str| {
            cfg[key]
                .as_str()
                .and_then(|text| text.parse::<f64>().ok())
                .ok_or(format!("`{key}`: {}", cfg[key]))
        };
        let manager = UnifiedMemoryManager::new(&ManagerConf {
            max_heap_memory: bytes(cfg, "maxHeap")?,
            on_heap_storage_region: bytes(cfg, "storageRegion")?,
            max_off_heap_memory: bytes(cfg, "offHeap")?,
            off_heap_storage_region: Bytes(
                (number(cfg, "offHeap")? as f64 * decimal("storageFraction")?) as u64,
            ),
            ..ManagerConf::default()
        });
        let off = cfg["tungstenOffHeap"] == true;
        let mode = if off { MemoryMode::OffHeap } else { MemoryMode::OnHeap };
        // Traces are recorded under the serial collector, whose pages have no header to leave room for.
        let pages = PageInputs {
            mode,
            execution_bytes: manager.execution(mode).pool_size().0,
            cores: number(cfg, "cores")? as u32,
            collector: Collector::Serial,
        };
        let page_size = default_page_size_bytes(&pages, &Semantics::of(SparkVersion::V3_5));
        let version = header["spark"].as_str().unwrap_or("");
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        Ok(Self {
            executor: Executor {
                manager,
                store: MemoryStore::new(ExecutorId(0)),
                blocks: BlockTable::default(),
                names: Vec::new(),
                drops: Vec::new(),
                events: Vec::new(),
                current: -1,
                allocator_failures: 0,
            },
            unroll: UnrollConf {
                initial: bytes(cfg, "unrollThreshold")?,
                check_period: number(cfg, "unrollCheckPeriod")?,
                growth_factor: decimal("unrollGrowthFactor")?,
            },
            task_memory: TaskMemoryConf {
                tungsten_memory_mode: mode,
                allocator_oom_spills: version >= (4, 3),
                ..TaskMemoryConf::default()
            },
            page_size,
            barge: cfg["barge"] == true,
            slots: BTreeMap::new(),
            tmms: BTreeMap::new(),
            consumers: Vec::new(),
            waiting: BTreeMap::new(),
            pages: 0,
        })
    }

    /// `[on: execution used, pool, storage used, pool, active tasks, off: the same, unroll]`.
    pub(super) fn state(&self) -> Vec<u64> {
        let manager = &self.executor.manager;
        let mut state = Vec::with_capacity(11);
        for mode in MemoryMode::BOTH {
            let (execution, storage) = (manager.execution(mode), manager.storage(mode));
            state.extend([execution.memory_used().0, execution.pool_size().0]);
            state.extend([storage.memory_used().0, storage.pool_size().0, execution.active_tasks()]);
        }
        state.push(self.executor.store.current_unroll_memory().0);
        state
    }

    /// What the trace's last line states.
    pub(super) fn end(&self) -> Value {
        let Executor { manager, store, blocks, names, .. } = &self.executor;
        let lru: Vec<_> = store
            .access_order(blocks)
            .into_iter()
            .map(|copy| {
                let copy = &blocks[copy];
                json!([names[copy.block.index()], copy.memory_size.0, mode_name(copy.mode)])
            })
            .collect();
        let on_disk = names.iter().enumerate().filter(|&(at, _)| {
            store
                .find(blocks, BlockId::at(at))
                .is_some_and(|copy| blocks[copy].on_disk && !blocks[copy].in_memory)
        });
        let on_disk: BTreeSet<_> = on_disk.map(|(_, name)| name).collect();
        let held =
            |slot| MemoryMode::BOTH.map(|mode| manager.execution(mode).memory_of(slot).unwrap_or_default().0);
        let tasks: Vec<_> = self
            .slots
            .iter()
            .map(|(&task, &slot)| (task, held(slot).iter().sum::<u64>()))
            .filter(|&(_, held)| held > 0)
            .collect();
        json!({"lru": lru, "disk": on_disk, "tasks": tasks, "s": self.state()})
    }

    /// Runs one operation; returns its result, events, state and changed consumers.
    pub(super) fn execute(&mut self, op: &Value) -> Result<Value, String> {
        self.executor.events.clear();
        let name = op["op"].as_str().ok_or("an operation has a name")?;
        let result = match name {
            "acqE" | "acq" | "page" | "arr" => self.blocking(name, op)?,
            "kill" => self.kill(number(op, "t")?),
            _ => {
                self.executor.current = self.task_of(op);
                let result = self.inline(name, op)?;
                self.drain();
                result
            }
        };
        let mut changed = Vec::new();
        for consumer in &mut self.consumers {
            let used = self.tmms[&consumer.task].used(consumer.consumer);
            if consumer.last_listed != Some(used) {
                consumer.last_listed = Some(used);
                changed.push(json!([consumer.number, used.0]));
            }
        }
        Ok(json!({"r": result, "e": self.executor.events, "s": self.state(), "u": changed}))
    }

    fn task_of(&self, op: &Value) -> i64 {
        let of_consumer = || {
            let number = op["c"].as_u64()?;
            self.consumers
                .iter()
                .find(|consumer| consumer.number == number)
                .map(|consumer| consumer.task as i64)
        };
        op["t"].as_i64().or_else(of_consumer).unwrap_or(-1)
    }

    fn slot(&mut self, task: i64) -> AttemptSlot {
        let next = AttemptSlot::at(self.slots.len());
        *self.slots.entry(task).or_insert(next)
    }

    fn consumer_at(&self, op: &Value) -> Result<usize, String> {
        let number = number(op, "c")?;
        self.consumers.iter().position(|consumer| consumer.number == number).ok_or("no such consumer".into())
    }

    // ---- operations that may wait

    fn blocking(&mut self, name: &str, op: &Value) -> Result<Value, String> {
        let task = self.task_of(op);
        let slot = self.slot(task);
        if self.waiting.contains_key(&slot) {
            return Ok(json!("!busy"));
        }
        let asked = bytes(op, "n")?;
        let mut what = Blocking::Pool { bytes: asked, mode: mode_of(op) };
        if name != "acqE" {
            let at = self.consumer_at(op)?;
            let consumer = &self.consumers[at];
            let request = match name {
                "acq" => Request::Memory(asked),
                "page" => Request::Page(asked),
                _ => Request::Array(asked.0),
            };
            let nothing = asked.is_zero() && (name != "page" || consumer.page_size.is_zero());
            if nothing {
                return Ok(json!("!AssertionError"));
            }
            let tmm = self.tmms.get_mut(&consumer.task).ok_or("no such task")?;
            if name != "acq" {
                self.executor.allocator_failures = op["oom"].as_u64().unwrap_or(0);
            }
            tmm.begin(consumer.consumer, request);
            what = Blocking::Consumer { number: consumer.number };
        } else if asked.is_zero() {
            return Ok(json!("!AssertionError"));
        }
        let op_index = number(op, "i")?;
        let first = self.go_on(task as u64, slot, what, false);
        let result = match first {
            Some(result) => result,
            None => {
                self.waiting.insert(slot, Waiting { task: task as u64, op: op_index, what });
                json!("blocked")
            }
        };
        self.drain();
        if result == "blocked" && !self.waiting.contains_key(&slot) {
            let done =
                self.executor.events.iter().rev().find(|event| event[0] == "done" && event[2] == op_index);
            return Ok(done.ok_or("a waiter that is gone has finished")?[3].clone());
        }
        Ok(result)
    }

    /// Starts or resumes a call; `None` while it waits.
    fn go_on(&mut self, task: u64, slot: AttemptSlot, what: Blocking, woken: bool) -> Option<Value> {
        let outer = std::mem::replace(&mut self.executor.current, task as i64);
        let result = match what {
            Blocking::Pool { bytes, mode } => {
                let grant = if woken {
                    self.executor.recheck(bytes, slot, mode)
                } else {
                    self.executor.acquire(bytes, slot, mode)
                };
                match grant {
                    Grant::Granted(got) => Some(json!(got.0)),
                    Grant::Wait => None,
                    Grant::Orphaned => Some(json!("!NoSuchElementException")),
                }
            }
            Blocking::Consumer { number } => self.drive(task, number),
        };
        self.executor.current = outer;
        result
    }

    fn drive(&mut self, task: u64, number: u64) -> Option<Value> {
        loop {
            let tmm = self.tmms.get_mut(&task).expect("a task that acts has a memory manager");
            match tmm.step(&mut self.executor) {
                Step::Wait => return None,
                Step::Spill { consumer, bytes, trigger } => {
                    let spiller = self.by_id(task, consumer);
                    match self.spill(spiller, bytes, self.by_id(task, trigger), self.barge) {
                        Some(freed) => self.tmms.get_mut(&task).expect("it is there").spilled(freed),
                        None => {
                            self.tmms.get_mut(&task).expect("it is there").spill_failed();
                            self.executor.allocator_failures = 0;
                            return Some(json!("!SparkOutOfMemoryError"));
                        }
                    }
                }
                Step::Done(acquired) => return Some(self.finished(number, acquired)),
            }
        }
    }

    fn by_id(&self, task: u64, consumer: sim_core::ids::ConsumerId) -> usize {
        let found = self.consumers.iter().position(|other| other.task == task && other.consumer == consumer);
        found.expect("a consumer that is asked is there")
    }

    fn finished(&mut self, number: u64, acquired: Acquired) -> Value {
        if !matches!(acquired, Acquired::Bytes(_)) {
            self.executor.allocator_failures = 0;
        }
        match acquired {
            Acquired::Bytes(got) => json!(got.0),
            Acquired::Page(page) => {
                let handle = self.pages;
                self.pages += 1;
                let consumer = self.consumers.iter_mut().find(|consumer| consumer.number == number);
                consumer.expect("who asked is there").pages.push((handle, page));
                json!(["page", handle, page.size.0, page.number])
            }
            Acquired::OutOfMemory { .. } | Acquired::SpillFailed(_) => json!("!SparkOutOfMemoryError"),
            Acquired::TooLargePage(_) => json!("!TooLargePageException"),
            Acquired::TooManyPages => json!("!IllegalStateException"),
            Acquired::Orphaned => json!("!NoSuchElementException"),
        }
    }

    fn spill(&mut self, at: usize, asked: Bytes, trigger: usize, barge: bool) -> Option<Bytes> {
        let consumer = &mut self.consumers[at];
        let tmm = self.tmms.get_mut(&consumer.task).expect("a consumer has a task");
        let freed = consumer.spill(tmm, &mut self.executor, asked, at == trigger);
        let (who, by) = (consumer.number, self.consumers[trigger].number);
        let shown = freed.map_or(json!("io"), |freed| json!(freed.0));
        self.executor.events.push(json!(["sp", who, asked.0, by, shown]));
        if barge && freed.is_some_and(|freed| !freed.is_zero()) {
            self.drain();
        }
        freed
    }

    /// Everyone who was woken re-checks, until nobody is left.
    fn drain(&mut self) {
        while let Some(slot) = self.executor.manager.waiters().next_woken() {
            let Waiting { task, op, what } = self.waiting[&slot];
            if let Some(result) = self.go_on(task, slot, what, true) {
                self.waiting.remove(&slot);
                self.executor.events.push(json!(["done", task, op, result]));
            }
        }
    }

    fn kill(&mut self, task: u64) -> Value {
        let slot = self.slot(task as i64);
        let Some(waiting) = self.waiting.remove(&slot) else { return json!("notblocked") };
        self.executor.manager.waiters().remove(slot);
        if let Blocking::Consumer { .. } = waiting.what {
            self.tmms.get_mut(&task).expect("it is there").unwind();
            self.executor.allocator_failures = 0;
        }
        self.executor.events.push(json!(["done", task, waiting.op, "!InterruptedException"]));
        json!("ok")
    }

    // ---- operations that never wait

    fn inline(&mut self, name: &str, op: &Value) -> Result<Value, String> {
        let slot = self.slot(self.executor.current);
        let mode = mode_of(op);
        let block = op["b"].as_str();
        let copy = block.and_then(|name| self.find(name));
        let rdd = block.and_then(rdd_of);
        let Executor { manager, store, blocks, drops, .. } = &mut self.executor;
        Ok(match name {
            "relE" => {
                manager.release_execution_memory(bytes(op, "n")?, slot, mode);
                json!("ok")
            }
            "relAllE" => json!(manager.release_all_execution_memory_for_task(slot).0),
            "acqS" => json!(self.executor.acquire_storage(rdd, bytes(op, "n")?, mode)),
            "relS" => {
                manager.release_storage_memory(bytes(op, "n")?, mode);
                json!("ok")
            }
            "put" | "putIter" if copy.is_some() => json!("exists"),
            "put" => self.put(op, slot)?,
            "putIter" => self.put_iterator(op, slot)?,
            "load" => match copy {
                Some(copy) if blocks[copy].on_disk && !blocks[copy].in_memory => {
                    if store.lock_for_reading(blocks, copy, slot) {
                        let size = blocks[copy].size;
                        let Ok(stored) = store.put_bytes(manager, blocks, copy, size, drops);
                        store.unlock(blocks, copy, slot);
                        self.executor.log_drops();
                        json!(if stored { "stored" } else { "nospace" })
                    } else {
                        json!("locked")
                    }
                }
                _ => json!("notOnDiskOnly"),
            },
            "acqU" => {
                let Ok(granted) =
                    store.reserve_unroll_memory(manager, blocks, rdd, slot, bytes(op, "n")?, mode, drops);
                self.executor.log_drops();
                json!(granted)
            }
            "relU" => {
                let asked = op["n"].as_u64().map_or(Bytes::MAX, Bytes);
                json!(store.release_unroll_memory(manager, slot, asked, mode).0)
            }
            "get" => match copy {
                None => json!(false),
                Some(copy) if !store.lock_for_reading(blocks, copy, slot) => json!("locked"),
                Some(copy) => {
                    let found = blocks[copy].in_memory;
                    if found {
                        store.touch(blocks, copy);
                    }
                    store.unlock(blocks, copy, slot);
                    json!(found)
                }
            },
            "size" => match copy.filter(|&copy| blocks[copy].in_memory) {
                None => json!(-1),
                Some(copy) => {
                    store.touch(blocks, copy);
                    json!(blocks[copy].memory_size.0)
                }
            },
            "has" => json!(copy.is_some_and(|copy| blocks[copy].in_memory)),
            "rm" => match copy {
                None => json!("absent"),
                Some(copy) if !store.lock_for_writing(blocks, copy, slot) => json!("locked"),
                Some(copy) => {
                    let was_in_memory = store.remove(manager, blocks, copy);
                    store.remove_block(blocks, copy);
                    json!(if was_in_memory { "removed" } else { "removedDisk" })
                }
            },
            "lockR" => json!(copy.is_some_and(|copy| store.lock_for_reading(blocks, copy, slot))),
            "lockW" => json!(copy.is_some_and(|copy| store.lock_for_writing(blocks, copy, slot))),
            "unlock" => {
                store.unlock(blocks, copy.ok_or("unlock of a block that is not there")?, slot);
                json!("ok")
            }
            "unlockAll" => json!(store.release_all_locks_for_task(blocks, slot)),
            "evict" if op["n"] == 0 => json!("!AssertionError"),
            "evict" => {
                let mut evictor = store.evictor(blocks, drops);
                let evicted = evictor.evict_blocks_to_free_space(rdd, bytes(op, "n")?, mode);
                manager.release_storage_memory(evicted.released, mode);
                self.executor.log_drops();
                json!(evicted.released.0)
            }
            "notifyAll" => {
                manager.waiters().notify_all();
                json!("ok")
            }
            "clear" => {
                store.clear(manager, blocks);
                json!("ok")
            }
            "newT" => {
                let task = number(op, "t")?;
                self.tmms.insert(task, TaskMemoryManager::new(slot, self.task_memory));
                json!(self.page_size)
            }
            "newC" => {
                let task = number(op, "t")?;
                let tmm = self.tmms.get_mut(&task).ok_or("no such task")?;
                let page_size = bytes(op, "ps")?;
                let consumer = tmm.add_consumer(mode, page_size);
                let policy = SpillPolicy::parse(op["pol"].as_str().unwrap_or_default())?;
                let (number, pages) = (number(op, "c")?, Vec::new());
                let new =
                    HarnessConsumer { number, task, consumer, policy, page_size, pages, last_listed: None };
                self.consumers.push(new);
                json!(consumer.0)
            }
            "free" => {
                let at = self.consumer_at(op)?;
                let consumer = &self.consumers[at];
                let tmm = self.tmms.get_mut(&consumer.task).ok_or("no such task")?;
                tmm.free_memory(&mut self.executor, consumer.consumer, bytes(op, "n")?);
                json!("ok")
            }
            "freePage" => {
                let handle = number(op, "p")?;
                let owner = self.consumers.iter_mut().find_map(|consumer| {
                    let at = consumer.pages.iter().position(|&(page, _)| page == handle)?;
                    Some((consumer, at))
                });
                match owner {
                    None => json!("nopage"),
                    Some((consumer, at)) => {
                        let (_, page) = consumer.pages.remove(at);
                        let tmm = self.tmms.get_mut(&consumer.task).ok_or("no such task")?;
                        tmm.free_page(&mut self.executor, consumer.consumer, page);
                        json!("ok")
                    }
                }
            }
            "spillC" => {
                let at = self.consumer_at(op)?;
                match self.spill(at, Bytes::MAX, at, false) {
                    Some(_) => json!("ok"),
                    None => json!("!SparkOutOfMemoryError"),
                }
            }
            "cleanUp" => {
                let task = number(op, "t")?;
                let tmm = self.tmms.get_mut(&task).ok_or("no such task")?;
                let freed = tmm.clean_up_all_allocated_memory(&mut self.executor);
                self.consumers.retain(|consumer| consumer.task != task);
                json!(freed.0)
            }
            _ => return Err(format!("unknown operation: {name}")),
        })
    }

    fn find(&self, name: &str) -> Option<CopyId> {
        let at = self.executor.names.iter().position(|known| known == name)?;
        self.executor.store.find(&self.executor.blocks, BlockId::at(at))
    }

    fn lock_new_block(&mut self, op: &Value, slot: AttemptSlot, values: bool) -> Result<CopyId, String> {
        let name = op["b"].as_str().ok_or("a block has a name")?;
        let Executor { store, blocks, names, .. } = &mut self.executor;
        let known = names.iter().position(|known| known == name);
        let block = BlockId::at(known.unwrap_or(names.len()));
        if known.is_none() {
            names.push(name.to_owned());
        }
        let level = StorageLevel {
            use_disk: op["lvl"] == "MD",
            use_memory: true,
            use_off_heap: op["m"] == "off",
            deserialized: values && op["m"] != "off",
            replication: 1,
        };
        let locked = store.lock_new_block_for_writing(blocks, block, rdd_of(name), level, slot);
        locked.ok_or("a new block is new".into())
    }

    /// After a put: kept with its lock given back or turned into a read lock, or forgotten.
    fn settle(&mut self, op: &Value, copy: CopyId, slot: AttemptSlot, size: Bytes, stored: bool) {
        let Executor { store, blocks, .. } = &mut self.executor;
        blocks[copy].size = size;
        if !stored && !blocks[copy].level.use_disk {
            store.remove_block(blocks, copy);
            return;
        }
        blocks[copy].on_disk = !stored;
        if op["keep"] == true {
            store.downgrade_lock(blocks, copy, slot);
        } else {
            store.unlock(blocks, copy, slot);
        }
    }

    fn put(&mut self, op: &Value, slot: AttemptSlot) -> Result<Value, String> {
        let size = bytes(op, "n")?;
        let copy = self.lock_new_block(op, slot, false)?;
        let Executor { manager, store, blocks, drops, .. } = &mut self.executor;
        let Ok(stored) = store.put_bytes(manager, blocks, copy, size, drops);
        self.executor.log_drops();
        self.settle(op, copy, slot, size, stored);
        Ok(json!(outcome(op, stored)))
    }

    fn put_iterator(&mut self, op: &Value, slot: AttemptSlot) -> Result<Value, String> {
        let precise = bytes(op, "precise")?;
        let estimate = LinearEstimate { base: bytes(op, "base")?, per_element: bytes(op, "per")? };
        let copy = self.lock_new_block(op, slot, true)?;
        let (rdd, mode) = (self.executor.blocks[copy].rdd, self.executor.blocks[copy].mode);
        let mut unroll = Unroll::new(self.unroll, number(op, "cnt")?);
        let stored = loop {
            let Executor { manager, store, blocks, drops, .. } = &mut self.executor;
            match unroll.next(&estimate, precise) {
                UnrollStep::Reserve { stored, bytes } => {
                    let Ok(granted) =
                        store.reserve_unroll_memory(manager, blocks, rdd, slot, bytes, mode, drops);
                    unroll.reserved(stored, bytes, granted);
                    self.executor.log_drops();
                    self.executor.events.push(json!(["aU", bytes.0, granted]));
                }
                UnrollStep::Store => {
                    let Ok(()) =
                        store.store_unrolled(manager, blocks, copy, slot, unroll.held, precise, drops);
                    self.executor.log_drops();
                    self.executor.events.push(json!(["aS", precise.0, true]));
                    break true;
                }
                UnrollStep::Refused => break false,
            }
        };
        self.settle(op, copy, slot, precise, stored);
        let last = if stored { precise } else { unroll.held };
        Ok(json!([outcome(op, stored), last.0, unroll.stored]))
    }
}

fn outcome(op: &Value, stored: bool) -> &'static str {
    match (stored, op["lvl"] == "MD") {
        (true, _) => "stored",
        (false, true) => "disk",
        (false, false) => "nospace",
    }
}

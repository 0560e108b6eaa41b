//! The memory of one executor under test: blocks have names, and drops are written down.

use serde_json::{Value, json};
use sim_core::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use sim_core::memory::{ExecutionMemory, Grant, ManagerConf, MemoryMode};
use sim_core::storage::{BlockManager, BlockTable, CopyId, Dropped, ExecutorMemory, UnrollConf};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes};
use super::tasks::Noting;

/// See the [module](self).
pub(super) struct ExecutorWorld {
    pub(super) memory: ExecutorMemory,
    pub(super) blocks: BlockTable,
    pub(super) drops: Vec<Dropped>,
    names: Vec<String>,
    /// Whether off-heap pools are shown.
    off_heap: bool,
    /// Blocks dropped since the last look, each `["evict", name]`.
    pub(super) trace: Vec<Value>,
}

pub(super) fn mode(of: &Value) -> MemoryMode {
    if of["mode"] == "off" { MemoryMode::OffHeap } else { MemoryMode::OnHeap }
}

/// A value that differed on 3.5 stands there under `<key>_3.5`.
pub(super) fn on_line<'a>(step: &'a Value, key: &str, line: Line) -> &'a Value {
    match step.get(format!("{key}_3.5")) {
        Some(value) if line == Line::Spark35 => value,
        _ => &step[key],
    }
}

impl ExecutorWorld {
    pub(super) fn new(conf: &ManagerConf, initial_unroll: Bytes) -> Self {
        let unroll = UnrollConf { initial: initial_unroll, ..UnrollConf::default() };
        Self {
            memory: ExecutorMemory::new(ExecutorId(0), conf, unroll),
            blocks: BlockTable::default(),
            drops: Vec::new(),
            names: Vec::new(),
            off_heap: !conf.max_off_heap_memory.is_zero(),
            trace: Vec::new(),
        }
    }

    /// The pools that a case's `setup` states.
    pub(super) fn pools_of(setup: &Value) -> Result<ManagerConf, String> {
        Ok(ManagerConf {
            max_heap_memory: bytes(setup, "heap")?,
            on_heap_storage_region: bytes(setup, "region")?,
            max_off_heap_memory: bytes(setup, "offheap")?,
            off_heap_storage_region: bytes(setup, "offheap_region")?,
            ..ManagerConf::default()
        })
    }

    pub(super) fn manager(&mut self) -> BlockManager<'_, Vec<Dropped>> {
        self.memory.block_manager(&mut self.blocks, &mut self.drops)
    }

    pub(super) fn block(&mut self, name: &str) -> BlockId {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        BlockId::at(at)
    }

    /// `rdd_<rdd>_<partition>`; other names belong to no RDD.
    pub(super) fn rdd_of(name: &str) -> Option<RddId> {
        let (rdd, _) = name.strip_prefix("rdd_")?.split_once('_')?;
        rdd.parse().ok().map(RddId)
    }

    pub(super) fn find(&mut self, name: &str) -> Option<CopyId> {
        let block = self.block(name);
        self.memory.store.find(&self.blocks, block)
    }

    /// All names, in the order in which they first came up.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Moves what was dropped to the trace.
    pub(super) fn log_drops(&mut self) {
        let names = &self.names;
        self.trace.extend(self.drops.drain(..).map(|drop| json!(["evict", names[drop.block.index()]])));
    }

    /// `{eu, ep, su, sp}` and the same off-heap.
    pub(super) fn pools(&self) -> Value {
        let mut pools = json!({});
        for (mode, prefix) in [(MemoryMode::OnHeap, ""), (MemoryMode::OffHeap, "o")] {
            if mode == MemoryMode::OnHeap || self.off_heap {
                let manager = &self.memory.manager;
                let (execution, storage) = (manager.execution(mode), manager.storage(mode));
                pools[format!("{prefix}eu")] = json!(execution.memory_used().0);
                pools[format!("{prefix}ep")] = json!(execution.pool_size().0);
                pools[format!("{prefix}su")] = json!(storage.memory_used().0);
                pools[format!("{prefix}sp")] = json!(storage.pool_size().0);
            }
        }
        pools
    }

    /// `[name, bytes]` from the least to the most recently used.
    pub(super) fn lru(&self) -> Value {
        let copies = self.memory.store.access_order(&self.blocks).into_iter();
        let blocks = copies.map(|copy| &self.blocks[copy]);
        blocks.map(|block| json!([self.names[block.block.index()], block.memory_size.0])).collect()
    }

    /// Compares the pools alone.
    pub(super) fn compare_pools(&self, at: &str, expected: &Value, compare: &mut Compare) {
        if !expected.is_null() {
            compare.fields(&format!("{at}: pools"), expected, &self.pools());
        }
    }
}

impl ExecutionMemory for ExecutorWorld {
    fn acquire(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let grant = self.manager().acquire(bytes, task, mode);
        self.log_drops();
        grant
    }

    fn recheck(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Grant {
        let grant = self.manager().recheck(bytes, task, mode);
        self.log_drops();
        grant
    }

    fn release(&mut self, bytes: Bytes, task: AttemptSlot, mode: MemoryMode) -> Bytes {
        self.manager().release(bytes, task, mode)
    }
}

impl Noting for ExecutorWorld {
    fn note(&mut self, entry: Value) {
        self.trace.push(entry);
    }
}

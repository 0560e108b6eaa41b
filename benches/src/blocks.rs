//! The memory store: putting, reading, and looking for blocks to evict.

use sim_core::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use sim_core::memory::{ManagerConf, MemoryMode, UnifiedMemoryManager};
use sim_core::storage::{BlockTable, DropHandler, Dropped, MemoryStore, StorageLevel};
use sim_core::units::Bytes;
use std::convert::Infallible;

use crate::{SEED, SplitMix64};

const ON: MemoryMode = MemoryMode::OnHeap;
const TASK: AttemptSlot = AttemptSlot(0);

/// Counts the blocks that an eviction drops.
#[derive(Clone, Debug, Default)]
struct Count(u64);

impl DropHandler for Count {
    type Error = Infallible;
    fn on_drop(&mut self, _: &Dropped) -> Result<(), Infallible> {
        self.0 += 1;
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct World {
    manager: UnifiedMemoryManager,
    store: MemoryStore,
    blocks: BlockTable,
    drops: Count,
}

impl World {
    fn new(max_heap: u64) -> Self {
        let conf = ManagerConf {
            max_heap_memory: Bytes(max_heap),
            on_heap_storage_region: Bytes(max_heap / 2),
            ..ManagerConf::default()
        };
        Self {
            manager: UnifiedMemoryManager::new(&conf),
            store: MemoryStore::new(ExecutorId(0)),
            blocks: BlockTable::default(),
            drops: Count::default(),
        }
    }

    fn put(&mut self, block: u32, rdd: u32, size: Bytes) -> bool {
        let Self { manager, store, blocks, drops } = self;
        let level = StorageLevel::MEMORY_ONLY;
        let copy = store.lock_new_block_for_writing(blocks, BlockId(block), Some(RddId(rdd)), level, TASK);
        let copy = copy.expect("every block is put once");
        let Ok(stored) = store.put_bytes(manager, blocks, copy, size, drops);
        store.unlock(blocks, copy, TASK);
        stored
    }

    fn acquire_storage(&mut self, rdd: u32, size: Bytes) -> bool {
        let Self { manager, store, blocks, drops } = self;
        let Ok(stored) =
            manager.acquire_storage_memory(Some(RddId(rdd)), size, ON, &mut store.evictor(blocks, drops));
        stored
    }
}

/// A store of some 10,000 blocks, each of an RDD of its own, filled by 11,000 puts.
#[derive(Clone, Debug)]
pub struct Filled {
    world: World,
    random: SplitMix64,
    sizes: Vec<Bytes>,
}

const FILL: u32 = 11_000;

impl Default for Filled {
    fn default() -> Self {
        Self::new()
    }
}

impl Filled {
    /// Fills it.
    #[must_use]
    pub fn new() -> Self {
        let mut random = SplitMix64::new(SEED);
        let sizes = (0..256).map(|_| Bytes(32_768 + (random.next_u64() & 0xFFFF))).collect();
        let mut filled = Self { world: World::new(655_360_000), random, sizes };
        for block in 0..FILL {
            filled.put(block);
        }
        filled
    }

    fn put(&mut self, block: u32) -> bool {
        let size = self.sizes[(self.random.next_u64() >> 56) as usize];
        self.world.put(block, block, size)
    }

    /// Puts blocks that each evict older ones. `[stored, evicted, 0, storage used]`, for 200,000 operations
    /// `[200000, 200028, 0, 655349575]`.
    #[must_use]
    pub fn puts(&mut self, ops: u32) -> [u64; 4] {
        let before = self.world.drops.0;
        let stored = (FILL..FILL + ops).filter(|&block| self.put(block)).count();
        [stored as u64, self.world.drops.0 - before, 0, self.world.manager.storage(ON).memory_used().0]
    }

    /// Reads blocks, most of them there. `[0, 0, hits, storage used]`, for 400,000 operations
    /// `[0, 0, 330977, 655322612]`.
    #[must_use]
    pub fn gets(&mut self, ops: u32) -> [u64; 4] {
        let mut hits = 0;
        for _ in 0..ops {
            let back = (self.random.next_u64() >> 1) % 12_000;
            let Some(block) = u64::from(FILL - 1).checked_sub(back) else { continue };
            let World { store, blocks, .. } = &mut self.world;
            let Some(copy) = store.find(blocks, BlockId(block as u32)) else { continue };
            assert!(store.lock_for_reading(blocks, copy, TASK), "nobody writes");
            if blocks[copy].in_memory {
                store.touch(blocks, copy);
                hits += 1;
            }
            store.unlock(blocks, copy, TASK);
        }
        [0, 0, hits, self.world.manager.storage(ON).memory_used().0]
    }
}

const SCANNED: Bytes = Bytes(4096);

/// A full store of one RDD that asks for room for one more of its blocks: none may go.
#[derive(Clone, Debug)]
pub struct ScanReject(World);

impl ScanReject {
    /// With `blocks` blocks.
    #[must_use]
    pub fn new(blocks: u32) -> Self {
        let mut world = World::new(4096 * u64::from(blocks));
        (0..blocks).for_each(|block| assert!(world.put(block, 1, SCANNED)));
        Self(world)
    }

    /// Asks `ops` times: `[refusals, evictions]`.
    #[must_use]
    pub fn ask(&mut self, ops: u32) -> [u64; 2] {
        let refused = (0..ops).filter(|_| !self.0.acquire_storage(1, SCANNED)).count();
        [refused as u64, self.0.drops.0]
    }
}

/// A store full of one RDD with one block of another at its end, which goes for each new block of the first.
#[derive(Clone, Debug)]
pub struct ScanEvict {
    world: World,
    next: u32,
}

impl ScanEvict {
    /// With `blocks` blocks of the first RDD.
    #[must_use]
    pub fn new(blocks: u32) -> Self {
        let mut world = World::new(4096 * (u64::from(blocks) + 1));
        (0..blocks).for_each(|block| assert!(world.put(block, 1, SCANNED)));
        assert!(world.put(blocks, 2, SCANNED));
        Self { world, next: blocks + 1 }
    }

    /// `ops` times: evicts the block of the other RDD, gives the memory back, puts another one. `[evictions, puts]`.
    #[must_use]
    pub fn evict(&mut self, ops: u32) -> [u64; 2] {
        let before = self.world.drops.0;
        let mut puts = 0;
        for _ in 0..ops {
            assert!(self.world.acquire_storage(1, SCANNED), "the other RDD's block goes");
            self.world.manager.release_storage_memory(SCANNED, ON);
            puts += u64::from(self.world.put(self.next, 2, SCANNED));
            self.next += 1;
        }
        [self.world.drops.0 - before, puts]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exec8, stor, tmm8};

    #[test]
    fn every_recipe_computes_what_the_real_classes_computed() {
        assert_eq!(exec8(1_000_000), [262_361_488_656, 5_257_071]);
        assert_eq!(stor(1_000_000), [524_251_396_636, 0]);
        assert_eq!(tmm8(400_000), [203_241_493_938, 50_449, 113_166_104_608, 62_546_280]);
        assert_eq!(Filled::new().puts(200_000), [200_000, 200_028, 0, 655_349_575]);
        assert_eq!(Filled::new().gets(400_000), [0, 0, 330_977, 655_322_612]);
        assert_eq!(ScanReject::new(1000).ask(4000), [4000, 0]);
        assert_eq!(ScanEvict::new(1000).evict(4000), [4000, 4000]);
    }
}

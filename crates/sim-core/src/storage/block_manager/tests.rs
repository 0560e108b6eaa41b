//! Blocks in a pool of 1000 bytes.

use super::*;
use crate::ids::{BlockId, ExecutorId};
use crate::memory::ManagerConf;
use crate::storage::{BlockData, BlockForm, Dropped, LinearEstimate, StorageLevel, UnrollConf, UnrollStep};
use crate::units::Bytes;

const TASK: AttemptSlot = AttemptSlot(0);

struct World {
    memory: ExecutorMemory,
    blocks: BlockTable,
    drops: Vec<Dropped>,
}

/// 1000 bytes, all of them the storage region; blocks start to unroll with 100.
fn world() -> World {
    let all = Bytes(1000);
    let conf = ManagerConf { max_heap_memory: all, on_heap_storage_region: all, ..ManagerConf::default() };
    let unroll = UnrollConf { initial: Bytes(100), ..UnrollConf::default() };
    let memory = ExecutorMemory::new(ExecutorId(0), &conf, unroll);
    World { memory, blocks: BlockTable::default(), drops: Vec::new() }
}

/// Ten elements: `values` bytes as objects, half of that as bytes.
fn data(values: u64) -> BlockData<LinearEstimate> {
    let form = |size: u64| BlockForm {
        estimate: LinearEstimate { base: Bytes::ZERO, per_element: Bytes(size / 10) },
        size: Bytes(size),
    };
    BlockData { elements: 10, values: form(values), serialized: form(values / 2) }
}

impl World {
    fn manager(&mut self) -> BlockManager<'_, Vec<Dropped>> {
        self.memory.block_manager(&mut self.blocks, &mut self.drops)
    }
    fn put(&mut self, block: u32, level: StorageLevel, values: u64) -> Put {
        let new = NewBlock { block: BlockId(block), rdd: Some(RddId(block)), level };
        let Ok(put) = self.manager().put_iterator(new, TASK, &data(values), PutLock::Release);
        put
    }
    fn get(&mut self, block: u32, values: u64) -> Option<(ReadMethod, u64)> {
        let Ok(read) = self.manager().get_local_values(BlockId(block), TASK, &data(values));
        let Read::Found { copy, method, bytes } = read else { return None };
        self.manager().release_lock(copy, TASK);
        Some((method, bytes.0))
    }
    fn storage(&self) -> u64 {
        self.memory.manager.storage(MemoryMode::OnHeap).memory_used().0
    }
}

#[test]
fn what_memory_refuses_goes_to_disk_or_nowhere() {
    let mut w = world();
    assert_eq!(w.put(1, StorageLevel::MEMORY_ONLY, 1200), Put::Nowhere);
    assert_eq!(w.put(2, StorageLevel::MEMORY_AND_DISK, 1200), Put::Disk);
    assert_eq!(w.put(3, StorageLevel::MEMORY_AND_DISK_SER, 1200), Put::Memory, "600 bytes as bytes");
    assert_eq!(w.put(3, StorageLevel::MEMORY_AND_DISK_SER, 1200), Put::Exists);
    assert_eq!((w.get(1, 1200), w.get(2, 1200)), (None, Some((ReadMethod::Disk, 600))));
    assert_eq!(w.storage(), 600, "no unroll memory is left behind");
}

#[test]
fn a_block_comes_back_from_disk_and_keeps_its_recorded_size() {
    let mut w = world();
    assert_eq!(w.put(1, StorageLevel::MEMORY_AND_DISK, 600), Put::Memory);
    assert_eq!(w.put(2, StorageLevel::MEMORY_AND_DISK, 700), Put::Memory);
    assert_eq!(w.drops.len(), 1, "the first one went to disk");
    // 600 bytes as objects, though 300 lie on disk; it comes back and the other one goes.
    assert_eq!(w.get(1, 600), Some((ReadMethod::Disk, 600)));
    assert_eq!((w.get(1, 600), w.storage()), (Some((ReadMethod::Memory, 600)), 600));
    assert_eq!(w.drops.len(), 2);
    assert_eq!(w.get(2, 700), Some((ReadMethod::Disk, 700)));
}

#[test]
fn a_put_can_stop_between_its_reservations() {
    let mut w = world();
    let block = NewBlock { block: BlockId(1), rdd: None, level: StorageLevel::MEMORY_ONLY };
    let copy = w.manager().begin_put(block, TASK).unwrap();
    let mut unrolling = w.manager().begin_unroll(copy, TASK, 10);
    let mut reserved = Vec::new();
    while let Ok(UnrollStep::Reserve { bytes, .. }) =
        w.manager().unroll_step(&mut unrolling, &data(1200).values)
    {
        reserved.push(bytes.0);
    }
    // 100 at once; the first element is 120 bytes: 80 more; all of them 1200: 1020 more, refused.
    assert_eq!((reserved, w.storage()), (vec![100, 80, 1020], 180));
    w.manager().consume_unrolled(&unrolling);
    let Ok(put) = w.manager().finish_put(copy, TASK, &data(1200), PutLock::Release);
    assert_eq!((put, w.storage()), (Put::Nowhere, 0));
}

#[test]
fn an_rdd_is_removed_but_for_the_blocks_that_are_read() {
    let mut w = world();
    w.put(1, StorageLevel::MEMORY_ONLY, 100);
    let Read::Found { copy, .. } = w.manager().begin_read(BlockId(1), TASK) else { panic!() };
    assert_eq!(w.manager().remove_rdd(RddId(1), TASK), 0);
    w.manager().release_lock(copy, TASK);
    assert_eq!(w.manager().remove_rdd(RddId(1), TASK), 1);
    assert_eq!(w.storage(), 0);
}

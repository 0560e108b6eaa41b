//! Broadcast variables: ordinary blocks, of no RDD, on every executor that reads them.
//!
//! Spark: `TorrentBroadcast.readBroadcastBlock`, `ContextCleaner.doCleanupBroadcast`.

use super::attempt::{AfterEviction, Doing, Transfer};
use super::{Engine, Over};
use crate::ids::BlockId;
use crate::observe::{EvictedFor, Observer};
use crate::storage::{BlockData, BlockForm, LinearEstimate, NewBlock, PutLock, StorageLevel};
use crate::units::Bytes;

impl<O: Observer> Engine<'_, O> {
    /// The block of a variable's pieces on an executor; that of its value is the next one.
    fn pieces_of(&self, broadcast: u32, executor: u32) -> BlockId {
        let (first, broadcasts) = (self.first_executors, self.workload.broadcasts.len() as u32);
        let before = if executor < first {
            broadcast * first + executor
        } else {
            // Blocks of executors that come in place of others follow all those of the first ones.
            broadcasts * executor + broadcast
        };
        BlockId(self.workload.rdd_blocks() + before * 2)
    }

    /// A variable that nobody refers to any more leaves all executors. Spark does so at the driver's next garbage
    /// collection; here it is at once.
    pub(super) fn destroy(&mut self, broadcast: u32) {
        for executor in 0..self.cluster.executors.len() as u32 {
            let pieces = self.pieces_of(broadcast, executor);
            self.forget(pieces);
            self.forget(BlockId(pieces.0 + 1));
        }
        self.destroy_on_driver(self.workload.broadcasts[broadcast as usize].pieces);
        self.emit_pools();
    }

    /// The first reader of an executor fetches the pieces, keeps them and stores the value too: ordinary blocks, of no
    /// RDD, that can be evicted.
    pub(super) fn read_broadcast(&mut self, attempt: u32, broadcast: u32) -> bool {
        let info = self.attempts[attempt as usize].info;
        let pieces = self.pieces_of(broadcast, info.executor.0);
        let value = BlockId(pieces.0 + 1);
        let sizes = self.workload.broadcasts[broadcast as usize];
        let fetched = self.cluster.executors[info.executor.index()]
            .memory
            .store
            .find(&self.cluster.blocks, pieces)
            .is_none();
        self.memory_calls += 1;
        self.store_broadcast(attempt, pieces, StorageLevel::MEMORY_AND_DISK_SER, sizes.pieces);
        self.store_broadcast(attempt, value, StorageLevel::MEMORY_AND_DISK, sizes.value);
        let written = self.after_memory(attempt, EvictedFor::Storage);
        if self.hold_lock(attempt, written, AfterEviction::Step) {
            return false;
        }
        self.turn_to(attempt, Doing::Moving(Transfer::Network));
        !(fetched && self.move_bytes(attempt, Over::Network, sizes.pieces))
    }

    fn store_broadcast(&mut self, attempt: u32, block: BlockId, level: StorageLevel, size: Bytes) {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let executor = &mut self.cluster.executors[info.executor.index()];
        let mut manager = executor.memory.block_manager(&mut self.cluster.blocks, &mut self.drops);
        if size.is_zero() {
            return;
        }
        if let Some(copy) = manager.memory.store.find(manager.blocks, block) {
            if manager.blocks[copy].in_memory {
                manager.memory.store.touch(manager.blocks, copy);
            }
            return;
        }
        let form = BlockForm { estimate: LinearEstimate { base: Bytes::ZERO, per_element: size }, size };
        let data = BlockData { elements: 1, values: form, serialized: form };
        let new = NewBlock { block, rdd: None, level };
        let Ok(_) = if level.deserialized {
            manager.put_iterator(new, slot, &data, PutLock::Release)
        } else {
            manager.put_bytes(new, slot, &data, PutLock::Release)
        };
    }
}

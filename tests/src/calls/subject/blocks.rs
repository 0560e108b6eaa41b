//! Calls about blocks: none of them waits.

use sim_core::ids::BlockId;
use sim_core::memory::{Evictor, MemoryMode};
use sim_core::storage::{CopyId, LinearEstimate, StorageLevel, Unroll, UnrollStep};
use sim_core::units::Bytes;

use super::executor::{Executor, slot};
use super::{Block, Call, Event, Reply, Subject, Task};
use crate::calls::{Afterwards, Disk};

impl Subject {
    pub(super) fn block_call(&mut self, call: Call) -> Reply {
        match call {
            Call::Put { task, block, bytes, mode, disk, afterwards } => {
                let size = Bytes(bytes.0.into());
                self.put(task, block, mode.into(), disk, afterwards, |subject, copy| {
                    (subject.executor.put_bytes(copy, size), size)
                })
            }
            Call::PutIterator { task, block, elements, per_element, extra, disk } => {
                let per_element = Bytes(per_element.0.into());
                let elements = u64::from(elements.0);
                let precise = per_element * elements + Bytes(extra.0.into());
                let estimate = LinearEstimate { base: Bytes::ZERO, per_element };
                self.put(task, block, MemoryMode::OnHeap, disk, Afterwards::Unlock, |subject, copy| {
                    (subject.unroll(task, copy, elements, estimate, precise), precise)
                })
            }
            Call::Load { task, block } => self.load(task, block),
            Call::ReserveUnroll { task, block, bytes, mode } => {
                let bytes = Bytes(bytes.0.into());
                match self.executor.reserve_unroll(task, block.rdd(), bytes, mode.into()) {
                    true => Reply::Ok,
                    false => Reply::NoSpace,
                }
            }
            Call::ReleaseUnroll { task, bytes, mode } => {
                let Executor { manager, store, .. } = &mut self.executor;
                let bytes = Bytes(bytes.0.into());
                Reply::Bytes(store.release_unroll_memory(manager, slot(task), bytes, mode.into()).0)
            }
            Call::Evict { block, bytes, mode } => {
                let (bytes, mode) = (Bytes(bytes.0.into()), mode.into());
                let before = self.executor.storage_used(mode);
                let Executor { manager, store, blocks, drops, .. } = &mut self.executor;
                let rdd = block.and_then(Block::rdd);
                let evicted = store.evictor(blocks, drops).evict_blocks_to_free_space(rdd, bytes, mode);
                manager.release_storage_memory(evicted.released, mode);
                self.executor.note_drops(before);
                Reply::Bytes(evicted.released.0)
            }
            Call::Get { task, block } => self.on_copy(block, |subject, copy| subject.get(task, copy)),
            Call::Remove { task, block } => self.on_copy(block, |subject, copy| subject.remove(task, copy)),
            Call::LockForReading { task, block } => self.on_copy(block, |subject, copy| {
                let Executor { store, blocks, .. } = &mut subject.executor;
                if !store.lock_for_reading(blocks, copy, slot(task)) {
                    return Reply::Locked;
                }
                subject.reads.push((block, task));
                Reply::Ok
            }),
            Call::LockForWriting { task, block } => self.on_copy(block, |subject, copy| {
                let Executor { store, blocks, .. } = &mut subject.executor;
                if store.lock_for_writing(blocks, copy, slot(task)) { Reply::Ok } else { Reply::Locked }
            }),
            Call::Unlock { task, block } => {
                self.on_copy(block, |subject, copy| subject.unlock(task, block, copy))
            }
            _ => unreachable!("{call:?} is not about a block"),
        }
    }

    fn on_copy(&mut self, block: Block, act: impl FnOnce(&mut Self, CopyId) -> Reply) -> Reply {
        match self.executor.find(block) {
            Some(copy) => act(self, copy),
            None => Reply::Absent,
        }
    }

    /// `BlockManager.doPut`: a new block is locked for writing, stored by `store`, and settled.
    fn put(
        &mut self,
        task: Task,
        block: Block,
        mode: MemoryMode,
        disk: Disk,
        afterwards: Afterwards,
        store: impl FnOnce(&mut Self, CopyId) -> (bool, Bytes),
    ) -> Reply {
        let level = StorageLevel {
            use_disk: disk == Disk::Yes,
            use_off_heap: mode == MemoryMode::OffHeap,
            ..StorageLevel::MEMORY_ONLY
        };
        let id = BlockId(u32::from(block.0));
        let Executor { store: blocks_of, blocks, .. } = &mut self.executor;
        let Some(copy) = blocks_of.lock_new_block_for_writing(blocks, id, block.rdd(), level, slot(task))
        else {
            return Reply::Exists;
        };
        let (stored, size) = store(self, copy);
        let Executor { store, blocks, .. } = &mut self.executor;
        if !stored && disk == Disk::No {
            store.remove_block(blocks, copy);
            return Reply::NoSpace;
        }
        (blocks[copy].size, blocks[copy].on_disk) = (size, !stored);
        match afterwards {
            Afterwards::Unlock => store.unlock(blocks, copy, slot(task)),
            Afterwards::Read => {
                store.downgrade_lock(blocks, copy, slot(task));
                self.reads.push((block, task));
            }
        }
        if stored { Reply::Stored } else { Reply::OnDisk }
    }

    /// `MemoryStore.putIterator`, step by step so that each request can be seen.
    fn unroll(
        &mut self,
        task: Task,
        copy: CopyId,
        elements: u64,
        estimate: LinearEstimate,
        precise: Bytes,
    ) -> bool {
        let (rdd, mode) = (self.executor.blocks[copy].rdd, self.executor.blocks[copy].mode);
        let mut unroll = Unroll::new(self.setup.unroll(), elements);
        loop {
            match unroll.next(&estimate, precise) {
                UnrollStep::Reserve { stored, bytes } => {
                    let granted = self.executor.reserve_unroll(task, rdd, bytes, mode);
                    unroll.reserved(stored, bytes, granted);
                }
                UnrollStep::Store => {
                    let Executor { manager, store, blocks, drops, events, .. } = &mut self.executor;
                    let held = unroll.held;
                    let Ok(()) =
                        store.store_unrolled(manager, blocks, copy, slot(task), held, precise, drops);
                    assert!(drops.is_empty(), "memory just given back is taken without an eviction");
                    events.push(Event::Storage { bytes: precise.0, granted: true });
                    return true;
                }
                UnrollStep::Refused => return false,
            }
        }
    }

    fn load(&mut self, task: Task, block: Block) -> Reply {
        self.on_copy(block, |subject, copy| {
            let Executor { store, blocks, .. } = &mut subject.executor;
            if blocks[copy].in_memory || !blocks[copy].on_disk {
                return Reply::Nothing;
            }
            if !store.lock_for_reading(blocks, copy, slot(task)) {
                return Reply::Locked;
            }
            let size = blocks[copy].size;
            let stored = subject.executor.put_bytes(copy, size);
            let Executor { store, blocks, .. } = &mut subject.executor;
            store.unlock(blocks, copy, slot(task));
            if stored { Reply::Stored } else { Reply::NoSpace }
        })
    }

    fn get(&mut self, task: Task, copy: CopyId) -> Reply {
        let Executor { store, blocks, .. } = &mut self.executor;
        if !store.lock_for_reading(blocks, copy, slot(task)) {
            return Reply::Locked;
        }
        let found = blocks[copy].in_memory;
        if found {
            store.touch(blocks, copy);
        }
        store.unlock(blocks, copy, slot(task));
        if found { Reply::Ok } else { Reply::Nothing }
    }

    fn remove(&mut self, task: Task, copy: CopyId) -> Reply {
        let Executor { manager, store, blocks, .. } = &mut self.executor;
        if !store.lock_for_writing(blocks, copy, slot(task)) {
            return Reply::Locked;
        }
        store.remove(manager, blocks, copy);
        store.remove_block(blocks, copy);
        Reply::Ok
    }

    fn unlock(&mut self, task: Task, block: Block, copy: CopyId) -> Reply {
        let Executor { store, blocks, .. } = &mut self.executor;
        let read = self.reads.iter().position(|&read| read == (block, task));
        if blocks[copy].writer != Some(slot(task)) && read.is_none() {
            return Reply::Nothing;
        }
        if blocks[copy].writer.is_none() {
            self.reads.remove(read.expect("it reads"));
        }
        store.unlock(blocks, copy, slot(task));
        Reply::Ok
    }
}

//! `MemoryStore` and `BlockInfoManager`, line by line; what `BlockManager` adds to them in between.

use sim_core::ids::RddId;
use sim_core::memory::MemoryMode;

use super::books::Books;
use crate::calls::{Afterwards, Block, Call, Disk, Event, Reply, Task};

/// A block in memory.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) block: Block,
    pub(super) size: u64,
    pub(super) mode: MemoryMode,
}

/// A block that is somewhere, or being written.
pub(super) struct Info {
    pub(super) writer: Option<Task>,
    /// One entry a lock.
    pub(super) readers: Vec<Task>,
    pub(super) on_disk: bool,
    disk: Disk,
    mode: MemoryMode,
    /// Bytes when it was first stored.
    size: u64,
}

/// Elements between two looks at the estimated size.
const CHECK_PERIOD: u64 = 4;

impl Books {
    pub(super) fn block_call(&mut self, call: Call) -> Reply {
        match call {
            Call::Put { task, block, bytes, mode, disk, afterwards } => {
                let (size, mode) = (u64::from(bytes.0), mode.into());
                self.put(task, block, mode, disk, afterwards, size, |books| {
                    books.acquire_storage(block, size, mode)
                })
            }
            Call::PutIterator { task, block, elements, per_element, extra, disk } => {
                let (elements, per_element) = (u64::from(elements.0), u64::from(per_element.0));
                let precise = elements * per_element + u64::from(extra.0);
                let mode = MemoryMode::OnHeap;
                self.put(task, block, mode, disk, Afterwards::Unlock, precise, |books| {
                    books.unroll(task, block, elements, per_element, precise)
                })
            }
            Call::Load { task, block } => self.load(task, block),
            Call::ReserveUnroll { task, block, bytes, mode } => {
                match self.reserve_unroll(task, block, bytes.0.into(), mode.into()) {
                    true => Reply::Ok,
                    false => Reply::NoSpace,
                }
            }
            Call::ReleaseUnroll { task, bytes, mode } => {
                Reply::Bytes(self.release_unroll(task, bytes.0.into(), mode.into()))
            }
            Call::Get { block, .. } => match self.infos.get(&block).map(|info| info.writer) {
                None => Reply::Absent,
                Some(Some(_)) => Reply::Locked,
                Some(None) if self.touch(block) => Reply::Ok,
                Some(None) => Reply::Nothing,
            },
            Call::Remove { block, .. } => match self.infos.get(&block) {
                None => Reply::Absent,
                Some(info) if info.is_locked() => Reply::Locked,
                Some(_) => {
                    self.remove_entry(block);
                    self.infos.remove(&block);
                    Reply::Ok
                }
            },
            Call::LockForReading { task, block } => match self.infos.get_mut(&block) {
                None => Reply::Absent,
                Some(info) if info.writer.is_some() => Reply::Locked,
                Some(info) => {
                    info.readers.push(task);
                    Reply::Ok
                }
            },
            Call::LockForWriting { task, block } => match self.infos.get_mut(&block) {
                None => Reply::Absent,
                Some(info) if info.is_locked() => Reply::Locked,
                Some(info) => {
                    info.writer = Some(task);
                    Reply::Ok
                }
            },
            Call::Unlock { task, block } => {
                self.infos.get_mut(&block).map_or(Reply::Absent, |info| info.unlock(task))
            }
            Call::Evict { block, bytes, mode } => {
                Reply::Bytes(self.evict(block.and_then(Block::rdd), bytes.0.into(), mode.into()))
            }
            _ => unreachable!("{call:?} is not about a block"),
        }
    }

    /// `evictBlocksToFreeSpace`: from the least recently used, all that is needed or nothing.
    pub(super) fn evict(&mut self, rdd: Option<RddId>, space: u64, mode: MemoryMode) -> u64 {
        let may_go = |entry: &&Entry| {
            entry.mode == mode
                && (rdd.is_none() || entry.block.rdd() != rdd)
                && !self.infos[&entry.block].is_locked()
        };
        let mut selected = Vec::new();
        let mut freed = 0;
        for entry in self.entries.iter().filter(may_go) {
            if freed >= space {
                break;
            }
            selected.push(*entry);
            freed += entry.size;
        }
        if freed < space {
            return 0;
        }
        for Entry { block, size: bytes, mode } in selected {
            let info = self.infos.get_mut(&block).expect("a block in memory has an info");
            let to_disk = info.disk == Disk::Yes;
            info.on_disk |= to_disk;
            let storage_used = self.pool(mode).storage_used;
            self.events.push(Event::Evicted { block, bytes, mode, to_disk, storage_used });
            self.remove_entry(block);
            if !to_disk {
                self.infos.remove(&block);
            }
        }
        freed
    }

    fn touch(&mut self, block: Block) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.block == block) else { return false };
        let entry = self.entries.remove(at);
        self.entries.push(entry);
        true
    }

    fn remove_entry(&mut self, block: Block) {
        if let Some(at) = self.entries.iter().position(|entry| entry.block == block) {
            let entry = self.entries.remove(at);
            self.release_storage(entry.size, entry.mode);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one put has this many sides")]
    fn put(
        &mut self,
        task: Task,
        block: Block,
        mode: MemoryMode,
        disk: Disk,
        afterwards: Afterwards,
        size: u64,
        store: impl FnOnce(&mut Self) -> bool,
    ) -> Reply {
        if self.infos.contains_key(&block) {
            return Reply::Exists;
        }
        let info = Info { writer: Some(task), readers: Vec::new(), on_disk: false, disk, mode, size };
        self.infos.insert(block, info);
        let stored = store(self);
        if !stored && disk == Disk::No {
            self.infos.remove(&block);
            return Reply::NoSpace;
        }
        if stored {
            self.entries.push(Entry { block, size, mode });
        }
        let info = self.infos.get_mut(&block).expect("it was just entered");
        info.on_disk = !stored;
        info.writer = None;
        if afterwards == Afterwards::Read {
            info.readers.push(task);
        }
        if stored { Reply::Stored } else { Reply::OnDisk }
    }

    fn load(&mut self, task: Task, block: Block) -> Reply {
        let in_memory = self.entries.iter().any(|entry| entry.block == block);
        let Some(info) = self.infos.get_mut(&block) else { return Reply::Absent };
        if in_memory || !info.on_disk {
            return Reply::Nothing;
        }
        if info.writer.is_some() {
            return Reply::Locked;
        }
        info.readers.push(task);
        let (size, mode) = (info.size, info.mode);
        let stored = self.acquire_storage(block, size, mode);
        if stored {
            self.entries.push(Entry { block, size, mode });
        }
        self.infos.get_mut(&block).expect("a block being read stays").unlock(task);
        if stored { Reply::Stored } else { Reply::NoSpace }
    }

    // ---- unrolling

    /// `putIterator`: element by element.
    fn unroll(&mut self, task: Task, block: Block, elements: u64, per_element: u64, precise: u64) -> bool {
        let mode = MemoryMode::OnHeap;
        let mut target = self.setup.unroll_initial;
        let mut keep_unrolling = self.reserve_unroll(task, block, target, mode);
        let mut held = if keep_unrolling { target } else { 0 };
        let mut unrolled = 0;
        while unrolled < elements && keep_unrolling {
            unrolled += 1;
            if (unrolled - 1) % CHECK_PERIOD == 0 {
                let estimate = per_element * unrolled;
                if estimate >= target {
                    let more = (estimate as f64 * 1.5 - target as f64) as u64;
                    keep_unrolling = self.reserve_unroll(task, block, more, mode);
                    if keep_unrolling {
                        held += more;
                    }
                    target += more;
                }
            }
        }
        if keep_unrolling && precise > held {
            keep_unrolling = self.reserve_unroll(task, block, precise - held, mode);
            if keep_unrolling {
                held = precise;
            }
        }
        if keep_unrolling {
            self.release_unroll(task, held, mode);
            assert!(self.acquire_storage(block, precise, mode), "transferring unroll memory failed");
        }
        keep_unrolling
    }

    fn reserve_unroll(&mut self, task: Task, block: Block, bytes: u64, mode: MemoryMode) -> bool {
        let granted = self.acquire_storage(block, bytes, mode);
        if granted {
            *self.unroll.entry((mode, task)).or_insert(0) += bytes;
        }
        granted
    }

    fn release_unroll(&mut self, task: Task, bytes: u64, mode: MemoryMode) -> u64 {
        let held = self.unroll.entry((mode, task)).or_insert(0);
        let released = bytes.min(*held);
        *held -= released;
        self.release_storage(released, mode);
        released
    }

    pub(super) fn release_all_unroll(&mut self, task: Task) {
        for mode in MemoryMode::BOTH {
            self.release_unroll(task, u64::MAX, mode);
        }
    }

    // ---- locks

    pub(super) fn unlock_all(&mut self, task: Task) {
        for info in self.infos.values_mut() {
            info.readers.retain(|&reader| reader != task);
            if info.writer == Some(task) {
                info.writer = None;
            }
        }
    }
}

impl Info {
    fn is_locked(&self) -> bool {
        self.writer.is_some() || !self.readers.is_empty()
    }

    fn unlock(&mut self, task: Task) -> Reply {
        let reads = self.readers.iter().position(|&reader| reader == task);
        if self.writer == Some(task) {
            self.writer = None;
        } else if let Some(at) = reads {
            self.readers.remove(at);
        } else {
            return Reply::Nothing;
        }
        Reply::Ok
    }
}

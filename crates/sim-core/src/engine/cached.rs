//! Cached partitions: reading, computing, storing and caching again.
//!
//! Spark: `RDD.getOrCompute`, `BlockManager.getOrElseUpdate`, `doPutIterator`, `maybeCacheDiskValuesInMemory`.

use super::attempt::{AfterEviction, AfterLock, Doing, FrameOf, PutStage, Putting, Transfer};
use super::{Engine, Over};
use crate::ids::{AttemptSlot, BlockId, ExecutorId, RddId};
use crate::memory::MemoryMode;
use crate::observe::{BlockSource, Event, EvictedFor, Observer};
use crate::storage::{BlockData, BlockForm, CopyId, LinearEstimate, NewBlock, PutLock, Unroll, UnrollStep};
use crate::units::{Bytes, SimTime};
use crate::workload::Partition;

impl<O: Observer> Engine<'_, O> {
    fn block(&self, rdd: RddId, index: u32) -> BlockId {
        BlockId(self.first_blocks[rdd.index()].0 + index)
    }

    fn partition(&self, rdd: RddId, index: u32) -> Partition {
        self.workload.rdds[rdd.index()].partitions[index as usize]
    }

    /// A partition of a cached RDD: local, then remote, then computed and stored. One of an RDD that was unpersisted has
    /// no storage level any more: it is computed.
    pub(super) fn read_block(&mut self, attempt: u32, rdd: RddId, index: u32) -> bool {
        if self.unpersisted[rdd.index()] {
            self.emit_read(attempt, rdd, index, BlockSource::Unpersisted);
            self.push_frame(attempt, FrameOf::Partition { rdd, index, copy: None });
            self.turn_to(attempt, Doing::Next);
            return true;
        }
        let block = self.block(rdd, index);
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let executor = &mut self.cluster.executors[info.executor.index()];
        let blocks = &mut self.cluster.blocks;
        self.memory_calls += 1;
        let Some(copy) = executor.memory.store.find(blocks, block) else {
            return self.read_elsewhere(attempt, rdd, index);
        };
        if !executor.memory.store.lock_for_reading(blocks, copy, slot) {
            executor.block_waiters.push((block, attempt));
            self.turn_to(attempt, Doing::BlockWait { rdd, index });
            return false;
        }
        let state = &mut self.attempts[attempt as usize];
        state.reading.push(copy);
        state.metrics.input_bytes += blocks[copy].size;
        if blocks[copy].in_memory {
            executor.memory.store.touch(blocks, copy);
            self.emit_read(attempt, rdd, index, BlockSource::Memory);
            self.turn_to(attempt, Doing::Next);
            return true;
        }
        let disk_size = blocks[copy].serialized_size;
        self.emit_read(attempt, rdd, index, BlockSource::Disk);
        let unroll = Unroll::new(self.conf.unroll, self.partition(rdd, index).elements);
        let putting = Putting { rdd, index, copy, unroll, again: true, stage: PutStage::Unroll, charged: 0 };
        self.turn_to(attempt, Doing::BlockIo(putting, Transfer::Disk));
        !self.move_bytes(attempt, Over::Disk, disk_size)
    }

    fn emit_read(&mut self, attempt: u32, rdd: RddId, partition: u32, source: BlockSource) {
        let state = &mut self.attempts[attempt as usize];
        match source {
            BlockSource::Computed => state.metrics.cache_misses += 1,
            BlockSource::Memory | BlockSource::Disk | BlockSource::Remote => state.metrics.cache_hits += 1,
            BlockSource::Unpersisted => {}
        }
        let info = state.info;
        self.emit(Event::BlockRead { attempt: &info, rdd, partition, source });
    }

    fn read_elsewhere(&mut self, attempt: u32, rdd: RddId, index: u32) -> bool {
        let block = self.block(rdd, index);
        let blocks = &self.cluster.blocks;
        let stored = |copy: &CopyId| {
            let copy = &blocks[*copy];
            copy.writer.is_none() && (copy.in_memory || copy.on_disk)
        };
        let elsewhere = blocks.copies_of(block).find(stored);
        if let Some(copy) = elsewhere {
            let size = self.partition(rdd, index).serialized_size;
            if self.cluster.blocks[copy].in_memory {
                let holder = self.cluster.blocks[copy].executor;
                self.cluster.executors[holder.index()].memory.store.touch(&mut self.cluster.blocks, copy);
            }
            self.attempts[attempt as usize].metrics.input_bytes += self.cluster.blocks[copy].size;
            self.emit_read(attempt, rdd, index, BlockSource::Remote);
            self.turn_to(attempt, Doing::Moving(Transfer::Network));
            return !self.move_bytes(attempt, Over::Network, size);
        }
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let executor = &mut self.cluster.executors[info.executor.index()];
        let level = self.workload.rdds[rdd.index()].level;
        let copy = executor.memory.store.lock_new_block_for_writing(
            &mut self.cluster.blocks,
            block,
            Some(rdd),
            level,
            slot,
        );
        let copy = copy.expect("the executor has no copy");
        self.cluster.blocks[copy].serialized_size = self.partition(rdd, index).serialized_size;
        self.emit_read(attempt, rdd, index, BlockSource::Computed);
        self.push_frame(attempt, FrameOf::Partition { rdd, index, copy: Some(copy) });
        self.turn_to(attempt, Doing::Next);
        true
    }

    /// The program of a partition that is not stored has ended: what its elements take is spent, then its reader goes on.
    pub(super) fn pass_on(&mut self, attempt: u32, rdd: RddId, index: u32) -> bool {
        let time = self.partition(rdd, index).unroll_time;
        self.pop_frame(attempt);
        self.compute(attempt, time)
    }

    // ---- storing

    /// The program of a partition has ended: its elements are stored.
    pub(super) fn begin_put(&mut self, attempt: u32, rdd: RddId, index: u32, copy: CopyId) -> bool {
        let level = self.cluster.blocks[copy].level;
        let unroll = Unroll::new(self.conf.unroll, self.partition(rdd, index).elements);
        let stage = if level.use_memory { PutStage::Unroll } else { PutStage::Refused };
        let putting = Putting { rdd, index, copy, unroll, again: false, stage, charged: 0 };
        self.turn_to(attempt, Doing::Putting(putting));
        true
    }

    /// The time in which the elements up to `stored` come. What is cached again comes from the disk: it is read, not
    /// computed.
    fn element_time(&self, putting: &Putting, stored: u64) -> SimTime {
        if putting.again {
            return SimTime::ZERO;
        }
        let partition = self.partition(putting.rdd, putting.index);
        let until = |elements: u64| {
            u128::from(partition.unroll_time.0) * u128::from(elements) / u128::from(partition.elements.max(1))
        };
        SimTime((until(stored) - until(putting.charged.min(stored))) as u64)
    }

    /// Goes to `stage` once the elements up to `stored` have come; true where they come at once.
    fn put_later(&mut self, attempt: u32, mut putting: Putting, stored: u64, stage: PutStage) -> bool {
        let time = self.on_its_node(attempt, self.element_time(&putting, stored));
        putting.charged = stored;
        putting.stage = stage;
        self.turn_to(attempt, Doing::Putting(putting));
        if time == SimTime::ZERO {
            return true;
        }
        self.begin_computing(attempt);
        self.resume_at(attempt, self.now + time);
        false
    }

    pub(super) fn put(&mut self, attempt: u32, mut putting: Putting) -> bool {
        if self.wait_for_lock(attempt, AfterLock::Put(putting)) {
            return false;
        }
        let level = self.cluster.blocks[putting.copy].level;
        let refused = matches!(putting.stage, PutStage::Refused | PutStage::OnDisk);
        if putting.again && self.cluster.blocks[putting.copy].in_memory && !refused {
            return self.found_cached_again(attempt, &putting);
        }
        match putting.stage {
            PutStage::Unroll if putting.again && !level.deserialized => {
                self.cache_bytes_again(attempt, &putting)
            }
            PutStage::Unroll => {
                let partition = self.partition(putting.rdd, putting.index);
                let per_element = partition.memory_size / partition.elements.max(1);
                let estimate = LinearEstimate { base: Bytes::ZERO, per_element };
                match putting.unroll.next(&estimate, partition.memory_size) {
                    UnrollStep::Reserve { stored, bytes } => {
                        self.put_later(attempt, putting, stored, PutStage::Reserve { stored, bytes })
                    }
                    UnrollStep::Store => {
                        self.put_later(attempt, putting, partition.elements, PutStage::Store)
                    }
                    UnrollStep::Refused => {
                        self.put_later(attempt, putting, partition.elements, PutStage::Refused)
                    }
                }
            }
            PutStage::Reserve { stored, bytes } => self.reserve(attempt, putting, stored, bytes),
            PutStage::Store => self.store_unrolled(attempt, &putting),
            PutStage::Refused => self.put_refused(attempt, putting),
            PutStage::OnDisk => {
                self.release_unroll(attempt);
                let (info, slot) =
                    (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
                let size = self.partition(putting.rdd, putting.index).serialized_size;
                let executor = &mut self.cluster.executors[info.executor.index()];
                let block = &mut self.cluster.blocks[putting.copy];
                (block.on_disk, block.size) = (true, size);
                executor.memory.store.unlock(&mut self.cluster.blocks, putting.copy, slot);
                let (rdd, partition) = (putting.rdd, putting.index);
                self.emit(Event::BlockStored {
                    attempt: &info,
                    rdd,
                    partition,
                    memory: Bytes::ZERO,
                    disk: size,
                });
                self.wake_block_waiters(info.executor, self.block(rdd, partition));
                self.pop_frame(attempt);
                let replicas = self.replicate(attempt, rdd, partition);
                let putting = Putting { stage: PutStage::ReadBack, ..putting };
                self.turn_to(attempt, Doing::BlockIo(putting, Transfer::Network));
                !self.move_bytes(attempt, Over::Network, replicas)
            }
            PutStage::ReadBack => self.read_back(attempt, &putting),
        }
    }

    fn reserve(&mut self, attempt: u32, mut putting: Putting, stored: u64, bytes: Bytes) -> bool {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let executor = &mut self.cluster.executors[info.executor.index()];
        let blocks = &mut self.cluster.blocks;
        let mode = blocks[putting.copy].mode;
        self.memory_calls += 1;
        let Ok(granted) = executor.memory.store.reserve_unroll_memory(
            &mut executor.memory.manager,
            blocks,
            Some(putting.rdd),
            slot,
            bytes,
            mode,
            &mut self.drops,
        );
        putting.unroll.reserved(stored, bytes, granted);
        putting.stage = PutStage::Unroll;
        let written = self.after_memory(attempt, EvictedFor::Storage);
        if self.hold_lock(attempt, written, AfterEviction::Put(putting)) {
            return false;
        }
        self.turn_to(attempt, Doing::Putting(putting));
        true
    }

    fn store_unrolled(&mut self, attempt: u32, putting: &Putting) -> bool {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let size = self.partition(putting.rdd, putting.index).memory_size;
        let executor = &mut self.cluster.executors[info.executor.index()];
        self.memory_calls += 1;
        let Ok(()) = executor.memory.store.store_unrolled(
            &mut executor.memory.manager,
            &mut self.cluster.blocks,
            putting.copy,
            slot,
            putting.unroll.held,
            size,
            &mut self.drops,
        );
        // The report of its status counts as an access.
        executor.memory.store.touch(&mut self.cluster.blocks, putting.copy);
        self.after_memory(attempt, EvictedFor::Storage);
        let (rdd, partition) = (putting.rdd, putting.index);
        if !putting.again {
            self.cluster.blocks[putting.copy].size = size;
            let disk = Bytes::ZERO;
            self.emit(Event::BlockStored { attempt: &info, rdd, partition, memory: size, disk });
        }
        self.end_put(attempt, putting, true)
    }

    /// The block is stored or given up: its reader goes on.
    fn end_put(&mut self, attempt: u32, putting: &Putting, stored: bool) -> bool {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        if !putting.again {
            self.pop_frame(attempt);
            let executor = &mut self.cluster.executors[info.executor.index()];
            if stored {
                executor.memory.store.downgrade_lock(&mut self.cluster.blocks, putting.copy, slot);
                self.attempts[attempt as usize].reading.push(putting.copy);
            } else {
                executor.memory.store.remove_block(&mut self.cluster.blocks, putting.copy);
            }
            self.wake_block_waiters(info.executor, self.block(putting.rdd, putting.index));
        }
        if putting.again || !stored {
            self.turn_to(attempt, Doing::Next);
            return true;
        }
        let replicas = self.replicate(attempt, putting.rdd, putting.index);
        self.turn_to(attempt, Doing::Moving(Transfer::Network));
        !self.move_bytes(attempt, Over::Network, replicas)
    }

    /// Who has put a block on disk reads it from there, and tries to cache it again (`BlockManager.getOrElseUpdate`).
    fn read_back(&mut self, attempt: u32, putting: &Putting) -> bool {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let (rdd, index) = (putting.rdd, putting.index);
        let executor = &mut self.cluster.executors[info.executor.index()];
        let block = BlockId(self.first_blocks[rdd.index()].0 + index);
        let copy = executor.memory.store.find(&self.cluster.blocks, block);
        let readable =
            copy.filter(|&copy| executor.memory.store.lock_for_reading(&mut self.cluster.blocks, copy, slot));
        let Some(copy) = readable else {
            self.turn_to(attempt, Doing::Next);
            return true;
        };
        self.attempts[attempt as usize].reading.push(copy);
        let size = self.cluster.blocks[copy].serialized_size;
        let unroll = Unroll::new(self.conf.unroll, self.partition(rdd, index).elements);
        let again = Putting { rdd, index, copy, unroll, again: true, stage: PutStage::Unroll, charged: 0 };
        self.turn_to(attempt, Doing::BlockIo(again, Transfer::Disk));
        !self.move_bytes(attempt, Over::Disk, size)
    }

    /// Copies a new block to as many other executors as its level asks for (`BlockManager.replicate`), by bytes, as
    /// far as there are others; the put ends when the bytes have arrived. Returns them.
    fn replicate(&mut self, attempt: u32, rdd: RddId, index: u32) -> Bytes {
        let info = self.attempts[attempt as usize].info;
        let level = self.workload.rdds[rdd.index()].level;
        let partition = self.partition(rdd, index);
        let form = |size: Bytes| {
            let per_element = size / partition.elements.max(1);
            BlockForm { estimate: LinearEstimate { base: Bytes::ZERO, per_element }, size }
        };
        let values = form(partition.memory_size);
        let serialized = form(partition.serialized_size);
        let data = BlockData { elements: partition.elements, values, serialized };
        let executors = self.cluster.executors.len() as u32;
        let slots = |peer: ExecutorId| self.conf.executors[peer.index()].cores / self.conf.task_cpus.max(1);
        let others = (1..executors).map(|distance| ExecutorId((info.executor.0 + distance) % executors));
        let there = |peer: ExecutorId| self.cluster.executors[peer.index()].is_there();
        let others =
            others.filter(|&peer| slots(peer) > 0 && there(peer)).take(usize::from(level.replication) - 1);
        // No attempt of the peer acts: the slot after its last one stands for "outside of any task".
        let peers: Vec<_> = others.map(|peer| (peer, AttemptSlot(slots(peer)))).collect();
        for &(peer, outside) in &peers {
            let new = NewBlock { block: self.block(rdd, index), rdd: Some(rdd), level };
            let executor = &mut self.cluster.executors[peer.index()];
            self.memory_calls += 1;
            let mut manager = executor.memory.block_manager(&mut self.cluster.blocks, &mut self.drops);
            let Ok(_) = manager.put_bytes(new, outside, &data, PutLock::Release);
            // Written by the peer meanwhile: it takes this attempt no time.
            self.report_drops(peer, attempt, EvictedFor::Storage);
            self.emit(Event::Pools(peer));
        }
        partition.serialized_size * peers.len() as u64
    }

    fn put_refused(&mut self, attempt: u32, mut putting: Putting) -> bool {
        let info = self.attempts[attempt as usize].info;
        let (rdd, partition) = (putting.rdd, putting.index);
        let level = self.cluster.blocks[putting.copy].level;
        if level.use_memory {
            self.emit(Event::BlockRefused { attempt: &info, rdd, partition });
        }
        // What was unrolled stays reserved until it has been read, or written to disk.
        self.attempts[attempt as usize].unrolled = true;
        if putting.again || !level.use_disk {
            return self.end_put(attempt, &putting, false);
        }
        putting.stage = PutStage::OnDisk;
        self.turn_to(attempt, Doing::BlockIo(putting, Transfer::Disk));
        let size = self.partition(rdd, partition).serialized_size;
        !self.move_bytes(attempt, Over::Disk, size)
    }

    /// A serialized block that was on disk is cached again as the bytes that were read.
    fn cache_bytes_again(&mut self, attempt: u32, putting: &Putting) -> bool {
        let info = self.attempts[attempt as usize].info;
        let level = self.cluster.blocks[putting.copy].level;
        let size = self.cluster.blocks[putting.copy].serialized_size;
        if level.use_memory {
            let executor = &mut self.cluster.executors[info.executor.index()];
            self.memory_calls += 1;
            let Ok(_) = executor.memory.store.put_bytes(
                &mut executor.memory.manager,
                &mut self.cluster.blocks,
                putting.copy,
                size,
                &mut self.drops,
            );
            let written = self.after_memory(attempt, EvictedFor::Storage);
            if self.hold_lock(attempt, written, AfterEviction::Step) {
                return false;
            }
        }
        self.turn_to(attempt, Doing::Next);
        true
    }

    /// Another reader of the same block on disk was faster (Spark: `maybeCacheDiskValuesInMemory` finds it in memory):
    /// what was unrolled meanwhile is given back, and the block is read where it is now.
    fn found_cached_again(&mut self, attempt: u32, putting: &Putting) -> bool {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let executor = &mut self.cluster.executors[info.executor.index()];
        let (held, mode) = (putting.unroll.held, self.cluster.blocks[putting.copy].mode);
        executor.memory.store.release_unroll_memory(&mut executor.memory.manager, slot, held, mode);
        executor.memory.store.touch(&mut self.cluster.blocks, putting.copy);
        self.emit(Event::Pools(info.executor));
        self.turn_to(attempt, Doing::Next);
        true
    }

    pub(super) fn wake_block_waiters(&mut self, executor: ExecutorId, block: BlockId) {
        let waiting = std::mem::take(&mut self.cluster.executors[executor.index()].block_waiters);
        for (other, waiter) in waiting {
            if other == block {
                self.resume_at(waiter, self.now);
            } else {
                self.cluster.executors[executor.index()].block_waiters.push((other, waiter));
            }
        }
    }

    // ---- reading ends

    fn release_unroll(&mut self, attempt: u32) {
        let (info, slot) = (self.attempts[attempt as usize].info, self.attempts[attempt as usize].slot());
        let executor = &mut self.cluster.executors[info.executor.index()];
        for mode in MemoryMode::BOTH {
            executor.memory.store.release_unroll_memory(&mut executor.memory.manager, slot, Bytes::MAX, mode);
        }
        self.attempts[attempt as usize].unrolled = false;
        self.emit(Event::Pools(info.executor));
    }

    /// The step that read a cached block has ended: locks and what was unrolled of a refused block are given back.
    pub(super) fn stop_reading(&mut self, attempt: u32) {
        if self.attempts[attempt as usize].unrolled {
            self.release_unroll(attempt);
        }
        let slot = self.attempts[attempt as usize].slot();
        let executor = self.attempts[attempt as usize].info.executor;
        while let Some(copy) = self.attempts[attempt as usize].reading.pop() {
            self.cluster.executors[executor.index()].memory.store.unlock(
                &mut self.cluster.blocks,
                copy,
                slot,
            );
        }
    }

    /// `unpersist` without waiting: every copy that nobody uses is gone at once, and none is stored again.
    pub(super) fn unpersist(&mut self, rdd: RddId) {
        self.unpersisted[rdd.index()] = true;
        for index in 0..self.workload.rdds[rdd.index()].partitions.len() as u32 {
            let block = self.block(rdd, index);
            self.forget(block);
        }
        self.emit(Event::Unpersisted(rdd));
        self.emit_pools();
    }

    /// Removes every copy of a block that nobody uses.
    pub(super) fn forget(&mut self, block: BlockId) {
        let copies: Vec<_> = self.cluster.blocks.copies_of(block).collect();
        for copy in copies {
            if !self.cluster.blocks[copy].is_unlocked() {
                continue;
            }
            let executor = &mut self.cluster.executors[self.cluster.blocks[copy].executor.index()];
            executor.memory.store.remove(&mut executor.memory.manager, &mut self.cluster.blocks, copy);
            executor.memory.store.remove_block(&mut self.cluster.blocks, copy);
        }
    }

    pub(super) fn emit_pools(&mut self) {
        for executor in 0..self.cluster.executors.len() {
            self.emit(Event::Pools(ExecutorId::at(executor)));
        }
    }
}

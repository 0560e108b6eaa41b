//! What an attempt does next: the interpreter of programs.

use super::attempt::{AfterEviction, AfterLock, Consuming, Doing, Frame, FrameOf, Transfer};
use super::executor::Grants;
use super::{Engine, Over};
use crate::ids::{ConsumerId, ExecutorId};
use crate::memory::MemoryMode;
use crate::memory::consumer::{Consumer, ConsumerSetup, Failure, Progress, Rows, TaskConsumers};
use crate::observe::{AttemptInfo, End, Event, EvictedFor, Observer, TaskMetrics};
use crate::outcome::{Cause, Holder, OomReport};
use crate::storage::ToDisk;
use crate::units::{Bytes, SimTime};
use crate::workload::{ConsumerSpec, Op, Program, Slot};

impl<'w, O: Observer> Engine<'w, O> {
    /// Lets an attempt go on until time has to pass.
    pub(super) fn advance(&mut self, attempt: u32) {
        while self.go_on(attempt) {}
    }

    /// One turn; false where time has to pass before the next.
    fn go_on(&mut self, attempt: u32) -> bool {
        match self.attempts[attempt as usize].doing {
            Doing::Free => false,
            Doing::Launching | Doing::Computing | Doing::Moving(_) | Doing::Next => {
                self.turn_to(attempt, Doing::Next);
                self.next_step(attempt)
            }
            Doing::Consuming(consuming) => self.consume(attempt, consuming),
            Doing::PoolWait(consuming) => {
                self.executor_of(attempt).pool_waiters -= 1;
                self.turn_to(attempt, Doing::Consuming(consuming));
                true
            }
            Doing::Fetching(fetch, phase) => self.fetch_on(attempt, fetch, phase),
            Doing::SpillCpu(consuming, disk_bytes) => {
                self.turn_to(attempt, Doing::Spilling(consuming));
                !(self.conf.cost.spills_take_time && self.move_bytes(attempt, Over::Disk, disk_bytes))
            }
            Doing::Spilling(consuming) => {
                self.turn_to(attempt, Doing::Consuming(consuming));
                true
            }
            Doing::Evicting(after) => {
                self.release_lock(attempt);
                match after {
                    AfterEviction::Consumers(consuming, progress) => {
                        self.turn_to(attempt, Doing::Consuming(consuming));
                        self.progressed(attempt, consuming, progress)
                    }
                    AfterEviction::Put(putting) => {
                        self.turn_to(attempt, Doing::Putting(putting));
                        true
                    }
                    AfterEviction::Step => {
                        self.turn_to(attempt, Doing::Next);
                        true
                    }
                }
            }
            Doing::LockWait(after) => {
                let doing = match after {
                    AfterLock::Consumers(consuming) => Doing::Consuming(consuming),
                    AfterLock::Put(putting) => Doing::Putting(putting),
                    AfterLock::Step => Doing::Next,
                };
                self.turn_to(attempt, doing);
                true
            }
            Doing::FetchRetry(shuffle) => {
                self.fail_fetch(attempt, shuffle);
                false
            }
            Doing::BlockWait { rdd, index } => self.read_block(attempt, rdd, index),
            Doing::Putting(putting) => self.put(attempt, putting),
            Doing::BlockIo(putting, _) => {
                self.turn_to(attempt, Doing::Putting(putting));
                true
            }
        }
    }

    pub(super) fn turn_to(&mut self, attempt: u32, doing: Doing) {
        let now = self.now;
        self.attempts[attempt as usize].turn_to(now, doing);
    }

    pub(super) fn executor_of(&mut self, attempt: u32) -> &mut super::executor::Executor {
        let executor = self.attempts[attempt as usize].info.executor;
        &mut self.cluster.executors[executor.index()]
    }

    /// Starts something that takes `time` on a core; true where that is none.
    fn spend(&mut self, attempt: u32, doing: Doing, time: SimTime) -> bool {
        self.turn_to(attempt, doing);
        let time = self.on_its_node(attempt, time);
        if time == SimTime::ZERO {
            return true;
        }
        self.begin_computing(attempt);
        self.resume_at(attempt, self.now + time);
        false
    }

    /// What takes `time` on most nodes, on that of an attempt.
    pub(super) fn on_its_node(&self, attempt: u32, time: SimTime) -> SimTime {
        let Some(slow) = self.conf.scheduling.slow_node else { return time };
        let executor = self.attempts[attempt as usize].info.executor;
        if self.conf.executors[executor.index()].node != slow.node {
            return time;
        }
        let longer = u128::from(time.0) * u128::from(slow.per_mille) / 1000;
        SimTime(u64::try_from(longer).unwrap_or(u64::MAX >> 1))
    }

    /// Computes for `time`, then takes the next step.
    pub(super) fn compute(&mut self, attempt: u32, time: SimTime) -> bool {
        self.spend(attempt, Doing::Computing, time)
    }

    pub(super) fn transfer(&mut self, attempt: u32, what: Transfer, over: Over, bytes: Bytes) -> bool {
        self.turn_to(attempt, Doing::Moving(what));
        !self.move_bytes(attempt, over, bytes)
    }

    // ---- programs

    pub(super) fn program(&self, frame: Frame) -> (&'w Program, &'w [u64]) {
        let workload = self.workload;
        match frame.of {
            FrameOf::Task { stage, index } => {
                let program = workload.stages[stage.index()].program;
                (&workload.programs[program.index()], workload.task(stage, index).values)
            }
            FrameOf::Partition { rdd, index, .. } => {
                let program = workload.rdds[rdd.index()].program;
                (&workload.programs[program.index()], workload.partition_values(rdd, index))
            }
        }
    }

    pub(super) fn push_frame(&mut self, attempt: u32, of: FrameOf) {
        let state = &mut self.attempts[attempt as usize];
        let frame = Frame { of, at: 0, slot_base: state.slots.len() as u32 };
        state.frames.push(frame);
        let slots = self.program(frame).0.slots;
        let state = &mut self.attempts[attempt as usize];
        state.slots.resize(state.slots.len() + usize::from(slots), None);
    }

    /// Takes the topmost program away with its consumers.
    pub(super) fn pop_frame(&mut self, attempt: u32) {
        let state = &mut self.attempts[attempt as usize];
        let frame = state.frames.pop().expect("a program is on the stack");
        while self.attempts[attempt as usize].slots.len() > frame.slot_base as usize {
            if let Some(Some(consumer)) = self.attempts[attempt as usize].slots.pop() {
                self.free_consumer(attempt, consumer);
            }
        }
    }

    /// Steps that read all of what a cached block yields: its lock is given back after them.
    const fn is_breaker(op: &Op) -> bool {
        matches!(
            op,
            Op::Insert { .. }
                | Op::Pipe { .. }
                | Op::WriteShuffle { .. }
                | Op::WriteOutput { .. }
                | Op::Result { .. }
        )
    }

    fn next_step(&mut self, attempt: u32) -> bool {
        let frame = *self.attempts[attempt as usize].frames.last().expect("a running attempt has a program");
        let (program, values) = self.program(frame);
        if let Some(ended) = (frame.at as usize).checked_sub(1) {
            if let Some(&ppm) = program.serialization_ppm.get(ended)
                && ppm > 0
            {
                self.attempts[attempt as usize].book_serialization(ppm);
            }
            if Self::is_breaker(&program.ops[ended]) {
                self.stop_reading(attempt);
            }
        }
        let next = program.ops.get(frame.at as usize);
        if self.waits_for_fetch(attempt, next) {
            return false;
        }
        let Some(op) = next else {
            return match frame.of {
                FrameOf::Task { .. } if self.wait_for_lock(attempt, AfterLock::Step) => false,
                FrameOf::Task { .. } if self.is_held_up(attempt) => false,
                FrameOf::Task { .. } => {
                    self.finish_attempt(attempt);
                    false
                }
                FrameOf::Partition { rdd, index, copy: Some(copy) } => {
                    self.begin_put(attempt, rdd, index, copy)
                }
                FrameOf::Partition { rdd, index, copy: None } => self.pass_on(attempt, rdd, index),
            };
        };
        let needs_lock = matches!(
            op,
            Op::ReadBlock { .. } | Op::ReadBroadcast { .. } | Op::Open { .. } | Op::Close { .. }
        );
        if needs_lock && self.wait_for_lock(attempt, AfterLock::Step) {
            return false;
        }
        if let Op::Python { .. } = op {
            return self.python_step(attempt, frame, op, values);
        }
        let state = &mut self.attempts[attempt as usize];
        state.frames.last_mut().expect("it has one").at += 1;
        state.cpu_before = state.metrics.cpu;
        state.fetching.due |= state.fetching.beside && op.computes();
        let consumer =
            |slot: Slot| state.slots[frame.slot_base as usize + usize::from(slot)].expect("an open slot");
        let time = |amount: crate::workload::Amount| SimTime(amount.of(values));
        let size = |amount: crate::workload::Amount| Bytes(amount.of(values));
        match *op {
            Op::Compute { time: amount } => self.compute(attempt, time(amount)),
            Op::ReadInput { bytes } => {
                state.metrics.input_bytes += size(bytes);
                self.transfer(attempt, Transfer::Disk, Over::Disk, size(bytes))
            }
            Op::FetchShuffle { shuffle, .. } if self.scheduler.is_output_lost(shuffle) => {
                self.fail_fetch(attempt, shuffle);
                false
            }
            Op::FetchShuffle { shuffle, bytes } => self.begin_fetch(attempt, shuffle, size(bytes)),
            Op::ReadBlock { rdd, partition } => self.read_block(attempt, rdd, partition.of(values) as u32),
            Op::ReadBroadcast { broadcast, joined } => {
                if joined {
                    state.metrics.peak_execution_memory += self.workload.broadcasts[broadcast as usize].value;
                }
                self.read_broadcast(attempt, broadcast)
            }
            Op::Open { slot, consumer } => {
                let id = self.open_consumer(attempt, consumer.of(values));
                self.attempts[attempt as usize].slots[frame.slot_base as usize + usize::from(slot)] =
                    Some(id);
                self.begin_consuming(attempt, SimTime::ZERO)
            }
            Op::Insert { slot, rows, bytes, time: amount } => {
                let into = consumer(slot);
                self.begin_insert(attempt, into, None, rows.of(values), size(bytes), time(amount))
            }
            Op::Pipe { from, into, rows, bytes, time: amount } => {
                let (from, into) = (consumer(from), consumer(into));
                self.start_reading(attempt, from);
                self.begin_insert(attempt, into, Some(from), rows.of(values), size(bytes), time(amount))
            }
            Op::Finish { slot, time: amount } => {
                let id = consumer(slot);
                state.consumers.finish(id);
                self.begin_consuming(attempt, time(amount))
            }
            Op::Drain { slot, time: amount } => {
                let id = consumer(slot);
                self.start_reading(attempt, id);
                self.compute(attempt, time(amount))
            }
            Op::Python { .. } => unreachable!("it was taken above"),
            Op::Close { slot } => {
                let id = consumer(slot);
                state.slots[frame.slot_base as usize + usize::from(slot)] = None;
                self.free_consumer(attempt, id);
                true
            }
            Op::WriteShuffle { bytes, .. } => {
                state.metrics.shuffle_write_bytes += size(bytes);
                self.transfer(attempt, Transfer::Shuffle, Over::Disk, size(bytes))
            }
            Op::WriteOutput { bytes } => self.transfer(attempt, Transfer::Disk, Over::Disk, size(bytes)),
            Op::Result { bytes } => self.send_result(attempt, size(bytes)),
            Op::Heap { bytes } => self.hold_objects(attempt, size(bytes)),
        }
    }

    // ---- consumers

    fn open_consumer(&mut self, attempt: u32, spec: ConsumerSpec) -> ConsumerId {
        let executor = self.attempts[attempt as usize].info.executor;
        let setup = ConsumerSetup {
            conf: self.conf.consumers,
            page_size: self.conf.executors[executor.index()].page_size,
            tungsten_memory_mode: self.conf.task_memory.tungsten_memory_mode,
        };
        let (consumer, mode, page_size) = Consumer::new(spec, &setup);
        let state = &mut self.attempts[attempt as usize];
        let id = state.consumers.open(consumer, mode, page_size);
        if spec == ConsumerSpec::Leak {
            state.leaks.push(id);
        }
        id
    }

    /// The consumers of an attempt together with what grants their memory.
    fn with_memory<R>(
        &mut self,
        attempt: u32,
        act: impl FnOnce(&mut TaskConsumers, &mut Grants<'_>) -> R,
    ) -> R {
        let state = &mut self.attempts[attempt as usize];
        let grants = &mut Grants {
            executor: &mut self.cluster.executors[state.info.executor.index()],
            blocks: &mut self.cluster.blocks,
            drops: &mut self.drops,
            calls: &mut self.memory_calls,
        };
        act(&mut state.consumers, grants)
    }

    fn free_consumer(&mut self, attempt: u32, consumer: ConsumerId) {
        self.with_memory(attempt, |consumers, grants| consumers.free(consumer, grants));
        self.after_memory(attempt, EvictedFor::Execution);
    }

    fn start_reading(&mut self, attempt: u32, consumer: ConsumerId) {
        self.with_memory(attempt, |consumers, grants| consumers.start_reading(consumer, grants));
        self.after_memory(attempt, EvictedFor::Execution);
    }

    /// Rows of nearly equal size: the first ones one byte larger where the bytes do not divide evenly.
    pub(super) fn begin_insert(
        &mut self,
        attempt: u32,
        into: ConsumerId,
        from: Option<ConsumerId>,
        rows: u64,
        bytes: Bytes,
        time: SimTime,
    ) -> bool {
        if rows == 0 {
            return self.compute(attempt, time);
        }
        let (each, larger) = (bytes.0 / rows, bytes.0 % rows);
        let first = Rows { count: larger, bytes_each: Bytes(each + 1) };
        let rest = Rows { count: rows - larger, bytes_each: Bytes(each) };
        let (now, later) = if larger == 0 { (rest, Rows { count: 0, ..rest }) } else { (first, rest) };
        self.attempts[attempt as usize].consumers.insert(into, now);
        let consuming =
            Consuming { into: Some(into), from, left: later, rows, done: 0, time, charged: SimTime::ZERO };
        self.turn_to(attempt, Doing::Consuming(consuming));
        true
    }

    /// Lets a consumer do what takes no rows: its constructor, its finish.
    fn begin_consuming(&mut self, attempt: u32, time: SimTime) -> bool {
        let left = Rows { count: 0, bytes_each: Bytes::ZERO };
        let charged = SimTime::ZERO;
        let consuming = Consuming { into: None, from: None, left, rows: 0, done: 0, time, charged };
        self.turn_to(attempt, Doing::Consuming(consuming));
        true
    }

    fn consume(&mut self, attempt: u32, consuming: Consuming) -> bool {
        if self.wait_for_lock(attempt, AfterLock::Consumers(consuming)) {
            return false;
        }
        let progress = self.with_memory(attempt, |consumers, grants| consumers.step(grants));
        let written = self.after_memory(attempt, EvictedFor::Execution);
        if self.hold_lock(attempt, written, AfterEviction::Consumers(consuming, progress)) {
            return false;
        }
        self.progressed(attempt, consuming, progress)
    }

    fn progressed(&mut self, attempt: u32, mut consuming: Consuming, progress: Progress) -> bool {
        match progress {
            Progress::Inserted(rows) => {
                if let Some(from) = consuming.from {
                    self.read_consumer(attempt, from, rows);
                }
                consuming.done += rows;
                let part =
                    u128::from(consuming.time.0) * u128::from(consuming.done) / u128::from(consuming.rows);
                let due = SimTime(part as u64);
                let time = due - consuming.charged;
                consuming.charged = due;
                self.spend(attempt, Doing::Consuming(consuming), time)
            }
            Progress::Wait => {
                self.turn_to(attempt, Doing::PoolWait(consuming));
                self.executor_of(attempt).pool_waiters += 1;
                let info = self.attempts[attempt as usize].info;
                self.emit(Event::AttemptWaits(&info));
                self.emit(Event::Pools(info.executor));
                false
            }
            Progress::Spilling(consumer, write) => {
                let disk_bytes = self.conf.cost.spill_disk_bytes(write.bytes);
                let state = &mut self.attempts[attempt as usize];
                state.metrics.disk_bytes_spilled += disk_bytes;
                state.metrics.spills += 1;
                let (info, consumer) = (state.info, state.consumers.consumer(consumer).name());
                let (rows, bytes) = (write.rows, write.bytes);
                self.emit(Event::Spilling { attempt: &info, consumer, rows, bytes, disk_bytes });
                let takes_time = self.conf.cost.spills_take_time;
                let time = if takes_time { self.conf.cost.spill_cpu(write.bytes) } else { SimTime::ZERO };
                self.spend(attempt, Doing::SpillCpu(consuming, disk_bytes), time)
            }
            Progress::Done if consuming.left.count > 0 => {
                let into = consuming.into.expect("rows go somewhere");
                self.attempts[attempt as usize].consumers.insert(into, consuming.left);
                consuming.left.count = 0;
                self.turn_to(attempt, Doing::Consuming(consuming));
                true
            }
            Progress::Done => self.compute(attempt, consuming.time - consuming.charged),
            Progress::Failed(consumer, failure) => {
                let report = self.report_oom(attempt, consumer, failure);
                self.fail_attempt(attempt, Cause::ExecutionMemory(report));
                false
            }
        }
    }

    fn read_consumer(&mut self, attempt: u32, from: ConsumerId, rows: u64) {
        self.with_memory(attempt, |consumers, grants| consumers.read(from, rows, grants));
        self.after_memory(attempt, EvictedFor::Execution);
    }

    // ---- the manager's lock

    /// Whether the attempt has to wait because another one writes evicted blocks under the lock.
    pub(super) fn wait_for_lock(&mut self, attempt: u32, after: AfterLock) -> bool {
        let executor = self.executor_of(attempt);
        if executor.lock_holder.is_none_or(|holder| holder == attempt) {
            return false;
        }
        executor.lock_waiters.push_back(attempt);
        self.turn_to(attempt, Doing::LockWait(after));
        true
    }

    /// Tells observers what a memory call did. Returns the bytes of evicted blocks that have to be written to disk.
    pub(super) fn after_memory(&mut self, attempt: u32, reason: EvictedFor) -> Bytes {
        let executor = self.attempts[attempt as usize].info.executor;
        let written = self.report_drops(executor, attempt, reason);
        self.follow_pools(attempt);
        let info = self.attempts[attempt as usize].info;
        self.schedule_recheck(info.executor);
        self.emit(Event::Pools(info.executor));
        self.watch_container(info.executor);
        written
    }

    /// Tells observers of the blocks that a call of an attempt has dropped on an executor, and its metrics of those of
    /// RDDs. Returns the bytes to write.
    pub(super) fn report_drops(&mut self, executor: ExecutorId, attempt: u32, reason: EvictedFor) -> Bytes {
        if self.drops.is_empty() {
            return Bytes::ZERO;
        }
        let by = self.attempts[attempt as usize].info;
        let mut written = Bytes::ZERO;
        let mut drops = std::mem::take(&mut self.drops);
        for dropped in drops.drain(..) {
            if dropped.to_disk == ToDisk::Written {
                let copy = self.cluster.blocks.find(dropped.block, executor);
                written += copy.map_or(dropped.size, |copy| self.cluster.blocks[copy].serialized_size);
            }
            if dropped.rdd.is_some() {
                let metrics = &mut self.attempts[attempt as usize].metrics;
                let (blocks, bytes) = match reason {
                    EvictedFor::Execution => &mut metrics.evicted_for_execution,
                    EvictedFor::Storage => &mut metrics.evicted_for_storage,
                };
                *blocks += 1;
                *bytes += dropped.size;
            }
            self.emit(Event::Evicted { executor, dropped: &dropped, by: &by, reason });
        }
        self.drops = drops;
        written
    }

    /// Writes evicted blocks, holding the lock meanwhile; false where that takes no time.
    pub(super) fn hold_lock(&mut self, attempt: u32, written: Bytes, after: AfterEviction) -> bool {
        if written.is_zero() || !self.move_bytes(attempt, Over::Disk, written) {
            return false;
        }
        self.executor_of(attempt).lock_holder = Some(attempt);
        self.turn_to(attempt, Doing::Evicting(after));
        true
    }

    pub(super) fn release_lock(&mut self, attempt: u32) {
        let executor = self.executor_of(attempt);
        if executor.lock_holder != Some(attempt) {
            return;
        }
        executor.lock_holder = None;
        // All of them try in turn; who finds the lock taken again stands in line again.
        let waiters = std::mem::take(&mut executor.lock_waiters);
        for waiter in waiters {
            self.resume_at(waiter, self.now);
        }
        let executor = self.attempts[attempt as usize].info.executor;
        self.schedule_recheck(executor);
    }

    // ---- ends

    fn finish_attempt(&mut self, attempt: u32) {
        if let Some(cause) = self.leaked(attempt) {
            self.fail_attempt(attempt, cause);
            return;
        }
        let (info, metrics) = self.last_figures(attempt, true);
        let sent = self.attempts[attempt as usize].sent.take();
        self.clean_up(attempt);
        self.deliver(info, metrics, sent);
    }

    /// An attempt throws: it ends, its executor goes on.
    pub(super) fn fail_attempt(&mut self, attempt: u32, cause: Cause) {
        let (info, metrics) = self.last_figures(attempt, false);
        self.clean_up(attempt);
        self.emit(Event::AttemptEnded(&info, &metrics, End::Failed(&cause)));
        self.task_failed(&info, cause);
    }

    /// An attempt ends in the middle of what it does: its stage was aborted, or its executor is gone.
    pub(super) fn break_off(&mut self, attempt: u32, end: End<'_>) {
        if matches!(self.attempts[attempt as usize].doing, Doing::PoolWait(_)) {
            self.executor_of(attempt).pool_waiters -= 1;
        }
        let (info, metrics) = self.last_figures(attempt, false);
        self.abort_flows(attempt);
        let slot = self.attempts[attempt as usize].slot();
        let executor = self.executor_of(attempt);
        executor.memory.manager.waiters().remove(slot);
        executor.lock_waiters.retain(|&waiter| waiter != attempt);
        executor.block_waiters.retain(|&(_, waiter)| waiter != attempt);
        self.release_lock(attempt);
        self.clean_up(attempt);
        self.emit(Event::AttemptEnded(&info, &metrics, end));
    }

    /// Who an attempt was that ends now, and its metrics.
    fn last_figures(&mut self, attempt: u32, finished: bool) -> (AttemptInfo, TaskMetrics) {
        self.turn_to(attempt, Doing::Next);
        self.end_python(attempt, finished);
        self.count_consumers(attempt);
        let state = &self.attempts[attempt as usize];
        let (info, metrics) = (state.info, state.metrics);
        assert_eq!(
            metrics.duration(),
            self.now - info.launched,
            "the parts of its time: {info:?} {metrics:?}"
        );
        (info, metrics)
    }

    /// Adds what the consumers did to the task's metrics.
    fn count_consumers(&mut self, attempt: u32) {
        self.count_collections(attempt);
        let state = &mut self.attempts[attempt as usize];
        for consumer in state.consumers.ids() {
            let metrics = state.consumers.metrics(consumer);
            state.metrics.memory_bytes_spilled += metrics.memory_bytes_spilled;
            state.metrics.peak_execution_memory += metrics.peak_memory;
        }
    }

    fn report_oom(&self, attempt: u32, consumer: ConsumerId, failure: Failure) -> OomReport {
        let failing = &self.attempts[attempt as usize];
        let mode = failing.consumers.tmm.mode(consumer);
        let executor = &self.cluster.executors[failing.info.executor.index()];
        let on_executor = self.attempts.iter().filter(|other| other.info.executor == failing.info.executor);
        let holders = on_executor.filter(|other| other.is_running()).filter_map(|other| {
            let bytes = executor.memory.manager.execution(mode).memory_of(other.slot())?;
            let consumers = other
                .consumers
                .ids()
                .map(|id| (other.consumers.consumer(id).name(), other.consumers.tmm.used(id)));
            let consumers = consumers.filter(|(_, used)| !used.is_zero()).collect();
            Some(Holder { stage: other.info.stage, index: other.info.index, bytes, consumers })
        });
        OomReport {
            failure,
            consumer: failing.consumers.consumer(consumer).name(),
            holders: holders.collect(),
            storage_used: executor.memory.manager.storage(mode).memory_used(),
            execution_pool: executor.memory.manager.execution(mode).pool_size(),
        }
    }

    /// The end of a task as Spark orders it: unroll memory, a wake-up for all, block locks, execution memory.
    fn clean_up(&mut self, attempt: u32) {
        self.last_end = self.now;
        self.fetched(attempt);
        let slot = self.attempts[attempt as usize].slot();
        let executor_id = self.attempts[attempt as usize].info.executor;
        let computed: Vec<_> = self.attempts[attempt as usize]
            .frames
            .iter()
            .filter_map(|frame| match frame.of {
                FrameOf::Partition { copy, .. } => copy,
                FrameOf::Task { .. } => None,
            })
            .collect();
        let executor = &mut self.cluster.executors[executor_id.index()];
        for mode in MemoryMode::BOTH {
            executor.memory.store.release_unroll_memory(&mut executor.memory.manager, slot, Bytes::MAX, mode);
        }
        executor.memory.manager.waiters().notify_all();
        // A failed computation removes the info, so that those who wait for the block compute it themselves.
        for copy in computed {
            let block = self.cluster.blocks[copy].block;
            let executor = &mut self.cluster.executors[executor_id.index()];
            executor.memory.store.remove_block(&mut self.cluster.blocks, copy);
            self.wake_block_waiters(executor_id, block);
        }
        let executor = &mut self.cluster.executors[executor_id.index()];
        executor.memory.store.release_all_locks_for_task(&mut self.cluster.blocks, slot);
        self.with_memory(attempt, |consumers, grants| consumers.clean_up(grants));
        self.follow_pools(attempt);
        self.leave_heap(attempt);
        let state = &mut self.attempts[attempt as usize];
        state.generation = state.generation.wrapping_add(1);
        state.doing = Doing::Free;
        state.frames.clear();
        state.slots.clear();
        state.leaks.clear();
        state.reading.clear();
        state.sent = None;
        state.unrolled = false;
        let (free, stage) = (state.info.slot, state.info.stage);
        self.scheduler.stages[stage.index()].running -= 1;
        let executor = self.executor_of(attempt);
        if executor.is_there() {
            executor.free_slots.push(free);
        }
        self.allocation_executor(executor_id);
        self.schedule_recheck(executor_id);
        self.emit(Event::Pools(executor_id));
        self.watch_container(executor_id);
        self.schedule_offer(self.now);
    }
}

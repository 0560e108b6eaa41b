//! Results: from the executor that made them to the driver that counts, fetches and keeps them.

use super::{Driver, Part, at};
use crate::engine::attempt::{AfterEviction, AfterLock, Transfer};
use crate::engine::queue::Happening;
use crate::engine::{Engine, Over};
use crate::ids::{BlockId, ExecutorId, JobId, StageId};
use crate::observe::{AttemptInfo, End, Event, EvictedFor, Observer, TaskMetrics};
use crate::outcome::{Cause, Warning};
use crate::storage::{BlockData, BlockForm, LinearEstimate, NewBlock, Put, PutLock, StorageLevel};
use crate::units::{Bytes, SimTime};

/// How the result of an attempt travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Sent {
    /// In the message that says that the task has ended.
    Direct(Bytes),
    /// As a block of the executor.
    Indirect(Bytes, BlockId),
    /// Not at all: the executor dropped it, and tells its size.
    Dropped(Bytes),
}

/// A result that the driver has to fetch: its task has ended, but the driver does not know yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetch {
    info: AttemptInfo,
    metrics: TaskMetrics,
    bytes: Bytes,
    block: BlockId,
    since: SimTime,
    /// Which one it is: threads fetch one after the other.
    number: u32,
}

impl Driver {
    /// Whether a thread is still at that fetch.
    pub(in crate::engine) fn fetches(&self, thread: u32, number: u32) -> bool {
        self.fetching[thread as usize].is_some_and(|fetch| fetch.number == number)
    }
}

impl<O: Observer> Engine<'_, O> {
    /// The executor's side (`Executor.TaskRunner.run`): what becomes of a result depends on its size.
    pub(in crate::engine) fn send_result(&mut self, attempt: u32, bytes: Bytes) -> bool {
        let conf = &self.conf.driver;
        let info = self.attempts[attempt as usize].info;
        if let Some(limit) = conf.max_result_size.filter(|&limit| bytes > limit) {
            self.attempts[attempt as usize].sent = Some(Sent::Dropped(bytes));
            let (stage, index) = (info.stage, info.index);
            self.driver.warnings.push(Warning::ResultDropped { stage, index, bytes, limit });
            return self.compute(attempt, SimTime::ZERO);
        }
        if bytes <= conf.max_direct_result_size {
            self.attempts[attempt as usize].sent = Some(Sent::Direct(bytes));
            return self.transfer(attempt, Transfer::Network, Over::Network, bytes);
        }
        if self.wait_for_lock(attempt, AfterLock::Step) {
            self.attempts[attempt as usize].frames.last_mut().expect("a running attempt has a program").at -=
                1;
            return false;
        }
        let block = self.driver.free_blocks.pop().unwrap_or_else(|| {
            let block = self.driver.next_block;
            self.driver.next_block = BlockId(block.0 + 1);
            block
        });
        self.attempts[attempt as usize].sent = Some(Sent::Indirect(bytes, block));
        let slot = self.attempts[attempt as usize].slot();
        let executor = &mut self.cluster.executors[info.executor.index()];
        let mut manager = executor.memory.block_manager(&mut self.cluster.blocks, &mut self.drops);
        let form =
            BlockForm { estimate: LinearEstimate { base: Bytes::ZERO, per_element: bytes }, size: bytes };
        let data = BlockData { elements: 1, values: form, serialized: form };
        let new = NewBlock { block, rdd: None, level: StorageLevel::MEMORY_AND_DISK_SER };
        let Ok(put) = manager.put_bytes(new, slot, &data, PutLock::Release);
        self.memory_calls += 1;
        let mut written = self.after_memory(attempt, EvictedFor::Storage);
        if put == Put::Disk {
            written += bytes;
        }
        if self.hold_lock(attempt, written, AfterEviction::Step) {
            return false;
        }
        self.compute(attempt, SimTime::ZERO)
    }

    /// The driver learns that a task has ended, its executor being done with it.
    pub(in crate::engine) fn deliver(&mut self, info: AttemptInfo, metrics: TaskMetrics, sent: Option<Sent>) {
        match sent {
            None => self.succeed(info, metrics),
            Some(Sent::Direct(bytes) | Sent::Dropped(bytes)) => match self.count(info.stage, bytes) {
                Ok(()) => {
                    if self.keep(info.stage, bytes) {
                        self.succeed(info, metrics);
                    } else {
                        self.emit(Event::AttemptEnded(&info, &metrics, End::Killed));
                    }
                }
                Err(cause) => self.refuse(info, metrics, cause),
            },
            Some(Sent::Indirect(bytes, block)) => {
                self.driver.fetches = self.driver.fetches.wrapping_add(1);
                let (since, number) = (self.now, self.driver.fetches);
                self.driver.waiting.push_back(Fetch { info, metrics, bytes, block, since, number });
                self.fetch_results();
            }
        }
    }

    fn succeed(&mut self, info: AttemptInfo, metrics: TaskMetrics) {
        self.emit(Event::AttemptEnded(&info, &metrics, End::Finished));
        self.task_finished(&info);
    }

    /// `TaskSetManager.canFetchMoreResults`: the check comes before an indirect result is fetched.
    fn count(&mut self, stage: StageId, bytes: Bytes) -> Result<(), Cause> {
        if self.workload.stages[stage.index()].shuffle.is_some() {
            return Ok(());
        }
        let (tasks, total) = at(&mut self.driver.counted, stage.index());
        *tasks += 1;
        *total = Bytes(total.0.saturating_add(bytes.0));
        let (tasks, total) = (*tasks, *total);
        self.driver.results_peak = self.driver.results_peak.max(total);
        match self.conf.driver.max_result_size {
            Some(limit) if total > limit => Err(Cause::MaxResultSize { tasks, total, limit }),
            _ => Ok(()),
        }
    }

    /// The result's own task ends killed, and its stage is aborted.
    fn refuse(&mut self, info: AttemptInfo, metrics: TaskMetrics, cause: Cause) {
        self.emit(Event::AttemptEnded(&info, &metrics, End::Killed));
        self.abort_stage(info.stage, None, 0, cause);
    }

    /// The driver deserializes a result and keeps it to the end of its job; false where its heap is full.
    fn keep(&mut self, stage: StageId, bytes: Bytes) -> bool {
        let Some(job) = self.job_of(stage) else { return true };
        let ppm = self.workload.driver.collected(job).map_or(1_000_000, |row| row.arrived_ppm);
        let kept = u128::from(bytes.0) * u128::from(ppm) / 1_000_000;
        let kept = Bytes(u64::try_from(kept).unwrap_or(u64::MAX));
        match self.take_heap(Part::Results, kept) {
            Ok(()) => {
                *at(&mut self.driver.held, job.index()) += kept;
                true
            }
            Err(cause) => {
                self.driver_ends(job, Some(stage), cause);
                false
            }
        }
    }

    // ---- indirect results

    /// Lets idle threads fetch what waits.
    fn fetch_results(&mut self) {
        while let Some(thread) = self.driver.fetching.iter().position(Option::is_none) {
            let Some(fetch) = self.driver.waiting.pop_front() else { return };
            if let Err(cause) = self.count(fetch.info.stage, fetch.bytes) {
                self.forget_result(fetch.block);
                self.refuse(fetch.info, fetch.metrics, cause);
                continue;
            }
            self.driver.fetching[thread] = Some(fetch);
            let flow = super::FETCHES | thread as u32;
            if self.conf.driver.local
                || !self.move_from(flow, fetch.info.executor, Over::Network, fetch.bytes)
            {
                self.queue.push(self.now, Happening::Fetched { thread: thread as u32, number: fetch.number });
            }
        }
    }

    /// A thread has fetched its result over the network.
    pub(in crate::engine) fn result_fetched(&mut self, thread: u32) {
        let Some(mut fetch) = self.driver.fetching[thread as usize].take() else { return };
        self.forget_result(fetch.block);
        fetch.metrics.getting_result += self.now - fetch.since;
        if self.keep(fetch.info.stage, fetch.bytes) {
            self.succeed(fetch.info, fetch.metrics);
        } else {
            self.emit(Event::AttemptEnded(&fetch.info, &fetch.metrics, End::Killed));
        }
        self.fetch_results();
    }

    fn forget_result(&mut self, block: BlockId) {
        self.forget(block);
        self.driver.free_blocks.push(block);
        self.emit_pools();
    }

    /// Results of aborted stages are not fetched any more.
    pub(in crate::engine) fn drop_results(&mut self, stages: &[StageId]) {
        let dropped = self.take_results(|fetch| stages.contains(&fetch.info.stage));
        for fetch in dropped {
            self.forget_result(fetch.block);
            self.emit(Event::AttemptEnded(&fetch.info, &fetch.metrics, End::Killed));
        }
    }

    /// Nobody fetches results any more.
    pub(in crate::engine) fn drop_all_results(&mut self) {
        for fetch in self.take_results(|_| true) {
            self.forget_result(fetch.block);
            self.emit(Event::AttemptEnded(&fetch.info, &fetch.metrics, End::Killed));
        }
    }

    /// Results that were on an executor that is lost count as failures (`TaskResultLost`).
    pub(in crate::engine) fn lose_results(&mut self, executor: ExecutorId) {
        let lost = self.take_results(|fetch| fetch.info.executor == executor);
        for fetch in lost {
            self.forget_result(fetch.block);
            let cause = Cause::ResultLost { executor };
            self.emit(Event::AttemptEnded(&fetch.info, &fetch.metrics, End::Failed(&cause)));
            self.task_failed(&fetch.info, cause);
        }
        self.fetch_results();
    }

    fn take_results(&mut self, mut which: impl FnMut(&Fetch) -> bool) -> Vec<Fetch> {
        let mut taken = Vec::new();
        for thread in 0..self.driver.fetching.len() {
            if let Some(fetch) = self.driver.fetching[thread].take_if(|fetch| which(fetch)) {
                self.abort_flow(super::FETCHES | thread as u32);
                taken.push(fetch);
            }
        }
        let (out, left) = self.driver.waiting.drain(..).partition(|fetch| which(fetch));
        self.driver.waiting = left;
        taken.extend::<std::collections::VecDeque<_>>(out);
        taken
    }

    /// The results of a job are garbage.
    pub(super) fn free_results(&mut self, job: JobId) {
        let held = std::mem::take(at(&mut self.driver.held, job.index()));
        self.driver.heap.free(Part::Results, held);
    }
}

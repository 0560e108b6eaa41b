//! Executors that come and go.
//!
//! Spark: `CoarseGrainedSchedulerBackend` (who registers is offered tasks; `removeExecutor`),
//! `TaskSetManager.executorLost`, `BlockManagerMasterEndpoint.removeBlockManager`,
//! `DAGScheduler.executorLost`. The replicas of lost blocks are not replenished (`spark.storage.replication.proactive`),
//! and a remote read of a block under way is not broken off.

use super::Engine;
use super::conf::ExecutorConf;
use super::executor::Presence;
use super::queue::Happening;
use crate::ids::ExecutorId;
use crate::observe::{End, Event, Observer};
use crate::outcome::{ExecutorLoss, LossReason};
use crate::units::{Bytes, SimTime};

impl Presence {
    /// At the start of a run.
    pub(super) fn first(conf: &ExecutorConf) -> Self {
        if conf.removed.is_some_and(|removed| removed <= conf.added) {
            Self::Gone
        } else if conf.added > SimTime::ZERO {
            Self::Expected
        } else {
            Self::There
        }
    }
}

impl<O: Observer> Engine<'_, O> {
    /// Sets the timers of the executors that come and go.
    pub(super) fn await_executors(&mut self) {
        for index in 0..self.conf.executors.len() {
            let ExecutorConf { added, removed, .. } = self.conf.executors[index];
            let (presence, executor) = (self.cluster.executors[index].presence, index as u32);
            if presence == Presence::Expected {
                self.queue.push(added, Happening::Add { executor });
            }
            if let Some(removed) = removed
                && presence != Presence::Gone
            {
                self.queue.push(removed, Happening::Remove { executor });
            }
        }
    }

    /// An executor registers.
    pub(super) fn add_executor(&mut self, executor: ExecutorId) {
        self.cluster.executors[executor.index()]
            .arrive(&self.conf.executors[executor.index()], self.conf.unroll);
        self.allocation_executor(executor);
        self.make_heap(executor);
        self.executor_runs();
        self.emit(Event::ExecutorAdded(executor));
        self.emit(Event::Pools(executor));
        self.watch_container(executor);
        self.schedule_offer(self.now);
    }

    /// An executor is lost with all that it runs and holds. Who is not there is not lost.
    pub(super) fn lose_executor(&mut self, executor: ExecutorId, reason: LossReason) {
        if !self.cluster.executors[executor.index()].is_there() {
            return;
        }
        self.cluster.executors[executor.index()].leave();
        self.emit(Event::ExecutorRemoved(executor, &reason));
        let loss = ExecutorLoss { executor, reason };
        let state = &self.cluster.executors[executor.index()];
        let mut lost = Vec::new();
        for attempt in state.first_attempt..state.first_attempt + state.slots {
            if self.attempts[attempt as usize].is_running() {
                lost.push(self.attempts[attempt as usize].info);
                self.break_off(attempt, End::Lost(&loss));
            }
        }
        self.lose_results(executor);
        self.cluster.executors[executor.index()].heap = None;
        self.lose_blocks(executor);
        self.cluster.executors[executor.index()].forget_memory(&self.conf.executors[executor.index()]);
        self.orphan_tasks(executor);
        self.allocation_executor(executor);
        self.emit(Event::Pools(executor));
        // Finished tasks go back before those that ran: these are offered first then.
        self.lose_map_outputs(executor);
        for info in &lost {
            self.task_lost(info, &loss);
        }
        self.make_good(&loss);
        self.schedule_offer(self.now);
    }

    /// All copies of blocks on an executor, of RDDs and of broadcast variables, in memory and on disk.
    fn lose_blocks(&mut self, executor: ExecutorId) {
        let copies: Vec<_> = self.cluster.blocks.copies_on(executor).collect();
        for copy in copies {
            let block = &self.cluster.blocks[copy];
            let (id, rdd, memory) = (block.block, block.rdd, block.memory_size);
            let disk = if block.on_disk { block.serialized_size } else { Bytes::ZERO };
            let state = &mut self.cluster.executors[executor.index()].memory;
            state.store.remove(&mut state.manager, &mut self.cluster.blocks, copy);
            state.store.remove_block(&mut self.cluster.blocks, copy);
            if let Some(rdd) = rdd {
                let partition = id.0 - self.first_blocks[rdd.index()].0;
                self.emit(Event::BlockLost { executor, rdd, partition, memory, disk });
            }
        }
    }
}

#[cfg(test)]
#[path = "membership_tests.rs"]
mod tests;

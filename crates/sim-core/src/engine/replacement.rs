//! What cluster managers do when an executor is lost: they start another one, or give the application up.
//!
//! Spark: `YarnAllocator`, `ExecutorPodsAllocator` (`ExecutorFailureTracker`), the standalone `Master`.

use super::attempt::Attempt;
use super::executor::Executor;
use super::failure_conf::ExecutorFailures;
use super::queue::Happening;
use super::{Engine, ExecutorConf};
use crate::ids::ExecutorId;
use crate::observe::{Event, Observer};
use crate::outcome::{Cause, ExecutorLoss};
use crate::units::SimTime;

impl<O: Observer> Engine<'_, O> {
    /// Sets the timers of losses that the run was told of.
    pub(super) fn await_planned_losses(&mut self) {
        for (loss, planned) in (0..).zip(&self.conf.failures.planned) {
            self.queue.push(planned.at, Happening::Lose { loss });
        }
    }

    pub(super) fn lose_as_planned(&mut self, loss: u32) {
        let planned = self.conf.failures.planned[loss as usize].clone();
        if (planned.executor as usize) < self.cluster.executors.len() {
            self.lose_executor(ExecutorId(planned.executor), planned.reason);
        }
    }

    /// An executor was lost: the application ends, or another executor comes.
    pub(super) fn make_good(&mut self, loss: &ExecutorLoss) {
        if self.conf.failures.ends_with_executor && loss.reason.caused_by_app() {
            self.end_application(Cause::ExecutorLost(loss.clone()));
            return;
        }
        if loss.reason.caused_by_app() {
            self.executor_failures.push(self.now);
        }
        if let Some(limit) = self.too_many_executor_failures() {
            let failures = self.executor_failures.len() as u32;
            self.end_application(Cause::ExecutorFailures { failures, limit, last: loss.clone() });
        } else if let Some(start) = self.conf.failures.executor_start
            && loss.reason.is_replaced()
            && !self.scheduler.is_over()
        {
            self.request_executor(loss.executor, start);
        }
    }

    /// The limit on failed executors, where it is reached.
    fn too_many_executor_failures(&mut self) -> Option<u32> {
        match self.conf.failures.executor_failures {
            ExecutorFailures::Unlimited => None,
            ExecutorFailures::Limited { limit, too_many, validity } => {
                if let Some(validity) = validity {
                    let now = self.now;
                    self.executor_failures.retain(|&at| now - at <= validity);
                }
                (self.executor_failures.len() as u64 >= u64::from(too_many)).then_some(limit)
            }
            ExecutorFailures::InARow { limit } => {
                let runs = self.cluster.executors.iter().any(Executor::is_there);
                let many = self.executor_failures.len() as u64 >= u64::from(limit);
                (many && !runs).then_some(limit)
            }
        }
    }

    /// An executor has registered: the standalone `Master` counts failures anew.
    pub(super) fn executor_runs(&mut self) {
        if let ExecutorFailures::InARow { .. } = self.conf.failures.executor_failures {
            self.executor_failures.clear();
        }
    }

    /// Asks for an executor like one that was lost.
    fn request_executor(&mut self, lost: ExecutorId, start: SimTime) {
        let added = self.now + start;
        let conf = ExecutorConf { added, removed: None, ..self.conf.executors[lost.index()] };
        let executor = self.start_executor(conf);
        self.emit(Event::ExecutorRequested { executor, instead_of: lost });
    }

    /// Asks for an executor, which gets a number of its own.
    pub(super) fn start_executor(&mut self, conf: ExecutorConf) -> ExecutorId {
        let executor = ExecutorId::at(self.cluster.executors.len());
        let slots = conf.cores / self.conf.task_cpus.max(1);
        let first_attempt = self.attempts.len() as u32;
        let task_memory = self.conf.task_memory;
        self.attempts.extend((0..slots).map(|slot| Attempt::free(executor, slot, task_memory)));
        let state = Executor::expected(executor, &conf, self.conf.unroll, first_attempt, slots);
        self.cluster.executors.push(state);
        self.conf.executors.push(conf);
        let executors = self.cluster.executors.len();
        for &(_, stage) in &self.scheduler.active {
            self.scheduler.stages[stage.index()].pending.grow(executors);
        }
        self.queue.push(conf.added, Happening::Add { executor: executor.0 });
        executor
    }
}

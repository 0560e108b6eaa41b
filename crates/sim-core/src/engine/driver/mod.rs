//! What the driver holds, and what it cannot hold.
//!
//! Spark: `TaskResultGetter.scala`, `TaskSetManager.canFetchMoreResults`, `BroadcastExchangeExec.scala`,
//! `CoarseGrainedSchedulerBackend.launchTasks`.

mod heap;
mod relation;
mod results;
mod submission;

use std::collections::VecDeque;

use self::heap::{DriverHeap, Part};
use self::results::Fetch;
pub(super) use self::results::Sent;
use super::Engine;
use super::driver_conf::DriverConf;
use crate::ids::{BlockId, JobId, StageId};
use crate::observe::Observer;
use crate::outcome::{Cause, DriverPeaks, HeapReport, JobFailure, Warning};
use crate::units::Bytes;
use crate::workload::Workload;

/// Marks flows that fetch results for the driver; the rest of such a number is the thread.
pub(super) const FETCHES: u32 = 1 << 30;

/// The driver of a run.
#[derive(Clone, Debug)]
pub(super) struct Driver {
    heap: DriverHeap,
    /// By stage: results that have come, and their bytes as `spark.driver.maxResultSize` counts them.
    counted: Vec<(u32, Bytes)>,
    /// By job: bytes of its results in the heap.
    held: Vec<Bytes>,
    /// Results that wait for a thread.
    waiting: VecDeque<Fetch>,
    /// What each thread fetches.
    fetching: Vec<Option<Fetch>>,
    /// Numbers of result blocks that are free again, and the next one that was never used.
    free_blocks: Vec<BlockId>,
    next_block: BlockId,
    /// Fetches so far.
    fetches: u32,
    results_peak: Bytes,
    largest_task: Bytes,
    warnings: Vec<Warning>,
}

impl Driver {
    /// Spark logs a warning.
    pub(super) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    pub(super) fn new(conf: &DriverConf, workload: &Workload, executors: usize) -> Self {
        let broadcasts = workload.broadcasts.len() * 2 * executors;
        Self {
            heap: DriverHeap::new(conf.heap, conf.idle),
            counted: Vec::new(),
            held: Vec::new(),
            waiting: VecDeque::new(),
            fetching: vec![None; conf.getter_threads.max(1) as usize],
            free_blocks: Vec::new(),
            next_block: BlockId::at(workload.rdd_blocks() as usize + broadcasts),
            fetches: 0,
            results_peak: Bytes::ZERO,
            largest_task: Bytes::ZERO,
            warnings: Vec::new(),
        }
    }

    /// What it held at most, and what was warned of.
    pub(super) fn peaks(&mut self) -> (DriverPeaks, Vec<Warning>) {
        let (live, parts) = self.heap.peak();
        let peaks = DriverPeaks { live, parts, results: self.results_peak, largest_task: self.largest_task };
        (peaks, std::mem::take(&mut self.warnings))
    }
}

/// The row of an index, made where the table is too short.
fn at<T: Clone + Default>(table: &mut Vec<T>, index: usize) -> &mut T {
    if table.len() <= index {
        table.resize(index + 1, T::default());
    }
    &mut table[index]
}

impl<O: Observer> Engine<'_, O> {
    /// Takes heap of the driver; the cause of its end where there is not as much.
    fn take_heap(&mut self, part: Part, bytes: Bytes) -> Result<(), Cause> {
        let pools = if self.conf.driver.local { self.pools_of_driver() } else { Bytes::ZERO };
        let (asked, capacity) = (bytes, self.driver.heap.capacity());
        if self.driver.heap.take(part, bytes, pools) {
            return self.check_container(Bytes::ZERO);
        }
        let (live, parts) = self.driver.heap.now(pools);
        let heap = HeapReport { capacity, live, asked, parts, holders: Vec::new() };
        Err(Cause::DriverHeap { heap, broadcast: part == Part::Relation || part == Part::Pieces })
    }

    /// What the pools of a driver that executes hold of its heap.
    fn pools_of_driver(&self) -> Bytes {
        let Some(executor) = self.cluster.executors.first() else { return Bytes::ZERO };
        let manager = &executor.memory.manager;
        let mode = crate::memory::MemoryMode::OnHeap;
        manager.execution(mode).memory_used() + manager.storage(mode).memory_used()
    }

    /// A JVM gives no heap back: its container holds the most that was live.
    fn check_container(&self, python: Bytes) -> Result<(), Cause> {
        let Some(container) = self.conf.driver.container else { return Ok(()) };
        let (live, mut parts) = self.driver.heap.peak();
        let used = Bytes(live.0.saturating_add(container.non_heap.0).saturating_add(python.0));
        if used <= container.limit {
            return Ok(());
        }
        parts.push(("outside of the heap", container.non_heap));
        parts.extend((!python.is_zero()).then_some(("python objects", python)));
        parts.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
        let (limit, exit_code) = (container.limit, container.exit_code);
        Err(Cause::DriverContainer(crate::outcome::ContainerReport { used, limit, parts, exit_code }))
    }

    /// The driver ends, and the application with it, in the middle of a job.
    fn driver_ends(&mut self, job: JobId, stage: Option<StageId>, cause: Cause) {
        let failure = JobFailure { job, stage, index: None, failures: 0, cause: cause.clone() };
        self.scheduler.failure.get_or_insert(Box::new(failure));
        self.end_application(cause);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

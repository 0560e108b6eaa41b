//! Jobs and tasks that are too deep or too large to be sent.

use super::Part;
use crate::engine::Engine;
use crate::engine::driver_conf::RETAINED_TASKS;
use crate::ids::{JobId, StageId};
use crate::observe::Observer;
use crate::outcome::{Cause, Warning};
use crate::units::Bytes;

/// `TaskSetManager.TASK_SIZE_TO_WARN_KIB`.
const TASK_SIZE_TO_WARN: Bytes = Bytes::kib(1000);
/// Bytes of a serialized task besides its data: closure, properties, metrics. A real one of 200,000,000 bytes of data had
/// 195,321 KiB.
const TASK_FRAME: Bytes = Bytes(9_200);

impl<O: Observer> Engine<'_, O> {
    /// Whether the stacks of the driver's threads are deep enough for a job; its end where they are not.
    pub(in crate::engine) fn is_too_deep(&mut self, job: JobId) -> bool {
        let limit = self.conf.driver.stack;
        match self.workload.driver.depth(job) {
            Some(needed) if needed > limit => {
                self.driver_ends(job, None, Cause::StackOverflow { needed, limit });
                true
            }
            _ => false,
        }
    }

    /// What the driver holds for the tasks of a stage, and their size; false where that is the end of its job.
    pub(in crate::engine) fn take_tasks(&mut self, job: JobId, stage: StageId) -> bool {
        let tasks = u64::from(self.workload.stages[stage.index()].tasks);
        let state = Bytes(self.conf.driver.task_bytes.0.saturating_mul(tasks));
        if let Err(cause) = self.take_heap(Part::Tasks, state) {
            self.driver_ends(job, Some(stage), cause);
            return false;
        }
        let Some(payload) = self.workload.driver.payload(stage) else { return true };
        let size = |bytes: u64| Bytes(bytes.saturating_add(TASK_FRAME.0));
        let largest = payload.bytes.iter().copied().map(size).max().unwrap_or_default();
        self.driver.largest_task = self.driver.largest_task.max(largest);
        let first = payload.bytes.iter().copied().map(size).find(|&bytes| bytes > TASK_SIZE_TO_WARN);
        if let Some(bytes) = first {
            self.driver.warnings.push(Warning::LargeTask { stage, bytes });
        }
        // A task is serialized when it is launched, into an array that doubles: the old one stands beside the new one.
        let array = largest.0.checked_next_power_of_two().unwrap_or(u64::MAX);
        let growing = Bytes(array.saturating_add(array / 2));
        let held = self.take_heap(Part::Collections, payload.collection);
        if let Err(cause) = held.and_then(|()| self.take_heap(Part::Collections, growing)) {
            self.driver_ends(job, Some(stage), cause);
            return false;
        }
        self.driver.heap.free(Part::Collections, growing.saturating_sub(largest));
        if let Some(limit) = self.conf.driver.max_message_size
            && let Some(index) = payload.bytes.iter().position(|&bytes| size(bytes) >= limit)
        {
            let bytes = size(payload.bytes[index]);
            self.abort_stage(stage, Some(index as u32), 0, Cause::TaskTooLarge { bytes, limit });
            return false;
        }
        true
    }

    /// A stage has ended: the driver remembers some of its tasks, and where its map output is.
    pub(in crate::engine) fn forget_tasks(&mut self, stage: StageId) {
        let conf = &self.conf.driver;
        let table = &self.workload.stages[stage.index()];
        let tasks = u64::from(table.tasks);
        let all = |each: Bytes, tasks: u64| each.0.saturating_mul(tasks);
        let outputs = if table.shuffle.is_some() { all(conf.map_output_bytes, tasks) } else { 0 };
        let kept = all(conf.kept_task_bytes, tasks.min(RETAINED_TASKS)).saturating_add(outputs);
        let had = all(conf.task_bytes, tasks);
        self.driver.heap.free(Part::Tasks, Bytes(had.saturating_sub(kept)));
        self.driver.heap.clear(Part::Collections);
    }
}

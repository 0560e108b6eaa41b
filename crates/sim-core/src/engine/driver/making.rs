//! Results that their tasks hold outside of the pools while they make them: `RDD.collect` puts all rows of a partition
//! into one array.

use crate::engine::Engine;
use crate::engine::attempt::FrameOf;
use crate::memory::MemoryMode;
use crate::observe::Observer;
use crate::outcome::{Cause, HeapReport, LossReason};
use crate::units::Bytes;
use crate::workload::Op;

impl<O: Observer> Engine<'_, O> {
    /// Whether the heap of an attempt's executor has no room for what its tasks make; the end of the executor then.
    pub(super) fn is_too_much_to_make(&mut self, attempt: u32) -> bool {
        if self.workload.driver.collected.iter().all(|row| row.making_ppm == 0) {
            return false;
        }
        let info = self.attempts[attempt as usize].info;
        let made = self.making(attempt);
        if made.is_zero() {
            return false;
        }
        let executor = &self.cluster.executors[info.executor.index()];
        let others = (executor.first_attempt..executor.first_attempt + executor.slots)
            .filter(|&other| other != attempt && self.attempts[other as usize].is_running())
            .fold(0_u64, |sum, other| sum.saturating_add(self.making(other).0));
        let manager = &executor.memory.manager;
        let mode = MemoryMode::OnHeap;
        let pools = manager.execution(mode).memory_used() + manager.storage(mode).memory_used();
        let (local, idle) = (self.conf.driver.local, self.conf.driver.idle);
        let (base, mut parts) = if local {
            self.driver.heap.now(pools)
        } else {
            (idle + pools, vec![("idle executor", idle), ("unified memory", pools)])
        };
        let live = Bytes(base.0.saturating_add(others));
        let capacity = if local { self.conf.driver.heap } else { self.conf.driver.executor_heap };
        if live.0.saturating_add(made.0) <= capacity.0 {
            return false;
        }
        parts.push(("results being made", Bytes(others)));
        parts.retain(|(_, bytes)| !bytes.is_zero());
        parts.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
        let report = HeapReport { capacity, live, asked: made, parts, holders: Vec::new() };
        if local {
            // The task fails, and the JVM that has run out of heap ends with all there is.
            self.abort_stage(info.stage, Some(info.index), 1, Cause::ExecutorHeap(report));
        } else {
            self.lose_executor(info.executor, LossReason::Heap(report));
        }
        true
    }

    /// What an attempt makes of its result.
    fn making(&self, attempt: u32) -> Bytes {
        let Some(frame) = self.attempts[attempt as usize].frames.first() else { return Bytes::ZERO };
        let FrameOf::Task { stage, index } = frame.of else { return Bytes::ZERO };
        let row = self.job_of(stage).and_then(|job| self.workload.driver.collected(job));
        let Some(row) = row.filter(|row| row.making_ppm > 0) else { return Bytes::ZERO };
        if self.workload.stages[stage.index()].shuffle.is_some() {
            return Bytes::ZERO;
        }
        let task = self.workload.task(stage, index);
        let program = self.workload.stages[stage.index()].program;
        let sent = self.workload.programs[program.index()].ops.iter().find_map(|op| match op {
            Op::Result { bytes } => Some(bytes.of(task.values)),
            _ => None,
        });
        let made = u128::from(sent.unwrap_or(0)) * u128::from(row.making_ppm) / 1_000_000;
        Bytes(u64::try_from(made).unwrap_or(u64::MAX))
    }
}

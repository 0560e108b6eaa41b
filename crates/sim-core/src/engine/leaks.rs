//! Execution memory that nobody gives back.

use super::Engine;
use crate::observe::{AttemptInfo, Observer};
use crate::outcome::{Cause, Warning};
use crate::units::Bytes;

impl<O: Observer> Engine<'_, O> {
    /// What is still held is warned of, or fails the task (`Executor.TaskRunner.run`, after `Task.run`).
    pub(super) fn leaked(&mut self, attempt: u32) -> Option<Cause> {
        let state = &self.attempts[attempt as usize];
        let bytes: Bytes = state.leaks.iter().map(|&id| state.consumers.tmm.used(id)).sum();
        if bytes.is_zero() {
            return None;
        }
        let AttemptInfo { stage, index, .. } = state.info;
        if self.conf.task_memory.exception_on_memory_leak {
            return Some(Cause::MemoryLeak { bytes });
        }
        self.driver.warn(Warning::MemoryLeak { stage, index, bytes });
        None
    }
}

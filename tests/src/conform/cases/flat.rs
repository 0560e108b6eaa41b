//! Memory without pools: a limit, whoever asks; every call is written down as the recorder did.

use serde_json::{Value, json};
use sim_core::ids::AttemptSlot;
use sim_core::memory::{ExecutionMemory, Grant, MemoryMode};
use sim_core::units::Bytes;

/// Grants what is left of a limit and never makes anybody wait.
pub(super) struct Flat {
    limit: Bytes,
    left: Bytes,
    /// Record that is being inserted; -1 before the first one.
    pub(super) index: i64,
    /// `[index, "acq", asked, granted]` and `[index, "rel", bytes]`.
    pub(super) trace: Vec<Value>,
}

impl Flat {
    pub(super) fn new(limit: Bytes) -> Self {
        Self { limit, left: limit, index: -1, trace: Vec::new() }
    }

    pub(super) fn held(&self) -> Bytes {
        self.limit - self.left
    }
}

impl ExecutionMemory for Flat {
    fn acquire(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        let granted = bytes.min(self.left);
        self.left -= granted;
        self.trace.push(json!([self.index, "acq", bytes.0, granted.0]));
        Grant::Granted(granted)
    }

    fn recheck(&mut self, _: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        unreachable!("nobody waits")
    }

    fn release(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Bytes {
        self.left += bytes;
        self.trace.push(json!([self.index, "rel", bytes.0]));
        bytes
    }
}

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
    /// Before each request somebody else takes all but this.
    pub(super) others_leave: Option<Bytes>,
    /// `[index, "acq", asked, granted]` and `[index, "rel", bytes]`.
    pub(super) trace: Vec<Value>,
}

impl Flat {
    pub(super) fn new(limit: Bytes) -> Self {
        Self { limit, left: limit, index: -1, others_leave: None, trace: Vec::new() }
    }

    /// From here on there is only what is given back.
    pub(super) fn exhaust(&mut self) {
        self.limit = self.held();
        self.left = Bytes::ZERO;
    }

    /// There is `more` again.
    pub(super) fn add(&mut self, more: Bytes) {
        self.limit += more;
        self.left += more;
    }

    pub(super) fn held(&self) -> Bytes {
        self.limit - self.left
    }
}

impl ExecutionMemory for Flat {
    fn acquire(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        if let Some(leave) = self.others_leave {
            let taken = self.left.saturating_sub(leave);
            self.limit -= taken;
            self.left -= taken;
        }
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

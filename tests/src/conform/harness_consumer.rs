//! The consumers of the harness that recorded the traces: they spill by a fixed policy.

use sim_core::ids::ConsumerId;
use sim_core::memory::{ExecutionMemory, Page, TaskMemoryManager};
use sim_core::units::Bytes;

/// What a harness consumer frees when it is asked to spill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    Full,
    Part,
    Half,
    None,
    SelfOnly,
    Other,
    Io,
}

impl Policy {
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "full" => Self::Full,
            "part" => Self::Part,
            "half" => Self::Half,
            "none" => Self::None,
            "self" => Self::SelfOnly,
            "other" => Self::Other,
            "io" => Self::Io,
            _ => return Err(format!("unknown spill policy: {name}")),
        })
    }
}

/// One consumer of the harness.
pub(super) struct HarnessConsumer {
    pub(super) number: u64,
    pub(super) task: u64,
    pub(super) consumer: ConsumerId,
    pub(super) policy: Policy,
    pub(super) page_size: Bytes,
    /// Pages by handle, oldest first.
    pub(super) pages: Vec<(u64, Page)>,
    pub(super) last_listed: Option<Bytes>,
}

impl HarnessConsumer {
    /// What it would free, `None` for an I/O error: first memory outside of pages, then whole pages.
    pub(super) fn spill(
        &mut self,
        tmm: &mut TaskMemoryManager,
        memory: &mut impl ExecutionMemory,
        asked: Bytes,
        by_itself: bool,
    ) -> Option<Bytes> {
        let used = tmm.used(self.consumer);
        let target = match self.policy {
            Policy::Full => used,
            Policy::Part => used.min(asked.max(self.page_size)),
            Policy::Half => Bytes(used.0 - used.0 / 2),
            Policy::SelfOnly if by_itself => used,
            Policy::Other if !by_itself => used,
            Policy::None | Policy::SelfOnly | Policy::Other => Bytes::ZERO,
            Policy::Io => return None,
        };
        let in_pages: Bytes = self.pages.iter().map(|(_, page)| page.size).sum();
        let mut freed = target.min(used - in_pages);
        if !freed.is_zero() {
            tmm.free_memory(memory, self.consumer, freed);
        }
        while freed < target && !self.pages.is_empty() {
            let (_, page) = self.pages.remove(0);
            tmm.free_page(memory, self.consumer, page);
            freed += page.size;
        }
        Some(freed)
    }
}

//! The consumers of the harness that recorded the traces: they spill by a fixed policy.

use sim_core::ids::ConsumerId;
use sim_core::memory::{ExecutionMemory, Page, TaskMemoryManager};
use sim_core::units::Bytes;

/// What a harness consumer frees when it is asked to spill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum SpillPolicy {
    /// All that it uses.
    Full,
    /// What is asked for, at least a page.
    Part,
    /// Half of what it uses.
    Half,
    /// Nothing.
    None,
    /// All, when it asks itself.
    SelfOnly,
    /// All, when another one asks.
    Other,
    /// It fails with an I/O error.
    Io,
}

impl SpillPolicy {
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
pub(crate) struct HarnessConsumer {
    pub(crate) number: u64,
    pub(crate) task: u64,
    pub(crate) consumer: ConsumerId,
    pub(crate) policy: SpillPolicy,
    pub(crate) page_size: Bytes,
    /// Pages by handle, oldest first.
    pub(crate) pages: Vec<(u64, Page)>,
    pub(crate) last_listed: Option<Bytes>,
}

impl HarnessConsumer {
    /// What it would free, `None` for an I/O error: first memory outside of pages, then whole pages.
    pub(crate) fn spill(
        &mut self,
        tmm: &mut TaskMemoryManager,
        memory: &mut impl ExecutionMemory,
        asked: Bytes,
        by_itself: bool,
    ) -> Option<Bytes> {
        let used = tmm.used(self.consumer);
        let target = match self.policy {
            SpillPolicy::Full => used,
            SpillPolicy::Part => used.min(asked.max(self.page_size)),
            SpillPolicy::Half => Bytes(used.0 - used.0 / 2),
            SpillPolicy::SelfOnly if by_itself => used,
            SpillPolicy::Other if !by_itself => used,
            SpillPolicy::None | SpillPolicy::SelfOnly | SpillPolicy::Other => Bytes::ZERO,
            SpillPolicy::Io => return None,
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

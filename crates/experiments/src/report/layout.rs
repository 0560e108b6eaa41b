//! The memory of an executor in the report.

use serde::Serialize;
use sim_core::conf::Layout;
use sim_core::memory::MemoryMode;

/// The memory of one executor as it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayoutReport {
    /// `Runtime.maxMemory`.
    pub system_bytes: u64,
    /// Set aside for the system.
    pub reserved_bytes: u64,
    /// The user's objects.
    pub user_bytes: u64,
    /// Execution and storage together.
    pub unified_bytes: u64,
    /// What execution cannot evict blocks from: where the storage pool starts.
    pub storage_region_bytes: u64,
    /// Where the execution pool starts.
    pub execution_bytes: u64,
    /// Both pools off the heap together.
    pub off_heap_bytes: u64,
    /// The storage region off the heap.
    pub off_heap_storage_region_bytes: u64,
    /// A page of a consumer.
    pub page_bytes: u64,
    /// Where consumers allocate: `on_heap` or `off_heap`.
    pub consumers: &'static str,
}

impl LayoutReport {
    pub(super) fn of(layout: &Layout) -> Self {
        Self {
            system_bytes: layout.system_memory_bytes,
            reserved_bytes: layout.reserved_bytes,
            user_bytes: layout.user_bytes,
            unified_bytes: layout.pools.max_heap_bytes,
            storage_region_bytes: layout.pools.storage_region_bytes,
            execution_bytes: layout.pools.execution_bytes,
            off_heap_bytes: layout.pools.max_off_heap_bytes,
            off_heap_storage_region_bytes: layout.pools.off_heap_storage_region_bytes,
            page_bytes: layout.page_size_bytes,
            consumers: match layout.tungsten_mode {
                MemoryMode::OnHeap => "on_heap",
                MemoryMode::OffHeap => "off_heap",
            },
        }
    }
}

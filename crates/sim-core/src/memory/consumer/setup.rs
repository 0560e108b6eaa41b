//! From what a program says of a consumer to the consumer itself, under a configuration.

use super::{Consumer, UnsafeSorterConf};
use crate::memory::MemoryMode;
use crate::units::Bytes;
use crate::workload::ConsumerSpec;

/// Constants of the consumers.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerConf {
    /// `spark.shuffle.sort.initialBufferSize`: records that the first sort array is made for.
    pub sort_initial_records: u64,
    /// `spark.shuffle.spill.numElementsForceSpillThreshold`.
    pub force_spill_records: u64,
    /// `spark.shuffle.spill.maxSizeInBytesForSpillThreshold` (4.1).
    pub force_spill_bytes: Bytes,
    /// `spark.shuffle.spill.initialMemoryThreshold`.
    pub spillable_initial: Bytes,
    /// `spark.shuffle.sort.useRadixSort`.
    pub shuffle_radix_sort: bool,
    /// `spark.sql.sort.enableRadixSort`.
    pub sql_radix_sort: bool,
    /// 4.x: spillable collections check their forced thresholds before they ask for memory.
    pub forces_before_request: bool,
    /// 4.1: the SQL sorter keeps a count of page bytes for its peak.
    pub counts_page_bytes: bool,
}

impl Default for ConsumerConf {
    fn default() -> Self {
        Self {
            sort_initial_records: 4096,
            force_spill_records: i32::MAX as u64,
            force_spill_bytes: Bytes::MAX,
            spillable_initial: Bytes(5 << 20),
            shuffle_radix_sort: true,
            sql_radix_sort: true,
            forces_before_request: false,
            counts_page_bytes: false,
        }
    }
}

/// What the consumers of one executor are made with.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerSetup {
    /// Constants.
    pub conf: ConsumerConf,
    /// Bytes of a page.
    pub page_size: Bytes,
    /// Where the pages of SQL operators lie.
    pub tungsten_memory_mode: MemoryMode,
}

impl Consumer {
    /// A consumer with the mode of its memory and its page size.
    #[must_use]
    pub fn new(spec: ConsumerSpec, setup: &ConsumerSetup) -> (Self, MemoryMode, Bytes) {
        let conf = setup.conf;
        let sorter = |radix: bool| UnsafeSorterConf {
            initial_records: conf.sort_initial_records,
            radix: radix && conf.sql_radix_sort,
            force_spill_records: conf.force_spill_records,
            force_spill_bytes: conf.force_spill_bytes,
            counts_page_bytes: conf.counts_page_bytes,
        };
        let consumer = match spec {
            ConsumerSpec::Sort { radix } => Self::unsafe_external_sorter(sorter(radix)),
            _ => Self::unsafe_external_sorter(sorter(true)),
        };
        (consumer, setup.tungsten_memory_mode, setup.page_size)
    }

    /// Its class in Spark.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnsafeExternalSorter(_) => "UnsafeExternalSorter",
        }
    }
}

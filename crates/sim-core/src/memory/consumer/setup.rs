//! From what a program says of a consumer to the consumer itself, under a configuration.

use super::{
    BlackBox, BytesMapConf, BytesToBytesMap, Consumer, ExternalAppendOnlyUnsafeRowArray, Groups,
    HashAggregation, HashAggregationConf, HybridRowQueue, LongMapConf, LongToUnsafeRowMap, RowArrayConf,
    RowBasedKeyValueBatch, ShuffleExternalSorter, ShuffleSorterConf, Spillable, SpillableConf,
    UnsafeExternalSorter, UnsafeSorterConf,
};
use crate::memory::MemoryMode;
use crate::units::Bytes;
use crate::workload::{Amount, ConsumerSpec};

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
        let tungsten = setup.tungsten_memory_mode;
        let spillable = |spillable: SpillableConf| -> (Self, MemoryMode, Bytes) {
            let conf = SpillableConf {
                initial_memory_threshold: conf.spillable_initial,
                force_spill_elements: conf.force_spill_records,
                force_spill_bytes: conf.force_spill_bytes,
                forced_before_request: conf.forces_before_request,
                tungsten_memory_mode: tungsten,
                ..spillable
            };
            (Spillable::new(conf).into(), MemoryMode::OnHeap, setup.page_size)
        };
        let sort = |radix: bool| UnsafeSorterConf {
            initial_records: conf.sort_initial_records,
            radix,
            force_spill_records: conf.force_spill_records,
            force_spill_bytes: conf.force_spill_bytes,
            counts_page_bytes: conf.counts_page_bytes,
            ..UnsafeSorterConf::default()
        };
        let consumer: Self = match spec {
            ConsumerSpec::Sort { radix } => {
                UnsafeExternalSorter::new(sort(radix && conf.sql_radix_sort)).into()
            }
            ConsumerSpec::KeyValueSort { radix } => {
                UnsafeExternalSorter::new(UnsafeSorterConf { reports_peak: false, ..sort(radix) }).into()
            }
            ConsumerSpec::ShuffleSort => {
                let shuffle = ShuffleSorterConf {
                    initial_words: conf.sort_initial_records,
                    radix: conf.shuffle_radix_sort,
                    force_spill_records: conf.force_spill_records,
                    force_spill_bytes: conf.force_spill_bytes,
                };
                let page_size = setup.page_size.min(ShuffleExternalSorter::MAXIMUM_PAGE_SIZE);
                return (ShuffleExternalSorter::new(shuffle).into(), tungsten, page_size);
            }
            ConsumerSpec::ExternalSorter => return spillable(SpillableConf::external_sorter()),
            ConsumerSpec::AppendOnlyMap => return spillable(SpillableConf::external_append_only_map()),
            ConsumerSpec::Aggregate(aggregation) => HashAggregation::new(HashAggregationConf {
                groups: match aggregation.groups {
                    Amount::Fixed(groups) if groups > 0 => {
                        Groups::drawn_from(groups).in_runs(match aggregation.run_rows {
                            Amount::Fixed(rows) => rows,
                            Amount::Column(_) => 1,
                        })
                    }
                    _ => Groups::DISTINCT,
                },
                fast_groups: if aggregation.fast_map {
                    fast_groups(setup.page_size, aggregation.group_bytes)
                } else {
                    0
                },
                ..HashAggregationConf::default()
            })
            .into(),
            ConsumerSpec::FastMap => RowBasedKeyValueBatch::new(setup.page_size).into(),
            ConsumerSpec::LongHashedRelation => {
                let map = LongMapConf { capacity: 64, rows_per_key: 1, key_range: u64::MAX };
                return (LongToUnsafeRowMap::new(map).into(), MemoryMode::OnHeap, setup.page_size);
            }
            ConsumerSpec::HashedRelation => BytesToBytesMap::new(BytesMapConf::hashed_relation(1)).into(),
            ConsumerSpec::RowBuffer { in_memory_rows } => {
                ExternalAppendOnlyUnsafeRowArray::new(RowArrayConf {
                    in_memory_threshold: in_memory_rows,
                    spill_bytes: conf.force_spill_bytes,
                    counts_page_bytes: conf.counts_page_bytes,
                    ..RowArrayConf::window()
                })
                .into()
            }
            ConsumerSpec::PythonQueue => HybridRowQueue::new().into(),
            ConsumerSpec::BlackBox | ConsumerSpec::Leak => BlackBox::new().into(),
        };
        (consumer, tungsten, setup.page_size)
    }

    /// Its class in Spark.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnsafeExternalSorter(_) => "UnsafeExternalSorter",
            Self::ShuffleExternalSorter(_) => "ShuffleExternalSorter",
            Self::Spillable(_) => "Spillable",
            Self::BytesToBytesMap(_) => "BytesToBytesMap",
            Self::HashAggregation(_) => "UnsafeFixedWidthAggregationMap",
            Self::RowBasedKeyValueBatch(_) => "RowBasedKeyValueBatch",
            Self::LongToUnsafeRowMap(_) => "LongToUnsafeRowMap",
            Self::ExternalAppendOnlyUnsafeRowArray(_) => "ExternalAppendOnlyUnsafeRowArray",
            Self::HybridRowQueue(_) => "HybridRowQueue",
            Self::BlackBox(_) => "BlackBox",
        }
    }
}

/// Groups that the page of a fast map takes: `spark.sql.codegen.aggregate.fastHashMap.capacityBit` is 16, and a record
/// has 8 bytes besides key and value.
fn fast_groups(page_size: Bytes, group_bytes: Bytes) -> u64 {
    (1 << 16).min(page_size.0 / (group_bytes.0 + 8))
}

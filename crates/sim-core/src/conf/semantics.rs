//! What differs between Spark versions, resolved once.
//!
//! Code of the model asks a field of [`Semantics`], never the version: a field is named for the
//! behaviour. Defaults that differ by version stand in the table of keys ([`super::keys`]).

use super::version::SparkVersion;

/// When `Spillable.maybeSpill` looks at its force thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForceCheck {
    /// After asking for memory and being refused nothing (up to 4.0).
    AfterRequest,
    /// Before any request is made (4.1).
    BeforeRequest,
}

/// How `UnsafeExternalSorter.getPeakMemoryUsedBytes` errs around a spill of its iterator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SorterPeak {
    /// Array and pages are summed only at a spill, at closing and when asked: a spill between two
    /// questions hides the peak (up to 4.0).
    SummedWhenAsked,
    /// A running count of page bytes that a spill of the iterator forgets to lower: the peak stays
    /// at the page total (4.1).
    CountedPages,
}

/// How Spark words an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorText {
    /// One line, without an SQLSTATE (3.5).
    Plain,
    /// The condition's own line breaks and ` SQLSTATE: ..` at the end (4.x).
    SqlState,
}

/// The behaviour of one Spark version wherever versions differ.
///
/// Version differences are of the memory code alone; the source of each field is named with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Semantics {
    /// ZGC and Shenandoah pages make room for the array header too, not only G1's
    /// (`MemoryManager.defaultPageSizeBytes`, 4.0).
    pub page_header_for_zgc: bool,
    /// `MemoryStore.putIterator` stops unrolling when its task is interrupted (4.0).
    pub unroll_stops_when_interrupted: bool,
    /// When `Spillable.maybeSpill` checks its force thresholds.
    pub spillable_force_check: ForceCheck,
    /// Sorters and collections also spill at a number of bytes (4.1: SPARK-49386):
    /// `spark.shuffle.spill.maxSizeInBytesForSpillThreshold` and its SQL variants.
    pub byte_threshold: bool,
    /// On an `OutOfMemoryError` of the allocator `TaskMemoryManager.allocatePage` spills and tries
    /// again with the smaller required size, not with ever more grants (4.3: SPARK-57242).
    pub allocator_oom_retries: bool,
    /// How the peak of `UnsafeExternalSorter` is counted.
    pub sorter_peak: SorterPeak,
    /// The least overhead is a setting, `spark.executor.minMemoryOverhead` and the driver's, and
    /// not the constant 384 MiB (4.0: SPARK-47208).
    pub min_overhead_is_a_key: bool,
    /// The largest broadcast table is a setting, `spark.sql.maxBroadcastTableSize`, and not the
    /// constant 8 GiB (`BroadcastExchangeExec`, 4.1).
    pub broadcast_limit_is_a_key: bool,
    /// Memory of unmanaged consumers can be polled and lowers what the pools offer
    /// (`UnifiedMemoryManager.registerUnmanagedMemoryConsumer`, 4.1).
    pub unmanaged_memory: bool,
    /// Task metrics hold the peaks on and off the heap (`TaskMetrics`, 4.0).
    pub peaks_by_memory_mode: bool,
    /// `spark.task.cpus` may be a fraction (4.3).
    pub fractional_task_cpus: bool,
    /// How errors are worded.
    pub error_text: ErrorText,
}

impl Semantics {
    /// The behaviour of `version`.
    pub const fn of(version: SparkVersion) -> Semantics {
        let (major, minor) = version.numbers();
        let v4_0 = major >= 4;
        let v4_1 = v4_0 && minor >= 1;
        let v4_3 = v4_0 && minor >= 3;
        Semantics {
            page_header_for_zgc: v4_0,
            unroll_stops_when_interrupted: v4_0,
            spillable_force_check: if v4_1 { ForceCheck::BeforeRequest } else { ForceCheck::AfterRequest },
            byte_threshold: v4_1,
            allocator_oom_retries: v4_3,
            sorter_peak: if v4_1 { SorterPeak::CountedPages } else { SorterPeak::SummedWhenAsked },
            min_overhead_is_a_key: v4_0,
            broadcast_limit_is_a_key: v4_1,
            unmanaged_memory: v4_1,
            peaks_by_memory_mode: v4_0,
            fractional_task_cpus: v4_3,
            error_text: if v4_0 { ErrorText::SqlState } else { ErrorText::Plain },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_adds_to_the_one_before() {
        let of = |version| Semantics::of(version);
        assert!(!of(SparkVersion::V3_5).page_header_for_zgc);
        assert_eq!(of(SparkVersion::V3_5).error_text, ErrorText::Plain);
        assert!(of(SparkVersion::V4_0).min_overhead_is_a_key);
        assert!(!of(SparkVersion::V4_0).byte_threshold);
        assert!(of(SparkVersion::V4_1).unmanaged_memory);
        assert_eq!(of(SparkVersion::V4_1), of(SparkVersion::V4_2));
        assert!(of(SparkVersion::V4_3).allocator_oom_retries);
    }
}

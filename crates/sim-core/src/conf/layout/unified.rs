//! The unified region of one JVM: `UnifiedMemoryManager.apply`, `getMaxMemory` and the constructor
//! of `MemoryManager`.
//!
//! ```text
//! system memory S
//! ├── reserved R          300 MiB
//! ├── user                S - R - M
//! └── unified M           trunc((S - R) * fraction)
//!     ├── storage region  trunc(M * storageFraction), what execution cannot evict
//!     └── execution       M - region, where it starts
//! off-heap O              the same split; sized even while off-heap memory is not enabled
//! ```
//!
//! This is the arithmetic alone, with Spark's checks and no others: the fraction has no range here.
//! Doubles are Spark's: the same expressions and the same truncation.

use super::error::LayoutError;

/// `RESERVED_SYSTEM_MEMORY_BYTES`: 300 MiB set aside in every heap.
pub const RESERVED_SYSTEM_MEMORY_BYTES: u64 = 300 << 20;

/// What the sizes of the pools follow from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnifiedInputs {
    /// `Runtime.maxMemory`, or `spark.testing.memory`.
    pub system_memory_bytes: u64,
    /// [`RESERVED_SYSTEM_MEMORY_BYTES`], or `spark.testing.reservedMemory`.
    pub reserved_bytes: u64,
    /// `spark.memory.fraction`.
    pub fraction: f64,
    /// `spark.memory.storageFraction`.
    pub storage_fraction: f64,
    /// `spark.memory.offHeap.size`.
    pub off_heap_size_bytes: u64,
    /// `spark.executor.memory` where it is set, a number without a unit read as bytes.
    pub executor_memory_bytes: Option<u64>,
}

/// The pools as they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnifiedPools {
    /// Execution and storage on the heap together: `maxHeapMemory`.
    pub max_heap_bytes: u64,
    /// The part of it that execution cannot evict blocks from, where the storage pool starts:
    /// `onHeapStorageRegionSize`.
    pub storage_region_bytes: u64,
    /// Where the execution pool on the heap starts: `onHeapExecutionMemory`.
    pub execution_bytes: u64,
    /// Both pools off the heap together: `maxOffHeapMemory`.
    pub max_off_heap_bytes: u64,
    /// The storage region off the heap: `offHeapStorageMemory`.
    pub off_heap_storage_region_bytes: u64,
    /// Where the execution pool off the heap starts.
    pub off_heap_execution_bytes: u64,
}

/// The least system memory: `(reservedMemory * 1.5).ceil.toLong`.
pub fn min_system_memory(reserved_bytes: u64) -> u64 {
    (reserved_bytes as f64 * 1.5).ceil() as u64
}

/// Bytes that execution and storage share on the heap (`UnifiedMemoryManager.getMaxMemory`).
/// Negative for a negative fraction, which Spark accepts at this point.
pub fn get_max_memory(inputs: &UnifiedInputs) -> Result<i64, LayoutError> {
    let minimum_bytes = min_system_memory(inputs.reserved_bytes);
    if inputs.system_memory_bytes < minimum_bytes {
        return Err(LayoutError::InvalidDriverMemory {
            system_memory_bytes: inputs.system_memory_bytes,
            minimum_bytes,
        });
    }
    if let Some(executor_memory_bytes) = inputs.executor_memory_bytes
        && executor_memory_bytes < minimum_bytes
    {
        return Err(LayoutError::InvalidExecutorMemory {
            executor_memory_bytes,
            minimum_bytes,
            did_you_mean: None,
        });
    }
    let usable = inputs.system_memory_bytes - inputs.reserved_bytes;
    Ok((usable as f64 * inputs.fraction) as i64)
}

impl UnifiedPools {
    /// Sizes the pools as `UnifiedMemoryManager.apply` does.
    pub fn of(inputs: &UnifiedInputs) -> Result<UnifiedPools, LayoutError> {
        let max_heap = get_max_memory(inputs)?;
        let region = (max_heap as f64 * inputs.storage_fraction) as i64;
        let execution = max_heap - region;
        if execution <= 0 {
            return Err(LayoutError::NoExecutionMemory { execution_bytes: execution });
        }
        let max_off_heap_bytes = inputs.off_heap_size_bytes;
        let off_heap_region = (max_off_heap_bytes as f64 * inputs.storage_fraction) as u64;
        Ok(UnifiedPools {
            // Execution is positive and the storage fraction below 1: neither can be negative.
            max_heap_bytes: max_heap.cast_unsigned(),
            storage_region_bytes: region.cast_unsigned(),
            execution_bytes: execution.cast_unsigned(),
            max_off_heap_bytes,
            off_heap_storage_region_bytes: off_heap_region,
            off_heap_execution_bytes: max_off_heap_bytes - off_heap_region,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn inputs(system_memory_bytes: u64) -> UnifiedInputs {
        UnifiedInputs {
            system_memory_bytes,
            reserved_bytes: RESERVED_SYSTEM_MEMORY_BYTES,
            fraction: 0.6,
            storage_fraction: 0.5,
            off_heap_size_bytes: 0,
            executor_memory_bytes: None,
        }
    }

    #[test]
    fn the_region_is_a_fraction_of_what_is_not_reserved() {
        let pools = UnifiedPools::of(&inputs(GIB)).expect("a heap of 1 GiB");
        assert_eq!(pools.max_heap_bytes, 455_501_414);
        assert_eq!(pools.storage_region_bytes, 227_750_707);
        assert_eq!(pools.execution_bytes, 227_750_707);
        let pools = UnifiedPools::of(&inputs(12 * GIB)).expect("a heap of 12 GiB");
        assert_eq!(pools.max_heap_bytes, 7_542_197_452);
    }

    #[test]
    fn a_heap_of_one_and_a_half_times_the_reserved_memory_is_enough() {
        assert_eq!(min_system_memory(RESERVED_SYSTEM_MEMORY_BYTES), 471_859_200);
        assert!(UnifiedPools::of(&inputs(471_859_200)).is_ok());
        assert_eq!(
            UnifiedPools::of(&inputs(471_859_199)),
            Err(LayoutError::InvalidDriverMemory {
                system_memory_bytes: 471_859_199,
                minimum_bytes: 471_859_200,
            })
        );
    }

    #[test]
    fn execution_must_have_something() {
        let nothing = UnifiedInputs { fraction: 0.0, ..inputs(GIB) };
        assert_eq!(UnifiedPools::of(&nothing), Err(LayoutError::NoExecutionMemory { execution_bytes: 0 }));
        let negative = UnifiedInputs { fraction: -1.0, ..inputs(GIB) };
        assert!(UnifiedPools::of(&negative).is_err());
    }

    #[test]
    fn off_heap_pools_split_like_the_heap() {
        let off_heap = UnifiedInputs { off_heap_size_bytes: 12_345_678_901, ..inputs(GIB) };
        let pools = UnifiedPools::of(&off_heap).expect("a heap of 1 GiB");
        assert_eq!(pools.off_heap_storage_region_bytes, 6_172_839_450);
        assert_eq!(pools.off_heap_execution_bytes, 6_172_839_451);
    }
}

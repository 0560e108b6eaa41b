//! The page size of the task memory manager: `MemoryManager.defaultPageSizeBytes`.

use super::jvm::Collector;
use crate::conf::Semantics;
use crate::memory::MemoryMode;

/// What the default page size follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageInputs {
    /// Where pages are.
    pub mode: MemoryMode,
    /// The execution pool of that mode as it starts.
    pub execution_bytes: u64,
    /// Cores that the JVM was told it has: an executor's `--cores`, n of `local[n]`; where it was
    /// told none, its processors.
    pub cores: u32,
    /// The collector.
    pub collector: Collector,
}

/// Least and largest default page.
const MIN_PAGE_BYTES: u64 = 1 << 20;
const MAX_PAGE_BYTES: u64 = 64 << 20;
/// Pages that each core should be able to have.
const SAFETY_FACTOR: u64 = 16;
/// `Platform.LONG_ARRAY_OFFSET`: the header of the array that is a page on the heap.
const LONG_ARRAY_OFFSET: u64 = 16;

/// Bytes of a page where `spark.buffer.pageSize` is not set. Panics without a core.
pub fn default_page_size_bytes(inputs: &PageInputs, semantics: &Semantics) -> u64 {
    assert!(inputs.cores > 0, "pages are sized for at least one core: 0");
    let share = inputs.execution_bytes / u64::from(inputs.cores) / SAFETY_FACTOR;
    // Spark's nextPowerOfTwo(0) is 0; the clamp makes it the least page all the same.
    let page = share.clamp(MIN_PAGE_BYTES, MAX_PAGE_BYTES).next_power_of_two();
    // SPARK-37593: a page of exactly a region, header included, wastes no second region.
    let in_regions = match inputs.collector {
        Collector::G1 => true,
        Collector::Zgc | Collector::Shenandoah => semantics.page_header_for_zgc,
        Collector::Parallel | Collector::Serial | Collector::Cms => false,
    };
    if in_regions && inputs.mode == MemoryMode::OnHeap { page - LONG_ARRAY_OFFSET } else { page }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::SparkVersion;

    fn page(execution_bytes: u64, cores: u32, collector: Collector, version: SparkVersion) -> u64 {
        let inputs = PageInputs { mode: MemoryMode::OnHeap, execution_bytes, cores, collector };
        default_page_size_bytes(&inputs, &Semantics::of(version))
    }

    #[test]
    fn a_page_is_a_power_of_two_between_1_and_64_mib_less_the_header() {
        use SparkVersion::V3_5;
        // 12 GiB: 7,542,197,452 / 2 for execution, / 4 cores / 16 = 58,923,417 -> 64 MiB.
        assert_eq!(page(3_771_098_726, 4, Collector::G1, V3_5), 67_108_848);
        assert_eq!(page(3_771_098_726, 4, Collector::Serial, V3_5), 67_108_864);
        assert_eq!(page(217_015_910, 4, Collector::G1, V3_5), 4_194_288);
        assert_eq!(page(1, 64, Collector::Serial, V3_5), 1 << 20);
        assert_eq!(page(u64::MAX, 1, Collector::Serial, V3_5), 64 << 20);
    }

    #[test]
    fn zgc_and_shenandoah_have_the_header_since_4_0() {
        for collector in [Collector::Zgc, Collector::Shenandoah] {
            assert_eq!(page(1, 1, collector, SparkVersion::V3_5), 1 << 20);
            assert_eq!(page(1, 1, collector, SparkVersion::V4_0), (1 << 20) - 16);
        }
    }

    #[test]
    fn pages_off_the_heap_have_no_header() {
        let inputs = PageInputs {
            mode: MemoryMode::OffHeap,
            execution_bytes: 1 << 30,
            cores: 1,
            collector: Collector::G1,
        };
        let semantics = Semantics::of(SparkVersion::V4_1);
        assert_eq!(default_page_size_bytes(&inputs, &semantics), 64 << 20);
    }
}

//! What collections take: constants of each collector.

use super::HeapCollector;

/// Heaps of that many bytes need references of 8 bytes.
const COMPRESSED_REFERENCES: u64 = 32 << 30;

/// Costs of a collector's work by one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GcCosts {
    /// Nanoseconds of a young collection that finds nothing alive: safepoint, roots, bookkeeping.
    pub young_base_ns: u64,
    /// Picoseconds for each byte that a young collection copies.
    pub copy_byte_ps: u64,
    /// Picoseconds for each object that a young collection copies.
    pub copy_object_ps: u64,
    /// Picoseconds for each thousand bytes of the old generation: its cards are searched in each young collection.
    pub old_kilobyte_ps: u64,
    /// Nanoseconds of a full collection, or of a concurrent cycle, whatever the heap holds.
    pub full_base_ns: u64,
    /// Picoseconds for each object that a full collection marks and moves, or that a cycle marks.
    pub full_object_ps: u64,
    /// Picoseconds for each byte that a full collection marks and moves, or that a cycle relocates.
    pub full_byte_ps: u64,
    /// Picoseconds for each object that is marked concurrently.
    pub mark_object_ps: u64,
    /// Bytes that an object takes here for each thousand of those under compressed references.
    pub object_per_mille: u64,
}

impl GcCosts {
    /// The constants of a collector: fitted for Parallel, Serial, G1 and ZGC; those of CMS are Serial's with its
    /// young collections in parallel, and not calibrated.
    #[must_use]
    pub const fn of(collector: HeapCollector) -> Self {
        match collector {
            HeapCollector::Parallel => Self {
                young_base_ns: 125_000,
                copy_byte_ps: 33,
                copy_object_ps: 40_000,
                old_kilobyte_ps: 5_300,
                full_base_ns: 150_000,
                full_object_ps: 30_000,
                full_byte_ps: 218,
                mark_object_ps: 0,
                object_per_mille: 1000,
            },
            HeapCollector::Serial | HeapCollector::Cms => Self {
                young_base_ns: 2_200,
                copy_byte_ps: 34,
                copy_object_ps: 34_700,
                old_kilobyte_ps: 680,
                full_base_ns: 12_900_000,
                full_object_ps: 773,
                full_byte_ps: 200,
                mark_object_ps: 30_000,
                object_per_mille: 1000,
            },
            HeapCollector::G1 => Self {
                young_base_ns: 247_000,
                copy_byte_ps: 381,
                copy_object_ps: 104_000,
                old_kilobyte_ps: 7_560,
                full_base_ns: 2_280_000,
                full_object_ps: 72_200,
                full_byte_ps: 149,
                mark_object_ps: 50_000,
                object_per_mille: 1000,
            },
            HeapCollector::Zgc => Self {
                young_base_ns: 20_000,
                copy_byte_ps: 0,
                copy_object_ps: 0,
                old_kilobyte_ps: 0,
                full_base_ns: 3_780_000,
                full_object_ps: 0,
                full_byte_ps: 79,
                mark_object_ps: 32_000,
                object_per_mille: 1090,
            },
        }
    }

    /// The same in a heap of so many bytes: from 32 GiB on references are not compressed (`UseCompressedOops`), and
    /// objects are larger.
    #[must_use]
    pub const fn in_heap(collector: HeapCollector, heap: u64) -> Self {
        let mut costs = Self::of(collector);
        if heap >= COMPRESSED_REFERENCES {
            costs.object_per_mille = Self::of(HeapCollector::Zgc).object_per_mille;
        }
        costs
    }

    /// Nanoseconds of `rate` picoseconds for each of `units`.
    #[must_use]
    pub(super) fn ns(units: u64, rate_ps: u64) -> u64 {
        u64::try_from(u128::from(units) * u128::from(rate_ps) / 1000).unwrap_or(u64::MAX)
    }
}

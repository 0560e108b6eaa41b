//! Which writer a shuffle gets, and with it which consumer its map tasks have.
//!
//! Spark: `SortShuffleManager.registerShuffle`, `SortShuffleWriter.shouldBypassMergeSort`.

/// Most partitions of a serialized shuffle: record pointers have 24 bits for the partition.
const MAX_SERIALIZED_PARTITIONS: u64 = 1 << 24;

/// How map output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShuffleWriter {
    /// One file for each partition at the same time: no execution memory (`BypassMergeSortShuffleWriter`).
    BypassMerge,
    /// The serialized shuffle: a [`ShuffleExternalSorter`](super::ShuffleExternalSorter) (`UnsafeShuffleWriter`).
    Unsafe,
    /// Objects: an `ExternalSorter`, that is a [`Spillable`](super::Spillable) (`SortShuffleWriter`).
    Sort,
}

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
pub struct ShuffleDependency {
    /// Partitions of the shuffle.
    pub partitions: u64,
    /// Whether values are combined on the map side (`reduceByKey`).
    pub map_side_combine: bool,
    /// Whether serialized records can be moved about: SQL's serializer and Kryo with defaults can, Java's cannot.
    pub relocatable_serializer: bool,
}

impl ShuffleWriter {
    /// The writer of a shuffle; the threshold is `spark.shuffle.sort.bypassMergeThreshold` (200).
    #[must_use]
    pub fn choose(dependency: ShuffleDependency, bypass_merge_threshold: u64) -> Self {
        let ShuffleDependency { partitions, map_side_combine, relocatable_serializer } = dependency;
        if map_side_combine {
            Self::Sort
        } else if partitions <= bypass_merge_threshold {
            Self::BypassMerge
        } else if relocatable_serializer && partitions <= MAX_SERIALIZED_PARTITIONS {
            Self::Unsafe
        } else {
            Self::Sort
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_partitions_bypass_and_objects_that_move_are_sorted_as_bytes() {
        let choose = |partitions, map_side_combine, relocatable_serializer| {
            let dependency = ShuffleDependency { partitions, map_side_combine, relocatable_serializer };
            ShuffleWriter::choose(dependency, 200)
        };
        assert_eq!(choose(200, false, true), ShuffleWriter::BypassMerge);
        assert_eq!(choose(201, false, true), ShuffleWriter::Unsafe);
        assert_eq!(choose(201, false, false), ShuffleWriter::Sort);
        assert_eq!(choose(2, true, true), ShuffleWriter::Sort);
        assert_eq!(choose((1 << 24) + 1, false, true), ShuffleWriter::Sort);
    }
}

//! The sizes of blocks as the driver knows them: rounded, each for itself, and averaged where there are many.

use std::sync::LazyLock;

/// `spark.shuffle.minNumPartitionsToHighlyCompress`: above so many partitions only averages are kept.
const MOST_ACCURATE_PARTITIONS: usize = 2000;
/// `spark.shuffle.accurateBlockThreshold`: blocks whose size is kept then, too.
const ACCURATE_BLOCK: u64 = 100 << 20;
/// `MapStatus.LOG_BASE`.
const LOG_BASE: f64 = 1.1;

/// Whole powers of the base: what a byte can say about a size.
static SIZES: LazyLock<[u64; 256]> = LazyLock::new(|| {
    let mut power = 1.0;
    let mut sizes = [0; 256];
    for size in sizes.iter_mut().skip(1) {
        power *= LOG_BASE;
        *size = power as u64;
    }
    sizes
});

/// The size of a block, in bytes, as a map task reports it: rounded up to a whole power of 1.1, cut to whole bytes; at
/// most 35.9 GB (`MapStatus.compressSize`, `decompressSize`).
#[must_use]
pub fn reported_size(bytes: u64) -> u64 {
    SIZES[SIZES.partition_point(|&size| size < bytes).min(255)]
}

/// What the map tasks of a shuffle wrote. Every partition is divided over them as all that they wrote is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapOutput {
    /// Bytes by map task.
    maps: Vec<u64>,
    /// Bytes by partition.
    reducers: Vec<u64>,
    /// Bytes of all map tasks.
    all: u128,
    /// By map task: the average of its blocks that are not large. Empty where each block is reported for itself.
    averages: Vec<u64>,
}

/// Blocks that are looked at; beyond, map tasks that wrote about the same count as alike.
const MOST_BLOCKS: usize = 1 << 24;

impl MapOutput {
    /// Bytes by map task and by partition.
    #[must_use]
    pub fn new(maps: Vec<u64>, reducers: Vec<u64>) -> Self {
        let all = maps.iter().map(|&map| u128::from(map)).sum();
        let mut output = Self { maps, reducers, all, averages: Vec::new() };
        if output.reducers.len() > MOST_ACCURATE_PARTITIONS {
            let mut averages = vec![0; output.maps.len()];
            for (map, alike) in output.alike() {
                let average = average(output.reducers.iter().map(|&reducer| output.bytes(map, reducer)));
                alike.into_iter().for_each(|at| averages[at] = average);
            }
            output.averages = averages;
        }
        output
    }

    /// Number of partitions.
    #[must_use]
    pub fn partitions(&self) -> u32 {
        u32::try_from(self.reducers.len()).unwrap_or(u32::MAX)
    }

    /// Bytes by partition, summed over the blocks as they are reported
    /// (`MapOutputStatistics.bytesByPartitionId`).
    #[must_use]
    pub fn bytes_by_partition(&self) -> Vec<u64> {
        let mut sums = vec![0_u64; self.reducers.len()];
        for (map, alike) in self.alike() {
            let average = self.averages.get(alike[0]);
            for (sum, &reducer) in sums.iter_mut().zip(&self.reducers) {
                let block = reported_block(self.bytes(map, reducer), average);
                *sum = sum.saturating_add(block.saturating_mul(alike.len() as u64));
            }
        }
        for (sum, &reducer) in sums.iter_mut().zip(&self.reducers) {
            if *sum == 0 && reducer > 0 {
                // Too little for a byte in each map task: a few of them have it.
                *sum = reported_size(reducer);
            }
        }
        sums
    }

    /// The blocks of one partition, by map task, as they are reported (`MapStatus.getSizeForBlock`).
    #[must_use]
    pub fn blocks(&self, reducer: u32) -> Vec<u64> {
        let bytes = self.reducers[reducer as usize];
        let block = |(at, &map)| reported_block(self.bytes(map, bytes), self.averages.get(at));
        self.maps.iter().enumerate().map(block).collect()
    }

    /// What a map task that wrote `map` bytes has of a partition.
    fn bytes(&self, map: u64, reducer: u64) -> u64 {
        if self.all == 0 {
            return 0;
        }
        let bytes = (u128::from(reducer) * u128::from(map) + self.all / 2) / self.all;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Map tasks that wrote the same, or about so where there are many: how much, and which.
    fn alike(&self) -> Vec<(u64, Vec<usize>)> {
        let mut order: Vec<usize> = (0..self.maps.len()).collect();
        order.sort_by_key(|&at| self.maps[at]);
        let classes: Vec<&[usize]> =
            order.chunk_by(|&one, &other| self.maps[one] == self.maps[other]).collect();
        let most = (MOST_BLOCKS / self.reducers.len().max(1)).max(1);
        if classes.len() <= most {
            return classes.into_iter().map(|alike| (self.maps[alike[0]], alike.to_vec())).collect();
        }
        let chunks = order.chunks(order.len().div_ceil(most));
        let mean = |alike: &[usize]| {
            let sum: u128 = alike.iter().map(|&at| u128::from(self.maps[at])).sum();
            u64::try_from(sum / alike.len() as u128).unwrap_or(u64::MAX)
        };
        chunks.map(|alike| (mean(alike), alike.to_vec())).collect()
    }
}

/// The size of a block, as a map task reports it whose status is highly compressed to `average`, if it is.
fn reported_block(bytes: u64, average: Option<&u64>) -> u64 {
    match average {
        Some(&average) if bytes > 0 && bytes < ACCURATE_BLOCK => average,
        _ => reported_size(bytes),
    }
}

/// The average of the blocks that are neither empty nor large (`HighlyCompressedMapStatus`).
fn average(blocks: impl Iterator<Item = u64>) -> u64 {
    let small = blocks.filter(|&bytes| bytes > 0 && bytes < ACCURATE_BLOCK);
    let (sum, count) =
        small.fold((0_u128, 0_u128), |(sum, count), bytes| (sum + u128::from(bytes), count + 1));
    (sum / count.max(1)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_powers() {
        assert_eq!(reported_size(0), 0);
        assert_eq!(reported_size(1), 1);
        // 1.1^49 = 106.7, 1.1^145 = 1,004,475.
        assert_eq!(reported_size(100), 106);
        assert_eq!(reported_size(1_000_000), 1_004_475);
        assert_eq!(reported_size(1 << 50), SIZES[255]);
    }

    #[test]
    fn every_block_is_rounded_for_itself() {
        // Four map tasks with 25 bytes each, which 1.1^34 = 25.5 stands for; one with 100.
        assert_eq!(MapOutput::new(vec![5; 4], vec![100]).bytes_by_partition(), [100]);
        assert_eq!(MapOutput::new(vec![5; 4], vec![104, 0]).bytes_by_partition(), [4 * 28, 0]);
        assert_eq!(MapOutput::new(vec![7], vec![100, 3]).bytes_by_partition(), [106, 3]);
        assert_eq!(MapOutput::new(vec![1, 3], vec![400]).blocks(0), [106, reported_size(300)]);
    }

    #[test]
    fn many_partitions_are_all_as_large_as_their_average() {
        let mut reducers = vec![10; 2001];
        reducers[7] = 2011;
        reducers[9] = 0;
        reducers[11] = 1 << 30;
        let sizes = MapOutput::new(vec![1; 2], reducers).bytes_by_partition();
        // (1998 * 5 + 1006 (half of 2011, rounded)) / 1999.
        assert_eq!((sizes[0], sizes[7], sizes[9], sizes[11]), (2 * 5, 2 * 5, 0, 2 * reported_size(1 << 29)));
    }

    #[test]
    fn map_tasks_of_many_sizes_count_as_alike() {
        let sizes: Vec<u64> = (1_000_000..1_010_000).collect();
        let exact = MapOutput::new(vec![1; 10_000], vec![1 << 40; 4]).bytes_by_partition()[0];
        let rounded = MapOutput::new(sizes, vec![1 << 40; 4_000]).bytes_by_partition();
        assert!(
            rounded.iter().all(|&bytes| bytes.abs_diff(exact) < exact / 10),
            "{} for {exact}",
            rounded[0]
        );
    }

    #[test]
    fn a_partition_with_less_than_a_byte_a_map_task_is_not_empty() {
        assert_eq!(MapOutput::new(vec![1; 100], vec![3, 0]).bytes_by_partition(), [3, 0]);
    }
}

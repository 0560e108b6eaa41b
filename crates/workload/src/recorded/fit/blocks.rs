//! Sizes of the blocks of a cached RDD.
//!
//! `BlockUpdated` states the size of a put. Without it a task that reads a block tells its size by `Bytes Read`, and
//! its elements by `Records Read`: the size in memory where it was read from memory, that on disk where it was read
//! from disk. At a level of objects on disk too, these are told apart: two sizes of one partition are memory (the
//! larger) and disk; else sizes for each element that fall into two groups, further apart than [`GAP`], are memory
//! (the upper group) and disk. A partition that nobody told the size of has the mean of the others.

use sim_core::storage::StorageLevel;

use super::objects::expanded;
use super::runs::median;

/// What is known of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Bytes put into memory.
    pub(super) memory: Option<u64>,
    /// Bytes put on disk.
    pub(super) disk: Option<u64>,
    /// Bytes of the block and its elements as tasks read it.
    pub(super) reads: Vec<(u64, u64)>,
    /// Rows of the computation that filled it.
    pub(super) rows: u64,
    /// Serialized bytes that it read.
    pub(super) input: u64,
    /// Bytes of blocks that it read.
    pub(super) blocks: u64,
}

/// Sizes of all partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) memory: Vec<u64>,
    pub(super) serialized: Vec<u64>,
    pub(super) elements: Vec<u64>,
    /// How the sizes in memory are known.
    pub(super) known: Known,
}

/// How sizes are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// All of them were put.
    Put,
    /// All of them were put or read.
    Read,
    /// Some are the mean of others.
    Mean,
    /// None is known: they are those of another RDD that is made alike.
    Alike,
    /// None is known: they are estimated from what the computation read, or 0.
    #[default]
    Unknown,
}

/// Sizes of one group are less apart than this, in thousandths.
const GAP: u64 = 30;
/// Bytes of objects of a cached query in thousandths of its bytes on disk. Seen: 1.07 (13.58 MB and 12.64 MB).
const COLUMNAR_PER_MILLE: u64 = 1070;
/// Rows of a batch of a cached query (`spark.sql.inMemoryColumnarStorage.batchSize`).
const BATCH_ROWS: u64 = 10_000;

/// The sizes of the blocks of an RDD. `columnar`: it is a cached query.
pub(super) fn blocks(told: &[Told], level: StorageLevel, columnar: bool) -> Blocks {
    let two_forms = level.deserialized && level.use_disk && level.use_memory;
    let mut memory: Vec<Option<u64>> = told.iter().map(|told| told.memory).collect();
    let mut disk: Vec<Option<u64>> = told.iter().map(|told| told.disk).collect();
    let put = memory.iter().all(Option::is_some);
    let elements = elements(told, columnar, two_forms);
    let border = if two_forms { border(told, &elements) } else { None };
    for (at, told) in told.iter().enumerate() {
        let sizes = told.reads.iter().map(|&(bytes, _)| bytes);
        let (Some(least), Some(largest)) = (sizes.clone().min(), sizes.max()) else { continue };
        if !two_forms {
            memory[at] = memory[at].or(usual(&told.reads).map(|(bytes, _)| bytes));
        } else if apart(least, largest) {
            memory[at] = memory[at].or(Some(largest));
            disk[at] = disk[at].or(Some(least));
        } else if let Some(known) = memory[at] {
            if apart(largest, known) {
                disk[at] = disk[at].or(Some(largest));
            }
        } else if disk[at].is_some_and(|known| apart(known, largest)) || !below(border, largest, elements[at])
        {
            memory[at] = Some(largest);
        } else {
            disk[at] = disk[at].or(Some(largest));
        }
    }
    if !level.deserialized {
        // One form in both places.
        for (memory, disk) in memory.iter_mut().zip(&mut disk) {
            *memory = memory.or(*disk);
            *disk = disk.or(*memory);
        }
    }
    let known =
        match (put, memory.iter().all(Option::is_some), memory.iter().chain(&disk).any(Option::is_some)) {
            (true, ..) => Known::Put,
            (_, true, _) => Known::Read,
            (.., true) => Known::Mean,
            _ => Known::Unknown,
        };
    let ratio = ratio(&memory, &disk, level, columnar);
    if known == Known::Unknown {
        for (memory, told) in memory.iter_mut().zip(told) {
            *memory = Some(expanded(told.input).saturating_add(told.blocks));
        }
    }
    for (memory, disk) in memory.iter_mut().zip(&disk) {
        *memory = memory.or(disk.map(|disk| scaled(disk, ratio, 1000)));
    }
    let mean = mean(memory.iter().flatten().copied());
    let memory: Vec<u64> = memory.into_iter().map(|bytes| bytes.unwrap_or(mean)).collect();
    let serialized = disk
        .into_iter()
        .zip(&memory)
        .map(|(disk, &memory)| disk.unwrap_or_else(|| scaled(memory, 1000, ratio)))
        .collect();
    Blocks { memory, serialized, elements, known }
}

fn scaled(bytes: u64, times: u64, of: u64) -> u64 {
    u64::try_from(u128::from(bytes) * u128::from(times) / u128::from(of.max(1))).unwrap_or(u64::MAX)
}

fn mean(numbers: impl Iterator<Item = u64>) -> u64 {
    let (mut sum, mut count) = (0u128, 0u128);
    for number in numbers {
        sum += u128::from(number);
        count += 1;
    }
    u64::try_from(sum / count.max(1)).unwrap_or(u64::MAX)
}

/// Whether two sizes are too far apart for one form.
fn apart(less: u64, more: u64) -> bool {
    more > less.saturating_add(scaled(less, GAP, 1000))
}

/// What most tasks read of a partition that has one form; the least of what as many read. Others computed it of blocks
/// again.
fn usual(reads: &[(u64, u64)]) -> Option<(u64, u64)> {
    let count = |read: &(u64, u64)| reads.iter().filter(|other| *other == read).count();
    reads.iter().copied().max_by_key(|read| (count(read), std::cmp::Reverse(*read)))
}

/// Elements of each partition: as read; else batches of its rows, or as many as others have.
fn elements(told: &[Told], columnar: bool, two_forms: bool) -> Vec<u64> {
    let of = |told: &Told| match two_forms {
        true => told.reads.iter().map(|&(_, elements)| elements).max(),
        false => usual(&told.reads).map(|(_, elements)| elements),
    };
    let read: Vec<Option<u64>> = told.iter().map(of).collect();
    let others = mean(read.iter().flatten().copied());
    read.into_iter()
        .zip(told)
        .map(|(read, told)| match read {
            Some(elements) => elements,
            None if others > 0 => others,
            None if columnar => told.rows.div_ceil(BATCH_ROWS).max(1),
            None => told.rows.max(1),
        })
        .collect()
}

/// The size of an element, in 1024ths, between blocks on disk and blocks in memory; `None` if there is one group.
fn border(told: &[Told], elements: &[u64]) -> Option<u64> {
    let mut sizes: Vec<u64> = told
        .iter()
        .zip(elements)
        .flat_map(|(told, &elements)| told.reads.iter().map(move |&(bytes, _)| scaled(bytes, 1024, elements)))
        .collect();
    sizes.sort_unstable();
    let pairs = sizes.windows(2).filter(|two| apart(two[0], two[1]));
    let widest = pairs.max_by_key(|two| scaled(two[1], 1 << 20, two[0]))?;
    Some(widest[0].midpoint(widest[1]))
}

fn below(border: Option<u64>, bytes: u64, elements: u64) -> bool {
    border.is_some_and(|border| scaled(bytes, 1024, elements) < border)
}

/// Bytes in memory in thousandths of those on disk.
fn ratio(memory: &[Option<u64>], disk: &[Option<u64>], level: StorageLevel, columnar: bool) -> u64 {
    if !level.deserialized {
        return 1000;
    }
    let pairs: Vec<u64> =
        memory.iter().zip(disk).filter_map(|(m, d)| Some(scaled((*m)?, 1000, (*d)?))).collect();
    if !pairs.is_empty() {
        return median(pairs).max(1);
    }
    let of = |sizes: &[Option<u64>]| mean(sizes.iter().flatten().copied());
    match (of(memory), of(disk)) {
        (memory @ 1.., disk @ 1..) => scaled(memory, 1000, disk).max(1),
        _ if columnar => COLUMNAR_PER_MILLE,
        _ => expanded(1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u64]) -> Told {
        Told { reads: bytes.iter().map(|&bytes| (bytes, 13)).collect(), ..Told::default() }
    }

    #[test]
    fn what_was_put_is_exact() {
        let told = [
            Told { memory: Some(100), ..Told::default() },
            Told { memory: Some(120), reads: vec![(120, 7)], ..Told::default() },
        ];
        let blocks = blocks(&told, StorageLevel::MEMORY_ONLY, false);
        assert_eq!((blocks.memory, blocks.known), (vec![100, 120], Known::Put));
        assert_eq!(blocks.elements, [7, 7]);
    }

    #[test]
    fn what_one_task_computed_of_other_blocks_is_not_the_size() {
        let blocks = blocks(&[read(&[800, 100, 100]), read(&[300, 110])], StorageLevel::MEMORY_ONLY, false);
        assert_eq!(blocks.memory, [100, 110]);
    }

    #[test]
    fn what_nobody_read_has_the_mean_of_the_others() {
        let blocks = blocks(&[read(&[100, 100]), read(&[]), read(&[200])], StorageLevel::MEMORY_ONLY, false);
        assert_eq!((blocks.memory, blocks.known), (vec![100, 150, 200], Known::Mean));
    }

    #[test]
    fn blocks_on_disk_are_told_by_their_group() {
        // 13.58 MB in memory and 12.64 MB on disk, as a cached query has them.
        let told = [read(&[13_580]), read(&[12_640, 12_640]), read(&[13_590]), read(&[12_650])];
        let blocks = blocks(&told, StorageLevel::MEMORY_AND_DISK, true);
        assert_eq!(blocks.memory, [13_580, 13_575, 13_590, 13_586]);
        assert_eq!(blocks.serialized, [12_644, 12_640, 12_653, 12_650]);
        assert_eq!(blocks.known, Known::Mean);
    }

    #[test]
    fn two_sizes_of_a_partition_are_memory_and_disk() {
        let blocks = blocks(&[read(&[900, 400]), read(&[450])], StorageLevel::MEMORY_AND_DISK, false);
        assert_eq!(blocks.memory, [900, 1012]);
        assert_eq!(blocks.serialized, [400, 450]);
    }

    #[test]
    fn serialized_levels_have_one_form() {
        let told = [Told { disk: Some(50), ..Told::default() }, read(&[70])];
        let blocks = blocks(&told, StorageLevel::MEMORY_AND_DISK_SER, false);
        assert_eq!((blocks.memory, blocks.serialized), (vec![50, 70], vec![50, 70]));
    }

    #[test]
    fn sizes_that_nobody_told_are_estimated_from_the_input() {
        let told = [Told { input: 1000, rows: 25_000, ..Told::default() }];
        let blocks = blocks(&told, StorageLevel::MEMORY_ONLY, true);
        assert_eq!((blocks.memory, blocks.elements), (vec![2500], vec![3]));
        assert_eq!(blocks.known, Known::Unknown);
    }
}

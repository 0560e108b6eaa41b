//! A shuffle that no join needs any more, read where it was written.

use std::ops::Range;

use super::Read;

/// What each task reads of a shuffle that `maps` tasks wrote in `partitions` partitions, when it need not be read by
/// partition: the outputs of some map tasks, or partitions of one, in about `parallelism` tasks
/// (`OptimizeShuffleWithLocalRead.getPartitionSpecs`).
#[must_use]
pub fn local_reads(maps: u32, partitions: u32, parallelism: u32) -> Vec<Read> {
    if maps == 0 || parallelism < maps {
        let maps = divided(maps, parallelism);
        return maps.map(|maps| Read { reducers: 0..partitions, maps: Some(maps) }).collect();
    }
    let of_map = |map: u32| {
        let parts = divided(partitions, parallelism / maps);
        parts.map(move |reducers| Read { reducers, maps: Some(map..map + 1) })
    };
    (0..maps).flat_map(of_map).collect()
}

/// `elements` numbers in `parts` parts, the first of which have one more.
fn divided(elements: u32, parts: u32) -> impl Iterator<Item = Range<u32>> {
    let parts = parts.max(1);
    let start = move |part: u32| {
        let (each, more) = (elements / parts, elements % parts);
        part * each + part.min(more)
    };
    (0..parts).map(move |part| start(part)..start(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_outputs_come_together_or_are_divided() {
        let read = |maps, reducers| Read { reducers, maps: Some(maps) };
        assert_eq!(local_reads(5, 9, 2), [read(0..3, 0..9), read(3..5, 0..9)]);
        let divided = local_reads(2, 5, 5);
        assert_eq!(divided, [read(0..1, 0..3), read(0..1, 3..5), read(1..2, 0..3), read(1..2, 3..5)]);
    }
}

//! Which writer a map task uses. Spark: `SortShuffleManager.registerShuffle`, `SortShuffleWriter.shouldBypassMergeSort`.

use sim_core::ids::ShuffleId;
use sim_core::workload::{ConsumerSpec, Op};

use super::Lowering;
use super::stream::{Demand, Stream};
use crate::Error;

/// The most partitions of the serialized writer: `MAX_SHUFFLE_OUTPUT_PARTITIONS_FOR_SERIALIZED_MODE`.
const MAX_SERIALIZED_PARTITIONS: u32 = 1 << 24;

impl Lowering<'_> {
    /// Writes the rows of a stream, not combined before, to a shuffle.
    pub(super) fn write_shuffle(
        &self,
        stream: &mut Stream,
        shuffle: ShuffleId,
        partitions: u32,
    ) -> Result<(), Error> {
        let costs = &self.conf.costs;
        stream.serialize(|cell| costs.serialize(cell.bytes));
        if partitions <= self.conf.bypass_merge_threshold {
            // BypassMergeSortShuffleWriter: a file a partition, no execution memory.
            stream.settle()?;
        } else {
            let consumer = if partitions <= MAX_SERIALIZED_PARTITIONS {
                ConsumerSpec::ShuffleSort
            } else {
                ConsumerSpec::ExternalSorter
            };
            let demand = stream.stored();
            return self.write_sorted(stream, shuffle, consumer, demand);
        }
        let bytes = stream.each(|cell| cell.wire_bytes);
        let bytes = stream.column(bytes)?;
        stream.ops.push(Op::WriteShuffle { shuffle, bytes });
        Ok(())
    }

    /// Writes rows through a sorter that holds them.
    pub(super) fn write_sorted(
        &self,
        stream: &mut Stream,
        shuffle: ShuffleId,
        consumer: ConsumerSpec,
        demand: Demand,
    ) -> Result<(), Error> {
        let slot = stream.open(consumer)?;
        stream.insert(slot, demand)?;
        stream.finish(slot, |cell| self.conf.costs.sort(cell.rows, consumer == ConsumerSpec::ShuffleSort))?;
        let bytes = stream.each(|cell| cell.wire_bytes);
        let bytes = stream.column(bytes)?;
        stream.ops.push(Op::WriteShuffle { shuffle, bytes });
        stream.settle()
    }
}

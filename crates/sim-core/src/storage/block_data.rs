//! What a block holds, by size: as Java objects and as serialized bytes.

use super::unroll::SizeEstimate;
use crate::units::Bytes;

/// One of the two forms of a block.
#[derive(Clone, Copy, Debug)]
pub struct BlockForm<E> {
    /// What Spark's size tracker says while elements are appended. A serializer flushes in pieces, so that the estimate
    /// of the serialized form lags.
    pub estimate: E,
    /// Exact size of the finished form.
    pub size: Bytes,
}

/// What a block holds.
#[derive(Clone, Copy, Debug)]
pub struct BlockData<E> {
    /// Elements that its iterator gives.
    pub elements: u64,
    /// As objects.
    pub values: BlockForm<E>,
    /// As bytes; also what it takes on disk.
    pub serialized: BlockForm<E>,
}

impl<E: SizeEstimate> BlockData<E> {
    /// The form in which a level keeps the block in memory.
    #[must_use]
    pub fn form(&self, deserialized: bool) -> &BlockForm<E> {
        if deserialized { &self.values } else { &self.serialized }
    }
}

//! Blocks and how they are stored.

use serde::Deserialize;

use super::{
    BlockManagerId, Text,
    number::{long, or_default},
};

/// How blocks are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct StorageLevel {
    /// On disk (too).
    #[serde(rename = "Use Disk")]
    pub use_disk: bool,
    /// In memory.
    #[serde(rename = "Use Memory")]
    pub use_memory: bool,
    /// In memory outside of the heap; since 2.0 (1.x wrote `Use ExternalBlockStore` or `Use Tachyon`, another thing).
    #[serde(rename = "Use Off Heap")]
    pub use_off_heap: bool,
    /// As objects rather than bytes.
    #[serde(rename = "Deserialized")]
    pub deserialized: bool,
    /// Copies; 0 if the log does not say.
    #[serde(rename = "Replication", deserialize_with = "long")]
    pub replication: i64,
}

impl StorageLevel {
    /// Whether it stores anything.
    pub fn is_persisted(&self) -> bool {
        self.use_memory || self.use_disk
    }
}

/// `SparkListenerBlockUpdated`. Only with `spark.eventLog.logBlockUpdates.enabled`; it has no time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct BlockUpdated<'a> {
    /// The block's new state.
    #[serde(borrow, rename = "Block Updated Info")]
    pub block_updated_info: BlockUpdatedInfo<'a>,
}

/// The state of a block on one executor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct BlockUpdatedInfo<'a> {
    /// Where.
    #[serde(borrow, rename = "Block Manager ID", default, deserialize_with = "or_default")]
    pub block_manager_id: BlockManagerId<'a>,
    /// Its name; see [`BlockId::parse`].
    #[serde(borrow, rename = "Block ID")]
    pub block_id: Text<'a>,
    /// What holds now: neither memory nor disk means that it is gone.
    #[serde(rename = "Storage Level", default, deserialize_with = "or_default")]
    pub storage_level: StorageLevel,
    /// Bytes in memory; when it left memory, the bytes that it had there.
    #[serde(rename = "Memory Size", default, deserialize_with = "long")]
    pub memory_size: i64,
    /// Bytes on disk.
    #[serde(rename = "Disk Size", default, deserialize_with = "long")]
    pub disk_size: i64,
}

/// `SparkListenerUnpersistRDD`: all blocks of the RDD are removed, without a `BlockUpdated` each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct UnpersistRdd {
    /// Which RDD.
    #[serde(rename = "RDD ID", deserialize_with = "long")]
    pub rdd_id: i64,
}

/// What the name of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlockId {
    /// `rdd_<rdd>_<split>`: a partition of a persisted RDD.
    Rdd {
        /// The RDD.
        rdd_id: u64,
        /// The partition.
        split_index: u64,
    },
    /// `broadcast_<id>`: the value of a broadcast.
    Broadcast {
        /// The broadcast.
        broadcast_id: u64,
    },
    /// `broadcast_<id>_piece<n>`: a serialized piece of a broadcast.
    BroadcastPiece {
        /// The broadcast.
        broadcast_id: u64,
        /// The piece.
        piece: u64,
    },
    /// A block of another kind, such as a task result or a stream.
    Other,
}

impl BlockId {
    /// Reads the name of a block.
    ///
    /// ```
    /// use spark_eventlog::BlockId;
    /// assert_eq!(BlockId::parse("rdd_3_11"), BlockId::Rdd { rdd_id: 3, split_index: 11 });
    /// assert_eq!(BlockId::parse("broadcast_0_piece2"), BlockId::BroadcastPiece { broadcast_id: 0, piece: 2 });
    /// assert_eq!(BlockId::parse("taskresult_7"), BlockId::Other);
    /// ```
    pub fn parse(name: &str) -> Self {
        Self::rdd(name).or_else(|| Self::broadcast(name)).unwrap_or(Self::Other)
    }

    fn rdd(name: &str) -> Option<Self> {
        let (rdd_id, split_index) = name.strip_prefix("rdd_")?.split_once('_')?;
        Some(Self::Rdd { rdd_id: rdd_id.parse().ok()?, split_index: split_index.parse().ok()? })
    }

    fn broadcast(name: &str) -> Option<Self> {
        let name = name.strip_prefix("broadcast_")?;
        match name.split_once('_') {
            None => Some(Self::Broadcast { broadcast_id: name.parse().ok()? }),
            Some((id, piece)) => Some(Self::BroadcastPiece {
                broadcast_id: id.parse().ok()?,
                piece: piece.strip_prefix("piece")?.parse().ok()?,
            }),
        }
    }
}

//! Where a block may live. Spark: `StorageLevel.scala`.

use crate::memory::MemoryMode;

/// Where a block may live, in which form and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageLevel {
    /// On disk, where memory does not take it or drops it.
    pub use_disk: bool,
    /// In memory.
    pub use_memory: bool,
    /// In memory outside the heap.
    pub use_off_heap: bool,
    /// As Java objects; otherwise as serialized bytes.
    pub deserialized: bool,
    /// Number of executors that keep a copy.
    pub replication: u8,
}

impl StorageLevel {
    /// Nowhere: the block is forgotten.
    pub const NONE: Self = Self::of(false, false, false, false);
    /// On disk alone.
    pub const DISK_ONLY: Self = Self::of(true, false, false, false);
    /// In memory as objects; what does not fit is computed again.
    pub const MEMORY_ONLY: Self = Self::of(false, true, false, true);
    /// In memory as bytes; what does not fit is computed again.
    pub const MEMORY_ONLY_SER: Self = Self::of(false, true, false, false);
    /// In memory as objects; what does not fit goes to disk.
    pub const MEMORY_AND_DISK: Self = Self::of(true, true, false, true);
    /// In memory as bytes; what does not fit goes to disk.
    pub const MEMORY_AND_DISK_SER: Self = Self::of(true, true, false, false);
    /// In off-heap memory as bytes; what does not fit goes to disk.
    pub const OFF_HEAP: Self = Self::of(true, true, true, false);

    const fn of(use_disk: bool, use_memory: bool, use_off_heap: bool, deserialized: bool) -> Self {
        Self { use_disk, use_memory, use_off_heap, deserialized, replication: 1 }
    }

    /// Every level that Spark names.
    pub const NAMED: [(&'static str, Self); 13] = [
        ("NONE", Self::NONE),
        ("DISK_ONLY", Self::DISK_ONLY),
        ("DISK_ONLY_2", Self::DISK_ONLY.replicated(2)),
        ("DISK_ONLY_3", Self::DISK_ONLY.replicated(3)),
        ("MEMORY_ONLY", Self::MEMORY_ONLY),
        ("MEMORY_ONLY_2", Self::MEMORY_ONLY.replicated(2)),
        ("MEMORY_ONLY_SER", Self::MEMORY_ONLY_SER),
        ("MEMORY_ONLY_SER_2", Self::MEMORY_ONLY_SER.replicated(2)),
        ("MEMORY_AND_DISK", Self::MEMORY_AND_DISK),
        ("MEMORY_AND_DISK_2", Self::MEMORY_AND_DISK.replicated(2)),
        ("MEMORY_AND_DISK_SER", Self::MEMORY_AND_DISK_SER),
        ("MEMORY_AND_DISK_SER_2", Self::MEMORY_AND_DISK_SER.replicated(2)),
        ("OFF_HEAP", Self::OFF_HEAP),
    ];

    /// The level that Spark calls `name`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, level)| level)
    }

    /// The name that Spark gives this level, if it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|&&(_, level)| level == self).map(|&(name, _)| name)
    }

    /// The same level with `copies` copies.
    #[must_use]
    pub const fn replicated(mut self, copies: u8) -> Self {
        self.replication = copies;
        self
    }

    /// Where the memory of this level lies.
    #[must_use]
    pub const fn memory_mode(self) -> MemoryMode {
        if self.use_off_heap { MemoryMode::OffHeap } else { MemoryMode::OnHeap }
    }

    /// Whether the level keeps anything anywhere.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        (self.use_memory || self.use_disk) && self.replication > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_are_one_to_one() {
        for (name, level) in StorageLevel::NAMED {
            assert_eq!(StorageLevel::by_name(name), Some(level));
            assert_eq!(level.name(), Some(name));
        }
        assert_eq!(StorageLevel::by_name("MEMORY"), None);
        assert_eq!(StorageLevel::OFF_HEAP.memory_mode(), MemoryMode::OffHeap);
    }
}

//! A storage level as Spark names it, or as it prints one without a name: `StorageLevel(disk, memory, off-heap,
//! deserialized, copies)`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};
use sim_core::storage::StorageLevel;

pub(super) fn serialize<S: Serializer>(level: &StorageLevel, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*level))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StorageLevel, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "`{}` is no storage level: write one that Spark names, as \"MEMORY_AND_DISK\"",
            text.escape_debug()
        ))
    })
}

/// A level as Spark writes it.
#[must_use]
pub fn text(level: StorageLevel) -> String {
    level.name().map_or_else(
        || {
            let StorageLevel { use_disk, use_memory, use_off_heap, deserialized, replication } = level;
            format!("StorageLevel({use_disk}, {use_memory}, {use_off_heap}, {deserialized}, {replication})")
        },
        ToOwned::to_owned,
    )
}

fn parse(text: &str) -> Option<StorageLevel> {
    if let Some(level) = StorageLevel::by_name(text) {
        return Some(level);
    }
    let inside = text.strip_prefix("StorageLevel(")?.strip_suffix(')')?;
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    let [use_disk, use_memory, use_off_heap, deserialized, replication] = parts.try_into().ok()?;
    Some(StorageLevel {
        use_disk: use_disk.parse().ok()?,
        use_memory: use_memory.parse().ok()?,
        use_off_heap: use_off_heap.parse().ok()?,
        deserialized: deserialized.parse().ok()?,
        replication: replication.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_without_a_name_is_read_back() {
        for level in [StorageLevel::OFF_HEAP, StorageLevel::MEMORY_ONLY.replicated(5)] {
            assert_eq!(parse(&text(level)), Some(level));
        }
        assert_eq!(parse("MEMORY"), None);
    }
}

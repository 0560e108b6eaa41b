//! The words in which Spark itself refuses a value: `ConfigBuilder.checkValue`.

use super::keys::Key;
use super::kind::{Kind, Value};
use super::semantics::{ErrorText, Semantics};

/// Spark's own text for a value outside its range, for the keys whose range Spark checks and users
/// meet; `None` for ranges that are ours.
pub fn requirement_text(key: Key, value: &Value, semantics: &Semantics) -> Option<String> {
    let requirement = match key {
        Key::MemoryStorageFraction => "Storage fraction must be in [0,1)",
        Key::MemoryOffHeapSize => "The off-heap memory size must not be negative",
        Key::ExecutorMemoryOverheadFactor | Key::DriverMemoryOverheadFactor => {
            "Ensure that memory overhead is a double greater than 0"
        }
        Key::SqlShufflePartitions => "The value of spark.sql.shuffle.partitions must be positive",
        Key::SqlCodegenAggregateFastHashMapCapacityBit => "The bit value must be in [10, 30].",
        _ => return None,
    };
    let found = match (value, key.row().kind) {
        (Value::Bytes(bytes), Kind::Bytes(unit)) => match semantics.error_text {
            ErrorText::Plain => (bytes / unit.bytes().cast_signed()).to_string(),
            ErrorText::SqlState => format!("{bytes}b"),
        },
        // Debug keeps the `.0` of a whole double, as Java does.
        (Value::Double(number), _) => format!("{number:?}"),
        (Value::Int(number), _) => number.to_string(),
        _ => return None,
    };
    let name = key.name();
    Some(match semantics.error_text {
        ErrorText::Plain => format!("'{found}' in {name} is invalid. {requirement}"),
        ErrorText::SqlState => format!(
            "[INVALID_CONF_VALUE.REQUIREMENT] The value '{found}' in the config \"{name}\" is \
             invalid. {requirement} SQLSTATE: 22022"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::SparkVersion;

    #[test]
    fn the_texts_are_those_of_3_5_6_and_4_3_0() {
        let text = |key, value, version| requirement_text(key, &value, &Semantics::of(version));
        let fraction = Key::MemoryStorageFraction;
        assert_eq!(
            text(fraction, Value::Double(1.0), SparkVersion::V3_5).as_deref(),
            Some(
                "'1.0' in spark.memory.storageFraction is invalid. \
                 Storage fraction must be in [0,1)"
            )
        );
        assert_eq!(
            text(fraction, Value::Double(1.5), SparkVersion::V4_3).as_deref(),
            Some(
                "[INVALID_CONF_VALUE.REQUIREMENT] The value '1.5' in the config \
                 \"spark.memory.storageFraction\" is invalid. Storage fraction must be in [0,1) \
                 SQLSTATE: 22022"
            )
        );
        let size = text(Key::MemoryOffHeapSize, Value::Bytes(-1), SparkVersion::V4_3);
        assert!(size.is_some_and(|text| text.contains("The value '-1b' in")));
        let ours = text(Key::MemoryFraction, Value::Double(2.0), SparkVersion::V3_5);
        assert_eq!(ours, None);
    }
}

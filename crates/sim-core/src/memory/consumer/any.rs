//! Any consumer: one enum, so that a task holds them side by side without boxes.

use super::{
    BlackBox, BytesToBytesMap, ExternalAppendOnlyUnsafeRowArray, HashAggregation, HybridRowQueue,
    LongToUnsafeRowMap, RowBasedKeyValueBatch, ShuffleExternalSorter, Spillable, UnsafeExternalSorter,
};

macro_rules! consumers {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Any consumer.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Consumer {
            $($(#[$doc])* $name($name),)*
        }

        $(impl From<$name> for Consumer {
            fn from(machine: $name) -> Self {
                Self::$name(machine)
            }
        })*

        /// Calls a [`Machine`](super::Machine) method on whatever consumer it is.
        macro_rules! dispatch {
            ($consumer:expr, $machine:ident => $call:expr) => {
                match $consumer {
                    $($crate::memory::consumer::Consumer::$name($machine) => $call,)*
                }
            };
        }
    };
}

consumers! {
    /// SQL sorts.
    UnsafeExternalSorter,
    /// The serialized shuffle.
    ShuffleExternalSorter,
    /// Shuffles and aggregations of RDDs.
    Spillable,
    /// General hashed relations.
    BytesToBytesMap,
    /// Hash aggregations of SQL.
    HashAggregation,
    /// The map that generated code keeps before that of a partial aggregation.
    RowBasedKeyValueBatch,
    /// Hashed relations with one long key.
    LongToUnsafeRowMap,
    /// Row buffers of joins and windows.
    ExternalAppendOnlyUnsafeRowArray,
    /// Rows that wait for a Python worker.
    HybridRowQueue,
    /// Operators that are known by what they hold alone.
    BlackBox,
}

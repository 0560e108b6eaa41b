//! The figures that are scored, and one set of their values.

use serde::{Serialize, Serializer};

macro_rules! figures {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        /// A figure of an application, named as in the JSON of `replay`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Figure {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Figure {
            /// All of them, in the order of the tables.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

figures! {
    /// Bytes that spilled records took in memory.
    MemorySpilled = "memory_spilled_bytes";
    /// Bytes written for them.
    DiskSpilled = "disk_spilled_bytes";
    /// Largest peak of execution memory of a task.
    PeakMax = "peak_execution_memory_max_bytes";
    /// Sum of the peaks of all tasks.
    PeakSum = "peak_execution_memory_sum_bytes";
    /// Blocks of RDDs that left memory.
    EvictedBlocks = "evicted_blocks";
    /// Their bytes.
    EvictedBytes = "evicted_bytes";
    /// Pieces of broadcast variables that left memory.
    EvictedBroadcastBlocks = "evicted_broadcast_blocks";
    /// Tasks that found their partition of a cached RDD.
    CacheHits = "cache_hits";
    /// Tasks that did not.
    CacheMisses = "cache_misses";
    /// Attempts of tasks that failed.
    FailedTasks = "failed_tasks";
    /// CPU time of all tasks, in milliseconds.
    Cpu = "cpu_ms";
    /// From the start of the application to its end, in milliseconds.
    Duration = "duration_ms";
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A value for each figure; `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Values([Option<u64>; Figure::ALL.len()]);

impl Values {
    /// The value of a figure.
    #[must_use]
    pub fn get(&self, figure: Figure) -> Option<u64> {
        self.0[figure as usize]
    }

    /// These, with another value of one figure.
    #[must_use]
    pub fn with(mut self, figure: Figure, value: Option<u64>) -> Self {
        self.0[figure as usize] = value;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_place_of_its_own() {
        let mut values = Values::default();
        for (at, figure) in Figure::ALL.iter().enumerate() {
            values = values.with(*figure, Some(at as u64));
        }
        for (at, figure) in Figure::ALL.iter().enumerate() {
            assert_eq!(values.get(*figure), Some(at as u64), "{}", figure.name());
        }
    }
}

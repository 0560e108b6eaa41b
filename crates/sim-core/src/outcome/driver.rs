//! What the driver held, and what Spark warns of.

use crate::ids::StageId;
use crate::units::Bytes;

/// The most that the driver held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriverPeaks {
    /// Live bytes of its heap at the worst moment.
    pub live: Bytes,
    /// The parts of them by name, largest first.
    pub parts: Vec<(&'static str, Bytes)>,
    /// Serialized results of the stage that brought the most, as `spark.driver.maxResultSize` counts them.
    pub results: Bytes,
    /// Serialized bytes of the largest task.
    pub largest_task: Bytes,
}

/// Something that Spark logs as a warning and that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// `TaskSetManager`: a task is large; once a stage.
    LargeTask {
        /// Of which stage.
        stage: StageId,
        /// Serialized bytes of the first such task.
        bytes: Bytes,
    },
    /// `Executor`: a result is larger than `spark.driver.maxResultSize` and not even sent.
    ResultDropped {
        /// Of which stage.
        stage: StageId,
        /// Of which task.
        index: u32,
        /// Its bytes.
        bytes: Bytes,
        /// The setting.
        limit: Bytes,
    },
    /// `Executor`: a task has succeeded and still holds execution memory.
    MemoryLeak {
        /// Of which stage.
        stage: StageId,
        /// Of which task.
        index: u32,
        /// What it holds.
        bytes: Bytes,
    },
}

//! What the driver held, and what Spark warns of.

use serde::Serialize;
use sim_core::engine::DriverConf;
use sim_core::outcome::{DriverPeaks, Warning};

use super::PartReport;

/// What the driver held at most. In `local` its heap is the executor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriverReport {
    /// What can be live in its heap at most: `Runtime.maxMemory`; `null` where nobody knows how large it was.
    pub heap_capacity_bytes: Option<u64>,
    /// What was live at the worst moment.
    pub peak_live_bytes: u64,
    /// The parts of that, largest first.
    pub peak_parts: Vec<PartReport>,
    /// Serialized results of the stage that brought the most, as `spark.driver.maxResultSize` counts them.
    pub results_bytes: u64,
    /// `spark.driver.maxResultSize`; `null` for no limit.
    pub max_result_size_bytes: Option<u64>,
    /// Serialized bytes of the largest task that data travels in; 0 where none does.
    pub largest_task_bytes: u64,
}

impl DriverReport {
    pub(crate) fn of(conf: &DriverConf, peaks: &DriverPeaks) -> Self {
        let known = conf.heap < sim_core::units::Bytes::MAX;
        Self {
            heap_capacity_bytes: known.then_some(conf.heap.0),
            peak_live_bytes: peaks.live.0,
            peak_parts: peaks
                .parts
                .iter()
                .map(|&(name, bytes)| PartReport { name, held_bytes: bytes.0 })
                .collect(),
            results_bytes: peaks.results.0,
            max_result_size_bytes: conf.max_result_size.map(|size| size.0),
            largest_task_bytes: peaks.largest_task.0,
        }
    }
}

/// Something that Spark logs as a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WarningReport {
    /// What it is of: `large_task`, `result_dropped`, `memory_leak`.
    pub kind: &'static str,
    /// The number of the stage.
    pub stage: u32,
    /// In Spark's words.
    pub text: String,
}

impl WarningReport {
    pub(crate) fn of(warning: &Warning) -> Self {
        let (kind, stage) = match warning {
            Warning::LargeTask { stage, .. } => ("large_task", stage.0),
            Warning::ResultDropped { stage, .. } => ("result_dropped", stage.0),
            Warning::MemoryLeak { stage, .. } => ("memory_leak", stage.0),
        };
        Self { kind, stage, text: warning.spark_text() }
    }
}

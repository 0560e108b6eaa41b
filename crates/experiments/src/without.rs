//! What an application would gain if something cost no time: the same input, run again where it costs none.

use serde::Serialize;
use sim_core::conf::Key;

use crate::report::TimeParts;
use crate::run::{Keep, run};
use crate::{Case, Error, Input, Layer, RunReport, Settings, Slips};

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Serializing and writing spills.
    Spill,
    /// Collecting garbage.
    Gc,
    /// Moving bytes between nodes.
    Network,
    /// Reading and writing disks, for spills too.
    Disk,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Spill, Self::Gc, Self::Network, Self::Disk];

    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Spill => "spill",
            Self::Gc => "gc",
            Self::Network => "network",
            Self::Disk => "disk",
        }
    }

    const fn key(self) -> Key {
        match self {
            Self::Spill => Key::PoolsimWithoutSpill,
            Self::Gc => Key::PoolsimWithoutGc,
            Self::Network => Key::PoolsimWithoutNetwork,
            Self::Disk => Key::PoolsimWithoutDisk,
        }
    }
}

/// The run in which it costs no time. Requests for memory follow the same rules; they come at other moments, so that
/// tasks may meet others, spill other amounts, and gain more or less than the time that was taken away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithoutReport {
    /// What costs no time, in order.
    pub parts: Vec<Part>,
    /// From the submission of the first job to the end of the last.
    pub duration_ms: u64,
    /// By how much the application ends earlier; below zero, it ends later.
    pub gain_ms: i64,
    /// CPU time of all attempts: computing and serializing.
    pub cpu_ms: u64,
    /// Where the time of all attempts goes.
    pub time_ms: TimeParts,
    /// `Memory Bytes Spilled` of all attempts.
    pub memory_spilled_bytes: u64,
    /// Partitions of cached RDDs that leave memory for others.
    pub evicted_blocks: u64,
    /// Whether that run fails or hangs.
    pub failed: Option<bool>,
}

/// Runs an input where some parts cost no time, beside the report of its run.
///
/// # Errors
/// As [`Case::of`].
pub fn without(
    input: &Input,
    settings: &Settings,
    parts: &[Part],
    report: &RunReport,
) -> Result<WithoutReport, Error> {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    parts.dedup();
    let pair = |part: &Part| (part.key().name().to_owned(), "true".to_owned());
    let pairs = parts.iter().map(pair).collect();
    let layer = Layer { name: "--without".to_owned(), pairs, slips: Slips::Refuse };
    let case = Case::of(input, &settings.with(layer))?;
    let other = run(&case, Keep::default()).report;
    Ok(WithoutReport {
        parts,
        duration_ms: other.duration_ms,
        gain_ms: report.duration_ms.cast_signed().saturating_sub(other.duration_ms.cast_signed()),
        cpu_ms: other.cpu_ms,
        time_ms: other.time_ms,
        memory_spilled_bytes: other.memory_spilled_bytes,
        evicted_blocks: other.evicted_blocks,
        failed: other.failed,
    })
}

//! Pools of jobs, as they are written: what `fairscheduler.xml` says.

use std::num::NonZeroU32;

use serde::Deserialize;
use sim_core::workload::PoolMode;

/// A pool; its name is the key of its entry.
#[derive(Debug, Deserialize)]
#[serde(rename = "pool", deny_unknown_fields)]
pub(crate) struct PoolText {
    #[serde(default = "one")]
    pub(crate) weight: NonZeroU32,
    #[serde(default)]
    pub(crate) min_share: u32,
    #[serde(default)]
    pub(crate) mode: ModeText,
}

/// The order of the jobs of a pool.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename = "mode", rename_all = "snake_case")]
pub(crate) enum ModeText {
    #[default]
    Fifo,
    Fair,
}

impl From<ModeText> for PoolMode {
    fn from(mode: ModeText) -> Self {
        match mode {
            ModeText::Fifo => Self::Fifo,
            ModeText::Fair => Self::Fair,
        }
    }
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

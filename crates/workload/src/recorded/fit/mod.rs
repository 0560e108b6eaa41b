//! From facts to a recording.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Grade, Note};
use crate::plan::recording::Recording;

/// A recording on its way, with what is said of it.
#[derive(Debug, Default)]
pub(super) struct Fitted {
    pub(super) recording: Recording,
    pub(super) grades: Vec<Grade>,
    pub(super) notes: Vec<Note>,
    /// Index in the recording of each executor of the facts.
    pub(super) executors: BTreeMap<usize, u32>,
    /// When the first job was submitted, in the time of the facts.
    pub(super) start: u64,
}

/// Fits a recording to the facts.
pub(super) fn fit(facts: &Facts) -> Fitted {
    let _ = facts;
    Fitted::default()
}

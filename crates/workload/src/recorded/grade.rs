//! How sure a figure of a recording is.

use serde::Serialize;

/// How sure one figure is, for the application or one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// The figure, named as in reports, or as the recording names it.
    pub figure: &'static str,
    /// `Stage ID`; `None` for the application.
    pub stage: Option<u32>,
    /// How sure.
    #[serde(flatten)]
    pub kind: Kind,
}

/// How sure a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "grade", rename_all = "snake_case")]
pub enum Kind {
    /// The log states it.
    Exact,
    /// It follows from what the log states by a rule that need not hold.
    Inferred {
        /// The rule, in words.
        rule: &'static str,
    },
    /// The log does not say.
    Unknown {
        /// The setting that would have recorded it.
        key: &'static str,
    },
}

/// A sentence on the log: what was wrong with it, or what is not modelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The sentence, in lower case and without a full stop.
    pub text: String,
}

impl Note {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

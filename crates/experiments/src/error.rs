//! The one error type of the crate: input or settings that give no run.

use sim_core::conf::layout::LayoutError;
use sim_core::conf::version::VersionError;
use sim_core::conf::{ConfError, Semantics};
use sim_core::workload::WorkloadError;

/// Why something cannot be run. Bad outcomes of runs are no errors: they are in the report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input cannot be read, or is of a kind that cannot be run.
    #[error("{0}")]
    Input(String),
    /// The scenario is wrong; the text shows the lines of the file and begins with `error:`.
    #[error("{0}")]
    Scenario(#[from] workload::Error),
    /// A setting is wrong.
    #[error("{0}")]
    Setting(#[from] ConfError),
    /// A key that looks like a slip of one that the model reads.
    #[error("there is no setting {key} ({layer}): did you mean {nearest}?")]
    Slip {
        /// The key as written.
        key: String,
        /// The layer that holds it.
        layer: String,
        /// The key that was meant.
        nearest: &'static str,
    },
    /// Settings that Spark refuses together.
    #[error("{error}")]
    Refused {
        /// What is wrong, in our words.
        error: LayoutError,
        /// What Spark says.
        spark_text: String,
    },
    /// No Spark version.
    #[error("{0}")]
    Version(#[from] VersionError),
    /// More of something than a run can have.
    #[error("{0}")]
    Limit(String),
    /// A `--vary` that cannot be read.
    #[error("{0}")]
    Vary(String),
    /// A workload that contradicts itself.
    #[error("the workload cannot run: {0}")]
    Workload(#[from] WorkloadError),
}

impl Error {
    /// The refusal of a layout with Spark's own words.
    pub(crate) fn refused(error: LayoutError, semantics: &Semantics) -> Self {
        let spark_text = error.spark_text(semantics);
        Self::Refused { error, spark_text }
    }

    /// What Spark itself says to the same settings, where it refuses them in words of its own.
    #[must_use]
    pub fn spark_text(&self) -> Option<&str> {
        match self {
            Self::Refused { spark_text, .. } => Some(spark_text),
            _ => None,
        }
    }
}

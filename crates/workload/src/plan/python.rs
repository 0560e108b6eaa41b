//! Functions in Python.

use sim_core::cluster::python::Transport;
use sim_core::units::Bytes;

/// What Python workers run on the rows of a data set, and what they hold for it. All bytes but `own` are those of all
/// rows together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonFunction {
    /// How rows come to it.
    pub transport: Transport,
    /// What each worker loads once: libraries, models.
    pub own: Bytes,
    /// The rows as Python objects, a batch at a time.
    pub objects: u64,
    /// What the function gathers until its task ends.
    pub held: u64,
    /// What it never gives back.
    pub leaked: u64,
    /// What an aggregation in Python gathers, which spills.
    pub merged: u64,
}

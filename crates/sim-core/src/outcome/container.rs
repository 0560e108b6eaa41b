//! What containers held.

use crate::cluster::container::Parts;
use crate::units::Bytes;

/// What the container of an executor held when it held the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerUse {
    /// Its limit, where it has one.
    pub limit: Option<Bytes>,
    /// By part.
    pub peak: Parts,
    /// What was measured when it was killed for its size, and its exit code.
    pub killed: Option<(Bytes, i32)>,
    /// Python workers that there were at a time at most.
    pub workers: u32,
}

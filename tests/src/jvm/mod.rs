//! The model of garbage collection against runs of real collectors (`tests/jvm/gc`).

pub mod fit;
pub mod predict;
pub mod runs;
pub mod score;

//! Conformance with real Spark, reference models and whole-run laws.

pub mod conform;
pub mod sizing;

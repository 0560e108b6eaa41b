//! Conformance with real Spark, reference models and whole-run laws.

pub mod sizing;

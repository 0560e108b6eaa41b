//! Conformance with real Spark, reference models and whole-run laws.
//!
//! ```text
//!  recordings of real Spark ──conform──► sim-core ◄──calls::compare──► reference (slow, literal)
//!                                           ▲
//!  proptest, exhaustive worlds, fuzzing ────┴── one language: calls::Call
//! ```

pub mod accuracy;
pub mod calls;
pub mod conform;
pub mod exhaustive;
pub mod fuzz;
pub mod jvm;
pub mod reference;
pub mod sizing;
pub mod workloads;

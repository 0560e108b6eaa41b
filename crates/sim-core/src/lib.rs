//! The model of Spark executor memory: pools, store, tasks, consumers and the engine that gives them time.
//!
//! The memory model is time-free and reads beside Spark's own files, method by method; the engine gives it time.
//! Nothing here reads a clock, a file, the environment or a random number, and nothing depends on another crate.

pub mod cluster;
pub mod conf;
pub mod engine;
pub mod ids;
pub mod memory;
pub mod observe;
pub mod outcome;
pub mod storage;
pub mod units;
pub mod workload;

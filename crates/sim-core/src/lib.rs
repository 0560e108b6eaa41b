//! The model of Spark executor memory: pools, store, tasks, consumers and the engine that gives them time.

pub mod conf;

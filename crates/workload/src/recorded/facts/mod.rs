//! What is kept of an event log.

pub mod plan;

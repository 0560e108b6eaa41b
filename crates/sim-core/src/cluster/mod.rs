//! What surrounds the memory pools of an executor.

pub mod container;
pub mod jvm;
pub mod python;

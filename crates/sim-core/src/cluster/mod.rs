//! What surrounds the memory pools of an executor.

pub mod jvm;

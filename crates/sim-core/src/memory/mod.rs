//! Unified memory of one executor, read beside Spark's package `org.apache.spark.memory`.
//!
//! ```text
//!                      max memory of one mode (fixed)
//!  ┌──────────────────────────────┬─────────────────────────────────┐
//!  │ storage pool                 │ execution pool                  │
//!  │ blocks + unroll │ free       │ free │ task 1 │ task 2 │ …      │
//!  └──────────────────────────────┴─────────────────────────────────┘
//!                ▲ storage region │◄── the boundary moves ──►
//! ```
//!
//! Storage takes *free* execution memory and never evicts execution. Execution takes free storage memory and evicts
//! blocks while storage holds more than its region. A blocked request is a value, [`Grant::Wait`]: nothing here
//! waits, sleeps or knows the time.

pub mod consumer;
mod manager;
mod pool;
mod task;

mod wait;

pub use manager::{
    Boundary, Evicted, Evictor, Grant, ManagerConf, MemoryMode, TaskShare, UnifiedMemoryManager,
};
pub use pool::{ExecutionMemoryPool, StorageMemoryPool};
pub use task::{
    Acquired, ExecutionMemory, MAXIMUM_PAGE_SIZE, Page, Request, SpillChoice, Step, TaskMemoryConf,
    TaskMemoryManager,
};

pub use wait::{WaitQueue, WakeOrder, mix64};

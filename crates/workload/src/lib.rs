//! Scenario files and plans, lowered to the workloads that `sim-core` runs.
//!
//! [`Scenario`] is what a file says: a [`Plan`] (data sets, operators, jobs; all random draws are made on it) and what
//! is expected of its runs. [`lower()`] decides what Spark decides before a task runs and yields the tables that the
//! engine runs; it is a pure function of the plan and of [`PlanConf`].

pub mod adaptive;
mod error;
pub mod lower;
pub mod plan;
pub mod recorded;
mod sample;
pub mod scenario;
pub mod symptom;

pub use error::Error;
pub use lower::{Costs, PlanConf, RecordedUnder, Schedule, is_recut, lower};
pub use plan::{Plan, Recording};
pub use scenario::Scenario;

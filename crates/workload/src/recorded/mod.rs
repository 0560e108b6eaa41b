//! What Spark recorded of an application, and what it says of the demand of tasks.

pub mod facts;
pub mod sql;

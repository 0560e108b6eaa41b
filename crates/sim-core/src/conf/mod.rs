//! Settings: what users may say and what it means in each Spark version.

pub mod quantity;
pub mod semantics;
pub mod unit;
pub mod version;

pub use semantics::Semantics;
pub use version::SparkVersion;

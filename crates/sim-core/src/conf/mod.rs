//! Settings: what users may say, what it means in each Spark version, and the memory layout that
//! follows from it.
//!
//! [`keys`] is the one table of settings. [`Conf`] is that table with values, resolved once from
//! layers of text; [`Semantics`] holds what differs between Spark versions; [`layout`] computes
//! heaps, pools, pages and containers to the byte.

mod builder;
mod containers;
mod driver;
mod error;
mod failures;
pub mod keys;
pub mod kind;
pub mod layout;
mod nearest;
pub mod quantity;
mod requirement;
mod resolve;
mod run;
mod scheduling;
pub mod semantics;
pub mod unit;
pub mod version;

pub use builder::ConfBuilder;
pub use error::{ConfError, ConfErrorKind};
pub use keys::Key;
pub use kind::{Reads, Value};
pub use layout::Layout;
pub use nearest::nearest_key;
pub use requirement::requirement_text;
pub use resolve::Conf;
pub use run::ClusterShape;
pub use semantics::Semantics;
pub use version::SparkVersion;

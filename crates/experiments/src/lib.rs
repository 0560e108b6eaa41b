//! What one asks of the model: run an input under a configuration, check what a scenario expects, sweep over settings.
//!
//! ```text
//!  Input ──(Settings)──► Case ──run──► Run { RunReport, Timeline, Journal }
//!    │                                        ▲
//!    ├── replay: a log beside a run of its recording, and what another configuration does
//!    ├── check: the expectations of a scenario and of its variants
//!    └── sweep: every combination of the values of some keys
//! ```
//!
//! The command line, the tests and other languages call these functions. Nothing here prints: a [`RunReport`] is data,
//! and its JSON names are the ones that `expect:` blocks of scenarios use.

mod case;
pub mod check;
pub mod doctor;
mod error;
pub mod explain;
pub mod human;
mod input;
mod kind;
pub mod layout;
mod limits;
mod losses;
pub mod properties;
mod recorded;
pub mod replay;
pub mod report;
mod run;
mod settings;
pub mod size;
pub mod submit;
pub mod sweep;
pub mod without;

pub use case::{Case, DEFAULT_VERSION, Note};
pub use error::Error;
pub use input::{Input, LogOptions, read_log};
pub use report::RunReport;
pub use run::{Keep, Run, fingerprint_twice, run};
pub use settings::{Layer, Settings, Slips};

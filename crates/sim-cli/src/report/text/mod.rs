//! Results for people.

pub(crate) mod check;
mod header;
mod oom;
pub(crate) mod run;
mod stages;
pub(crate) mod sweep;
mod table;
mod timeline;
mod trouble;

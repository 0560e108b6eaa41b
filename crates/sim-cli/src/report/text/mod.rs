//! Results for people.

pub(crate) mod check;
mod containers;
pub(crate) mod doctor;
mod error;
pub(crate) mod explain;
mod header;
pub(crate) mod layout;
mod oom;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod size;
mod stages;
pub(crate) mod sweep;
mod table;
mod timeline;
mod trouble;
mod warnings;
mod without;

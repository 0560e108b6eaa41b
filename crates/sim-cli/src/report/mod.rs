//! Results in their formats, one a file.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod jsonl;
pub(crate) mod layout_csv;
pub(crate) mod replay_csv;
pub(crate) mod text;
pub(crate) mod timeline_csv;

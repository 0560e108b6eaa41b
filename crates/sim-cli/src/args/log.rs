//! Flags that all commands share which read an event log.

use std::path::PathBuf;

use clap::Args;
use experiments::LogOptions;

/// The log and how it is read.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// An event log of Spark: a file, compressed or not, a rolling folder, a ZIP of the History Server; `-` is standard
    /// input.
    #[arg(value_name = "LOG")]
    pub(crate) path: PathBuf,

    /// Which log, of a folder or ZIP that has several: the name of its file or folder there.
    #[arg(long, value_name = "NAME", help_heading = "Log")]
    log: Option<String>,

    /// Read it as if Spark had logged only what it logs by default: no updates of blocks, no executor metrics.
    #[arg(long, help_heading = "Log")]
    as_default: bool,

    /// Put stable pseudonyms in place of names of the application, its stages and data, and of hosts.
    #[arg(long, help_heading = "Log")]
    redact: bool,
}

impl LogArgs {
    /// What these flags mean.
    pub(crate) fn options(&self) -> LogOptions {
        LogOptions { log: self.log.clone(), as_default: self.as_default, redact: self.redact }
    }

    /// The name of the log in results.
    pub(crate) fn name(&self) -> String {
        match (self.redact, self.path.as_os_str() == "-") {
            (true, _) => "log".to_owned(),
            (false, true) => "standard input".to_owned(),
            (false, false) => self.path.display().to_string(),
        }
    }
}

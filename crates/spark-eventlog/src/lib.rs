//! Reads the event logs of Apache Spark 1.x to 4.x.
//!
//! ```no_run
//! use spark_eventlog::{Event, EventLog};
//!
//! let mut log = EventLog::open("spark-events/app-20261120131042-0000.zstd")?;
//! let mut spilled = 0;
//! while let Some(event) = log.next_event()? {
//!     if let Event::TaskEnd(task) = event {
//!         spilled += task.task_metrics.map_or(0, |metrics| metrics.memory_bytes_spilled);
//!     }
//! }
//! println!("{spilled} bytes spilled, {} malformed lines", log.diagnostics().malformed_lines);
//! # Ok::<(), spark_eventlog::Error>(())
//! ```

mod codec;
mod diagnostics;
mod error;
pub mod event;
mod limits;
mod lines;
mod log;
mod source;
mod version;

pub use diagnostics::{DamagedStream, Diagnostics, MalformedLine};
pub use error::Error;
pub use event::{BlockId, Event, Text};
pub use limits::Limits;
pub use log::{EventLog, Options};
pub use version::LogVersion;

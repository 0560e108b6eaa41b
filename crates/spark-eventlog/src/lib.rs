//! Reads the event logs of Apache Spark 1.x to 4.x: typed events, every codec and layout, in constant memory.
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
//!
//! # What is read
//!
//! What a log is shows in its content, not in its name: plain text, zstd (several frames), gzip, and lz4, snappy and
//! lzf as Java frames them; also compressed once more. It may be a file, also one that is still written, a folder
//! that Spark rolls (with compacted files) or Databricks does, a folder or ZIP that holds one application, or standard
//! input. Of several attempts the last one is read; [`Options::log`] asks for another.
//!
//! # What is made of faults
//!
//! A log is evidence, often of something that went wrong. Whatever can be read of it is read, and what cannot be is
//! counted in [`Diagnostics`]: malformed lines, streams that end too early, missing files. After damage of a block or
//! a zstd frame the next one is read. [`Error`] is for what no caller can go on from: there is no log, it cannot be
//! read, or it exceeds [`Limits`].
//!
//! # Memory and speed
//!
//! Memory is bounded by the longest line (up to [`Limits::line_bytes`], and twice that while its buffer grows) and the
//! window of the codec, not by the log: a log of Spark takes some 15 MB. Events borrow from their line. Lines of events
//! that hold nothing about memory, time and structure are counted and not parsed.
//!
//! # Privacy
//!
//! Hadoop, system and metrics properties and the class path are never kept, since they hold secrets. Spark properties,
//! names, plans and messages are, and may hold some.

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

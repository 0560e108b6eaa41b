//! Replays what real Spark was seen to do on `sim-core` itself and compares every outcome.
//!
//! Three formats are told apart by their lines: traces of operations (`h`, see `tests/oracle/README.md`), sizing
//! tables (`systemMemory`) and cases of single components (`target`, see `tests/golden/README.md`).

mod cases;
mod harness_consumer;
mod trace;
mod world;

pub(crate) use harness_consumer::HarnessConsumer;
pub use harness_consumer::SpillPolicy;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::Value;

/// What replaying one file found.
#[derive(Debug, Default)]
pub struct Report {
    /// Traces, cases or rows read.
    pub traces: u64,
    /// Operations compared.
    pub ops: u64,
    /// Each first difference of a trace, in full.
    pub mismatches: Vec<String>,
    /// Cases of targets that nothing here replays, by target.
    pub skipped: BTreeMap<String, u64>,
}

/// Replays one file, plain or gzip.
///
/// # Errors
/// Where the file cannot be read or is not in one of the three formats.
pub fn conform_file(path: &Path) -> Result<Report, String> {
    let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(|error| fail(&error))?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut report = Report::default();
    let mut replay = trace::Replay::default();
    for (number, line) in BufReader::with_capacity(1 << 20, reader).lines().enumerate() {
        let at = |error: &dyn std::fmt::Display| fail(&format_args!("line {}: {error}", number + 1));
        let line = line.map_err(|error| at(&error))?;
        if line.trim().is_empty() {
            continue;
        }
        let record: Value = serde_json::from_str(&line).map_err(|error| at(&error))?;
        if record.get("h").is_some() || record.get("op").is_some() || record.get("end").is_some() {
            replay.line(&record, &mut report).map_err(|error| at(&error))?;
        } else if record.get("systemMemory").is_some() {
            report.traces += 1;
            report.ops += 1;
            if let Err(mismatch) = crate::sizing::sizing_table(&record) {
                report.mismatches.push(format!("line {}: {mismatch}", number + 1));
            }
        } else if record.get("target").is_some() {
            cases::replay(&record, &mut report).map_err(|error| at(&error))?;
        } else {
            return Err(at(&"neither a trace, nor a sizing row, nor a case"));
        }
    }
    Ok(report)
}

//! `conform FILE...`: replays recordings of real Spark on the model; exit 1 where any operation differs.

use std::path::Path;
use std::process::ExitCode;

use poolsim_tests::conform::conform_file;

/// Differences printed in full, a file.
const SHOWN: usize = 3;

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: conform FILE...   (.jsonl or .jsonl.gz: traces, sizing tables, cases)");
        return ExitCode::from(2);
    }
    let mut different = false;
    for file in files {
        let path = Path::new(&file);
        match conform_file(path) {
            Ok(report) => {
                println!(
                    "{}: {} traces, {} ops, {} mismatches",
                    path.display(),
                    report.traces,
                    report.ops,
                    report.mismatches.len()
                );
                for (target, cases) in &report.skipped {
                    println!("  skipped: {target}: {cases}");
                }
                for mismatch in report.mismatches.iter().take(SHOWN) {
                    println!("{mismatch}");
                }
                different |= !report.mismatches.is_empty();
            }
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        }
    }
    if different { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

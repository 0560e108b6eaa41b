//! How near the model of garbage collection is to real collectors.
//!
//! ```text
//! cargo run -p poolsim-tests --bin gc_accuracy -- [--runs FILE] [--collector NAME] [--rows] [--fit]
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use comfy_table::Table;
use poolsim_tests::jvm::predict::{Predicted, predict, rate};
use poolsim_tests::jvm::runs::{self, Run};
use poolsim_tests::jvm::{fit, score};
use sim_core::cluster::jvm::GcCosts;

#[derive(Parser)]
#[command(about = "How near the model of garbage collection is to real collectors")]
struct Args {
    /// The runs; by default those that are kept.
    #[arg(long)]
    runs: Option<PathBuf>,
    /// One collector only.
    #[arg(long)]
    collector: Option<String>,
    /// Print each run.
    #[arg(long)]
    rows: bool,
    /// Fit the constants anew to the runs for fitting, and print them.
    #[arg(long)]
    fit: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let path = args.runs.clone().unwrap_or_else(runs::kept);
    let all = match runs::read(&path) {
        Ok(all) => all,
        Err(error) => {
            eprintln!("error: cannot read {}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header([
        "collector",
        "set",
        "runs",
        "near",
        "mean error, points",
        "noise, points",
        "direction right",
        "verdict right",
    ]);
    for collector in ["parallel", "serial", "g1", "zgc"] {
        if args.collector.as_ref().is_some_and(|only| only != collector) {
            continue;
        }
        let of: Vec<&Run> = all.iter().filter(|run| run.collector == collector).collect();
        let Some(first) = of.first() else { continue };
        let mut costs = GcCosts::of(first.heap_collector());
        if args.fit {
            let fitted: Vec<&Run> = of
                .iter()
                .copied()
                .filter(|run| run.set == "fit" && run.part != "growing" && run.is_ok())
                .collect();
            let (found, loss) = fit::fit(&fitted, costs);
            println!("{collector}: loss {loss:.4} with {found:#?}");
            costs = found;
        }
        let predicted: Vec<(&Run, Predicted)> =
            of.iter().map(|run| (*run, predict(run, costs, rate(run).unwrap_or(1_000_000_000)))).collect();
        for (set, growing) in [("fit", false), ("test", false), ("fit", true), ("test", true)] {
            let rows: Vec<(&Run, Predicted)> = predicted
                .iter()
                .filter(|(run, _)| run.set == set && (run.part == "growing") == growing)
                .copied()
                .collect();
            if !rows.is_empty() {
                table.add_row(summary(collector, set, growing, &rows, score::noise(&of)));
            }
            if args.rows {
                print_rows(&rows);
            }
        }
    }
    println!("{table}");
    ExitCode::SUCCESS
}

fn summary(collector: &str, set: &str, growing: bool, rows: &[(&Run, Predicted)], noise: f64) -> Vec<String> {
    let fine: Vec<(&Run, Predicted)> = rows.iter().filter(|(run, _)| run.is_ok()).copied().collect();
    let near =
        fine.iter().filter(|(run, predicted)| score::is_near(predicted.gc_share(), run.gc_share())).count();
    let error: f64 = fine.iter().map(|(run, predicted)| (predicted.gc_share() - run.gc_share()).abs()).sum();
    let (right, pairs) = score::directions(&fine, noise);
    let verdicts = rows
        .iter()
        .filter(|(run, predicted)| {
            run.is_ok() == (predicted.verdict == sim_core::cluster::jvm::HeapVerdict::Fine)
        })
        .count();
    vec![
        collector.to_owned(),
        format!("{set}{}", if growing { ", growing" } else { "" }),
        fine.len().to_string(),
        format!("{near} ({:.0} %)", 100.0 * near as f64 / fine.len().max(1) as f64),
        format!("{:.1}", 100.0 * error / fine.len().max(1) as f64),
        format!("{:.1}", 100.0 * noise),
        format!("{right} of {pairs} ({:.0} %)", 100.0 * right as f64 / pairs.max(1) as f64),
        format!("{verdicts} of {}", rows.len()),
    ]
}

fn print_rows(rows: &[(&Run, Predicted)]) {
    for (run, predicted) in rows {
        println!(
            "{:8} {:4} {:7} {:5} {:14} measured {:5.1} % ({:4} young {:3} old)  predicted {:5.1} % ({:4} young {:3} old)  {} {} / {:?}",
            run.collector,
            run.set,
            run.part,
            run.heap_mib,
            run.label,
            100.0 * run.gc_share(),
            run.young_count,
            run.old_count,
            100.0 * predicted.gc_share(),
            predicted.young,
            predicted.old,
            if !run.is_ok() || score::is_near(predicted.gc_share(), run.gc_share()) { " " } else { "X" },
            run.verdict,
            predicted.verdict,
        );
    }
}

//! CSV: a line for each stage of a run, or for each combination of a sweep.

use std::io::Write;

use experiments::RunReport;
use experiments::report::{StageReport, StageStatus, Verdict};
use experiments::sweep::SweepReport;

const STAGE_COLUMNS: [&str; 26] = [
    "stage",
    "name",
    "status",
    "task_count",
    "submitted_ms",
    "ended_ms",
    "memory_spilled_bytes",
    "disk_spilled_bytes",
    "peak_execution_memory_max_bytes",
    "evicted_blocks",
    "evicted_bytes",
    "cache_hits",
    "cache_misses",
    "input_bytes",
    "shuffle_read_bytes",
    "shuffle_write_bytes",
    "failed_tasks",
    "cpu_ms",
    "serialization_ms",
    "shuffle_ms",
    "gc_ms",
    "network_ms",
    "disk_ms",
    "spill_ms",
    "wait_ms",
    "launch_ms",
];

/// A line for each stage.
pub(crate) fn stages(report: &RunReport, out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(STAGE_COLUMNS)?;
    for stage in &report.stages {
        csv.write_record(stage_row(stage))?;
    }
    csv.flush()?;
    Ok(())
}

fn stage_row(stage: &StageReport) -> [String; 26] {
    let optional = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
    let [cpu, serialization, shuffle, gc, network, disk, spill, wait, launch] =
        stage.time_ms.parts().map(|part| part.to_string());
    [
        stage.stage.to_string(),
        cell(&stage.name),
        status(stage.status).to_owned(),
        stage.task_count.to_string(),
        optional(stage.submitted_ms),
        optional(stage.ended_ms),
        stage.memory_spilled_bytes.to_string(),
        stage.disk_spilled_bytes.to_string(),
        stage.peak_execution_memory_max_bytes.to_string(),
        stage.evicted_blocks.to_string(),
        stage.evicted_bytes.to_string(),
        stage.cache_hits.to_string(),
        stage.cache_misses.to_string(),
        stage.input_bytes.to_string(),
        stage.shuffle_read_bytes.to_string(),
        stage.shuffle_write_bytes.to_string(),
        stage.failed_tasks.to_string(),
        cpu,
        serialization,
        shuffle,
        gc,
        network,
        disk,
        spill,
        wait,
        launch,
    ]
}

const POINT_COLUMNS: [&str; 11] = [
    "verdict",
    "duration_ms",
    "memory_spilled_bytes",
    "disk_spilled_bytes",
    "peak_execution_memory_max_bytes",
    "evicted_blocks",
    "evicted_bytes",
    "cache_hits",
    "cache_misses",
    "failed_tasks",
    "fingerprint",
];

/// A line for each combination; what Spark refuses has the verdict `refused` and no figures.
pub(crate) fn sweep(report: &SweepReport, out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(report.keys.iter().map(|key| cell(key)).chain(POINT_COLUMNS.map(str::to_owned)))?;
    for point in &report.points {
        let figures = match &point.report {
            Some(report) => point_row(report),
            None => std::array::from_fn(|at| if at == 0 { "refused".to_owned() } else { String::new() }),
        };
        csv.write_record(point.values.iter().map(|value| cell(value)).chain(figures))?;
    }
    csv.flush()?;
    Ok(())
}

fn point_row(report: &RunReport) -> [String; 11] {
    [
        verdict(report.verdict).to_owned(),
        report.duration_ms.to_string(),
        report.memory_spilled_bytes.to_string(),
        report.disk_spilled_bytes.to_string(),
        report.peak_execution_memory_max_bytes.to_string(),
        report.evicted_blocks.to_string(),
        report.evicted_bytes.to_string(),
        report.cache_hits.to_string(),
        report.cache_misses.to_string(),
        report.failed_tasks.to_string(),
        report.fingerprint.clone(),
    ]
}

/// A verdict as a word, as in JSON.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Finished => "finished",
        Verdict::Failed => "failed",
        Verdict::Stalled => "stalled",
        Verdict::GaveUp => "gave_up",
    }
}

fn status(status: StageStatus) -> &'static str {
    match status {
        StageStatus::Succeeded => "succeeded",
        StageStatus::Failed => "failed",
        StageStatus::Unfinished => "unfinished",
        StageStatus::Skipped => "skipped",
        StageStatus::NotRun => "not_run",
    }
}

/// A text that no spreadsheet takes for a formula.
pub(super) fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(super::cell("=1+1"), "'=1+1");
        assert_eq!(super::cell("plain"), "plain");
    }
}

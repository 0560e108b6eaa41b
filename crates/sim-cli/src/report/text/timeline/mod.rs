//! The pools of executors over time, drawn with characters.
//!
//! ```text
//! 289.6 MiB |:::::::::::::::::::     storage, from above
//!           |----------:::::::       the boundary between the pools
//!           |#####     #######       execution, from below
//!         0 +^---------^---------^
//!            0         2 s       4 s
//!    spills    2 1       3           how many in the column
//! ```

mod axis;
mod chart;
mod columns;
mod counts;
mod line;

use std::io::{self, Write};

use experiments::{RunReport, human};
use sim_core::ids::ExecutorId;
use sim_core::memory::MemoryMode;
use sim_core::observe::{Mark, Timeline};

use self::columns::Span;
use super::run::section;
use crate::screen::{Ink, Screen};

/// Executors that are all shown.
const ALL_SHOWN: usize = 8;
/// Executors shown where there are more than that.
const PICKED: usize = 4;
/// Columns of the margin: a size and the axis.
const MARGIN: usize = 13;

pub(super) fn write(
    report: &RunReport,
    timeline: &Timeline,
    screen: Screen,
    out: &mut impl Write,
) -> io::Result<()> {
    let end_ns = end_ns(timeline).max(report.duration_ms * 1_000_000);
    if end_ns == 0 {
        return Ok(());
    }
    let span = Span { end_ns, columns: screen.width - MARGIN };
    let picked = pick(timeline);
    section(screen, out, &title(timeline, picked.len()))?;
    legend(screen, &span, out)?;
    let height = match picked.len() {
        0 | 1 => 10,
        2 => 8,
        3 | 4 => 6,
        _ => 4,
    };
    for executor in picked {
        let samples = &timeline.executors[executor.index()];
        let peaks = &report.executors[executor.index()];
        let modes = [
            (MemoryMode::OnHeap, "", peaks.on_heap.peak_unified_bytes),
            (MemoryMode::OffHeap, ", off the heap", peaks.off_heap.peak_unified_bytes),
        ];
        for (mode, place, used) in modes.into_iter().filter(|(.., used)| *used > 0) {
            writeln!(out, "\nexecutor {}{place}: at most {} in use", executor.0, human::bytes(used))?;
            chart::write(&columns::fullest(samples, mode, &span), height, &span, screen, out)?;
        }
        counts::write(timeline, executor, &span, screen, out)?;
    }
    Ok(())
}

fn title(timeline: &Timeline, shown: usize) -> String {
    match timeline.executors.len() {
        all if all == shown => "memory over time".to_owned(),
        all => format!("memory over time: {shown} of {all} executors, those with the most trouble"),
    }
}

fn legend(screen: Screen, span: &Span, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{} execution  {} storage  {} boundary of the pools   a column is {}, at its fullest moment",
        screen.paint(Ink::Execution, screen.either("█", "#")),
        screen.paint(Ink::Storage, screen.either("░", ":")),
        screen.paint(Ink::Faint, screen.either("╌", "-")),
        human_ns(span.column_ns())
    )
}

fn human_ns(ns: u64) -> String {
    match ns {
        0..1_000_000 => "less than 1 ms".to_owned(),
        _ => human::ms(ns / 1_000_000),
    }
}

/// The time of the last sample or mark.
fn end_ns(timeline: &Timeline) -> u64 {
    let samples = timeline.executors.iter().filter_map(|samples| Some(samples.last()?.at.0));
    samples.chain(timeline.marks.last().map(|(at, ..)| at.0)).max().unwrap_or(0)
}

/// All executors where there are few; else those with the most errors, then marks, then memory in use.
fn pick(timeline: &Timeline) -> Vec<ExecutorId> {
    let all = (0..timeline.executors.len()).map(ExecutorId::at);
    if timeline.executors.len() <= ALL_SHOWN {
        return all.collect();
    }
    let mut trouble = vec![(0_u64, 0_u64, 0_u64); timeline.executors.len()];
    for (_, executor, mark) in &timeline.marks {
        let row = &mut trouble[executor.index()];
        row.0 += u64::from(matches!(mark, Mark::OutOfMemory(_)));
        row.1 += 1;
    }
    for (row, samples) in trouble.iter_mut().zip(&timeline.executors) {
        let used = samples.iter().map(|sample| {
            sample.pools.iter().map(|pool| pool.execution_used.0 + pool.storage_used.0).sum::<u64>()
        });
        row.2 = used.max().unwrap_or(0);
    }
    let mut executors: Vec<ExecutorId> = all.collect();
    executors.sort_by_key(|executor| (std::cmp::Reverse(trouble[executor.index()]), executor.0));
    executors.truncate(PICKED);
    executors.sort_unstable();
    executors
}

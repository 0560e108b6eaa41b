//! The pools over time as CSV: a line for each change, executor and mode.

use std::io::Write;

use sim_core::memory::MemoryMode;
use sim_core::observe::Timeline;

const COLUMNS: [&str; 10] = [
    "at_ns",
    "executor",
    "mode",
    "execution_used_bytes",
    "execution_pool_bytes",
    "storage_used_bytes",
    "storage_pool_bytes",
    "unroll_bytes",
    "active_tasks",
    "waiting_tasks",
];

/// Modes without memory have no lines. Unroll memory and waiting tasks are those of both modes.
pub(crate) fn write(timeline: &Timeline, out: &mut impl Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for (executor, samples) in timeline.executors.iter().enumerate() {
        for sample in samples {
            for (mode, name) in [(MemoryMode::OnHeap, "on_heap"), (MemoryMode::OffHeap, "off_heap")] {
                let pool = &sample.pools[mode as usize];
                if pool.execution_pool.is_zero() && pool.storage_pool.is_zero() {
                    continue;
                }
                csv.write_record([
                    sample.at.0.to_string(),
                    executor.to_string(),
                    name.to_owned(),
                    pool.execution_used.to_string(),
                    pool.execution_pool.to_string(),
                    pool.storage_used.to_string(),
                    pool.storage_pool.to_string(),
                    sample.unroll.to_string(),
                    pool.active_tasks.to_string(),
                    sample.waiting.to_string(),
                ])?;
            }
        }
    }
    csv.flush()?;
    Ok(())
}

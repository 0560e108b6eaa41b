//! Prints what a log holds: `cargo run -p spark-eventlog --example summary -- LOG..` (`-` is standard input).

use spark_eventlog::{Error, Event, EventLog};

fn main() {
    let mut failed = false;
    for path in std::env::args().skip(1) {
        if let Err(error) = summary(&path) {
            eprintln!("{error}");
            failed = true;
        }
    }
    std::process::exit(if failed { 2 } else { 0 });
}

fn summary(path: &str) -> Result<(), Error> {
    let mut log = EventLog::open(path)?;
    let (mut tasks, mut spilled) = (0_u64, 0_i64);
    while let Some(event) = log.next_event()? {
        if let Event::TaskEnd(task) = event {
            tasks += 1;
            spilled =
                spilled.saturating_add(task.task_metrics.map_or(0, |metrics| metrics.memory_bytes_spilled));
        }
    }
    println!("{path}: {tasks} tasks ended, {spilled} bytes spilled, {:#?}", log.diagnostics());
    Ok(())
}

//! `engine_mixed`: calls of the memory managers and stores a second, and events a second, of a whole run.

use std::time::Instant;

use poolsim_benches::Lowered;

fn main() {
    let lowered = Lowered::mixed();
    for _ in 0..5 {
        let start = Instant::now();
        let (outcome, counters) = lowered.run();
        let seconds = start.elapsed().as_secs_f64();
        let tasks: usize = counters.stages.iter().map(|stage| stage.tasks.len()).sum();
        let spilling: u64 = counters.stages.iter().map(|stage| stage.spilling_tasks).sum();
        println!(
            "{:.1} M calls/s, {:.1} M events/s: {} calls, {} events, {tasks} tasks, {spilling} spilling, {} evicted, {:.1} ms",
            outcome.memory_calls as f64 / seconds / 1e6,
            outcome.events as f64 / seconds / 1e6,
            outcome.memory_calls,
            outcome.events,
            counters.evicted().0,
            seconds * 1e3,
        );
    }
}

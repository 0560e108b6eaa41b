//! Whole runs: calls of the memory managers and stores a second (criterion's elements), and a sort of 10^9 rows.
//! Events a second are printed beside them: `cargo run --release -p poolsim-benches --bin engine_mixed`.

use std::time::Duration;

use criterion::{Criterion, Throughput};
use poolsim_benches::{Lowered, sort};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    let lowered = Lowered::mixed();
    let (expected, counters) = lowered.run();
    let tasks: usize = counters.stages.iter().map(|stage| stage.tasks.len()).sum();
    let spilling: u64 = counters.stages.iter().map(|stage| stage.spilling_tasks).sum();
    println!(
        "engine/mixed: {} calls, {} events, {spilling} of {tasks} tasks spill",
        expected.memory_calls, expected.events
    );
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(expected.memory_calls));
    group.bench_function("mixed", |b| b.iter(|| assert_eq!(lowered.run().0, expected)));
    group.finish();
    let mut group = criterion.benchmark_group("consumer");
    let expected = sort(1_000_000_000);
    assert_eq!(expected[0], 1_000_000_000);
    group.bench_function("sort of 10^9 rows", |b| b.iter(|| assert_eq!(sort(1_000_000_000), expected)));
    group.finish();
    criterion.final_summary();
}

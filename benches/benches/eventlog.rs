//! The reader of event logs beside a bare line split, prefix test and typed serde over the same bytes. The ratio is
//! taken in turn, in one run; what both find is compared.
//!
//! With a file as `EVENTLOG`, a plain log of one's own takes the place of the one that is repeated here.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use poolsim_benches::eventlog::{Found, baseline, log, reader_of};

/// Turns of which the medians are taken.
const TURNS: usize = 15;

fn main() {
    let bytes = match std::env::var_os("EVENTLOG") {
        Some(path) => std::fs::read(path).expect("a plain log"),
        None => log(64 << 20),
    };
    let bytes: &'static [u8] = bytes.leak();
    let expected = baseline(bytes);
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare.push(timed(|| baseline(bytes), expected));
        whole.push(timed(|| reader_of(bytes), expected));
    }
    let rate = |times: &mut Vec<Duration>| {
        times.sort();
        bytes.len() as f64 / times[TURNS / 2].as_secs_f64()
    };
    let (bare, whole) = (rate(&mut bare), rate(&mut whole));
    println!(
        "eventlog: {} tasks in {} MiB: reader {:.0} MB/s, bare {:.0} MB/s: {:.0} %",
        expected.tasks,
        bytes.len() >> 20,
        whole / 1e6,
        bare / 1e6,
        100.0 * whole / bare
    );

    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut group = criterion.benchmark_group("eventlog");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("reader", |b| b.iter(|| assert_eq!(reader_of(bytes), expected)));
    group.bench_function("bare", |b| b.iter(|| assert_eq!(baseline(bytes), expected)));
    group.finish();
    criterion.final_summary();
}

fn timed(read: impl Fn() -> Found, expected: Found) -> Duration {
    let start = Instant::now();
    assert_eq!(read(), expected);
    start.elapsed()
}

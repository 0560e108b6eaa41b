//! The memory manager, the store and the task memory manager, by the recipes that `tests/oracle` runs on the real
//! classes; every result is asserted. Times are an operation's: `benches/versus_spark.sh` sets both side by side.

use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use poolsim_benches::{Filled, ScanEvict, ScanReject, exec8, stor, tmm8};

fn arbitration(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory");
    group.throughput(Throughput::Elements(1_000_000));
    group.bench_function("exec8", |b| b.iter(|| assert_eq!(exec8(1_000_000), [262_361_488_656, 5_257_071])));
    group.throughput(Throughput::Elements(2_000_000));
    group.bench_function("stor", |b| b.iter(|| assert_eq!(stor(1_000_000), [524_251_396_636, 0])));
    group.throughput(Throughput::Elements(400_000));
    group.bench_function("tmm8", |b| {
        b.iter(|| assert_eq!(tmm8(400_000), [203_241_493_938, 50_449, 113_166_104_608, 62_546_280]));
    });
    group.finish();
}

fn blocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory");
    let filled = Filled::new();
    group.throughput(Throughput::Elements(200_000));
    group.bench_function("put", |b| {
        b.iter_batched_ref(
            || filled.clone(),
            |filled| assert_eq!(filled.puts(200_000), [200_000, 200_028, 0, 655_349_575]),
            BatchSize::LargeInput,
        );
    });
    group.throughput(Throughput::Elements(400_000));
    group.bench_function("get", |b| {
        b.iter_batched_ref(
            || filled.clone(),
            |filled| assert_eq!(filled.gets(400_000), [0, 0, 330_977, 655_322_612]),
            BatchSize::LargeInput,
        );
    });
    for size in [1_000, 10_000, 100_000] {
        let ops = (4_000_000 / size).max(40);
        let timed = |run: &mut dyn FnMut(), rounds: u64| {
            let start = Instant::now();
            (0..rounds).for_each(|_| run());
            start.elapsed()
        };
        group.throughput(Throughput::Elements(ops.into()));
        group.bench_function(format!("scanReject:{size}"), |b| {
            let mut scan = ScanReject::new(size);
            b.iter_custom(|rounds| timed(&mut || assert_eq!(scan.ask(ops), [u64::from(ops), 0]), rounds));
        });
        group.bench_function(format!("scanEvict:{size}"), |b| {
            let mut scan = ScanEvict::new(size);
            let done = u64::from(ops);
            b.iter_custom(|rounds| timed(&mut || assert_eq!(scan.evict(ops), [done, done]), rounds));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    arbitration(&mut criterion);
    blocks(&mut criterion);
    criterion.final_summary();
}

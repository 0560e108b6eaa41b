//! What the model says of a run.

use super::runs::Run;
use sim_core::cluster::jvm::{
    GcCosts, GcTotals, Geometry, Heap, HeapConf, HeapVerdict, Mutators, Part, Spent,
};

const WARMUP_NS: u64 = 1_000_000_000;
const STEP_NS: u64 = 1_000_000;

/// Bytes that a thread of a run allocated in a second of its CPU time. This is given, as a plan gives it: touching a
/// page for the first time, which depends on the host and not on the collector, halves it in large heaps.
#[must_use]
pub fn rate(run: &Run) -> Option<u64> {
    let cpu_ms = run.worker_cpu_ms.filter(|&ms| ms > 0.0)?;
    Some((run.allocated_bytes as f64 / cpu_ms * 1e3) as u64)
}

/// What the model says.
#[derive(Clone, Copy, Debug)]
pub struct Predicted {
    /// Time of the measured part.
    pub spent: Spent,
    /// Collections of the measured part.
    pub young: u64,
    /// Full collections or cycles of it.
    pub old: u64,
    /// Whether the JVM came through.
    pub verdict: HeapVerdict,
}

impl Predicted {
    /// Share of the time that is `JVM GC Time`.
    #[must_use]
    pub fn gc_share(&self) -> f64 {
        let all = self.spent.progress_ns + self.spent.stopped_ns + self.spent.slowed_ns;
        self.spent.reported_ns as f64 / all.max(1) as f64
    }
}

/// Runs the program in the model.
#[must_use]
pub fn predict(run: &Run, costs: GcCosts, rate: u64) -> Predicted {
    let geometry = Geometry::of(run.heap_collector(), run.heap_mib << 20, 2);
    let object = run.record_bytes() / 2;
    let conf = HeapConf { geometry, costs, object_bytes: [object; 3] };
    let mut heap = Heap::new(&conf);
    fill(&mut heap, run.live_bytes, rate);
    let mutators = Mutators {
        threads: run.threads,
        bytes_per_second: rate * run.threads / 1000 * (1000 - run.medium_per_mille),
    };
    let mut ring = 0;
    let (_, _) = pass(&mut heap, run, mutators, &mut ring, WARMUP_NS);
    let before = heap.totals();
    let wall = run.elapsed_ms.map_or(3_500_000_000, |ms| (ms * 1e6) as u64);
    let (spent, after): (Spent, GcTotals) = pass(&mut heap, run, mutators, &mut ring, wall);
    Predicted {
        spent,
        young: after.young - before.young,
        old: after.full + after.cycles - before.full - before.cycles,
        verdict: heap.verdict(),
    }
}

/// One thread makes what is held to the end, then asks for a collection.
fn fill(heap: &mut Heap, bytes: u64, rate: u64) {
    let mut left = bytes;
    let idle = Mutators { threads: 1, bytes_per_second: 0 };
    while left > 0 {
        let now = left.min(1 << 20);
        heap.advance((u128::from(now) * 1_000_000_000 / u128::from(rate)) as u64, idle);
        heap.hold(Part::Cached, now);
        left -= now;
    }
    heap.collect_all();
}

fn pass(heap: &mut Heap, run: &Run, mutators: Mutators, ring: &mut u64, wall: u64) -> (Spent, GcTotals) {
    let mut all = Spent::default();
    let mut left = wall;
    while left > 0 {
        let spent = heap.advance(left.min(STEP_NS), mutators);
        left -= left.min(STEP_NS);
        all.progress_ns += spent.progress_ns;
        all.stopped_ns += spent.stopped_ns;
        all.slowed_ns += spent.slowed_ns;
        all.reported_ns += spent.reported_ns;
        let garbage = u128::from(spent.progress_ns) * u128::from(mutators.bytes_per_second) / 1_000_000_000;
        let kept = garbage as u64 * run.medium_per_mille / (1000 - run.medium_per_mille).max(1);
        // Records of a ring hold its place: what comes when it is full takes that of the oldest.
        *ring += kept;
        heap.hold(Part::User, kept);
        if *ring > run.medium_bytes {
            heap.release(Part::User, *ring - run.medium_bytes);
            *ring = run.medium_bytes;
        }
    }
    (all, heap.totals())
}

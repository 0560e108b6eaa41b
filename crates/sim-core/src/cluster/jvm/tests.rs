//! Laws of the model, and the numbers of HotSpot that can be checked by hand.

use super::*;

const MIB: u64 = 1 << 20;
const SECOND: u64 = 1_000_000_000;
const ALL: [HeapCollector; 5] = [
    HeapCollector::Parallel,
    HeapCollector::Serial,
    HeapCollector::G1,
    HeapCollector::Zgc,
    HeapCollector::Cms,
];

fn heap(collector: HeapCollector, mib: u64) -> Heap {
    let geometry = Geometry::of(collector, mib * MIB, 2);
    Heap::new(&HeapConf { geometry, costs: GcCosts::of(collector), object_bytes: [64, MIB, 64] })
}

/// Two threads that make so much garbage in a second.
fn rate(mib: u64) -> Mutators {
    Mutators { threads: 2, bytes_per_second: mib * MIB }
}

fn share(spent: Spent) -> f64 {
    (spent.stopped_ns + spent.slowed_ns) as f64
        / (spent.progress_ns + spent.stopped_ns + spent.slowed_ns) as f64
}

#[test]
fn sizes_are_those_of_hotspot() {
    // JDK 17 with -Xmx1g: young is a third, survivors of Serial a tenth of it (`-Xlog:gc+heap`).
    let serial = Geometry::of(HeapCollector::Serial, 1024 * MIB, 2);
    assert_eq!((serial.young, serial.survivor), (357_892_096, 35_782_656));
    assert_eq!(serial.old, 1024 * MIB - serial.young);
    let parallel = Geometry::of(HeapCollector::Parallel, 1024 * MIB, 2);
    assert_eq!(parallel.old / 1024, 699_392);
    // G1 regions are a 2048th, to a power of two.
    assert_eq!(Geometry::of(HeapCollector::G1, 1024 * MIB, 2).region, MIB);
    assert_eq!(Geometry::of(HeapCollector::G1, 9000 * MIB, 2).region, 8 * MIB);
    assert_eq!(Geometry::of(HeapCollector::G1, 1024 * MIB, 16).parallel_threads, 13);
    // The young generation of CMS is bounded by its threads.
    assert_eq!(Geometry::of(HeapCollector::Cms, 8192 * MIB, 4).young, floor(64 * MIB * 13 / 10 * 4));
}

fn floor(bytes: u64) -> u64 {
    bytes / (64 << 10) * (64 << 10)
}

#[test]
fn time_is_neither_made_nor_lost() {
    for collector in ALL {
        let mut heap = heap(collector, 512);
        heap.hold(Part::Cached, 150 * MIB);
        for wall in [1, 7, 1_000, 12_345_678, SECOND, 3 * SECOND] {
            let spent = heap.advance(wall, rate(900));
            assert_eq!(spent.progress_ns + spent.stopped_ns + spent.slowed_ns, wall, "{collector:?}");
        }
    }
}

#[test]
fn what_lives_is_what_was_held_and_not_released() {
    for collector in ALL {
        let mut heap = heap(collector, 512);
        let per_mille = GcCosts::of(collector).object_per_mille;
        let mut held = 0;
        for round in 0..400 {
            heap.hold(Part::Cached, MIB / 4);
            heap.hold(Part::User, MIB);
            heap.hold(Part::Execution, 2 * MIB);
            heap.advance(SECOND / 100, rate(700));
            heap.release(Part::User, MIB);
            heap.release(Part::Execution, 2 * MIB);
            held = (round + 1) * MIB / 4;
        }
        let live = held * per_mille / 1000;
        // What ZGC's layout adds to objects is rounded with each of them.
        assert!(heap.live().abs_diff(live) <= 1200 && heap.live() <= live, "{collector:?}: {}", heap.live());
        assert_eq!(heap.verdict(), HeapVerdict::Fine);
    }
}

#[test]
fn nothing_is_collected_where_nobody_allocates() {
    for collector in ALL {
        let mut heap = heap(collector, 512);
        heap.hold(Part::Cached, 50 * MIB);
        heap.advance(SECOND, rate(0));
        let before = heap.totals();
        let spent = heap.advance(3600 * SECOND, rate(0));
        assert_eq!((spent.progress_ns, heap.totals()), (3600 * SECOND, before), "{collector:?}");
    }
}

#[test]
fn more_that_lives_or_is_made_costs_more() {
    for collector in ALL {
        let cost = |live: u64, made: u64| {
            let mut heap = heap(collector, 512);
            heap.hold(Part::Cached, live * MIB);
            heap.collect_all();
            heap.advance(SECOND, rate(made));
            share(heap.advance(20 * SECOND, rate(made)))
        };
        assert!(cost(100, 800) > cost(100, 200), "{collector:?}");
        assert!(cost(300, 800) >= cost(50, 800), "{collector:?}");
    }
}

#[test]
fn a_heap_that_is_too_small_throws_and_one_that_fits_does_not() {
    for collector in ALL {
        let mut small = heap(collector, 512);
        small.hold(Part::User, 600 * MIB);
        assert_eq!(small.verdict(), HeapVerdict::JavaHeapSpace, "{collector:?}");
        assert_eq!(small.advance(SECOND, rate(100)).stopped_ns, SECOND, "nothing gets on any more");
        let mut fits = heap(collector, 512);
        for _ in 0..50 {
            fits.hold(Part::User, 300 * MIB);
            fits.release(Part::User, 300 * MIB);
        }
        assert_eq!(fits.verdict(), HeapVerdict::Fine, "{collector:?}");
    }
}

/// Holds a little more and a little more while garbage is made, until the heap throws.
fn filled(collector: HeapCollector) -> HeapVerdict {
    let mut heap = heap(collector, 512);
    for _ in 0..100_000 {
        heap.hold(Part::User, MIB / 8);
        heap.advance(SECOND / 10, rate(400));
        if heap.verdict() != HeapVerdict::Fine {
            return heap.verdict();
        }
    }
    heap.verdict()
}

#[test]
fn only_parallel_and_cms_have_a_limit_of_overhead() {
    assert_eq!(filled(HeapCollector::Parallel), HeapVerdict::GcOverheadLimit);
    for collector in [HeapCollector::Serial, HeapCollector::G1, HeapCollector::Zgc] {
        assert_eq!(filled(collector), HeapVerdict::JavaHeapSpace, "{collector:?}");
    }
}

#[test]
fn arrays_of_half_a_region_are_never_copied_by_g1() {
    let mut heap = heap(HeapCollector::G1, 512);
    heap.hold(Part::Execution, 100 * MIB);
    assert_eq!((heap.old_used(), heap.eden_used), (100 * MIB, 0), "objects of 1 MiB in regions of 1 MiB");
    heap.hold(Part::User, 10 * MIB);
    assert_eq!(heap.eden_used, 10 * MIB);
}

#[test]
fn zgc_reports_cycles_that_stop_nobody() {
    let mut heap = heap(HeapCollector::Zgc, 1024);
    heap.hold(Part::Cached, 200 * MIB);
    let spent = heap.advance(10 * SECOND, Mutators { threads: 1, bytes_per_second: 300 * MIB });
    assert!(spent.reported_ns > 0);
    assert_eq!(spent.stopped_ns, 0, "one thread beside one of the collector's, on two processors");
    assert_eq!(spent.slowed_ns, 0);
}

//! What containers hold.

use super::*;
use crate::cluster::python::PythonConf;

const PYTHON: PythonConf =
    PythonConf { worker_limit: None, worker_memory: Bytes::mib(512), reuse: true, arrow_records: 10_000 };

fn conf(collector: Collector, heap_mib: u64) -> ContainerConf {
    ContainerConf { limit: Limit::None, max_heap: Bytes::mib(heap_mib), collector, python: PYTHON }
}

/// Real executors (`tests/jvm/container/executors.csv`): collector, heap, MiB of the pools that lived at most, then the
/// resident bytes of the heap and of the rest of the JVM.
const MEASURED: [(Collector, u64, u64, u64, u64); 6] = [
    (Collector::G1, 1024, 178, 864, 275),
    (Collector::G1, 2048, 178, 796, 212),
    (Collector::G1, 4096, 178, 822, 201),
    (Collector::Parallel, 910, 178, 571, 190),
    (Collector::Serial, 990, 178, 393, 176),
    (Collector::G1, 4096, 178, 1198, 213),
];

#[test]
fn real_executors_hold_about_as_much() {
    for (collector, heap, live, heap_rss, rest) in MEASURED {
        let parts =
            conf(collector, heap).parts(&Held { heap_peak: Bytes::mib(live), slots: 2, ..Held::default() });
        let touched = parts.of(Part::Heap).0 >> 20;
        assert!(
            touched.abs_diff(heap_rss) * 100 <= heap_rss * 40,
            "{collector:?} {heap}m: {touched} for {heap_rss}"
        );
        let beside = (parts.total().0 >> 20) - touched;
        assert!(beside.abs_diff(rest) * 100 <= rest * 30, "{collector:?} {heap}m: {beside} for {rest}");
    }
}

#[test]
fn the_heap_is_never_touched_beyond_its_end() {
    let conf = conf(Collector::G1, 1024);
    assert_eq!(conf.touched_heap(Bytes::gib(9)), Bytes::gib(1));
    assert_eq!(conf.touched_heap(Bytes(u64::MAX)), Bytes::gib(1));
    // 1 GiB of heap has 37 + 2 * 16 + 3 * 2 MiB of tables; NativeMemoryTracking said 72 at 889 MiB.
    let parts = conf.parts(&Held { heap_peak: Bytes::gib(1), ..Held::default() });
    assert_eq!(parts.of(Part::Collector), Bytes::mib(75));
}

#[test]
fn a_full_heap_fits_with_what_a_jvm_needs_beside_it() {
    // 384 MiB of overhead are enough for a small executor without Python.
    let parts =
        conf(Collector::G1, 1024).parts(&Held { heap_peak: Bytes::gib(1), slots: 4, ..Held::default() });
    assert!(parts.total() < Bytes::mib(1024 + 384), "{}", parts.total());
    let named = parts.by_size();
    assert_eq!(named[0].0, "heap");
    assert_eq!(named.iter().map(|&(_, bytes)| bytes).sum::<Bytes>(), parts.total());
}

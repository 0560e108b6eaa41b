//! The model of garbage collection against the kept runs of real collectors.
//!
//! `cargo run -p poolsim-tests --bin gc_accuracy` prints the figures that are held here.

use poolsim_tests::jvm::predict::{Predicted, predict, rate};
use poolsim_tests::jvm::runs::{self, Run};
use poolsim_tests::jvm::score;
use sim_core::cluster::jvm::{GcCosts, HeapVerdict};

fn kept() -> Vec<Run> {
    runs::read(&runs::kept()).expect("the kept runs")
}

fn predicted<'a>(all: &'a [Run], collector: &str, set: &str) -> Vec<(&'a Run, Predicted)> {
    let of = all.iter().filter(|run| run.collector == collector && run.set == set && run.part != "growing");
    of.filter(|run| run.is_ok())
        .map(|run| {
            let costs = GcCosts::of(run.heap_collector());
            (run, predict(run, costs, rate(run).expect("it ran")))
        })
        .collect()
}

/// Least parts in a hundred of the runs for testing that are within 3 points or 30 %, and of the pairs with the right
/// direction: what was reached, less one run.
const REACHED: [(&str, usize, usize); 4] =
    [("parallel", 83, 91), ("serial", 80, 97), ("g1", 84, 84), ("zgc", 81, 71)];

#[test]
fn collections_take_what_they_took_in_heaps_that_no_constant_was_fitted_to() {
    let all = kept();
    for (collector, near, direction) in REACHED {
        let of: Vec<&Run> = all.iter().filter(|run| run.collector == collector).collect();
        let rows = predicted(&all, collector, "test");
        assert!(rows.len() >= 24, "{collector}: {} runs", rows.len());
        let hits = rows.iter().filter(|(run, said)| score::is_near(said.gc_share(), run.gc_share())).count();
        assert!(hits * 100 >= near * rows.len(), "{collector}: {hits} of {} are near", rows.len());
        let (right, pairs) = score::directions(&rows, score::noise(&of));
        assert!(pairs >= 20, "{collector}: {pairs} pairs");
        assert!(right * 100 >= direction * pairs, "{collector}: {right} of {pairs} directions");
    }
}

#[test]
fn over_all_collectors_nine_directions_of_ten_are_right() {
    let all = kept();
    let (mut right, mut pairs) = (0, 0);
    for (collector, ..) in REACHED {
        let of: Vec<&Run> = all.iter().filter(|run| run.collector == collector).collect();
        let found = score::directions(&predicted(&all, collector, "test"), score::noise(&of));
        (right, pairs) = (right + found.0, pairs + found.1);
    }
    assert!(right * 10 >= pairs * 9, "{right} of {pairs}");
}

#[test]
fn who_came_through_comes_through() {
    for run in kept().iter().filter(|run| run.is_ok()) {
        let said = predict(run, GcCosts::of(run.heap_collector()), rate(run).expect("it ran"));
        let name = format!("{} {} {}", run.collector, run.heap_mib, run.label);
        assert_eq!(said.verdict, HeapVerdict::Fine, "{name}");
    }
}

#[test]
fn the_runs_are_of_both_sets_and_enough() {
    let all = kept();
    for (collector, ..) in REACHED {
        for set in ["fit", "test"] {
            let runs = all.iter().filter(|run| run.collector == collector && run.set == set).count();
            assert!(runs >= 24, "{collector}, {set}: {runs}");
        }
    }
}

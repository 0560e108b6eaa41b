//! `sim-core` against the literal reference model, over drawn calls.

use std::collections::BTreeSet;

use poolsim_tests::calls::{Call, Event, Setup, compare, steps};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn sim_core_does_what_the_reference_does(setup: Setup, calls in vec(any::<Call>(), 1..120)) {
        if let Err(difference) = compare(setup, calls) {
            return Err(TestCaseError::fail(difference.to_string()));
        }
    }
}

/// A net through which nothing passes catches nothing: what can be drawn reaches every reply and every event.
#[test]
fn drawn_calls_reach_every_reply_and_event() {
    let drawn = (any::<Setup>(), vec(any::<Call>(), 100));
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..300 {
        let (setup, calls) = drawn.new_tree(&mut runner).expect("every draw is a case").current();
        for (_, _, step) in steps(setup, &calls) {
            seen.insert(kind(&step.reply));
            seen.extend(step.events.iter().map(|event| match event {
                Event::Done { reply, .. } => format!("later {}", kind(reply)),
                event => kind(event),
            }));
        }
    }
    let replies = "Absent Busy Bytes Exists Locked NoSpace Nothing Ok OnDisk OutOfMemory Page Stored Waits";
    let later =
        ["Bytes", "Interrupted", "Orphaned", "OutOfMemory", "Page"].map(|reply| format!("later {reply}"));
    let events = "Evicted Granted Spilled Storage Waits";
    let wanted = replies.split(' ').chain(events.split(' ')).map(str::to_owned).chain(later);
    assert_eq!(seen, wanted.collect());
}

/// The name of a variant.
fn kind(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
}

//! `sim-core` against the literal reference model, over drawn calls.

use std::collections::BTreeSet;

use poolsim_tests::calls::{Afterwards, Block, Call, Disk, Event, Mode, Setup, Size, Task, compare, steps};
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

    /// A dozen blocks of two RDDs and of none fill the store: each new one pushes others out.
    #[test]
    fn a_full_store_evicts_as_the_reference_does(region in 0..=10_u64, calls in vec(about_a_block(), 1..120)) {
        let setup = Setup { region: 100 * region, ..Setup::EVEN };
        if let Err(difference) = compare(setup, calls) {
            return Err(TestCaseError::fail(difference.to_string()));
        }
    }
}

fn about_a_block() -> impl Strategy<Value = Call> {
    let task = Task(0);
    let put = (any::<Block>(), 40..120_u32, any::<Disk>()).prop_map(move |(block, bytes, disk)| {
        let afterwards = Afterwards::Unlock;
        Call::Put { task, block, bytes: Size(bytes), mode: Mode::On, disk, afterwards }
    });
    let acquire = (1..400_u32).prop_map(|bytes| Call::AcquireExecution {
        task: Task(1),
        bytes: Size(bytes),
        mode: Mode::On,
    });
    prop_oneof![
        8 => put,
        3 => any::<Block>().prop_map(move |block| Call::Get { task, block }),
        1 => any::<Block>().prop_map(move |block| Call::LockForReading { task, block }),
        1 => any::<Block>().prop_map(move |block| Call::Load { task, block }),
        1 => acquire,
        1 => any::<Task>().prop_map(|task| Call::EndTask { task }),
    ]
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
pub(crate) fn kind(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
}

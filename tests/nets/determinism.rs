//! A run is a function of its workload and its configuration alone.
//!
//! The same holds of a sweep at one and at several threads; that law belongs to the crate that sweeps.

use poolsim_tests::workloads::Case;
use proptest::prelude::*;
use sim_core::engine::{Engine, run};
use sim_core::observe::{Counters, Fingerprint, Journal, Timeline};
use sim_core::outcome::Outcome;
use sim_core::units::SimTime;

fn fingerprint(case: &Case) -> (Outcome, Fingerprint) {
    run(&case.workload, &case.conf, Fingerprint::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_run_twice_has_the_same_fingerprint(case: Case) {
        prop_assert_eq!(fingerprint(&case), fingerprint(&case));
    }

    #[test]
    fn observers_change_nothing(case: Case) {
        let (outcome, seen) = fingerprint(&case);
        prop_assert_eq!(&run(&case.workload, &case.conf, ()).0, &outcome);
        let watched = ((Journal::default(), Timeline::default()), (Counters::default(), Fingerprint::default()));
        let (watched_outcome, (_, (_, watched))) = run(&case.workload, &case.conf, watched);
        prop_assert_eq!(watched_outcome, outcome);
        prop_assert_eq!(watched, seen);
    }

    /// Also where the original goes on first: branches share nothing.
    #[test]
    fn a_branch_in_the_middle_ends_as_its_original(case: Case, after in 0..200_u32) {
        let mut engine = Engine::new(&case.workload, &case.conf, Fingerprint::default());
        for _ in 0..after {
            engine.step();
        }
        let branch = engine.clone();
        let original = engine.finish();
        prop_assert_eq!(&branch.finish(), &original);
        prop_assert_eq!(original, fingerprint(&case));
    }

    #[test]
    fn stopping_on_the_way_changes_nothing(case: Case, stops in proptest::collection::vec(0..3_000_000_u64, 0..4)) {
        let mut engine = Engine::new(&case.workload, &case.conf, Fingerprint::default());
        for stop in stops {
            engine.run_until(SimTime(stop));
        }
        prop_assert_eq!(engine.finish(), fingerprint(&case));
    }
}

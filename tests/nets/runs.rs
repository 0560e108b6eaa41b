//! What every run keeps, watched from outside while small drawn runs go on.

use std::collections::{BTreeMap, BTreeSet};

use poolsim_tests::workloads::Case;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sim_core::engine::{ExecutorConf, run};
use sim_core::ids::{AttemptSlot, ExecutorId, StageId};
use sim_core::memory::MemoryMode;
use sim_core::observe::{AttemptInfo, Counters, End, Event, Journal, Moment, Observer, View};

use crate::reference::kind;
use sim_core::outcome::{Outcome, Stall, Verdict};
use sim_core::units::{Bytes, SimTime};

/// Runs a case under a closure that sees every event.
fn watch<F>(case: &Case, seen: F) -> Outcome
where
    F: FnMut(SimTime, Event<'_>, &dyn View),
{
    run(&case.workload, &case.conf, Watch { seen, events: 0 }).0
}

struct Watch<F> {
    seen: F,
    events: u64,
}

impl<F: FnMut(SimTime, Event<'_>, &dyn View)> Observer for Watch<F> {
    fn on(&mut self, at: SimTime, event: Event<'_>, view: &dyn View) {
        self.events += 1;
        assert!(self.events < 50_000, "a small run goes on and on: {event:?}");
        (self.seen)(at, event, view);
    }
}

type Identity = (u32, u32, u32, SimTime, u32, u32);

fn identity(info: &AttemptInfo) -> Identity {
    (info.stage.0, info.index, info.attempt, info.launched, info.executor.0, info.slot)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Finished, failed or stalled with the names of who waits; never given up, never silent.
    #[test]
    fn every_run_ends(case: Case) {
        let outcome = watch(&case, |_, _, _| {});
        match outcome.verdict {
            Verdict::Finished | Verdict::Failed(_) => {}
            Verdict::Stalled { why: Stall::Memory, waiting } => prop_assert!(!waiting.is_empty()),
            Verdict::Stalled { why: Stall::NoExecutor { tasks }, waiting } => {
                prop_assert!(waiting.is_empty() && tasks > 0);
                let gone = |executor: &ExecutorConf| {
                    executor.removed.is_some_and(|at| at <= outcome.end || at <= executor.added)
                };
                let failures = &case.conf.failures;
                let killed = |at: usize| {
                    failures.planned.iter().any(|loss| loss.executor as usize == at && loss.at <= outcome.end)
                };
                let left = case.conf.executors.iter().enumerate().find(|(at, executor)| {
                    !(gone(executor) || killed(*at) && failures.executor_start.is_none())
                });
                prop_assert!(left.is_none(), "{:?} {:?}", case.conf.executors, failures);
            }
            Verdict::GaveUp => prop_assert!(false, "gave up after {} events", outcome.events),
        }
    }

    #[test]
    fn time_never_runs_back(case: Case) {
        let mut now = SimTime::ZERO;
        let outcome = watch(&case, |at, _, _| {
            assert!(at >= now, "{at:?} after {now:?}");
            now = at;
        });
        prop_assert!(outcome.end >= now);
    }

    #[test]
    fn every_attempt_ends_once(case: Case) {
        let mut running = BTreeMap::<Identity, u32>::new();
        let outcome = watch(&case, |_, event, _| match event {
            Event::AttemptLaunched(info) => assert!(running.insert(identity(info), 0).is_none(), "{info:?}"),
            Event::AttemptEnded(info, ..) => {
                let ends = running.get_mut(&identity(info)).expect("who ends was launched");
                *ends += 1;
                assert_eq!(*ends, 1, "{info:?}");
            }
            _ => {}
        });
        let left = running.values().filter(|&&ends| ends == 0).count();
        match outcome.verdict {
            Verdict::Stalled { waiting, .. } => prop_assert_eq!(left, waiting.len()),
            _ => prop_assert_eq!(left, 0),
        }
    }

    #[test]
    fn a_finished_run_has_finished_each_task_once(case: Case) {
        let mut finished = BTreeMap::new();
        let mut lost = false;
        let outcome = watch(&case, |_, event, _| {
            lost |= matches!(event, Event::ExecutorRemoved(..));
            if let Event::AttemptEnded(info, _, End::Finished) = event {
                *finished.entry((info.stage, info.index)).or_insert(0) += 1;
            }
        });
        if outcome.verdict == Verdict::Finished {
            let tasks: u32 = case.workload.stages.iter().map(|stage| stage.tasks).sum();
            prop_assert_eq!(finished.len(), tasks as usize);
            // Map output that is lost is computed again.
            prop_assert!(lost || finished.values().all(|&times| times == 1), "{finished:?}");
        }
    }

    /// Who fetches finds every map output there, on executors that are there, unless a shuffle service keeps them.
    #[test]
    fn what_is_fetched_is_there(case: Case) {
        let stages = &case.workload.stages;
        let mut outputs = BTreeMap::<(StageId, u32), ExecutorId>::new();
        watch(&case, |_, event, _| match event {
            Event::AttemptEnded(info, metrics, End::Finished) => {
                outputs.insert((info.stage, info.index), info.executor);
                if metrics.shuffle_read_bytes > Bytes::ZERO {
                    for &parent in &stages[info.stage.index()].parents {
                        let read = outputs.range((parent, 0)..(parent, u32::MAX)).count();
                        assert_eq!(read, stages[parent.index()].tasks as usize, "{info:?}");
                    }
                }
            }
            Event::TaskResubmitted { stage, index, executor } => {
                assert_eq!(outputs.remove(&(stage, index)), Some(executor));
            }
            _ => {}
        });
    }

    #[test]
    fn pools_sum_to_max_memory_at_every_event(case: Case) {
        let executors = case.conf.executors.len();
        watch(&case, |_, _, view| {
            for executor in (0..executors).map(ExecutorId::at) {
                for mode in MemoryMode::BOTH {
                    let memory = view.memory(executor);
                    let (execution, storage) = (memory.execution(mode), memory.storage(mode));
                    assert_eq!(execution.pool_size() + storage.pool_size(), memory.max_memory(mode));
                    let held = (0..4).filter_map(|slot| execution.memory_of(AttemptSlot(slot)));
                    assert_eq!(held.sum::<Bytes>(), execution.memory_used());
                }
            }
        });
    }

    /// Neither execution memory nor, once the last one has ended, unroll memory.
    #[test]
    fn an_ended_attempt_holds_nothing(case: Case) {
        watch(&case, |_, event, view| {
            if let Event::AttemptEnded(info, ..) = event {
                let memory = view.memory(info.executor);
                for mode in MemoryMode::BOTH {
                    assert_eq!(memory.execution(mode).memory_of(AttemptSlot(info.slot)), None, "{info:?}");
                }
            }
            if let Event::JobEnded(..) = event && case.workload.jobs.len() == 1 {
                for executor in (0..case.conf.executors.len()).map(ExecutorId::at) {
                    assert_eq!(view.unroll_memory(executor), Bytes::ZERO);
                }
            }
        });
    }

    /// Where the time of an attempt went adds up to the time that it took.
    #[test]
    fn the_parts_of_an_attempts_time_add_up(case: Case) {
        watch(&case, |at, event, _| {
            if let Event::AttemptEnded(info, metrics, _) = event {
                assert_eq!(metrics.duration(), at - info.launched, "{info:?} {metrics:?}");
            }
        });
    }
}

/// The figures of attempts add up to those of their stage and of the RDDs.
#[test]
fn every_hit_and_eviction_is_somebodys() {
    let mut runner = TestRunner::deterministic();
    let mut evicted = [0, 0];
    for _ in 0..4000 {
        let case = any::<Case>().new_tree(&mut runner).expect("every draw is a case").current();
        let (outcome, counters) = run(&case.workload, &case.conf, Counters::default());
        if matches!(outcome.verdict, Verdict::Stalled { .. }) {
            continue;
        }
        let mut for_execution = (0, Bytes::ZERO);
        for stage in &counters.stages {
            assert_eq!(
                (stage.sum.cache_hits, stage.sum.cache_misses),
                (stage.cache_hits, stage.cache_misses)
            );
            let (execution, storage) = (stage.sum.evicted_for_execution, stage.sum.evicted_for_storage);
            assert_eq!((execution.0 + storage.0, execution.1 + storage.1), stage.evicted);
            for_execution = (for_execution.0 + execution.0, for_execution.1 + execution.1);
            evicted[0] += execution.0;
            evicted[1] += storage.0;
        }
        let of_rdds = counters.rdds.iter().map(|rdd| rdd.evicted_for_execution);
        let of_rdds = of_rdds.fold((0, Bytes::ZERO), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        assert_eq!(of_rdds, for_execution);
    }
    assert!(evicted.iter().all(|&blocks| blocks > 10), "evictions for execution and storage: {evicted:?}");
}

/// What can be drawn reaches every event but a skipped stage (here no two jobs share one), and every end.
#[test]
fn drawn_runs_reach_every_event_and_end() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..1500 {
        let case = any::<Case>().new_tree(&mut runner).expect("every draw is a case").current();
        let (outcome, journal) = run(&case.workload, &case.conf, Journal::default());
        seen.insert(kind(&outcome.verdict));
        seen.extend(journal.entries.iter().map(|entry| match &entry.moment {
            Moment::BlockRead { source, .. } => format!("read {}", kind(source)),
            moment => kind(moment),
        }));
    }
    let wanted = [
        "AttemptFailed",
        "AttemptFinished",
        "AttemptKilled",
        "AttemptLaunched",
        "AttemptLost",
        "AttemptWaits",
        "BlockLost",
        "BlockRefused",
        "BlockStored",
        "Evicted",
        "ExecutorAdded",
        "ExecutorRemoved",
        "ExecutorRequested",
        "Failed",
        "Finished",
        "JobEnded",
        "JobSubmitted",
        "Spilling",
        "StageEnded",
        "StageSubmitted",
        "Stalled",
        "TaskResubmitted",
        "Unpersisted",
        "read Computed",
        "read Disk",
        "read Memory",
        "read Remote",
        "read Unpersisted",
    ];
    assert_eq!(seen, wanted.map(str::to_owned).into());
}

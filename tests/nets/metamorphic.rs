//! What must not change, or change in a known way, when something else does.

use poolsim_tests::calls::{
    Afterwards, Block, Call, Disk, Event, Mode, Quarters, Reply, Setup, Size, Task, steps,
};
use poolsim_tests::workloads::{Case, Drawn, DrawnConsumer, Stay};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sim_core::engine::{CostModel, ExecutorConf, run};
use sim_core::memory::ManagerConf;
use sim_core::observe::{AttemptInfo, Counters, Fingerprint, Journal, Moment};
use sim_core::outcome::Verdict;
use sim_core::units::{Bytes, SimTime};

mod renumbering;

/// How a run went: how it ended, and every count of it.
fn counted(case: &Case) -> (Verdict, Counters) {
    let (outcome, counters) = run(&case.workload, &case.conf, Counters::default());
    (outcome.verdict, counters)
}

/// Whether nothing spilled, left memory, was refused or had to wait, all through a run.
fn is_calm(case: &Case) -> bool {
    let (outcome, journal) = run(&case.workload, &case.conf, Journal::default());
    outcome.verdict == Verdict::Finished
        && !journal.entries.iter().any(|entry| {
            matches!(
                entry.moment,
                Moment::Spilling { .. }
                    | Moment::Evicted { .. }
                    | Moment::BlockRefused { .. }
                    | Moment::AttemptWaits(_)
            )
        })
}

fn with_storage_fraction(case: &Case, percent: u64) -> Case {
    let mut other = case.clone();
    for executor in &mut other.conf.executors {
        let memory = &mut executor.memory;
        memory.on_heap_storage_region = memory.max_heap_memory * percent / 100;
        memory.off_heap_storage_region = memory.max_off_heap_memory * percent / 100;
    }
    other
}

/// The higher the fraction, the less execution can have. A run in which nothing is short at a high one is therefore the
/// same at every lower one, to the last event. (Of sorts alone: some other consumers do with less in silence. Pages
/// have one size here; in Spark the fraction sets it, and with it the peaks.)
#[test]
fn where_nothing_is_short_a_lower_storage_fraction_changes_nothing() {
    let mut runner = TestRunner::deterministic();
    let mut calm = 0;
    for _ in 0..3000 {
        let mut drawn = any::<Drawn>().new_tree(&mut runner).expect("every draw is a case").current();
        let consumers = drawn.stages.iter_mut().flat_map(|stage| &mut stage.consumers);
        consumers.for_each(|consumer| *consumer = DrawnConsumer::Sort(true));
        let case = Case::of(&drawn);
        let high = with_storage_fraction(&case, 90);
        if is_calm(&high) {
            calm += 1;
            let seen = |case: &Case| run(&case.workload, &case.conf, Fingerprint::default());
            let expected = seen(&high);
            for percent in [0, 10, 50] {
                assert_eq!(seen(&with_storage_fraction(&case, percent)), expected, "{percent} %: {case:#?}");
            }
        }
    }
    assert!(calm > 300, "the law was tried {calm} times only");
}

/// A multiple of lcm(1..8), so that a 2Nth is whole for four tasks, times 12, the lcm of the Ns: what is left after
/// one division is a multiple of lcm(1..8) again.
const UNIT: u32 = 840 * 12;

fn whole_units() -> impl Strategy<Value = Call> {
    let size = || (1..20_u32).prop_map(|units| Size(units * UNIT));
    let acquire = (any::<Task>(), size()).prop_map(|(task, bytes)| Call::AcquireExecution {
        task,
        bytes,
        mode: Mode::On,
    });
    let release = (any::<Task>(), prop_oneof![Just(Quarters(0)), Just(Quarters(4))])
        .prop_map(|(task, part)| Call::ReleaseExecution { task, part, mode: Mode::On });
    let put = (any::<Task>(), any::<Block>(), size()).prop_map(|(task, block, bytes)| Call::Put {
        task,
        block,
        bytes,
        mode: Mode::On,
        disk: Disk::No,
        afterwards: Afterwards::Unlock,
    });
    prop_oneof![3 => acquire, 2 => release, 2 => put]
}

fn scaled(call: Call, factor: u32) -> Call {
    match call {
        Call::AcquireExecution { task, bytes, mode } => {
            Call::AcquireExecution { task, bytes: Size(bytes.0 * factor), mode }
        }
        Call::Put { task, block, bytes, mode, disk, afterwards } => {
            Call::Put { task, block, bytes: Size(bytes.0 * factor), mode, disk, afterwards }
        }
        call => call,
    }
}

/// What a call returned, and on the way to it who was granted what, or had to wait.
type Grants = (Reply, Vec<(Task, Option<u64>)>);

fn grants(setup: Setup, calls: &[Call]) -> Vec<Grants> {
    let grant = |event: &Event| match *event {
        Event::Granted { task, granted, .. } => Some((task, Some(granted))),
        Event::Waits { task, .. } => Some((task, None)),
        _ => None,
    };
    let steps = steps(setup, calls).into_iter();
    steps.map(|(_, _, step)| (step.reply, step.events.iter().filter_map(grant).collect())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn pools_and_sizes_twice_as_large_give_grants_twice_as_large(
        region in 0..=40_u64,
        doublings in 1..5_u32,
        calls in vec(whole_units(), 1..80),
    ) {
        let unit = u64::from(UNIT);
        let setup = |factor: u64| Setup { heap: 40 * unit * factor, region: region * unit * factor, ..Setup::EVEN };
        let factor = 1 << doublings;
        let mut expected = grants(setup(1), &calls);
        for (reply, granted) in &mut expected {
            if let Reply::Bytes(bytes) = reply {
                *bytes *= u64::from(factor);
            }
            granted.iter_mut().filter_map(|grant| grant.1.as_mut()).for_each(|bytes| *bytes *= u64::from(factor));
        }
        let larger: Vec<_> = calls.iter().map(|&call| scaled(call, factor)).collect();
        prop_assert_eq!(grants(setup(factor.into()), &larger), expected);
    }

    #[test]
    fn an_executor_without_slots_changes_nothing(mut case: Case) {
        // Who takes the place of a lost executor is numbered after all others.
        case.conf.failures.executor_start = None;
        let mut more = case.clone();
        let memory = ManagerConf { max_heap_memory: Bytes(50_000), ..ManagerConf::default() };
        more.conf.executors.push(ExecutorConf { node: 0, cores: 0, memory, page_size: Bytes(1_000), added: SimTime::ZERO, removed: None });
        let ((verdict, counters), (with_more, mut with_idle)) = (counted(&case), counted(&more));
        let idle = with_idle.executors.pop().expect("every executor is counted");
        prop_assert_eq!(idle, Default::default());
        prop_assert_eq!(with_more, verdict);
        prop_assert_eq!(with_idle, counters);
    }

    /// With one slot tasks follow each other, however long each takes.
    #[test]
    fn with_one_slot_memory_figures_do_not_depend_on_the_cost_model(mut drawn: Drawn) {
        drawn.executors.truncate(1);
        drawn.executors[0].cores = 0;
        drawn.executors[0].stay = Stay::Throughout;
        drawn.stages.iter_mut().for_each(|stage| {
            stage.waits = true;
            stage.placed.clear();
        });
        let mut case = Case::of(&drawn);
        prop_assert_eq!(case.conf.executors[0].cores, 1);
        case.conf.failures.planned.clear();
        case.conf.cost = CostModel::instant();
        let instant = memory_figures(&case);
        let slow = CostModel { spill_disk_ppm: CostModel::instant().spill_disk_ppm, ..CostModel::default() };
        case.conf.cost = slow;
        prop_assert_eq!(memory_figures(&case), instant);
    }
}

/// Everything that a run says of memory, and nothing of time.
fn memory_figures(case: &Case) -> Vec<Moment> {
    let timeless = |info: &mut AttemptInfo| info.launched = SimTime::ZERO;
    let (_, journal) = run(&case.workload, &case.conf, Journal::default());
    let mut moments: Vec<_> = journal.entries.into_iter().map(|entry| entry.moment).collect();
    for moment in &mut moments {
        match moment {
            Moment::AttemptFinished(info, metrics) | Moment::AttemptFailed(info, metrics, _) => {
                timeless(info);
                **metrics = metrics.timeless();
            }
            Moment::AttemptLaunched(info)
            | Moment::AttemptWaits(info)
            | Moment::AttemptKilled(info)
            | Moment::AttemptLost(info, _)
            | Moment::Spilling { attempt: info, .. }
            | Moment::Evicted { by: info, .. }
            | Moment::BlockRead { attempt: info, .. }
            | Moment::BlockStored { attempt: info, .. }
            | Moment::BlockRefused { attempt: info, .. } => timeless(info),
            _ => {}
        }
    }
    moments
}

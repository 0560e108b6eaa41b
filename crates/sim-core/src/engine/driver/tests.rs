//! The driver, as stories: 100 ms of work a task, and nothing else takes time unless said.

use crate::engine::{
    ConsumerConf, CostModel, DriverConf, DriverContainer, ExecutorConf, FailureConf, JvmConf, RunConf,
    SchedulingConf, run,
};
use crate::ids::{JobId, ProgramId, StageId};
use crate::memory::{ManagerConf, TaskMemoryConf};
use crate::observe::{Counters, TaskEnd};
use crate::outcome::{Cause, FailureKind, Outcome, Verdict, Warning};
use crate::storage::UnrollConf;
use crate::units::{Bytes, SimTime};
use crate::workload::{
    Amount, Broadcast, Collected, Depth, DriverWork, Job, Op, Payload, Program, Relation, Stage, Workload,
};

const MS: fn(u64) -> SimTime = SimTime::from_ms;
const WORK: Op = Op::Compute { time: Amount::Fixed(100_000_000) };

/// Executors of one core with a pool of 100,000 bytes.
fn conf(executors: u32, driver: DriverConf) -> RunConf {
    let executor = ExecutorConf {
        node: 0,
        cores: 1,
        memory: ManagerConf { max_heap_memory: Bytes(100_000), ..ManagerConf::default() },
        page_size: Bytes(1_000),
        added: SimTime::ZERO,
        removed: None,
    };
    RunConf {
        executors: vec![executor; executors as usize],
        task_cpus: 1,
        scheduling: SchedulingConf::default(),
        container: None,
        max_failures: 4,
        unroll: UnrollConf { initial: Bytes(100), ..UnrollConf::default() },
        task_memory: TaskMemoryConf::default(),
        consumers: ConsumerConf::default(),
        cost: CostModel::instant(),
        driver,
        failures: FailureConf::default(),
        jvm: JvmConf::idle(),
        max_events: 10_000,
    }
}

/// Direct up to 100 bytes, all results up to 1000.
fn limits() -> DriverConf {
    DriverConf {
        max_result_size: Some(Bytes(1_000)),
        max_direct_result_size: Bytes(100),
        max_message_size: Some(Bytes(10_000)),
        ..DriverConf::boundless()
    }
}

/// Jobs of one stage, one after the other, whose tasks work and send results of these bytes.
fn collect(results: &[&[u64]]) -> Workload {
    let stage = |results: &&[u64]| Stage {
        name: "stage".into(),
        parents: vec![],
        program: ProgramId(0),
        tasks: results.len() as u32,
        shuffle: None,
        values: results.to_vec(),
        placement: vec![],
    };
    let job = |at: u32| Job {
        name: "job".into(),
        stages: vec![StageId(at)],
        after: at.checked_sub(1).map(JobId).into_iter().collect(),
        delay: SimTime::ZERO,
        unpersist: vec![],
        destroy: vec![],
    };
    Workload {
        jobs: (0..results.len() as u32).map(job).collect(),
        stages: results.iter().map(stage).collect(),
        programs: vec![Program {
            ops: vec![WORK, Op::Result { bytes: Amount::Column(0) }],
            columns: 1,
            slots: 0,
            ..Program::default()
        }],
        ..Workload::default()
    }
}

fn ran(workload: &Workload, conf: &RunConf) -> (Outcome, Counters) {
    workload.check().expect("a sound workload");
    run(workload, conf, Counters::default())
}

fn cause(outcome: &Outcome) -> &Cause {
    match &outcome.verdict {
        Verdict::Failed(failure) => &failure.cause,
        other => panic!("it fails: {other:?}"),
    }
}

#[test]
fn results_count_up_to_the_limit_and_not_beyond() {
    let (outcome, counters) = ran(&collect(&[&[500, 500], &[500, 500]]), &conf(1, limits()));
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(outcome.driver.results, Bytes(1_000));
    assert_eq!(counters.stages[1].tasks.len(), 2);
}

#[test]
fn the_result_that_passes_the_limit_aborts_the_stage_and_is_killed_itself() {
    for each in [40, 400] {
        let results = vec![each; 1_000 / each as usize + 3];
        let (outcome, counters) = ran(&collect(&[&results]), &conf(2, limits()));
        let tasks = 1_000 / each as u32 + 1;
        let total = Bytes(each * u64::from(tasks));
        assert_eq!(*cause(&outcome), Cause::MaxResultSize { tasks, total, limit: Bytes(1_000) });
        let killed = counters.stages[0].tasks.iter().filter(|row| row.end == TaskEnd::Killed).count();
        let finished = counters.stages[0].tasks.iter().filter(|row| row.end == TaskEnd::Finished).count();
        assert_eq!((finished as u32, killed > 0), (tasks - 1, true));
        assert_eq!(counters.stages[0].failed_tasks, 0);
    }
}

#[test]
fn a_result_that_alone_passes_the_limit_is_not_sent() {
    let mut slow = conf(1, limits());
    slow.cost.network_bytes_per_second = 1_000;
    let (outcome, _) = ran(&collect(&[&[5_000]]), &slow);
    let (total, limit) = (Bytes(5_000), Bytes(1_000));
    assert_eq!(*cause(&outcome), Cause::MaxResultSize { tasks: 1, total, limit });
    assert_eq!(outcome.end, MS(100), "nothing crossed the network");
    let dropped = Warning::ResultDropped { stage: StageId(0), index: 0, bytes: total, limit };
    assert_eq!(outcome.warnings, [dropped]);
}

#[test]
fn zero_is_no_limit() {
    let driver = DriverConf { max_result_size: None, ..limits() };
    let (outcome, _) = ran(&collect(&[&[5_000, 50]]), &conf(1, driver));
    assert_eq!((outcome.verdict, outcome.driver.results), (Verdict::Finished, Bytes(5_050)));
}

#[test]
fn a_large_result_is_a_block_of_its_executor_until_it_was_fetched() {
    let mut slow = conf(1, limits());
    slow.cost.network_bytes_per_second = 1_000;
    let (outcome, counters) = ran(&collect(&[&[500, 100]]), &slow);
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(counters.executors[0].peak_storage[0], Bytes(500));
    let rows = &counters.stages[0].tasks;
    // The slot is free at 100 ms: the second task is launched while the first result is fetched.
    let second = rows.iter().find(|row| row.info.index == 1).expect("it ran");
    assert_eq!(second.info.launched, MS(100));
    let first = rows.iter().find(|row| row.info.index == 0).expect("it ran");
    // Alone to 200 ms, then both share the network until the 100 bytes are through at 400 ms.
    assert_eq!((first.ended, first.metrics.getting_result), (MS(700), MS(600)));
    assert_eq!(second.ended, MS(400));
}

#[test]
fn no_more_results_are_fetched_at_a_time_than_there_are_threads() {
    let mut slow = conf(3, DriverConf { getter_threads: 1, max_result_size: None, ..limits() });
    slow.cost.network_bytes_per_second = 1_000;
    let (outcome, counters) = ran(&collect(&[&[200, 200, 200]]), &slow);
    assert_eq!(outcome.verdict, Verdict::Finished);
    let mut ends: Vec<_> = counters.stages[0].tasks.iter().map(|row| row.ended.as_ms()).collect();
    ends.sort_unstable();
    assert_eq!(ends, [300, 500, 700]);
}

#[test]
fn a_result_whose_executor_is_lost_is_computed_again() {
    let mut slow = conf(2, limits());
    slow.cost.network_bytes_per_second = 1_000;
    slow.executors[0].removed = Some(MS(150));
    let (outcome, counters) = ran(&collect(&[&[500]]), &slow);
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(counters.stages[0].failed_tasks, 1, "TaskResultLost counts");
    assert_eq!(outcome.end, MS(150 + 100 + 500));
}

#[test]
fn a_result_that_no_pool_holds_goes_to_disk() {
    let mut slow = conf(1, DriverConf { max_result_size: None, ..limits() });
    slow.cost.disk_bytes_per_second = 1_000_000;
    let (outcome, counters) = ran(&collect(&[&[200_000]]), &slow);
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(counters.executors[0].peak_storage[0], Bytes::ZERO);
    assert_eq!(outcome.end, MS(300), "100 ms of work, 200 ms of writing");
}

#[test]
fn decoded_rows_stand_beside_what_they_were_decoded_of() {
    let rows = |heap| {
        let mut workload = collect(&[&[100, 100], &[100]]);
        workload.driver.collected = vec![Collected {
            job: JobId(0),
            arrived_ppm: 2_000_000,
            made: vec![("unsafe rows", Bytes(300)), ("rows", Bytes(200))],
            outside: Bytes::ZERO,
            relation: None,
        }];
        ran(&workload, &conf(1, DriverConf { heap: Bytes(heap), idle: Bytes(100), ..limits() })).0
    };
    let fits = rows(1_000);
    assert_eq!((fits.verdict, fits.driver.live), (Verdict::Finished, Bytes(1_000)));
    assert_eq!(
        fits.driver.parts,
        [("decoded results", Bytes(500)), ("results", Bytes(400)), ("idle driver", Bytes(100))]
    );
    let fails = rows(999);
    let Cause::DriverHeap { heap, broadcast: false } = cause(&fails) else { panic!("{fails:?}") };
    assert_eq!((heap.live, heap.asked, heap.capacity), (Bytes(800), Bytes(200), Bytes(999)));
    assert_eq!(cause(&fails).kind(), FailureKind::DriverHeap);
}

#[test]
fn a_full_heap_ends_all_that_runs() {
    let driver = DriverConf { heap: Bytes(250), max_result_size: None, ..limits() };
    let (outcome, counters) = ran(&collect(&[&[100, 100, 100, 100]]), &conf(2, driver));
    assert_eq!(cause(&outcome).kind(), FailureKind::DriverHeap);
    assert_eq!(outcome.end, MS(200));
    assert!(!counters.jobs[0].2);
}

fn broadcast(relation: Relation, driver: DriverConf) -> Outcome {
    let mut workload = collect(&[&[100], &[1]]);
    workload.broadcasts = vec![Broadcast { pieces: Bytes(50), value: Bytes(400) }];
    workload.driver.collected = vec![Collected {
        job: JobId(0),
        arrived_ppm: 1_000_000,
        made: vec![],
        outside: Bytes::ZERO,
        relation: Some(relation),
    }];
    ran(&workload, &conf(1, driver)).0
}

const RELATION: Relation =
    Relation { broadcast: 0, rows: 10, row_limit: 100, size: Bytes(400), building: Bytes(600) };

#[test]
fn a_relation_is_checked_in_the_order_of_spark() {
    let driver = || DriverConf { max_broadcast_bytes: Bytes(401), heap: Bytes(700), ..limits() };
    let good = broadcast(RELATION, driver());
    assert_eq!((good.verdict, good.driver.live), (Verdict::Finished, Bytes(700)));
    // The number of rows comes first, and is refused from the limit on.
    let many = broadcast(Relation { rows: 100, size: Bytes(9_000), ..RELATION }, driver());
    assert_eq!(*cause(&many), Cause::BroadcastRows { rows: 100, limit: 100 });
    // The size is known once it was built, which takes heap.
    let small = broadcast(RELATION, DriverConf { heap: Bytes(699), ..driver() });
    assert!(matches!(cause(&small), Cause::DriverHeap { broadcast: true, .. }), "{small:?}");
    let large = broadcast(RELATION, DriverConf { max_broadcast_bytes: Bytes(400), ..driver() });
    assert_eq!(*cause(&large), Cause::BroadcastBytes { bytes: Bytes(400), limit: Bytes(400) });
    // Its rows are results before they are a relation.
    let results = broadcast(RELATION, DriverConf { max_result_size: Some(Bytes(99)), ..driver() });
    assert_eq!(cause(&results).kind(), FailureKind::MaxResultSize);
}

#[test]
fn a_query_waits_for_a_broadcast_no_longer_than_it_may() {
    let timeout = |ms| DriverConf { broadcast_timeout: Some(MS(ms)), ..limits() };
    let late = broadcast(RELATION, timeout(99));
    assert_eq!((cause(&late), late.end), (&Cause::BroadcastTimeout { timeout: MS(99) }, MS(99)));
    let good = broadcast(RELATION, timeout(101));
    assert_eq!((good.verdict, good.end), (Verdict::Finished, MS(200)));
}

#[test]
fn a_container_holds_the_most_that_was_live_and_what_is_no_heap() {
    let end = |limit| {
        let container = DriverContainer { limit: Bytes(limit), non_heap: Bytes(70), exit_code: -104 };
        let driver = DriverConf { container: Some(container), max_result_size: None, ..limits() };
        ran(&collect(&[&[100], &[100, 100]]), &conf(1, driver)).0
    };
    assert_eq!(end(270).verdict, Verdict::Finished);
    let outcome = end(269);
    let Cause::DriverContainer(report) = cause(&outcome) else { panic!("{outcome:?}") };
    assert_eq!((report.used, report.limit, report.exit_code), (Bytes(270), Bytes(269), -104));
    assert_eq!(report.parts, [("results", Bytes(200)), ("outside of the heap", Bytes(70))]);
}

#[test]
fn a_task_with_too_much_data_is_not_sent_and_a_large_one_is_warned_of() {
    let payload = |bytes: u64, driver| {
        let mut workload = collect(&[&[1, 1]]);
        workload.driver = DriverWork {
            payloads: vec![Payload { stage: StageId(0), bytes: vec![10, bytes], collection: Bytes(7) }],
            ..DriverWork::default()
        };
        ran(&workload, &conf(1, driver)).0
    };
    let message = |bytes| DriverConf { max_message_size: Some(Bytes(bytes)), ..limits() };
    let outcome = payload(10_000, message(19_200));
    let (bytes, limit) = (Bytes(19_200), Bytes(19_200));
    assert_eq!(*cause(&outcome), Cause::TaskTooLarge { bytes, limit });
    assert_eq!(cause(&outcome).kind(), FailureKind::TaskResultOrRpcSize);
    assert_eq!(payload(10_000, message(19_201)).verdict, Verdict::Finished);
    let large = payload(2_000_000, DriverConf { max_message_size: None, ..limits() });
    assert_eq!(large.verdict, Verdict::Finished);
    assert_eq!(large.warnings, [Warning::LargeTask { stage: StageId(0), bytes: Bytes(2_009_200) }]);
    assert_eq!(large.driver.largest_task, Bytes(2_009_200));
    let heap = payload(2_000_000, DriverConf { heap: Bytes(2_000_000), max_message_size: None, ..limits() });
    assert_eq!(cause(&heap).kind(), FailureKind::DriverHeap);
}

#[test]
fn a_lineage_deeper_than_a_stack_ends_its_job() {
    let mut workload = collect(&[&[1], &[1]]);
    workload.driver.depths = vec![Depth { job: JobId(1), needed: Bytes(1_001) }];
    let stack = |bytes| ran(&workload, &conf(1, DriverConf { stack: Bytes(bytes), ..limits() })).0;
    assert_eq!(stack(1_001).verdict, Verdict::Finished);
    let outcome = stack(1_000);
    let (needed, limit) = (Bytes(1_001), Bytes(1_000));
    assert_eq!(*cause(&outcome), Cause::StackOverflow { needed, limit });
    assert_eq!(outcome.end, MS(100));
}

#[test]
fn a_driver_that_executes_shares_its_heap_with_the_pools() {
    let driver = DriverConf { local: true, heap: Bytes(1_500), ..limits() };
    let (outcome, _) = ran(&collect(&[&[400, 400]]), &conf(1, driver));
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(outcome.driver.live, Bytes(800));
}

#[test]
fn tasks_have_state_and_some_of_it_stays() {
    let driver =
        DriverConf { task_bytes: Bytes(10), kept_task_bytes: Bytes(4), heap: Bytes(100), ..limits() };
    let (outcome, _) = ran(&collect(&[&[1, 1, 1], &[1, 1]]), &conf(1, driver));
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(outcome.driver.parts[0], ("state of tasks", Bytes(3 * 4 + 2 * 10)));
}

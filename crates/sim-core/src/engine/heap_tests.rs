//! Heaps of executors, as stories: objects of user code, and collections of garbage beside 100 ms of work a task.

use crate::cluster::jvm::{GcCosts, Geometry, HeapCollector, HeapConf};
use crate::engine::{
    ConsumerConf, CostModel, ExecutorConf, FailureConf, JvmConf, RunConf, SchedulingConf, run,
};
use crate::ids::{ExecutorId, ProgramId};
use crate::memory::{ManagerConf, TaskMemoryConf};
use crate::observe::{Counters, Journal, Moment, TaskEnd};
use crate::outcome::{Cause, LossReason, Outcome, Verdict};
use crate::storage::UnrollConf;
use crate::units::{Bytes, SimTime};
use crate::workload::{Amount, Job, Op, Program, Stage, Workload};

const MS: fn(u64) -> SimTime = SimTime::from_ms;
const MIB: u64 = 1 << 20;

/// Executors of two cores with a heap of 512 MiB.
fn conf(executors: usize, collector: HeapCollector) -> RunConf {
    let executor = ExecutorConf {
        node: 0,
        cores: 2,
        memory: ManagerConf { max_heap_memory: Bytes::mib(100), ..ManagerConf::default() },
        page_size: Bytes::mib(1),
        added: SimTime::ZERO,
        removed: None,
    };
    let geometry = Geometry::of(collector, 512 * MIB, 2);
    RunConf {
        executors: vec![executor; executors],
        task_cpus: 1,
        scheduling: SchedulingConf::default(),
        container: None,
        max_failures: 4,
        unroll: UnrollConf::default(),
        task_memory: TaskMemoryConf::default(),
        consumers: ConsumerConf::default(),
        cost: CostModel::instant(),
        driver: crate::engine::DriverConf::boundless(),
        failures: FailureConf::default(),
        max_events: 100_000,
        jvm: JvmConf {
            heap: HeapConf { geometry, costs: GcCosts::of(collector), object_bytes: [64, MIB, 64] },
            base: Bytes::mib(64),
            allocation_per_second: Bytes::ZERO,
            collects: true,
            exit: MS(830),
            is_driver: false,
        },
    }
}

/// One stage whose tasks hold so many bytes each.
fn workload(objects: &[u64], time: SimTime) -> Workload {
    let ops = vec![Op::Heap { bytes: Amount::Column(0) }, Op::Compute { time: Amount::Fixed(time.0) }];
    Workload {
        jobs: vec![Job {
            name: "job".into(),
            stages: vec![crate::ids::StageId(0)],
            after: vec![],
            delay: SimTime::ZERO,
            unpersist: vec![],
            destroy: vec![],
        }],
        stages: vec![Stage {
            name: "stage".into(),
            parents: vec![],
            program: ProgramId(0),
            tasks: objects.len() as u32,
            shuffle: None,
            values: objects.to_vec(),
            placement: vec![],
        }],
        programs: vec![Program { ops, columns: 1, slots: 0, ..Program::default() }],
        ..Workload::default()
    }
}

fn attempts(workload: &Workload, conf: &RunConf) -> (Outcome, Vec<(u32, u32, TaskEnd)>, Counters) {
    workload.check().expect("a sound workload");
    let (outcome, counters) = run(workload, conf, Counters::default());
    let rows = counters.stages.iter().flat_map(|stage| &stage.tasks);
    let rows = rows.map(|row| (row.info.index, row.info.executor.0, row.end)).collect();
    (outcome, rows, counters)
}

#[test]
fn objects_that_fit_let_the_run_go_on_and_are_gone_with_their_task() {
    // Two at a time: 64 + 2 x 180 MiB of 512; six of them would not fit at once.
    let objects = [180 * MIB; 6];
    for collector in [HeapCollector::G1, HeapCollector::Parallel, HeapCollector::Zgc] {
        let (outcome, rows, _) = attempts(&workload(&objects, MS(100)), &conf(1, collector));
        assert_eq!(outcome.verdict, Verdict::Finished, "{collector:?}");
        assert!(rows.iter().all(|row| row.2 == TaskEnd::Finished), "{rows:?}");
    }
}

#[test]
fn a_full_heap_fails_the_attempt_and_ends_its_executor_with_exit_code_52() {
    let conf = conf(2, HeapCollector::G1);
    let (outcome, journal) = run(&workload(&[600 * MIB], MS(100)), &conf, Journal::default());
    let removed = journal.entries.iter().filter_map(|entry| match &entry.moment {
        Moment::ExecutorRemoved(executor, reason) => Some((entry.at, *executor, reason.as_ref().clone())),
        _ => None,
    });
    let removed: Vec<_> = removed.collect();
    let (at, executor, reason) = &removed[0];
    assert_eq!((*at, *executor), (MS(830), ExecutorId(0)), "the JVM takes its time to end");
    assert_eq!((reason.exit_code(), reason.caused_by_app()), (Some(52), true));
    let LossReason::Heap(report) = reason else { panic!("{reason:?}") };
    assert_eq!(
        (report.capacity, report.live, report.asked),
        (Bytes::mib(512), Bytes::mib(64), Bytes::mib(600))
    );
    assert_eq!(report.parts, [("spark itself", Bytes::mib(64))]);
    let failed = journal.entries.iter().find_map(|entry| match &entry.moment {
        Moment::AttemptFailed(info, _, cause) => Some((entry.at, info.executor, cause.as_ref().clone())),
        _ => None,
    });
    let (at, executor, cause) = failed.expect("an attempt failed");
    assert_eq!((at, executor), (SimTime::ZERO, ExecutorId(0)));
    assert!(matches!(cause, Cause::ExecutorHeap(_)), "{cause:?}");
    assert_ne!(outcome.verdict, Verdict::Finished);
}

#[test]
fn a_neighbour_is_lost_with_the_executor() {
    let (_, rows, _) = attempts(&workload(&[600 * MIB, MIB], MS(2_000)), &conf(1, HeapCollector::G1));
    assert_eq!(rows[0], (0, 0, TaskEnd::Failed));
    assert!(rows.contains(&(1, 0, TaskEnd::Lost)), "{rows:?}");
}

#[test]
fn the_driver_ends_with_its_own_heap() {
    let mut conf = conf(1, HeapCollector::G1);
    conf.jvm.is_driver = true;
    let (outcome, rows, _) = attempts(&workload(&[600 * MIB], MS(100)), &conf);
    assert_eq!(rows, [(0, 0, TaskEnd::Failed)]);
    let Verdict::Failed(failure) = outcome.verdict else { panic!("{:?}", outcome.verdict) };
    assert!(matches!(failure.cause, Cause::ExecutorHeap(_)));
}

#[test]
fn collections_stop_all_threads_and_add_nothing_to_their_work() {
    for collector in [HeapCollector::Parallel, HeapCollector::Serial, HeapCollector::G1, HeapCollector::Zgc] {
        let mut conf = conf(1, collector);
        conf.jvm.allocation_per_second = Bytes::mib(800);
        let (outcome, _, counters) = attempts(&workload(&[20 * MIB, 20 * MIB, 0], MS(4_000)), &conf);
        assert_eq!(outcome.verdict, Verdict::Finished);
        let tasks = &counters.stages[0].tasks;
        for task in tasks {
            assert_eq!(task.metrics.cpu, MS(4_000), "{collector:?}");
            assert_eq!(task.metrics.duration(), task.ended - task.info.launched, "{collector:?}");
            assert!(task.metrics.jvm_gc_time > SimTime::ZERO, "{collector:?}");
        }
        // Whoever ran at the same time saw the same collections.
        assert_eq!(tasks[0].metrics.jvm_gc_time, tasks[1].metrics.jvm_gc_time, "{collector:?}");
        let stops = collector != HeapCollector::Zgc && collector != HeapCollector::G1;
        if stops {
            assert_eq!(tasks[0].metrics.gc_wait, tasks[0].metrics.jvm_gc_time, "{collector:?}");
        }
    }
}

#[test]
fn without_garbage_and_objects_nothing_is_collected() {
    let mut workload = workload(&[0, 0], MS(100));
    workload.programs[0].ops.remove(0);
    let (outcome, _, counters) = attempts(&workload, &conf(1, HeapCollector::Parallel));
    assert_eq!(outcome.end, MS(100));
    assert_eq!(counters.stages[0].sum.jvm_gc_time, SimTime::ZERO);
}

#[test]
fn where_collections_are_switched_off_heaps_are_still_full() {
    let mut conf = conf(1, HeapCollector::Parallel);
    conf.jvm.collects = false;
    conf.jvm.allocation_per_second = Bytes::mib(800);
    let (outcome, _, _) = attempts(&workload(&[180 * MIB; 4], MS(100)), &conf);
    assert_eq!((outcome.verdict, outcome.end), (Verdict::Finished, MS(200)));
    let (outcome, rows, _) = attempts(&workload(&[600 * MIB], MS(100)), &conf);
    assert_ne!(outcome.verdict, Verdict::Finished);
    assert_eq!(rows[0].2, TaskEnd::Failed);
}

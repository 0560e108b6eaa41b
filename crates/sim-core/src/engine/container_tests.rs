//! Containers that grow, as stories: a worker leaks while its task computes for 6.4 s, in 64 portions of 100 ms.

use super::next_poll;
use crate::cluster::container::{ContainerConf, Limit};
use crate::cluster::python::{PythonConf, Transport};
use crate::conf::layout::Collector;
use crate::engine::{
    ConsumerConf, CostModel, DriverConf, ExecutorConf, FailureConf, JvmConf, RunConf, SchedulingConf, run,
};
use crate::ids::{ProgramId, StageId};
use crate::memory::{ManagerConf, TaskMemoryConf};
use crate::observe::{Counters, Journal, Moment};
use crate::outcome::{Cause, LossReason, Outcome, Verdict};
use crate::storage::UnrollConf;
use crate::units::{Bytes, SimTime};
use crate::workload::{Amount, ConsumerSpec, Job, Op, Program, PythonWork, Stage, Workload};

const MS: fn(u64) -> SimTime = SimTime::from_ms;
const MIB: u64 = 1 << 20;
const ROWS: u64 = 64_000;

const PYTHON: PythonConf =
    PythonConf { worker_limit: None, worker_memory: Bytes::mib(512), reuse: true, arrow_records: 10_000 };

fn conf(limit: Limit, python: PythonConf) -> RunConf {
    let max_heap = Bytes::mib(256);
    RunConf {
        executors: vec![ExecutorConf {
            node: 0,
            cores: 1,
            memory: ManagerConf { max_heap_memory: Bytes::mib(100), ..ManagerConf::default() },
            page_size: Bytes::mib(1),
            added: SimTime::ZERO,
            removed: None,
        }],
        task_cpus: 1,
        driver: DriverConf::boundless(),
        scheduling: SchedulingConf::default(),
        max_failures: 4,
        unroll: UnrollConf::default(),
        task_memory: TaskMemoryConf::default(),
        consumers: ConsumerConf::default(),
        cost: CostModel::instant(),
        container: Some(ContainerConf { limit, max_heap, collector: Collector::Serial, python }),
        failures: FailureConf::default(),
        max_events: 100_000,
        jvm: JvmConf::idle(),
    }
}

/// What the worker of a task holds, in MiB.
#[derive(Clone, Copy, Default)]
struct Holds {
    held: u64,
    leaked: u64,
    merged: u64,
}

fn workload(tasks: u32, transport: Transport, holds: Holds) -> Workload {
    let fixed = |mib: u64| Amount::Fixed(mib * MIB);
    let python = Op::Python {
        queue: Some(0),
        rows: Amount::Fixed(ROWS),
        bytes: Amount::Fixed(ROWS * 100),
        time: Amount::Fixed(6_400_000_000),
        work: PythonWork {
            transport,
            own: Bytes::ZERO,
            objects: Amount::Fixed(0),
            held: fixed(holds.held),
            leaked: fixed(holds.leaked),
            merged: fixed(holds.merged),
        },
    };
    let ops = vec![Op::Open { slot: 0, consumer: ConsumerSpec::PythonQueue }, python, Op::Close { slot: 0 }];
    let stage = Stage {
        name: "stage".into(),
        parents: vec![],
        program: ProgramId(0),
        tasks,
        shuffle: None,
        values: vec![],
        placement: vec![],
    };
    let job = Job {
        name: "job".into(),
        stages: vec![StageId(0)],
        after: vec![],
        delay: SimTime::ZERO,
        unpersist: vec![],
        destroy: vec![],
    };
    let workload = Workload {
        jobs: vec![job],
        stages: vec![stage],
        programs: vec![Program { ops, columns: 0, slots: 1, ..Program::default() }],
        ..Workload::default()
    };
    workload.check().expect("a sound workload");
    workload
}

/// When the first executor was lost, and why.
fn first_loss(workload: &Workload, conf: &RunConf) -> Option<(SimTime, LossReason)> {
    let (_, journal) = run(workload, conf, Journal::default());
    journal.entries.into_iter().find_map(|entry| match entry.moment {
        Moment::ExecutorRemoved(_, reason) => Some((entry.at, *reason)),
        _ => None,
    })
}

fn outcome(workload: &Workload, conf: &RunConf) -> (Outcome, Counters) {
    run(workload, conf, Counters::default())
}

#[test]
fn polls_come_at_multiples_of_the_interval() {
    assert_eq!(next_poll(MS(500), MS(500), MS(3_000)), MS(500));
    assert_eq!(next_poll(MS(500), MS(501), MS(3_000)), MS(3_500));
    assert_eq!(next_poll(MS(500), MS(3_500), MS(3_000)), MS(3_500));
}

#[test]
fn the_kernel_kills_at_once_and_yarn_with_its_next_poll() {
    let leaking = workload(1, Transport::Pickled, Holds { leaked: 640, ..Holds::default() });
    let used = |limit: Limit| {
        let (outcome, _) = outcome(&leaking, &conf(limit, PYTHON));
        outcome.containers[0].peak.total()
    };
    // 640 MiB leak, 10 in each portion; the limits leave room for about 150 of them.
    let room = Bytes::mib(490);
    let at_once = used(Limit::None) - room;
    let enforced = conf(Limit::Enforced { limit: at_once }, PYTHON);
    let (killed, reason) = first_loss(&leaking, &enforced).expect("a kill");
    let LossReason::ContainerLimit(report) = reason else { panic!("another reason: {reason:?}") };
    assert_eq!((killed, report.exit_code), (MS(1_500), 137), "the 16th portion is one too many");
    assert_eq!(report.used - report.limit, Bytes::mib(10));
    assert_eq!(report.parts.iter().map(|part| part.1).sum::<Bytes>(), report.used);

    // YARN counts the pages that the worker shares with its daemon twice: 46 MiB more.
    let polled = Limit::Polled { limit: at_once + Bytes::mib(46), interval: MS(3_000) };
    let (killed, reason) = first_loss(&leaking, &conf(polled, PYTHON)).expect("a kill");
    let LossReason::ContainerLimit(report) = reason else { panic!("another reason: {reason:?}") };
    assert_eq!((killed, report.exit_code), (MS(3_000), -104));
    assert!(report.used - report.limit >= Bytes::mib(150), "it grew until it was looked at");
}

#[test]
fn what_is_below_its_limit_when_yarn_looks_lives() {
    // Held memory goes with the process when there is no reuse; the second task begins with a new one.
    let python = PythonConf { reuse: false, ..PYTHON };
    let holding = workload(3, Transport::Pickled, Holds { held: 640, ..Holds::default() });
    let all = outcome(&holding, &conf(Limit::None, python)).0.containers[0].peak.total();
    let limit = all - Bytes::mib(20);
    let rare = Limit::Polled { limit, interval: MS(7_000) };
    assert_eq!(first_loss(&holding, &conf(rare, python)), None);
    let often = Limit::Polled { limit, interval: MS(100) };
    assert!(first_loss(&holding, &conf(often, python)).is_some());
}

#[test]
fn a_worker_that_leaks_outgrows_its_container_task_by_task() {
    let leaking = |tasks| workload(tasks, Transport::Pickled, Holds { leaked: 64, ..Holds::default() });
    let peak = |tasks, reuse| {
        let (outcome, _) = outcome(&leaking(tasks), &conf(Limit::None, PythonConf { reuse, ..PYTHON }));
        outcome.containers[0].peak.total()
    };
    assert_eq!(peak(5, true) - peak(1, true), Bytes::mib(4 * 64));
    assert_eq!(peak(5, false), peak(1, false), "a new process for each task forgets");
}

#[test]
fn an_address_space_ends_the_task_and_not_the_executor() {
    let holding = workload(1, Transport::Pickled, Holds { held: 640, ..Holds::default() });
    let limited = |mib| conf(Limit::None, PythonConf { worker_limit: Some(Bytes::mib(mib)), ..PYTHON });
    let (failed, counters) = outcome(&holding, &limited(256));
    let Verdict::Failed(failure) = failed.verdict else { panic!("{:?}", failed.verdict) };
    assert_eq!(failure.failures, 4);
    // 127 MiB before anything is held, then 10 in each portion.
    let Cause::PythonMemory { needed, limit } = failure.cause else { panic!("{:?}", failure.cause) };
    assert_eq!((needed.0 >> 20, limit), (257, Bytes::mib(256)));
    assert_eq!(counters.stages[0].failed_tasks, 4);
    assert_eq!(outcome(&holding, &limited(768)).0.verdict, Verdict::Finished);
}

#[test]
fn an_aggregation_spills_what_is_above_its_memory() {
    let merging = workload(1, Transport::Rdd, Holds { merged: 640, ..Holds::default() });
    let spilled = |mib| {
        let python = PythonConf { worker_memory: Bytes::mib(mib), ..PYTHON };
        let (outcome, counters) = outcome(&merging, &conf(Limit::None, python));
        assert_eq!(outcome.verdict, Verdict::Finished);
        let sum = counters.stages[0].sum;
        (sum.spills, sum.memory_bytes_spilled, sum.disk_bytes_spilled)
    };
    assert_eq!(spilled(1024), (0, Bytes::ZERO, Bytes::ZERO));
    // 48 MiB are there before; 160 more are gathered in 16 portions: four times, with nothing left.
    let (spills, memory, disk) = spilled(208);
    assert_eq!((spills, memory, disk), (4, Bytes::mib(640), Bytes::mib(640)));
    // What is left at the end is written as well.
    let (spills, memory, _) = spilled(300);
    assert_eq!((spills, memory), (3, Bytes::mib(640)));
}

#[test]
fn record_batches_lie_outside_of_the_heap() {
    use crate::cluster::container::Part;
    let direct = |transport| {
        let (outcome, _) = outcome(&workload(1, transport, Holds::default()), &conf(Limit::None, PYTHON));
        outcome.containers[0].peak.of(Part::Direct)
    };
    assert_eq!(direct(Transport::Arrow) - direct(Transport::Pickled), Bytes(2 * 10_000 * 100));
}

//! Executors that come and go, as stories: 100 ms of work a task, and nothing else takes time.

use crate::engine::{
    ConsumerConf, CostModel, DriverConf, Engine, ExecutorConf, FailureConf, JvmConf, RunConf, SchedulingConf,
    run,
};
use crate::ids::{ExecutorId, JobId, ProgramId, RddId, StageId};
use crate::memory::{ManagerConf, TaskMemoryConf};
use crate::observe::{Counters, Fingerprint, Journal, Moment, TaskEnd, Timeline};
use crate::outcome::{LossReason, Outcome, Stall, Verdict};
use crate::storage::{StorageLevel, UnrollConf};
use crate::units::{Bytes, SimTime};
use crate::workload::{
    Amount, Broadcast, ConsumerSpec, Job, Op, Partition, Placement, Program, Rdd, Stage, Workload,
};

const MS: fn(u64) -> SimTime = SimTime::from_ms;

/// Executors of one core by the milliseconds at which they come and go.
fn conf(stays: &[(u64, Option<u64>)]) -> RunConf {
    let executor = |&(added, removed): &(u64, Option<u64>)| ExecutorConf {
        node: 0,
        cores: 1,
        memory: ManagerConf { max_heap_memory: Bytes(100_000), ..ManagerConf::default() },
        page_size: Bytes(1_000),
        added: MS(added),
        removed: removed.map(MS),
    };
    RunConf {
        executors: stays.iter().map(executor).collect(),
        task_cpus: 1,
        max_failures: 1,
        scheduling: SchedulingConf::default(),
        unroll: UnrollConf { initial: Bytes(100), ..UnrollConf::default() },
        task_memory: TaskMemoryConf::default(),
        consumers: ConsumerConf::default(),
        cost: CostModel::instant(),
        container: None,
        driver: DriverConf::boundless(),
        failures: FailureConf::default(),
        max_events: 10_000,
        jvm: JvmConf::idle(),
    }
}

/// One job a stage; each runs its program with so many tasks.
fn workload(programs: Vec<Vec<Op>>, stages: &[(u32, u32)]) -> Workload {
    let program = |ops| Program { ops, columns: 1, slots: 1, ..Program::default() };
    let stage = |&(program, tasks): &(u32, u32)| Stage {
        name: "stage".into(),
        parents: vec![],
        program: ProgramId(program),
        tasks,
        shuffle: None,
        values: (0..u64::from(tasks)).collect(),
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
        jobs: (0..stages.len() as u32).map(job).collect(),
        stages: stages.iter().map(stage).collect(),
        programs: programs.into_iter().map(program).collect(),
        ..Workload::default()
    }
}

const WORK: Op = Op::Compute { time: Amount::Fixed(100_000_000) };

fn work(tasks: u32) -> Workload {
    workload(vec![vec![WORK]], &[(0, tasks)])
}

/// The run, and its attempts by stage and task: number, executor, milliseconds of launch and end, end.
type Attempts = Vec<(u32, u32, u32, u64, u64, TaskEnd)>;

fn attempts(workload: &Workload, conf: &RunConf) -> (Outcome, Counters, Attempts) {
    workload.check().expect("a sound workload");
    let (outcome, counters) = run(workload, conf, Counters::default());
    let rows = counters.stages.iter().flat_map(|stage| &stage.tasks).map(|row| {
        let (launched, ended) = (row.info.launched.as_ms(), row.ended.as_ms());
        (row.info.index, row.info.attempt, row.info.executor.0, launched, ended, row.end)
    });
    let rows = rows.collect();
    (outcome, counters, rows)
}

#[test]
fn who_comes_later_is_offered_what_is_left() {
    let (outcome, _, attempts) = attempts(&work(4), &conf(&[(0, None), (50, None)]));
    let finished = TaskEnd::Finished;
    assert_eq!(
        attempts,
        [
            (0, 0, 0, 0, 100, finished),
            (1, 0, 1, 50, 150, finished),
            (2, 0, 0, 100, 200, finished),
            (3, 0, 1, 150, 250, finished)
        ]
    );
    assert_eq!(outcome.end, MS(250));
}

#[test]
fn a_lost_task_runs_again_and_counts_as_no_failure() {
    // One failure would abort the job.
    let (outcome, counters, attempts) = attempts(&work(2), &conf(&[(0, Some(60)), (0, None)]));
    let finished = TaskEnd::Finished;
    assert_eq!(
        attempts,
        [(0, 0, 0, 0, 60, TaskEnd::Lost), (1, 0, 1, 0, 100, finished), (0, 1, 1, 100, 200, finished)]
    );
    assert_eq!((outcome.verdict, outcome.end), (Verdict::Finished, MS(200)));
    let stage = &counters.stages[0];
    assert_eq!((stage.lost_tasks, stage.failed_tasks, stage.killed_tasks), (1, 0, 0));
}

#[test]
fn who_ends_as_its_executor_goes_has_ended() {
    let (outcome, _, attempts) = attempts(&work(1), &conf(&[(0, Some(100))]));
    assert_eq!(attempts, [(0, 0, 0, 0, 100, TaskEnd::Finished)]);
    assert_eq!(outcome.verdict, Verdict::Finished);
}

#[test]
fn without_executors_a_run_stalls_and_says_so() {
    let (outcome, ..) = attempts(&work(3), &conf(&[(0, Some(60)), (0, Some(130))]));
    let why = Stall::NoExecutor { tasks: 2 };
    assert_eq!(outcome.verdict, Verdict::Stalled { why, waiting: vec![] });
    assert_eq!(outcome.end, MS(130));
    // Who goes before it comes was never there.
    let (outcome, ..) = attempts(&work(3), &conf(&[(50, Some(50))]));
    let why = Stall::NoExecutor { tasks: 3 };
    assert_eq!(outcome.verdict, Verdict::Stalled { why, waiting: vec![] });
    assert_eq!(outcome.end, SimTime::ZERO);
}

#[test]
fn what_happens_after_the_work_is_not_seen() {
    let stays = [(0, Some(10_000)), (5_000, None)];
    let (outcome, journal) = run(&work(1), &conf(&stays), Journal::default());
    assert_eq!((outcome.verdict, outcome.end), (Verdict::Finished, MS(100)));
    let seen = |entry: &&crate::observe::JournalEntry| entry.at > MS(100);
    assert_eq!(journal.entries.iter().filter(seen).count(), 0);
    // Nor does a bound on events that only such timers reach make it a run without an answer.
    let bounded = RunConf { max_events: outcome.events - 1, ..conf(&stays) };
    assert_eq!(run(&work(1), &bounded, ()).0.verdict, Verdict::Finished);
}

#[test]
fn pools_are_there_as_long_as_their_executor() {
    let (_, timeline) = run(&work(4), &conf(&[(0, None), (50, Some(170))]), Timeline::default());
    let sizes = |executor: usize| {
        let samples = timeline.executors[executor].iter();
        let size = |sample: &crate::observe::Sample| {
            let pool = sample.pools[0];
            (sample.at.as_ms(), (pool.execution_pool + pool.storage_pool).0)
        };
        let mut sizes: Vec<_> = samples.map(size).collect();
        sizes.dedup_by_key(|&mut (_, size)| size);
        sizes
    };
    assert_eq!(sizes(0), [(0, 100_000)]);
    assert_eq!(sizes(1), [(0, 0), (50, 100_000), (170, 0)]);
}

/// A cache of two partitions, filled by the first stage on two executors and read by the second one.
fn cached(level: StorageLevel) -> Workload {
    let read = Op::ReadBlock { rdd: RddId(0), partition: Amount::Column(0) };
    let broadcast = Op::ReadBroadcast { broadcast: 0, joined: false };
    let mut tables = workload(vec![vec![broadcast, read], vec![WORK]], &[(0, 2), (0, 2)]);
    tables.broadcasts = vec![Broadcast { pieces: Bytes(100), value: Bytes(200) }];
    tables.jobs[1].delay = MS(100);
    let partition = Partition {
        memory_size: Bytes(1_000),
        serialized_size: Bytes(700),
        elements: 10,
        unroll_time: SimTime::ZERO,
    };
    tables.rdds = vec![Rdd {
        name: "cached".into(),
        level,
        program: ProgramId(1),
        values: vec![0, 0],
        partitions: vec![partition; 2],
    }];
    tables
}

#[test]
fn lost_blocks_are_computed_again_and_were_not_evicted() {
    let (outcome, counters, rows) =
        attempts(&cached(StorageLevel::MEMORY_AND_DISK), &conf(&[(0, None), (0, Some(150))]));
    assert_eq!(outcome.verdict, Verdict::Finished);
    let rdd = counters.rdds[0];
    assert_eq!((rdd.lost, counters.evicted()), ((1, Bytes(1_000)), (0, Bytes::ZERO)));
    assert_eq!(counters.evicted_other, (0, Bytes::ZERO));
    // One partition is found where it was; the other is computed again, without a wait for an executor that is gone.
    let of_task = |row: &crate::observe::TaskRow| (row.metrics.cache_hits, row.metrics.cache_misses);
    let found: Vec<_> = counters.stages[1].tasks.iter().map(of_task).collect();
    assert_eq!(found, [(1, 0), (0, 1)]);
    assert_eq!(rows[2..], [(0, 0, 0, 200, 200, TaskEnd::Finished), (1, 0, 0, 200, 300, TaskEnd::Finished)]);
}

#[test]
fn a_replica_is_read_where_it_is_left() {
    let level = StorageLevel::MEMORY_ONLY.replicated(2);
    let (_, counters, _) = attempts(&cached(level), &conf(&[(0, None), (0, Some(150))]));
    assert_eq!(counters.rdds[0].lost.0, 2);
    assert_eq!((counters.stages[1].cache_hits, counters.stages[1].cache_misses), (2, 0));
    // Nothing is copied to who has yet to come.
    let (_, counters, _) = attempts(&cached(level), &conf(&[(0, None), (1_000, None)]));
    assert_eq!(counters.executors[1].peak_storage[0], Bytes::ZERO);
}

#[test]
fn who_waits_on_a_lost_executor_is_lost_too() {
    // Of two tasks on one executor the first computes a block, and the second waits for it.
    let mut tables = cached(StorageLevel::MEMORY_ONLY);
    tables.stages[0].values = vec![0, 0];
    let mut conf = conf(&[(0, Some(50)), (60, None)]);
    conf.executors[0].cores = 2;
    let (outcome, counters, rows) = attempts(&tables, &conf);
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(rows[0], (0, 0, 0, 0, 50, TaskEnd::Lost));
    assert_eq!(rows[1], (1, 0, 0, 0, 50, TaskEnd::Lost));
    assert_eq!(counters.stages[0].lost_tasks, 2);
    // A block that nobody had stored is not lost.
    assert_eq!(counters.rdds[0].lost, (0, Bytes::ZERO));
}

#[test]
fn who_waits_for_memory_on_a_lost_executor_is_lost_too() {
    let sort = vec![
        Op::Open { slot: 0, consumer: ConsumerSpec::BlackBox },
        Op::Insert { slot: 0, rows: Amount::Fixed(1), bytes: Amount::Fixed(90_000), time: Amount::Fixed(0) },
        WORK,
    ];
    let mut conf = conf(&[(0, Some(50)), (60, None)]);
    conf.executors[0].cores = 2;
    let tables = workload(vec![sort], &[(0, 2)]);
    let (outcome, journal) = run(&tables, &conf, Journal::default());
    assert_eq!(outcome.verdict, Verdict::Finished);
    let waits = journal.entries.iter().filter(|entry| matches!(entry.moment, Moment::AttemptWaits(_)));
    assert_eq!(waits.map(|entry| entry.at).collect::<Vec<_>>(), [SimTime::ZERO]);
    let lost = journal.entries.iter().filter(|entry| matches!(entry.moment, Moment::AttemptLost(..)));
    assert_eq!(lost.map(|entry| entry.at).collect::<Vec<_>>(), [MS(50), MS(50)]);
}

/// Tasks with the executor and the time of their recording.
fn placed(places: &[(u32, u64)]) -> Workload {
    let mut tables = work(places.len() as u32);
    let place = |&(executor, ms): &(u32, u64)| Placement { executor, not_before: MS(ms) };
    tables.stages[0].placement = places.iter().map(place).collect();
    tables
}

#[test]
fn a_recorded_task_waits_for_an_executor_that_comes() {
    let tables = placed(&[(0, 0), (1, 20), (0, 100)]);
    let (_, _, rows) = attempts(&tables, &conf(&[(0, None), (250, None)]));
    let finished = TaskEnd::Finished;
    assert_eq!(
        rows,
        [(0, 0, 0, 0, 100, finished), (2, 0, 0, 100, 200, finished), (1, 0, 1, 250, 350, finished)]
    );
}

#[test]
fn recorded_tasks_of_an_executor_that_is_gone_are_anybodys() {
    let finished = TaskEnd::Finished;
    // Lost on the way, with one more to come; the others share both.
    let tables = placed(&[(0, 0), (0, 100), (1, 0), (2, 0)]);
    let (_, _, rows) = attempts(&tables, &conf(&[(0, Some(50)), (0, None), (0, None)]));
    assert_eq!(
        rows,
        [
            (0, 0, 0, 0, 50, TaskEnd::Lost),
            (2, 0, 1, 0, 100, finished),
            (3, 0, 2, 0, 100, finished),
            (0, 1, 1, 100, 200, finished),
            (1, 0, 2, 100, 200, finished)
        ]
    );
    // Gone before the stage begins: still not launched earlier than they were.
    let tables = placed(&[(1, 30), (1, 10)]);
    let (_, _, rows) = attempts(&tables, &conf(&[(0, None), (5, Some(5))]));
    assert_eq!(rows, [(1, 0, 0, 10, 110, finished), (0, 0, 0, 110, 210, finished)]);
}

#[test]
fn a_run_with_losses_repeats_and_branches() {
    let tables = cached(StorageLevel::MEMORY_AND_DISK.replicated(2));
    let conf = conf(&[(0, Some(50)), (20, Some(250)), (30, None)]);
    let expected = run(&tables, &conf, Fingerprint::default());
    assert_eq!(expected.0.verdict, Verdict::Finished);
    let mut engine = Engine::new(&tables, &conf, Fingerprint::default());
    while engine.now() < MS(50) {
        assert!(engine.step());
    }
    let branch = engine.clone();
    assert_eq!(engine.finish(), expected);
    assert_eq!(branch.finish(), expected);
}

#[test]
fn observers_hear_of_comings_and_goings_in_order() {
    let (_, journal) =
        run(&cached(StorageLevel::MEMORY_ONLY), &conf(&[(0, None), (20, Some(150))]), Journal::default());
    let moments = journal.entries.into_iter().filter_map(|entry| match entry.moment {
        moment @ (Moment::ExecutorAdded(_) | Moment::ExecutorRemoved(..) | Moment::BlockLost { .. }) => {
            Some((entry.at.as_ms(), moment))
        }
        _ => None,
    });
    let executor = ExecutorId(1);
    let (memory, disk) = (Bytes(1_000), Bytes::ZERO);
    assert_eq!(
        moments.collect::<Vec<_>>(),
        [
            (20, Moment::ExecutorAdded(executor)),
            (150, Moment::ExecutorRemoved(executor, Box::new(LossReason::Removed))),
            (150, Moment::BlockLost { executor, rdd: RddId(0), partition: 1, memory, disk }),
        ]
    );
}

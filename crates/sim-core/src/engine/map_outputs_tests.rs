//! Lost map output as stories: two executors of one core, 100 ms of work a task, and nothing else takes time.

use super::super::{
    ConsumerConf, CostModel, DriverConf, ExecutorConf, ExecutorFailures, FailureConf, JvmConf, PlannedLoss,
    RunConf, SchedulingConf, run,
};
use crate::ids::{JobId, ProgramId, ShuffleId, StageId};
use crate::memory::{ManagerConf, TaskMemoryConf};
use crate::observe::{Counters, Journal, Moment, TaskEnd};
use crate::outcome::{Cause, FailureKind, JobFailure, LossReason, Outcome, Verdict};
use crate::storage::UnrollConf;
use crate::units::{Bytes, SimTime};
use crate::workload::{Amount, Job, Op, Program, Shuffle, Stage, Workload};

const MS: fn(u64) -> SimTime = SimTime::from_ms;

/// Executors that are killed, by number and millisecond; others come 1 s later.
fn conf(killed: &[(u32, u64)]) -> RunConf {
    let executor = |node| ExecutorConf {
        node,
        cores: 1,
        memory: ManagerConf { max_heap_memory: Bytes(100_000), ..ManagerConf::default() },
        page_size: Bytes(1_000),
        added: SimTime::ZERO,
        removed: None,
    };
    let planned =
        |&(executor, at): &(u32, u64)| PlannedLoss { executor, at: MS(at), reason: LossReason::Killed };
    RunConf {
        executors: vec![executor(0), executor(0)],
        task_cpus: 1,
        driver: DriverConf::boundless(),
        scheduling: SchedulingConf::default(),
        container: None,
        max_failures: 4,
        unroll: UnrollConf { initial: Bytes(100), ..UnrollConf::default() },
        task_memory: TaskMemoryConf::default(),
        consumers: ConsumerConf::default(),
        cost: CostModel::instant(),
        failures: FailureConf {
            executor_start: Some(MS(1_000)),
            planned: killed.iter().map(planned).collect(),
            ..FailureConf::default()
        },
        max_events: 10_000,
        jvm: JvmConf::idle(),
    }
}

/// A stage of `maps` tasks that writes a shuffle, and one of `reduces` tasks that reads it, twice as two jobs.
fn workload(maps: u32, reduces: u32, jobs: u32) -> Workload {
    let work = Op::Compute { time: Amount::Fixed(100_000_000) };
    let (shuffle, bytes) = (ShuffleId(0), Amount::Fixed(10));
    let program = |ops| Program { ops, columns: 0, slots: 0, ..Program::default() };
    let stage = |name: &str, parents, program, tasks, shuffle| Stage {
        name: name.into(),
        parents,
        program: ProgramId(program),
        tasks,
        shuffle,
        values: vec![],
        placement: vec![],
    };
    let mut stages = vec![stage("map", vec![], 0, maps, Some(shuffle))];
    let reduce = |_| stage("reduce", vec![StageId(0)], 1, reduces, None);
    stages.extend((0..jobs).map(reduce));
    let job = |at: u32| Job {
        name: "job".into(),
        stages: vec![StageId(0), StageId(at + 1)],
        after: at.checked_sub(1).map(JobId).into_iter().collect(),
        delay: SimTime::ZERO,
        unpersist: vec![],
        destroy: vec![],
    };
    Workload {
        jobs: (0..jobs).map(job).collect(),
        stages,
        programs: vec![
            program(vec![work, Op::WriteShuffle { shuffle, bytes }]),
            program(vec![work, Op::FetchShuffle { shuffle, bytes }, work]),
        ],
        shuffles: vec![Shuffle { name: "shuffle".into(), partitions: reduces }],
        ..Workload::default()
    }
}

/// The attempts of a stage: index, stage attempt, attempt, executor, milliseconds of launch and end, end.
type Attempts = Vec<(u32, u32, u32, u32, u64, u64, TaskEnd)>;

fn attempts(counters: &Counters, stage: usize) -> Attempts {
    let rows = counters.stages[stage].tasks.iter().map(|row| {
        let (info, launched) = (&row.info, row.info.launched.as_ms());
        (info.index, info.stage_attempt, info.attempt, info.executor.0, launched, row.ended.as_ms(), row.end)
    });
    rows.collect()
}

fn ran(workload: &Workload, conf: &RunConf) -> (Outcome, Counters) {
    workload.check().expect("a sound workload");
    run(workload, conf, Counters::default())
}

use TaskEnd::{Failed, Finished, Lost};

#[test]
fn finished_map_tasks_of_a_running_stage_go_back() {
    let (outcome, counters) = ran(&workload(4, 2, 1), &conf(&[(1, 150)]));
    assert_eq!(outcome.verdict, Verdict::Finished);
    let maps = [
        (0, 0, 0, 0, 0, 100, Finished),
        (1, 0, 0, 1, 0, 100, Finished),
        (3, 0, 0, 1, 100, 150, Lost),
        (2, 0, 0, 0, 100, 200, Finished),
        // What ran comes before what had finished.
        (3, 0, 1, 0, 200, 300, Finished),
        (1, 0, 1, 0, 300, 400, Finished),
    ];
    assert_eq!(attempts(&counters, 0), maps);
    let stage = &counters.stages[0];
    assert_eq!((stage.attempts, stage.resubmitted_tasks, stage.lost_tasks, stage.failed_tasks), (1, 1, 1, 0));
    assert_eq!((counters.stages[1].attempts, counters.stages[1].failed_tasks), (1, 0));
}

#[test]
fn reducers_that_miss_map_output_bring_their_map_stage_back() {
    // Maps end at 200 ms, two on each executor; the first reducers fetch at 300 ms.
    let (outcome, counters) = ran(&workload(4, 2, 1), &conf(&[(1, 250)]));
    assert_eq!(outcome.verdict, Verdict::Finished);
    let reduces = [
        (1, 0, 0, 1, 200, 250, Lost),
        // It finds the output of executor 1 missing; 200 ms later both stages are submitted again.
        (0, 0, 0, 0, 200, 300, Failed),
        // Its slot is offered before the driver has read why it failed.
        (1, 0, 1, 0, 300, 400, Failed),
        (0, 1, 0, 0, 700, 900, Finished),
        (1, 1, 0, 0, 900, 1100, Finished),
    ];
    assert_eq!(attempts(&counters, 1), reduces);
    // Only what was lost is computed again.
    let again = [(1, 1, 0, 0, 500, 600, Finished), (3, 1, 0, 0, 600, 700, Finished)];
    assert_eq!(attempts(&counters, 0)[4..], again);
    let of = |stage: usize| {
        let stage = &counters.stages[stage];
        (stage.attempts, stage.fetch_failed_tasks, stage.resubmitted_tasks)
    };
    assert_eq!((of(0), of(1)), ((2, 0, 0), (2, 2, 0)));
}

#[test]
fn a_shuffle_service_keeps_map_output() {
    let mut conf = conf(&[(1, 250)]);
    conf.failures.shuffle_service = true;
    let (outcome, counters) = ran(&workload(4, 2, 1), &conf);
    assert_eq!((outcome.verdict, outcome.end), (Verdict::Finished, MS(600)));
    assert_eq!((counters.stages[0].attempts, counters.stages[1].attempts), (1, 1));
}

#[test]
fn a_skipped_stage_runs_again_for_what_was_lost() {
    // The second job begins at 400 ms; executor 1 is lost then.
    let (outcome, counters) = ran(&workload(4, 2, 2), &conf(&[(1, 399)]));
    assert_eq!(outcome.verdict, Verdict::Finished);
    assert_eq!(counters.stages[0].attempts, 2);
    assert_eq!(counters.stages[0].tasks.len(), 6, "four of the first job, two that were lost");
    assert_eq!(counters.stages[2].failed_tasks, 0, "nobody had to find out");
}

#[test]
fn a_stage_gives_up_after_so_many_attempts_in_a_row() {
    let mut conf = conf(&[(1, 250)]);
    conf.failures.max_stage_attempts = 1;
    let (outcome, counters) = ran(&workload(4, 2, 1), &conf);
    let cause = Cause::StageAttempts { attempts: 1, shuffle: ShuffleId(0) };
    let failure = JobFailure { job: JobId(0), stage: Some(StageId(1)), index: None, failures: 1, cause };
    assert_eq!((outcome.verdict, outcome.end), (Verdict::Failed(Box::new(failure)), MS(300)));
    assert!(!counters.stages[1].succeeded);
}

#[test]
fn kills_of_its_executors_count_as_failures_of_a_task() {
    let mut conf = conf(&[(0, 50), (1, 140)]);
    conf.max_failures = 2;
    let (outcome, _) = ran(&workload(1, 1, 1), &conf);
    let Verdict::Failed(failure) = outcome.verdict else { panic!("{:?}", outcome.verdict) };
    assert_eq!((failure.stage, failure.index, failure.failures), (Some(StageId(0)), Some(0), 2));
    assert_eq!(failure.cause.kind(), FailureKind::ExecutorLostOther);
    // Preempted containers are nobody's fault.
    for planned in &mut conf.failures.planned {
        planned.reason = LossReason::Preempted;
    }
    assert_eq!(ran(&workload(1, 1, 1), &conf).0.verdict, Verdict::Finished);
}

#[test]
fn lost_executors_are_replaced_by_others_with_numbers_of_their_own() {
    let (outcome, journal) = run(&workload(1, 1, 1), &conf(&[(0, 50), (1, 60)]), Journal::default());
    assert_eq!(outcome.verdict, Verdict::Finished);
    let seen = journal.entries.iter().filter_map(|entry| match entry.moment {
        Moment::ExecutorRequested { executor, instead_of } => {
            Some((entry.at.as_ms(), executor.0, Some(instead_of.0)))
        }
        Moment::ExecutorAdded(executor) => Some((entry.at.as_ms(), executor.0, None)),
        _ => None,
    });
    let seen: Vec<_> = seen.collect();
    assert_eq!(seen, [(50, 2, Some(0)), (60, 3, Some(1)), (1_050, 2, None), (1_060, 3, None)]);
}

#[test]
fn too_many_lost_executors_end_the_application() {
    let mut conf = conf(&[(0, 50), (1, 60)]);
    conf.failures.executor_failures = ExecutorFailures::Limited { limit: 2, too_many: 2, validity: None };
    let (outcome, counters) = ran(&workload(4, 1, 1), &conf);
    let Verdict::Failed(failure) = outcome.verdict else { panic!("{:?}", outcome.verdict) };
    assert_eq!((failure.stage, outcome.end), (None, MS(60)));
    assert!(matches!(failure.cause, Cause::ExecutorFailures { failures: 2, limit: 2, .. }), "{failure:?}");
    assert_eq!(counters.jobs, [(Some(MS(0)), Some(MS(60)), false)]);
    // Failures that are long past do not count.
    conf.failures.executor_failures =
        ExecutorFailures::Limited { limit: 2, too_many: 2, validity: Some(MS(5)) };
    assert_eq!(ran(&workload(4, 1, 1), &conf).0.verdict, Verdict::Finished);
}

//! Broadcast variables: what they take of the pool, how long, and what a task's metrics say of them.

use sim_core::conf::{ClusterShape, Conf, SparkVersion};
use sim_core::engine::{RunConf, run};
use sim_core::ids::{JobId, ProgramId, StageId};
use sim_core::observe::{Counters, Timeline};
use sim_core::outcome::Verdict;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Amount, Broadcast, Job, Op, Program, Stage, Workload};

const PIECES: Bytes = Bytes::mib(1);
const VALUE: Bytes = Bytes::mib(5);

/// A job whose two tasks read the variable, and one that reads nothing.
fn workload(joined: bool, destroy: Vec<u32>) -> Workload {
    let work = Op::Compute { time: Amount::Fixed(1_000_000) };
    let stage = |program| Stage {
        name: "stage".into(),
        parents: vec![],
        program: ProgramId(program),
        tasks: 2,
        shuffle: None,
        values: vec![],
        placement: vec![],
    };
    let job = |at: u32, destroy| Job {
        name: "job".into(),
        stages: vec![StageId(at)],
        after: at.checked_sub(1).map(JobId).into_iter().collect(),
        delay: SimTime::ZERO,
        unpersist: vec![],
        destroy,
    };
    Workload {
        jobs: vec![job(0, destroy), job(1, vec![])],
        stages: vec![stage(0), stage(1)],
        programs: vec![
            Program {
                ops: vec![Op::ReadBroadcast { broadcast: 0, joined }, work],
                columns: 0,
                slots: 0,
                ..Program::default()
            },
            Program { ops: vec![work], columns: 0, slots: 0, ..Program::default() },
        ],
        broadcasts: vec![Broadcast { pieces: PIECES, value: VALUE }],
        ..Workload::default()
    }
}

fn ran(workload: &Workload) -> (Counters, Timeline) {
    let conf = Conf::builder(SparkVersion::V3_5).layer("test", [("spark.master", "local[2]")]);
    let conf = conf.build().expect("settings");
    let (run_conf, _) = RunConf::resolve(&conf, ClusterShape::default()).expect("a layout");
    workload.check().expect("a sound workload");
    let (outcome, observers) = run(workload, &run_conf, (Counters::default(), Timeline::default()));
    assert_eq!(outcome.verdict, Verdict::Finished);
    observers
}

fn stored_at_the_end(timeline: &Timeline) -> Bytes {
    timeline.executors[0].last().expect("a sample").pools[0].storage_used
}

#[test]
fn pieces_and_value_stay_until_nobody_refers_to_them() {
    let (_, kept) = ran(&workload(false, vec![]));
    assert_eq!(stored_at_the_end(&kept), PIECES + VALUE);
    let (counters, destroyed) = ran(&workload(false, vec![0]));
    assert_eq!(stored_at_the_end(&destroyed), Bytes::ZERO);
    assert_eq!(counters.evicted_other, (0, Bytes::ZERO), "to be removed is not to be evicted");
}

#[test]
fn the_relation_of_a_broadcast_join_is_in_the_peak_of_each_task() {
    let (joined, _) = ran(&workload(true, vec![]));
    assert_eq!(joined.stages[0].peak_execution_memory_max, VALUE);
    assert_eq!(joined.stages[0].sum.peak_execution_memory, VALUE + VALUE);
    let (read, _) = ran(&workload(false, vec![]));
    assert_eq!(read.stages[0].sum.peak_execution_memory, Bytes::ZERO);
}

#[test]
fn what_is_destroyed_has_to_be_there() {
    let error = workload(false, vec![1]).check().expect_err("there is one variable").to_string();
    assert!(error.contains("no broadcast 1 to destroy"), "{error}");
}

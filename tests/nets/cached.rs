//! Cached blocks in whole runs.

use sim_core::engine::{CostModel, DriverConf, ExecutorConf, JvmConf, RunConf, SchedulingConf, run};
use sim_core::ids::{JobId, ProgramId, RddId, StageId};
use sim_core::memory::{ManagerConf, TaskMemoryConf};
use sim_core::observe::Counters;
use sim_core::outcome::Verdict;
use sim_core::storage::{StorageLevel, UnrollConf};
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Amount, ConsumerSpec, Job, Op, Partition, Program, Rdd, Stage, Workload};

/// A block of 500 bytes goes to disk when a sort needs the memory. Two tasks then read it from there at the same
/// time: the first to have read it caches it again, the other finds it there (`maybeCacheDiskValuesInMemory`).
#[test]
fn two_readers_of_a_block_on_disk_cache_it_once() {
    let program = |ops: Vec<Op>| Program { ops, columns: 0, slots: 1, ..Program::default() };
    let fixed = Amount::Fixed;
    let read =
        program(vec![Op::ReadBlock { rdd: RddId(0), partition: fixed(0) }, Op::Result { bytes: fixed(1) }]);
    let sort = program(vec![
        Op::Open { slot: 0, consumer: ConsumerSpec::Sort { radix: true } },
        Op::Insert { slot: 0, rows: fixed(4), bytes: fixed(400), time: fixed(0) },
    ]);
    let stage = |program: u32, tasks: u32| Stage {
        name: "stage".into(),
        parents: vec![],
        program: ProgramId(program),
        tasks,
        shuffle: None,
        values: vec![],
        placement: vec![],
    };
    let job = |stage: u32| Job {
        name: "job".into(),
        stages: vec![StageId(stage)],
        after: stage.checked_sub(1).map(JobId).into_iter().collect(),
        delay: SimTime::ZERO,
        unpersist: vec![],
        destroy: vec![],
    };
    let partition = Partition {
        memory_size: Bytes(500),
        serialized_size: Bytes(400),
        elements: 10,
        unroll_time: SimTime(1_000),
    };
    let workload = Workload {
        jobs: vec![job(0), job(1), job(2), job(3)],
        stages: vec![stage(0, 1), stage(1, 1), stage(0, 2), stage(1, 1)],
        programs: vec![read, sort, program(vec![])],
        rdds: vec![Rdd {
            name: "cached".into(),
            level: StorageLevel::MEMORY_AND_DISK,
            program: ProgramId(2),
            values: vec![],
            partitions: vec![partition],
        }],
        ..Workload::default()
    };
    let executor = ExecutorConf {
        node: 0,
        cores: 2,
        memory: ManagerConf { max_heap_memory: Bytes(1_500), ..ManagerConf::default() },
        page_size: Bytes(1_000),
        added: SimTime::ZERO,
        removed: None,
    };
    let conf = RunConf {
        executors: vec![executor],
        task_cpus: 1,
        max_failures: 1,
        scheduling: SchedulingConf {
            wait_process: SimTime::ZERO,
            wait_node: SimTime::ZERO,
            ..SchedulingConf::default()
        },
        unroll: UnrollConf { initial: Bytes(100), ..UnrollConf::default() },
        task_memory: TaskMemoryConf::default(),
        consumers: sim_core::engine::ConsumerConf { sort_initial_records: 16, ..Default::default() },
        cost: CostModel { driver_launch: SimTime::ZERO, ..CostModel::default() },
        container: None,
        driver: DriverConf::boundless(),
        failures: sim_core::engine::FailureConf::default(),
        max_events: 10_000,
        jvm: JvmConf::idle(),
    };
    let (outcome, counters) = run(&workload, &conf, Counters::default());
    assert_eq!(outcome.verdict, Verdict::Finished);
    // Each sort finds one copy of 500 bytes in memory to evict, and nothing of it stays behind.
    assert_eq!(counters.rdds[0].evicted_to_disk, (2, Bytes(1_000)));
    assert_eq!(counters.rdds[0].evicted_for_execution, (2, Bytes(1_000)));
    for sort in [1, 3] {
        let metrics = counters.stages[sort].tasks[0].metrics;
        assert_eq!(metrics.evicted_for_execution, (1, Bytes(500)));
        assert_eq!(metrics.evicted_for_storage, (0, Bytes::ZERO));
    }
}

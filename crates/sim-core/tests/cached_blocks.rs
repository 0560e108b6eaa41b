//! What storing a partition of a cached RDD does besides taking memory.

use sim_core::conf::{ClusterShape, Conf, SparkVersion};
use sim_core::engine::{RunConf, run};
use sim_core::ids::{JobId, ProgramId, RddId, StageId};
use sim_core::observe::Counters;
use sim_core::outcome::Verdict;
use sim_core::storage::StorageLevel;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Amount, Job, Op, Partition, Program, Rdd, Stage, Workload};

const SIZE: Bytes = Bytes::mib(10);

/// Four tasks that fill a cache of four partitions.
fn workload(level: StorageLevel) -> Workload {
    let read = Op::ReadBlock { rdd: RddId(0), partition: Amount::Column(0) };
    let fill = Op::Compute { time: Amount::Fixed(1_000_000) };
    let partition =
        Partition { memory_size: SIZE, serialized_size: SIZE, elements: 100, unroll_time: SimTime::ZERO };
    Workload {
        jobs: vec![Job {
            name: "fill".into(),
            stages: vec![StageId(0)],
            after: vec![],
            delay: SimTime::ZERO,
            unpersist: vec![],
            destroy: vec![],
        }],
        stages: vec![Stage {
            name: "fill".into(),
            parents: vec![],
            program: ProgramId(0),
            tasks: 4,
            shuffle: None,
            values: vec![0, 1, 2, 3],
            placement: vec![],
        }],
        programs: vec![
            Program { ops: vec![read], columns: 1, slots: 0, ..Program::default() },
            Program { ops: vec![fill], columns: 0, slots: 0, ..Program::default() },
        ],
        rdds: vec![Rdd {
            name: "cached".into(),
            level,
            program: ProgramId(1),
            values: vec![],
            partitions: vec![partition; 4],
        }],
        ..Workload::default()
    }
}

fn stored(level: StorageLevel, executors: &str) -> u64 {
    let conf = Conf::builder(SparkVersion::V3_5)
        .layer("test", [("spark.executor.instances", executors), ("spark.executor.memory", "1g")])
        .build()
        .unwrap();
    let (run_conf, _) = RunConf::resolve(&conf, ClusterShape::default()).unwrap();
    let workload = workload(level);
    workload.check().unwrap();
    let (outcome, counters) = run(&workload, &run_conf, Counters::default());
    assert_eq!(outcome.verdict, Verdict::Finished);
    let on_heap: Bytes = counters.executors.iter().map(|executor| executor.peak_storage[0]).sum();
    on_heap.0 / SIZE.0
}

#[test]
fn every_partition_is_on_two_executors() {
    assert_eq!(stored(StorageLevel::MEMORY_ONLY, "2"), 4);
    assert_eq!(stored(StorageLevel::MEMORY_ONLY.replicated(2), "2"), 8);
    assert_eq!(stored(StorageLevel::MEMORY_ONLY_SER.replicated(2), "3"), 8);
}

#[test]
fn a_single_executor_has_nobody_to_copy_to() {
    assert_eq!(stored(StorageLevel::MEMORY_ONLY.replicated(2), "1"), 4);
}

#[test]
fn who_puts_a_block_on_disk_reads_it_from_there() {
    let settings = [
        ("spark.executor.instances", "1"),
        ("poolsim.disk.bytesPerSecond", "10m"),
        ("poolsim.task.launchMs", "0"),
        ("poolsim.driver.launchMs", "0"),
    ];
    let conf = Conf::builder(SparkVersion::V3_5).layer("test", settings).build().unwrap();
    let (run_conf, _) = RunConf::resolve(&conf, ClusterShape::default()).unwrap();
    let (outcome, _) = run(&workload(StorageLevel::DISK_ONLY), &run_conf, ());
    // Four partitions of 10 MiB, one after the other: 1 ms to compute, a second to write, a second to read.
    assert_eq!(outcome.end.as_ms(), 4 * 2001);
}

#[test]
fn what_was_unpersisted_is_computed_and_not_stored_again() {
    let mut workload = workload(StorageLevel::MEMORY_ONLY);
    workload.jobs[0].unpersist = vec![RddId(0)];
    workload.stages.push(Stage { name: "read".into(), ..workload.stages[0].clone() });
    let read = Job {
        name: "read".into(),
        stages: vec![StageId(1)],
        after: vec![JobId(0)],
        ..workload.jobs[0].clone()
    };
    workload.jobs.push(Job { unpersist: vec![], ..read });
    workload.check().unwrap();
    let settings = [("spark.executor.instances", "1"), ("poolsim.task.launchMs", "0")];
    let conf = Conf::builder(SparkVersion::V3_5).layer("test", settings).build().unwrap();
    let (run_conf, _) = RunConf::resolve(&conf, ClusterShape::default()).unwrap();
    let (outcome, counters) = run(&workload, &run_conf, Counters::default());
    assert_eq!(outcome.verdict, Verdict::Finished);
    let rdd = counters.rdds[0];
    assert_eq!((rdd.stored, rdd.reads), (4, [0, 0, 0, 4]), "only the first job fills the cache");
    assert_eq!((counters.stages[0].cache_misses, counters.stages[1].cache_misses), (4, 0));
    // The second job computes all partitions again: as long as the first.
    let busy = |stage: usize| counters.stages[stage].sum.cpu;
    assert_eq!(busy(0), busy(1));
}

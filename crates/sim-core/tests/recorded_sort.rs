//! A recorded sort of real Spark (3.5.6, `local[2]`, heap 1 GiB, `spark.memory.fraction` 0.1): rows of each task and
//! the time its slot was taken. Every task's peak and spill has to be what Spark reported, to the byte.

use sim_core::conf::{ClusterShape, Conf, SparkVersion};
use sim_core::engine::{RunConf, run};
use sim_core::ids::{ProgramId, StageId};
use sim_core::observe::Counters;
use sim_core::outcome::Verdict;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{Amount, Broadcast, ConsumerSpec, Job, Op, Placement, Program, Stage, Workload};

/// Launch after the stage was submitted and time in the slot (both ms), rows.
const TASKS: [(u64, u64, u64); 8] = [
    (39, 3372, 373_900),
    (39, 3205, 375_090),
    (3244, 1969, 375_671),
    (3411, 1801, 374_905),
    (5212, 2474, 375_153),
    (5213, 2287, 375_338),
    (7500, 1797, 374_216),
    (7686, 2070, 375_727),
];

#[test]
fn a_recorded_sort_spills_to_the_byte() {
    let conf = Conf::builder(SparkVersion::V3_5).layer(
        "test",
        [
            ("spark.master", "local[2]"),
            ("spark.driver.memory", "1g"),
            ("spark.memory.fraction", "0.1"),
            ("poolsim.driver.launchMs", "0"),
            ("poolsim.task.launchMs", "0"),
            ("poolsim.cpu.serializeBytePs", "0"),
            ("poolsim.disk.bytesPerSecond", "1p"),
        ],
    );
    let conf = conf.build().unwrap();
    let (run_conf, layout) = RunConf::resolve(&conf, ClusterShape::default()).unwrap();
    assert_eq!(layout.page_size_bytes, 2_097_136);
    assert_eq!(layout.pools.max_heap_bytes, 75_916_902);
    let program = Program {
        ops: vec![
            Op::ReadBroadcast { broadcast: 0, joined: false },
            Op::Open { slot: 0, consumer: ConsumerSpec::Sort { radix: true } },
            Op::Insert {
                slot: 0,
                rows: Amount::Column(0),
                bytes: Amount::Column(1),
                time: Amount::Column(2),
            },
            Op::Finish { slot: 0, time: Amount::Fixed(0) },
        ],
        columns: 3,
        slots: 1,
        ..Program::default()
    };
    let workload = Workload {
        jobs: vec![Job {
            name: "sort".into(),
            stages: vec![StageId(0)],
            after: vec![],
            delay: SimTime::ZERO,
            unpersist: vec![],
            destroy: vec![],
        }],
        stages: vec![Stage {
            name: "sort".into(),
            parents: vec![],
            program: ProgramId(0),
            tasks: 8,
            shuffle: None,
            values: TASKS.iter().flat_map(|&(_, ms, rows)| [rows, rows * 128, ms * 1_000_000]).collect(),
            placement: TASKS
                .iter()
                .map(|&(launch, ..)| Placement { executor: 0, not_before: SimTime::from_ms(launch) })
                .collect(),
        }],
        programs: vec![program],
        broadcasts: vec![Broadcast { pieces: Bytes(20_282), value: Bytes(43_725) }],
        ..Workload::default()
    };
    workload.check().unwrap();
    let (outcome, counters) = run(&workload, &run_conf, Counters::default());
    assert_eq!(outcome.verdict, Verdict::Finished);
    let stage = &counters.stages[0];
    for task in &stage.tasks {
        assert_eq!(task.metrics.peak_execution_memory, Bytes(37_748_512), "task {}", task.info.index);
        assert_eq!(task.metrics.memory_bytes_spilled, Bytes(29_359_904), "task {}", task.info.index);
    }
    assert_eq!(stage.sum.memory_bytes_spilled, Bytes(234_879_232));
}

//! Recordings drawn at random: what is accepted is lowered and runs to an end, and is read as it was written.

use proptest::collection::vec;
use proptest::prelude::*;
use sim_core::conf::{ClusterShape, Conf, SparkVersion};
use sim_core::engine::{RunConf, run};
use sim_core::observe::Fingerprint;
use sim_core::outcome::Verdict;
use sim_core::storage::StorageLevel;
use sim_core::workload::Op;
use workload::plan::recording::{
    Broadcast, Column, Executor, Job, Output, PartitionsFrom, PythonTransport, Rdd, Recording, Shuffle,
    Stage, Step, Writer,
};
use workload::{Plan, PlanConf, lower};

const SHUFFLES: u32 = 3;
const RDDS: u32 = 2;
const TASKS: u32 = 5;

fn column() -> impl Strategy<Value = Column> + Clone {
    let amount = prop_oneof![3 => 0..100_000_u64, 1 => 0..50_000_000_u64];
    prop_oneof![amount.clone().prop_map(Column::Same), vec(amount, TASKS as usize).prop_map(Column::Each)]
}

fn times() -> impl Strategy<Value = Column> {
    prop_oneof![(0..5000_u64).prop_map(Column::Same), vec(0..5000_u64, TASKS as usize).prop_map(Column::Each)]
}

/// Steps of one stage; `rdds` of the RDDs may be read.
fn step(rdds: u32) -> impl Strategy<Value = Step> {
    let pair = (column(), column());
    prop_oneof![
        (column(), column(), column()).prop_map(|(file_bytes, rows, bytes)| Step::Input {
            file_bytes,
            rows,
            bytes
        }),
        (0..SHUFFLES, column(), pair.clone()).prop_map(|(shuffle, wire_bytes, (rows, bytes))| Step::Fetch {
            shuffle,
            wire_bytes,
            rows,
            bytes
        }),
        (0..rdds.max(1), pair.clone()).prop_map(move |(rdd, (rows, bytes))| {
            if rdds == 0 {
                return Step::Narrow { rows, bytes };
            }
            Step::Cached { rdd, partition: None, rows, bytes }
        }),
        any::<bool>().prop_map(|joined| Step::ReadBroadcast { broadcast: 0, joined }),
        Just(Step::Union),
        pair.clone().prop_map(|(rows, bytes)| Step::Narrow { rows, bytes }),
        any::<bool>().prop_map(|radix| Step::Sort { radix }),
        pair.clone().prop_map(|(rows, bytes)| Step::MergeJoin { rows, bytes }),
        (any::<bool>(), pair).prop_map(|(long_key, (rows, bytes))| Step::HashJoin { long_key, rows, bytes }),
        (column(), 16..100_u64, any::<(bool, bool, bool)>(), column()).prop_map(
            |(groups, group_bytes, (fast_map, clustered, merges), bytes)| Step::Aggregate {
                groups,
                group_bytes,
                fast_map,
                clustered,
                merges,
                bytes
            }
        ),
        (column(), 8..50_u64, any::<bool>(), column()).prop_map(|(groups, key_bytes, radix, bytes)| {
            Step::ObjectAggregate { groups, key_bytes, radix, bytes }
        }),
        column().prop_map(|largest_group| Step::RowBuffer { largest_group, in_memory_rows: Some(10) }),
        column().prop_map(|bytes| Step::AppendOnlyMap { bytes }),
        column().prop_map(|bytes| Step::ExternalSorter { bytes }),
        column().prop_map(|bytes| Step::BlackBox { bytes }),
        (any::<(bool, bool)>(), column()).prop_map(|((arrow, queued), held)| Step::Python {
            transport: if arrow { PythonTransport::Arrow } else { PythonTransport::Pickled },
            queued,
            held,
        }),
    ]
}

fn output() -> impl Strategy<Value = Output> {
    let writer = prop_oneof![
        Just(Writer::Sql),
        column().prop_map(|objects| Writer::Rdd { objects }),
        (column(), column()).prop_map(|(objects, rows_in)| Writer::Combine { objects, rows_in }),
    ];
    prop_oneof![
        Just(Output::None),
        column().prop_map(|bytes| Output::Result { bytes }),
        column().prop_map(|bytes| Output::Write { bytes }),
        (0..SHUFFLES, column(), column(), column(), writer).prop_map(
            |(shuffle, wire_bytes, rows, bytes, writer)| Output::Shuffle {
                shuffle,
                wire_bytes,
                rows,
                bytes,
                writer
            }
        ),
    ]
}

fn rdd(at: u32) -> impl Strategy<Value = Rdd> {
    let levels = prop_oneof![
        Just(StorageLevel::MEMORY_ONLY),
        Just(StorageLevel::MEMORY_AND_DISK),
        Just(StorageLevel::MEMORY_AND_DISK_SER),
        Just(StorageLevel::OFF_HEAP),
    ];
    (levels, column(), column(), column(), vec(step(at), 0..3), times()).prop_map(
        move |(level, memory, serialized, elements, steps, time_ms)| Rdd {
            id: at,
            name: format!("rdd {at}"),
            level,
            partitions: TASKS,
            memory,
            serialized,
            elements,
            steps,
            time_ms,
        },
    )
}

fn stage() -> impl Strategy<Value = Stage> {
    (vec(step(RDDS), 0..6), output(), times(), times()).prop_map(|(steps, output, time_ms, not_before_ms)| {
        Stage {
            id: 0,
            name: String::new(),
            tasks: TASKS,
            steps,
            output,
            time_ms,
            executor: Column::Same(0),
            deserialize_ms: not_before_ms.clone(),
            not_before_ms,
        }
    })
}

fn recording() -> impl Strategy<Value = Recording> {
    let partitions = prop_oneof![Just(TASKS), Just(300)];
    let shuffle = (partitions, any::<bool>()).prop_map(|(partitions, sql)| Shuffle {
        name: "a shuffle".to_owned(),
        partitions,
        partitions_from: if sql { PartitionsFrom::SqlShufflePartitions } else { PartitionsFrom::Program },
    });
    (vec(shuffle, SHUFFLES as usize), (rdd(0), rdd(1)), vec(stage(), 1..6)).prop_map(
        |(shuffles, (first, second), mut stages)| {
            for (at, stage) in stages.iter_mut().enumerate() {
                stage.id = at as u32;
                stage.name = format!("stage \"{at}\"");
            }
            let jobs = (0..stages.len() as u32).map(|at| Job {
                id: at,
                name: format!("job {at}"),
                stages: vec![at],
                after: at.checked_sub(1).into_iter().collect(),
                delay_ms: u64::from(at),
                unpersist: if at == 2 { vec![0] } else { Vec::new() },
            });
            Recording {
                executors: vec![Executor { id: "driver".to_owned(), node: 0, added_ms: 0, removed_ms: None }],
                broadcasts: vec![Broadcast { pieces: 1000, value: 2000, kept: false }],
                shuffles,
                rdds: vec![first, second],
                jobs: jobs.collect(),
                stages,
            }
        },
    )
}

fn run_conf() -> RunConf {
    let keys = [
        ("spark.master", "local[2]"),
        ("spark.driver.memory", "512m"),
        ("spark.memory.fraction", "0.1"),
        ("spark.memory.offHeap.enabled", "true"),
        ("spark.memory.offHeap.size", "4m"),
    ];
    let pairs = keys.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let conf = Conf::builder(SparkVersion::V3_5).layer("test", pairs).build().expect("settings");
    RunConf::resolve(&conf, ClusterShape { nodes: 1, max_events: 50_000_000 }).expect("a layout").0
}

fn rows_and_bytes(plan: &Plan, conf: &PlanConf) -> Option<Vec<u64>> {
    let workload = lower(plan, conf).ok()?;
    let totals = workload.stages.iter().enumerate().map(|(at, stage)| {
        let program = &workload.programs[stage.program.index()];
        (0..stage.tasks)
            .map(|task| {
                let values = workload.task(sim_core::ids::StageId::at(at), task).values;
                let amount = |op: &Op| match *op {
                    Op::FetchShuffle { bytes, .. } | Op::WriteShuffle { bytes, .. } => bytes.of(values),
                    _ => 0,
                };
                program.ops.iter().map(amount).sum::<u64>()
            })
            .sum()
    });
    Some(totals.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn an_accepted_recording_runs_to_an_end(recording in recording()) {
        let accepted = recording.check().is_ok();
        let plan = Plan { recording: Some(Box::new(recording)), ..Plan::default() };
        let conf = PlanConf { shuffle_partitions: TASKS, ..PlanConf::default() };
        let lowered = lower(&plan, &conf);
        prop_assert_eq!(accepted, lowered.is_ok(), "{:?}", lowered.err());
        if let Ok(workload) = lowered {
            prop_assert_eq!(workload.check(), Ok(()));
            let run_conf = run_conf();
            let (outcome, first) = run(&workload, &run_conf, Fingerprint::default());
            prop_assert!(!matches!(outcome.verdict, Verdict::GaveUp), "{} events", outcome.events);
            let (_, second) = run(&workload, &run_conf, Fingerprint::default());
            prop_assert_eq!(first.to_string(), second.to_string());
        }
    }

    #[test]
    fn other_partition_counts_move_no_byte(recording in recording(), partitions in 1..400_u32) {
        let plan = Plan { recording: Some(Box::new(recording)), ..Plan::default() };
        let recorded = rows_and_bytes(&plan, &PlanConf { shuffle_partitions: TASKS, ..PlanConf::default() });
        let other = rows_and_bytes(&plan, &PlanConf { shuffle_partitions: partitions, ..PlanConf::default() });
        prop_assert_eq!(recorded, other);
    }
}

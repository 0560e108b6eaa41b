//! From drawn numbers to the tables of a workload.

use sim_core::ids::{JobId, ProgramId, RddId, ShuffleId, StageId};
use sim_core::storage::StorageLevel;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::{
    Aggregation, Amount, Broadcast, ConsumerSpec, Job, Op, Partition, Placement, Program, Rdd, Shuffle,
    Stage, Workload,
};

use super::{Drawn, DrawnConsumer, DrawnRdd, DrawnStage, Sink, Source};

/// Columns of every program: partition, rows, bytes, nanoseconds.
const COLUMNS: u16 = 4;
const PARTITION: Amount = Amount::Column(0);
const ROWS: Amount = Amount::Column(1);
const BYTES: Amount = Amount::Column(2);
const TIME: Amount = Amount::Column(3);

pub(super) fn workload(drawn: &Drawn) -> Workload {
    let executors = drawn.executors.len().clamp(1, 3);
    let mut tables = Workload {
        broadcasts: vec![Broadcast { pieces: Bytes(700), value: Bytes(1_500) }],
        ..Workload::default()
    };
    for drawn in drawn.rdds.iter().take(2) {
        tables.rdds.push(rdd(drawn, tables.programs.len()));
        tables.programs.push(rdd_program(drawn));
    }
    for drawn in drawn.stages.iter().take(5) {
        add_stage(drawn, executors, &mut tables);
    }
    if let Some(first) = tables.jobs.first_mut() {
        let forgotten = drawn.rdds.iter().take(2).enumerate().filter(|(_, rdd)| rdd.unpersisted);
        first.unpersist = forgotten.map(|(at, _)| RddId::at(at)).collect();
    }
    tables
}

fn add_stage(drawn: &DrawnStage, executors: usize, tables: &mut Workload) {
    let stage = StageId::at(tables.stages.len());
    if drawn.begins_job || tables.jobs.is_empty() {
        let job = tables.jobs.len();
        let after = if drawn.waits && job > 0 { vec![JobId::at(job - 1)] } else { Vec::new() };
        tables.jobs.push(Job {
            name: format!("job {job}"),
            stages: Vec::new(),
            after,
            delay: SimTime(u64::from(drawn.micros) * 500),
            unpersist: Vec::new(),
            // Who reads it later stores it again.
            destroy: vec![0],
        });
    }
    let job = tables.jobs.last_mut().expect("a stage is of a job");
    let before = job.stages.last().copied().filter(|_| drawn.source == Source::Shuffle);
    job.stages.push(stage);
    let shuffle = (drawn.sink == Sink::WriteShuffle).then(|| {
        tables.shuffles.push(Shuffle { name: format!("shuffle of {stage:?}"), partitions: 4 });
        ShuffleId::at(tables.shuffles.len() - 1)
    });
    let fetched = before.and_then(|stage| tables.stages[stage.index()].shuffle);
    let program = program(drawn, fetched, shuffle, tables);
    let partitions = program.ops.iter().find_map(|op| match op {
        Op::ReadBlock { rdd, .. } => Some(tables.rdds[rdd.index()].partitions.len() as u64),
        _ => None,
    });
    tables.programs.push(program);
    let tasks = u64::from(drawn.tasks % 6) + 1;
    let step = if let Source::Cached(_, step) = drawn.source { u64::from(step) } else { 0 };
    let row = |task: u64| {
        let rows = u64::from(drawn.rows) * (100 + task * u64::from(drawn.skew)) / 50;
        let bytes = rows * (1 + u64::from(drawn.row_bytes % 64));
        [task * step % partitions.unwrap_or(1), rows, bytes, u64::from(drawn.micros) * 1_000]
    };
    tables.stages.push(Stage {
        name: format!("stage {}", stage.0),
        parents: before.into_iter().collect(),
        program: ProgramId::at(tables.programs.len() - 1),
        tasks: tasks as u32,
        shuffle,
        values: (0..tasks).flat_map(row).collect(),
        placement: drawn_placement(drawn, tasks, executors),
    });
}

/// Each number tells the executor and, in steps of 10 microseconds, the time.
fn drawn_placement(drawn: &DrawnStage, tasks: u64, executors: usize) -> Vec<Placement> {
    let place = |&number: &u8| Placement {
        executor: u32::from(number) % executors as u32,
        not_before: SimTime(u64::from(number / 3) * 10_000),
    };
    drawn.placed.iter().cycle().take(tasks as usize).map(place).collect()
}

fn program(
    drawn: &DrawnStage,
    fetched: Option<ShuffleId>,
    written: Option<ShuffleId>,
    tables: &Workload,
) -> Program {
    let mut ops = Vec::new();
    if drawn.broadcast {
        ops.push(Op::ReadBroadcast { broadcast: 0, joined: false });
    }
    ops.push(match (drawn.source, fetched) {
        (Source::Cached(which, _), _) if !tables.rdds.is_empty() => {
            Op::ReadBlock { rdd: RddId::at(usize::from(which) % tables.rdds.len()), partition: PARTITION }
        }
        (_, Some(shuffle)) => Op::FetchShuffle { shuffle, bytes: BYTES },
        _ => Op::ReadInput { bytes: BYTES },
    });
    for (slot, &consumer) in (0..).zip(drawn.consumers.iter().take(2)) {
        ops.push(Op::Open { slot, consumer: spec(consumer) });
        if slot == 0 {
            ops.push(Op::Insert { slot, rows: ROWS, bytes: BYTES, time: TIME });
        } else {
            ops.push(Op::Pipe { from: slot - 1, into: slot, rows: ROWS, bytes: BYTES, time: TIME });
            ops.push(Op::Close { slot: slot - 1 });
        }
        ops.push(Op::Finish { slot, time: Amount::Fixed(1_000) });
    }
    if drawn.consumers.is_empty() {
        ops.push(Op::Compute { time: TIME });
    }
    ops.push(match (drawn.sink, written) {
        (Sink::WriteShuffle, Some(shuffle)) => Op::WriteShuffle { shuffle, bytes: BYTES },
        (Sink::Result, _) => Op::Result { bytes: ROWS },
        _ => Op::WriteOutput { bytes: BYTES },
    });
    Program { ops, columns: COLUMNS, slots: 2, ..Program::default() }
}

/// What a drawn consumer is.
pub(crate) fn spec(drawn: DrawnConsumer) -> ConsumerSpec {
    match drawn {
        DrawnConsumer::Sort(radix) => ConsumerSpec::Sort { radix },
        DrawnConsumer::ShuffleSort => ConsumerSpec::ShuffleSort,
        DrawnConsumer::ExternalSorter => ConsumerSpec::ExternalSorter,
        DrawnConsumer::AppendOnlyMap => ConsumerSpec::AppendOnlyMap,
        DrawnConsumer::Aggregate(fast_map) => ConsumerSpec::Aggregate(Aggregation {
            fast_map,
            group_bytes: Bytes(24),
            groups: Amount::Fixed(60),
            run_rows: Amount::Fixed(1),
        }),
        DrawnConsumer::LongHashedRelation => ConsumerSpec::LongHashedRelation,
        DrawnConsumer::HashedRelation => ConsumerSpec::HashedRelation,
        DrawnConsumer::RowBuffer(rows) => ConsumerSpec::RowBuffer { in_memory_rows: rows.into() },
        DrawnConsumer::BlackBox => ConsumerSpec::BlackBox,
    }
}

fn rdd(drawn: &DrawnRdd, program: usize) -> Rdd {
    let levels = StorageLevel::NAMED.iter().filter(|(_, level)| level.is_valid()).collect::<Vec<_>>();
    let partition = |index: u64| {
        let elements = u64::from(drawn.elements) + index * 5;
        let memory_size = Bytes(elements * u64::from(drawn.element_bytes) + 16);
        let serialized_size = Bytes(memory_size.0 * 2 / 3);
        Partition { memory_size, serialized_size, elements, unroll_time: SimTime(elements * 300) }
    };
    let partitions: Vec<_> = (0..=u64::from(drawn.partitions % 6)).map(partition).collect();
    Rdd {
        name: "cached".into(),
        level: levels[usize::from(drawn.level) % levels.len()].1,
        program: ProgramId::at(program),
        values: partitions.iter().flat_map(|of| [0, of.elements, of.memory_size.0, 10_000]).collect(),
        partitions,
    }
}

fn rdd_program(drawn: &DrawnRdd) -> Program {
    let mut ops = vec![Op::ReadInput { bytes: BYTES }];
    if drawn.sorts {
        ops.push(Op::Open { slot: 0, consumer: ConsumerSpec::Sort { radix: true } });
        ops.push(Op::Insert { slot: 0, rows: ROWS, bytes: BYTES, time: TIME });
        ops.push(Op::Finish { slot: 0, time: Amount::Fixed(0) });
    } else {
        ops.push(Op::Compute { time: TIME });
    }
    Program { ops, columns: COLUMNS, slots: 1, ..Program::default() }
}

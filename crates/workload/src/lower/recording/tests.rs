//! Small recordings, lowered.

use sim_core::workload::{ConsumerSpec, Op, Workload};

use crate::plan::Plan;
use crate::plan::recording::{Column, Job, Output, PartitionsFrom, Recording, Shuffle, Stage, Step, Writer};
use crate::{PlanConf, RecordedUnder, lower};

const MS: u64 = 1_000_000;

fn fetch(shuffle: u32, rows: Vec<u64>) -> Step {
    let bytes = rows.iter().map(|rows| rows * 100).collect();
    Step::Fetch {
        shuffle,
        wire_bytes: Column::Same(10),
        rows: Column::Each(rows),
        bytes: Column::Each(bytes),
    }
}

fn stage(id: u32, tasks: u32, steps: Vec<Step>, output: Output) -> Stage {
    Stage {
        id,
        name: format!("stage {id}"),
        tasks,
        steps,
        output,
        time_ms: Column::Same(1000),
        executor: Column::Same(0),
        deserialize_ms: Column::Same(20),
        not_before_ms: Column::Same(0),
    }
}

fn into(shuffle: u32, writer: Writer) -> Output {
    let [wire_bytes, rows, bytes] = [50, 10, 1000].map(Column::Same);
    Output::Shuffle { shuffle, wire_bytes, rows, bytes, writer }
}

fn lowered(recording: Recording, conf: &PlanConf) -> Workload {
    let plan = Plan { recording: Some(Box::new(recording)), ..Plan::default() };
    lower(&plan, conf).expect("it can be lowered")
}

/// Two map stages, and one that joins what they wrote.
fn join() -> Recording {
    let partitions_from = PartitionsFrom::SqlShufflePartitions;
    let shuffle = |name: &str| Shuffle { name: name.to_owned(), partitions: 4, partitions_from };
    let [rows, bytes] = [5, 500].map(Column::Same);
    let steps = vec![
        fetch(0, vec![100, 100, 900, 100]),
        Step::Sort { radix: true },
        fetch(1, vec![10, 10, 10, 10]),
        Step::Sort { radix: true },
        Step::MergeJoin { rows, bytes },
    ];
    Recording {
        shuffles: vec![shuffle("left"), shuffle("right")],
        stages: vec![
            stage(0, 2, Vec::new(), into(0, Writer::Sql)),
            stage(1, 2, Vec::new(), into(1, Writer::Sql)),
            stage(2, 4, steps, Output::None),
        ],
        jobs: vec![Job {
            id: 0,
            name: "join".to_owned(),
            stages: vec![0, 1, 2],
            after: Vec::new(),
            delay_ms: 0,
            unpersist: Vec::new(),
        }],
        ..Recording::default()
    }
}

fn conf() -> PlanConf {
    PlanConf { shuffle_partitions: 4, ..PlanConf::default() }
}

#[test]
fn both_sorters_of_a_join_are_there_before_a_row_is_read() {
    let workload = lowered(join(), &conf());
    assert_eq!(workload.check(), Ok(()));
    let ops = &workload.programs[workload.stages[2].program.index()].ops;
    let opened = |op: &Op| matches!(op, Op::Open { consumer: ConsumerSpec::Sort { .. }, .. });
    assert!(matches!(ops[0], Op::Compute { .. }), "it is deserialized first: {ops:?}");
    assert!(opened(&ops[1]) && opened(&ops[2]) && !opened(&ops[3]), "{ops:?}");
    assert_eq!(workload.stages[2].parents.len(), 2);
}

#[test]
fn a_task_takes_the_time_that_was_recorded() {
    let workload = lowered(join(), &conf());
    for stage in 0..3 {
        let table = &workload.stages[stage];
        let program = &workload.programs[table.program.index()];
        for task in 0..table.tasks {
            let values = workload.task(sim_core::ids::StageId::at(stage), task).values;
            let time = |op: &Op| match *op {
                Op::Compute { time }
                | Op::Insert { time, .. }
                | Op::Finish { time, .. }
                | Op::Drain { time, .. }
                | Op::Pipe { time, .. } => time.of(values),
                _ => 0,
            };
            assert_eq!(program.ops.iter().map(time).sum::<u64>(), 1000 * MS, "stage {stage}, task {task}");
        }
    }
}

#[test]
fn more_shuffle_partitions_are_more_tasks_and_another_writer() {
    let workload = lowered(join(), &PlanConf { shuffle_partitions: 400, ..conf() });
    assert_eq!(workload.stages[2].tasks, 400);
    assert_eq!(workload.shuffles[0].partitions, 400);
    let map = &workload.programs[workload.stages[0].program.index()].ops;
    let sorts = |op: &Op| matches!(op, Op::Open { consumer: ConsumerSpec::ShuffleSort, .. });
    assert!(map.iter().any(sorts), "more than 200 partitions are sorted in memory: {map:?}");
    let few = lowered(join(), &conf());
    assert!(!few.programs[few.stages[0].program.index()].ops.iter().any(sorts));
}

/// Under adaptive execution whose tasks read so many bytes of shuffles each.
fn adaptive(advisory_partition_size: u64) -> PlanConf {
    let mut conf = conf();
    let adaptive = conf.adaptive.get_or_insert_default();
    adaptive.advisory_partition_size = advisory_partition_size;
    adaptive.coalescing.as_mut().expect("it is on").min_partition_size = 0;
    conf
}

fn without() -> PlanConf {
    PlanConf { adaptive: None, ..conf() }
}

fn recorded_under(recorded: &PlanConf, now: PlanConf) -> PlanConf {
    PlanConf { recorded_under: Some(RecordedUnder::of(recorded)), ..now }
}

fn fetched(workload: &Workload) -> Vec<u64> {
    let ops = &workload.programs[workload.stages[2].program.index()].ops;
    let rows = ops.iter().find_map(|op| match *op {
        Op::Insert { rows, .. } => Some(rows),
        _ => None,
    });
    let rows = rows.expect("rows go into a sorter");
    let of = |task| rows.of(workload.task(sim_core::ids::StageId(2), task).values);
    (0..workload.stages[2].tasks).map(of).collect()
}

#[test]
fn partitions_that_were_read_one_by_one_are_put_together_by_size() {
    // Each has 10 bytes of either shuffle, in two blocks of 5, which 1.1^17 stands for.
    let tasks = |size| fetched(&lowered(join(), &recorded_under(&without(), adaptive(size))));
    assert_eq!(tasks(40), [200, 1000]);
    assert_eq!(tasks(39), [100, 100, 900, 100]);
    assert_eq!(tasks(60), [1100, 100]);
    assert_eq!(tasks(1000), [1200]);
    assert_eq!(fetched(&lowered(join(), &recorded_under(&without(), without()))), [100, 100, 900, 100]);
}

#[test]
fn partitions_that_were_read_together_are_divided_evenly() {
    let mut together = join();
    let stage = &mut together.stages[2];
    stage.tasks = 2;
    let amounts = |step: &mut Step, rows: Vec<u64>| *step = fetch(0, rows);
    amounts(&mut stage.steps[0], vec![240, 160]);
    stage.steps[2] = fetch(1, vec![20, 20]);
    let tasks = |now: PlanConf| fetched(&lowered(together.clone(), &recorded_under(&adaptive(40), now)));
    assert_eq!(tasks(adaptive(40)), [240, 160], "as it was");
    assert_eq!(tasks(without()), [100; 4]);
    assert_eq!(tasks(PlanConf { shuffle_partitions: 8, ..without() }), [50; 8]);
    assert_eq!(tasks(adaptive(1000)), [400]);
}

#[test]
fn a_map_side_that_combines_holds_its_objects() {
    let mut recording = join();
    let [objects, rows_in] = [[700, 800].to_vec(), [30, 40].to_vec()].map(Column::Each);
    recording.stages[0].output = into(0, Writer::Combine { objects, rows_in });
    let workload = lowered(recording, &conf());
    let program = &workload.programs[workload.stages[0].program.index()];
    let inserted = program.ops.iter().find_map(|op| match *op {
        Op::Insert { rows, bytes, .. } => Some((rows, bytes)),
        _ => None,
    });
    let (rows, bytes) = inserted.expect("rows go into a sorter");
    let values = workload.task(sim_core::ids::StageId(0), 1).values;
    assert_eq!((rows.of(values), bytes.of(values)), (40, 800));
}

#[test]
fn what_a_recording_names_has_to_be_there() {
    let refused = |change: fn(&mut Recording)| {
        let mut recording = join();
        change(&mut recording);
        recording.check().expect_err("it is wrong").to_string()
    };
    let wrong_length = refused(|recording| recording.stages[2].time_ms = Column::Each(vec![1, 2]));
    assert!(wrong_length.contains("time_ms has 2 amounts for 4 tasks"), "{wrong_length}");
    let no_shuffle = refused(|recording| recording.stages[2].steps[0] = fetch(7, vec![1; 4]));
    assert!(no_shuffle.contains("there is no shuffle at 7"), "{no_shuffle}");
    let upside_down = refused(|recording| recording.stages.reverse());
    assert!(upside_down.contains("no stage above it writes"), "{upside_down}");
    let no_stage = refused(|recording| recording.jobs[0].stages.push(9));
    assert!(no_stage.contains("there is no stage at 9"), "{no_stage}");
    let endless = refused(|recording| recording.stages[0].time_ms = Column::Same(u64::MAX / 4));
    assert!(endless.contains("time_ms holds"), "{endless}");
}

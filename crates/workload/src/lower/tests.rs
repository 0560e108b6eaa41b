//! Plans lowered: what is conserved, and the programs of the steps.

use sim_core::workload::{Amount, ConsumerSpec, Op, Stage, Workload};

use super::*;
use crate::Scenario;

fn scenario(data: &str, jobs: &str) -> Scenario {
    let text = format!("(question: \"q\", seed: 5, data: {{ {data} }}, jobs: [ {jobs} ])");
    Scenario::parse("test.ron", &text, None).unwrap_or_else(|error| panic!("{error}"))
}

fn lowered(data: &str, jobs: &str, conf: &PlanConf) -> Workload {
    let workload = lower(&scenario(data, jobs).plan, conf).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(workload.check(), Ok(()));
    workload
}

/// Without adaptive execution: a task a partition.
fn partitions(shuffle_partitions: u32) -> PlanConf {
    PlanConf { shuffle_partitions, adaptive: None, ..PlanConf::default() }
}

/// The sum of an amount of a step over all tasks of a stage.
fn sum(workload: &Workload, stage: &Stage, amount: Amount) -> u64 {
    let columns = usize::from(workload.programs[stage.program.index()].columns);
    (0..stage.tasks as usize).map(|task| amount.of(&stage.values[task * columns..][..columns])).sum()
}

/// The consumers and the steps of a stage's program, in a word each.
fn words(workload: &Workload, stage: usize) -> String {
    let program = &workload.programs[workload.stages[stage].program.index()];
    let words = program.ops.iter().map(|op| match op {
        Op::Compute { .. } => "compute".to_owned(),
        Op::ReadInput { .. } => "input".to_owned(),
        Op::FetchShuffle { shuffle, .. } => format!("fetch{}", shuffle.0),
        Op::ReadBlock { rdd, .. } => format!("block{}", rdd.0),
        Op::ReadBroadcast { broadcast, .. } => format!("broadcast{broadcast}"),
        Op::Open { slot, consumer } => {
            let debug = format!("{consumer:?}");
            format!("{slot}={}", debug.split(['(', ' ']).next().unwrap_or_default())
        }
        Op::Insert { slot, .. } => format!("insert{slot}"),
        Op::Finish { slot, .. } => format!("finish{slot}"),
        Op::Pipe { from, into, .. } => format!("pipe{from}>{into}"),
        Op::Drain { slot, .. } => format!("drain{slot}"),
        Op::Close { slot } => format!("close{slot}"),
        Op::Python { .. } => "python".to_owned(),
        Op::WriteShuffle { shuffle, .. } => format!("write{}", shuffle.0),
        Op::WriteOutput { .. } => "output".to_owned(),
        Op::Heap { .. } => "heap".to_owned(),
        Op::Result { .. } => "result".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

const A: &str = "\"a\": [scan(rows: 1_000_003, row_bytes: 100, partitions: 7, compression: 1.3, keys: zipf(count: 5000, exponent: 1.1))]";
const B: &str = "\"b\": [scan(rows: 60_001, row_bytes: 41, partitions: 3, keys: uniform(count: 5000))]";

fn all_steps() -> (String, &'static str) {
    let data = format!(
        "{A}, {B},
        \"sorted\": [from(\"a\"), filter(keep: 0.3), project(row_bytes: 33), sort()],
        \"window\": [from(\"a\"), window()],
        \"smj\": [from(\"a\"), join(with: \"b\", strategy: sort_merge)],
        \"shj\": [from(\"a\"), join(with: \"b\", strategy: shuffled_hash)],
        \"bhj\": [from(\"a\"), join(with: \"b\", strategy: broadcast), repartition(by_key: true)],
        \"agg\": [from(\"a\"), aggregate(groups: 5000, group_bytes: 64)],
        \"group\": [from(\"a\"), group_by_key(groups: 5000, collection_bytes: \"300m\")],
        \"reduce\": [from(\"a\"), reduce_by_key(groups: 5000, map_collection_bytes: \"9m\", collection_bytes: \"3m\")],
        \"union\": [from(\"a\"), union(with: [\"b\", \"a\"]), coalesce(partitions: 5), python(cpu_ns_per_row: 900), repartition()],
        \"cached\": [from(\"sorted\"), cache(level: \"MEMORY_ONLY\")],
        \"again\": [from(\"cached\"), filter(keep: 0.5), sort(within_partitions: true)]"
    );
    let jobs = "foreach(on: \"sorted\"), foreach(on: \"window\"), foreach(on: \"smj\"), foreach(on: \"shj\"), \
                foreach(on: \"bhj\"), collect(on: \"agg\"), write(on: \"group\"), count(on: \"reduce\"), \
                foreach(on: \"union\"), repeat(times: 3, jobs: [count(on: \"again\")]), unpersist(on: \"cached\")";
    (data, jobs)
}

#[test]
fn what_is_written_to_a_shuffle_is_fetched_and_does_not_depend_on_partitions() {
    let (data, jobs) = all_steps();
    let plan = scenario(&data, jobs).plan;
    let totals = |conf: &PlanConf| {
        let workload = lower(&plan, conf).expect("it can be lowered");
        assert_eq!(workload.check(), Ok(()));
        let mut written = vec![0; workload.shuffles.len()];
        let mut fetched = vec![Vec::new(); workload.shuffles.len()];
        for stage in &workload.stages {
            for op in &workload.programs[stage.program.index()].ops {
                match *op {
                    Op::WriteShuffle { shuffle, bytes } => {
                        written[shuffle.index()] += sum(&workload, stage, bytes);
                    }
                    Op::FetchShuffle { shuffle, bytes } => {
                        fetched[shuffle.index()].push(sum(&workload, stage, bytes));
                    }
                    _ => {}
                }
            }
        }
        for (written, fetched) in written.iter().zip(&fetched) {
            assert!(fetched.iter().all(|bytes| bytes == written), "{written} and {fetched:?}");
        }
        written
    };
    let expected = totals(&partitions(200));
    assert!(expected.iter().all(|&bytes| bytes > 0));
    for shuffle_partitions in [1, 8, 201, 3000] {
        assert_eq!(totals(&partitions(shuffle_partitions)), expected);
        assert_eq!(totals(&PlanConf { shuffle_partitions, ..PlanConf::default() }), expected, "adaptive");
    }
    assert_eq!(totals(&PlanConf { default_parallelism: Some(31), ..PlanConf::default() }), expected);
}

#[test]
fn rows_inserted_are_the_rows_of_the_data_set() {
    let workload =
        lowered(&format!("{A}, \"s\": [from(\"a\"), sort()]"), "foreach(on: \"s\")", &partitions(13));
    let inserted = workload.stages.iter().flat_map(|stage| {
        let ops = &workload.programs[stage.program.index()].ops;
        let workload = &workload;
        ops.iter().filter_map(move |op| match *op {
            Op::Insert { rows, bytes, .. } => Some((sum(workload, stage, rows), sum(workload, stage, bytes))),
            _ => None,
        })
    });
    assert_eq!(inserted.collect::<Vec<_>>(), [(1_000_003, 100_000_300)]);
}

#[test]
fn a_sort_is_piped_into_what_follows() {
    let data =
        format!("{A}, \"s\": [from(\"a\"), sort()], \"t\": [from(\"s\"), sort(within_partitions: true)]");
    let workload = lowered(&data, "foreach(on: \"t\")", &partitions(4));
    assert_eq!(words(&workload, 0), "input compute write0");
    assert_eq!(
        words(&workload, 1),
        "fetch0 0=Sort insert0 finish0 1=Sort pipe0>1 close0 finish1 drain1 close1"
    );
}

#[test]
fn the_writer_depends_on_the_number_of_partitions() {
    let data = format!("{A}, \"r\": [from(\"a\"), repartition()]");
    assert_eq!(words(&lowered(&data, "foreach(on: \"r\")", &partitions(200)), 0), "input compute write0");
    assert_eq!(
        words(&lowered(&data, "foreach(on: \"r\")", &partitions(201)), 0),
        "input 0=ShuffleSort insert0 finish0 write0 drain0 close0"
    );
}

#[test]
fn both_sorts_of_a_merge_join_are_open_while_it_merges() {
    let data = format!("{A}, {B}, \"j\": [from(\"a\"), join(with: \"b\", strategy: sort_merge)]");
    let workload = lowered(&data, "foreach(on: \"j\")", &partitions(4));
    assert_eq!(
        words(&workload, 2),
        "0=Sort 1=Sort fetch0 insert0 finish0 fetch1 insert1 finish1 drain0 close0 close1"
    );
}

#[test]
fn a_hashed_relation_stays_to_the_end_of_the_task() {
    let data = format!(
        "{A}, {B}, \"j\": [from(\"a\"), join(with: \"b\", strategy: shuffled_hash, long_key: false), sort(within_partitions: true)]"
    );
    let workload = lowered(&data, "foreach(on: \"j\")", &partitions(4));
    assert_eq!(
        words(&workload, 2),
        "fetch1 0=HashedRelation insert0 finish0 fetch0 1=Sort insert1 finish1 drain1 close1"
    );
}

#[test]
fn a_broadcast_join_has_a_job_that_builds_the_relation() {
    let data = format!("{A}, {B}, \"j\": [from(\"a\"), join(with: \"b\")]");
    let workload = lowered(&data, "foreach(on: \"j\"), foreach(on: \"j\")", &partitions(4));
    let after: Vec<Vec<u32>> =
        workload.jobs.iter().map(|job| job.after.iter().map(|job| job.0).collect()).collect();
    assert_eq!(after, [vec![], vec![0], vec![1], vec![1, 2]]);
    assert_eq!(words(&workload, 1), "input broadcast0 compute");
    assert_eq!(workload.broadcasts[0].pieces.0, 60_001 * 41);
}

#[test]
fn aggregation_goes_through_two_maps() {
    let data = format!("{A}, \"g\": [from(\"a\"), aggregate(groups: 5000, group_bytes: 64)]");
    let workload = lowered(&data, "foreach(on: \"g\")", &partitions(4));
    assert_eq!(
        words(&workload, 0),
        "input 0=FastMap 1=Aggregate insert1 finish1 drain1 close1 close0 write0"
    );
    assert_eq!(words(&workload, 1), "fetch0 0=Aggregate insert0 finish0 drain0 close0");
    let groups = |stage: usize| {
        let stage = &workload.stages[stage];
        workload.programs[stage.program.index()].ops.iter().find_map(|op| match *op {
            Op::Open { consumer: ConsumerSpec::Aggregate(aggregation), .. } => {
                Some(sum(&workload, stage, aggregation.groups))
            }
            _ => None,
        })
    };
    assert_eq!(groups(0), Some(7 * 5000), "each map task meets all groups");
    assert!(groups(1).is_some_and(|groups| groups.abs_diff(5000) < 50), "{:?}", groups(1));
}

#[test]
fn a_window_buffers_its_largest_group() {
    let data = "\"a\": [scan(rows: 10_000, row_bytes: 10, partitions: 2, keys: hot(share: 0.5, count: 101))], \"w\": [from(\"a\"), window()]";
    let workload = lowered(data, "foreach(on: \"w\")", &partitions(4));
    assert_eq!(
        words(&workload, 1),
        "fetch0 0=Sort insert0 finish0 1=RowBuffer pipe0>1 close0 finish1 drain1 close1"
    );
    let stage = &workload.stages[1];
    let program = &workload.programs[stage.program.index()];
    let rows = program.ops.iter().find_map(|op| match *op {
        Op::Pipe { rows, .. } => Some(rows),
        _ => None,
    });
    let rows = rows.expect("a pipe");
    let largest = (0..4).map(|task| rows.of(workload.task(sim_core::ids::StageId(1), task).values)).max();
    assert_eq!(largest, Some(5000));
}

#[test]
fn rdds_keep_their_shuffles_and_queries_do_not() {
    let data = format!(
        "{A}, \"g\": [from(\"a\"), group_by_key(groups: 10, collection_bytes: \"1m\")], \"s\": [from(\"a\"), sort()]"
    );
    let workload =
        lowered(&data, "repeat(times: 2, jobs: [count(on: \"g\"), count(on: \"s\")])", &partitions(4));
    let stages: Vec<Vec<u32>> =
        workload.jobs.iter().map(|job| job.stages.iter().map(|stage| stage.0).collect()).collect();
    assert_eq!(stages, [vec![0, 1], vec![2, 3], vec![0, 4], vec![5, 6]]);
}

#[test]
fn a_cached_data_set_can_be_computed_again() {
    let data = format!(
        "{A}, \"s\": [from(\"a\"), sort(), cache()], \"f\": [from(\"s\"), filter(keep: 0.5), cache(api: rdd)]"
    );
    let jobs = "count(on: \"f\"), count(on: \"f\"), unpersist(on: \"f\")";
    let workload = lowered(&data, jobs, &partitions(4));
    assert_eq!(workload.rdds.len(), 2);
    let ops = |rdd: usize| &workload.programs[workload.rdds[rdd].program.index()].ops;
    assert!(ops(0).iter().any(|op| matches!(op, Op::FetchShuffle { .. })));
    assert!(matches!(ops(1)[..], [Op::ReadBlock { .. }, ..]));
    assert_eq!(words(&workload, 1), "block1 compute result");
    assert_eq!(workload.jobs[0].stages.len(), 2);
    assert_eq!(workload.jobs[1].stages.len(), 2, "the map stage is listed and skipped");
    assert_eq!(workload.jobs[1].unpersist.len(), 1);
    let sorted: u64 = workload.rdds[0].partitions.iter().map(|partition| partition.memory_size.0).sum();
    assert_eq!(sorted, 100_000_300);
    assert_eq!(workload.rdds[1].partitions.iter().map(|partition| partition.elements).sum::<u64>(), 500_001);
}

#[test]
fn recorded_tasks_keep_their_time_and_place() {
    let data = "\"r\": [recorded(rows: [10, 20], bytes: [100, 200], time_ms: [7, 9], executor: [0, 1], not_before_ms: [0, 3]), read_broadcast(pieces: 5, value: 6), sort(within_partitions: true)]";
    let workload = lowered(data, "foreach(on: \"r\")", &PlanConf::default());
    let stage = &workload.stages[0];
    assert_eq!(words(&workload, 0), "broadcast0 0=Sort insert0 finish0 drain0 close0");
    assert_eq!(stage.values, [10, 100, 7_000_000, 20, 200, 9_000_000]);
    assert_eq!(stage.placement[1].executor, 1);
    assert_eq!(stage.placement[1].not_before, sim_core::units::SimTime::from_ms(3));
}

#[test]
fn a_take_reads_more_partitions_until_it_has_enough() {
    let workload = lowered(A, "take(on: \"a\", rows: 500_000)", &PlanConf::default());
    let tasks: Vec<u32> = workload.stages.iter().map(|stage| stage.tasks).collect();
    assert_eq!(tasks, [1, 4]);
}

#[test]
fn a_union_keeps_the_tasks_of_all_sides() {
    let data = format!(
        "{A}, {B}, \"u\": [from(\"a\"), union(with: [\"b\"])], \"c\": [from(\"u\"), coalesce(partitions: 3)]"
    );
    let workload = lowered(&data, "collect(on: \"u\"), collect(on: \"c\")", &PlanConf::default());
    assert_eq!((workload.stages[0].tasks, workload.stages[1].tasks), (10, 3));
    for stage in &workload.stages {
        let ops = &workload.programs[stage.program.index()].ops;
        let read = ops.iter().find_map(|op| match *op {
            Op::ReadInput { bytes } => Some(sum(&workload, stage, bytes)),
            _ => None,
        });
        assert_eq!(read, Some((100_000_300.0_f64 / 1.3).round() as u64 + 60_001 * 41));
    }
}

#[test]
fn limits_are_errors() {
    let fails = |data: &str, jobs: &str| {
        let plan = scenario(data, jobs).plan;
        lower(&plan, &PlanConf::default()).expect_err("a limit").title().to_owned()
    };
    let blocks = "\"a\": [scan(rows: 1, row_bytes: 1, partitions: 10_000_001), cache()]";
    assert_eq!(
        fails(blocks, "count(on: \"a\")"),
        "data set `a`: 10000001 cached blocks so far, and at most 10000000 are simulated"
    );
    let slow =
        "\"a\": [scan(rows: 1_000_000_000_000_000, row_bytes: 1, partitions: 1, cpu_ns_per_row: 1_000_000)]";
    assert_eq!(fails(slow, "count(on: \"a\")"), "a task takes 2^62 ns (146 years) or more");
}

#[test]
fn the_longest_chains_do_not_overflow_the_stack() {
    for step in [
        "sort()",
        "join(with: \"b\", strategy: sort_merge, row_bytes: 9)",
        "group_by_key(groups: 9, collection_bytes: 9)",
    ] {
        let data = format!("{B}, \"a\": [from(\"b\"){}]", format!(", {step}").repeat(199));
        let workload = lowered(&data, "count(on: \"a\")", &partitions(2));
        assert!(workload.stages.len() > 199);
    }
}

#[test]
fn the_consumers_of_reduce_by_key_are_those_of_the_rdd_api() {
    let data = format!(
        "{A}, \"r\": [from(\"a\"), reduce_by_key(groups: 5000, map_collection_bytes: \"9m\", collection_bytes: each([1, 2, 3, 4, 5, 6, 7]))]"
    );
    let workload = lowered(&data, "foreach(on: \"r\")", &PlanConf::default());
    assert_eq!(words(&workload, 0), "input 0=ExternalSorter insert0 finish0 write0 drain0 close0");
    let program = &workload.programs[workload.stages[1].program.index()];
    assert!(
        program.ops.iter().any(|op| matches!(op, Op::Open { consumer: ConsumerSpec::AppendOnlyMap, .. }))
    );
    assert_eq!(workload.stages[1].tasks, 7);
}

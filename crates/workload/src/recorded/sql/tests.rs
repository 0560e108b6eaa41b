//! Plans as stories: what the tasks of each stage of a query do.

use std::collections::BTreeMap;

use super::{SqlOutput, SqlStage, stage_of};
use crate::plan::recording::{Column, PartitionsFrom, Step};
use crate::recorded::facts::{PlanMetric, PlanNode, StageMetrics};

/// A node; its metrics are `(name, id)`.
fn node(text: &str, metrics: &[(&str, i64)], children: Vec<PlanNode>) -> PlanNode {
    let name = text.split([' ', '(']).next().unwrap_or(text);
    let metric = |&(name, id): &(&str, i64)| PlanMetric { name: name.to_owned(), id, kind: "sum".to_owned() };
    PlanNode {
        name: if name == "WholeStageCodegen" { text.to_owned() } else { name.to_owned() },
        text: text.to_owned(),
        children,
        metrics: metrics.iter().map(metric).collect(),
    }
}

/// An exchange whose metrics begin at an id: data size, records written, records read, bytes read.
fn exchange(text: &str, id: i64, child: PlanNode) -> PlanNode {
    let names = ["data size", "shuffle records written", "records read", "local bytes read"];
    let metrics: Vec<_> = names.into_iter().zip(id..).collect();
    node(text, &metrics, vec![child])
}

fn range(id: i64) -> PlanNode {
    node("Range (0, 100, step=1, splits=2)", &[("number of output rows", id)], Vec::new())
}

fn stage(query: &[PlanNode], columns: &[(i64, [i64; 2])], totals: &[(i64, i64)]) -> Option<SqlStage> {
    let columns = columns.iter().map(|&(id, amounts)| (id, amounts.to_vec()));
    let metrics = StageMetrics { tasks: 2, columns: columns.collect() };
    stage_of(query, &metrics, &totals.iter().copied().collect::<BTreeMap<_, _>>())
}

fn each(amounts: [u64; 2]) -> Column {
    Column::of(amounts.to_vec())
}

fn fetch(shuffle: u32, rows: [u64; 2], width: u64) -> Step {
    Step::Fetch {
        shuffle,
        wire_bytes: each([0, 0]),
        rows: each(rows),
        bytes: each(rows.map(|rows| rows * width)),
    }
}

/// Two tables of 10 and 20 rows of 24 and 40 bytes, sorted and merged.
fn sort_merge_join() -> PlanNode {
    let side = |key: &str, at: i64, sort: i64| {
        let scan = node("Project [id#1L AS k#7L, id#1L]", &[], vec![range(at + 9)]);
        let shuffled = exchange(
            &format!("Exchange hashpartitioning({key}, 8), ENSURE_REQUIREMENTS, [plan_id=5]"),
            at,
            scan,
        );
        node(&format!("Sort [{key} ASC NULLS FIRST], false, 0"), &[("peak memory", sort)], vec![shuffled])
    };
    let join = node(
        "SortMergeJoin [k#7L], [s#18], Inner",
        &[("number of output rows", 50)],
        vec![side("k#7L", 10, 51), side("s#18, k#7L", 20, 52)],
    );
    node("OverwriteByExpression noop", &[], vec![join])
}

const JOIN_TOTALS: [(i64, i64); 4] = [(10, 240), (11, 10), (20, 800), (21, 20)];

#[test]
fn the_map_stage_of_a_join_reads_and_writes_a_shuffle() {
    let plan = [sort_merge_join()];
    let stage =
        stage(&plan, &[(19, [6, 4]), (10, [144, 96]), (11, [6, 4])], &JOIN_TOTALS).expect("it is there");
    let input = Step::Input { file_bytes: each([0, 0]), rows: each([6, 4]), bytes: each([96, 64]) };
    assert_eq!(stage.steps, [input]);
    let expected = SqlOutput::Exchange {
        key: 10,
        rows: each([6, 4]),
        bytes: each([144, 96]),
        wire_bytes: each([0, 0]),
        partitions: 8,
        partitions_from: PartitionsFrom::SqlShufflePartitions,
    };
    assert_eq!(stage.output, Some(expected));
}

#[test]
fn a_join_sorts_both_sides_and_merges_them() {
    let plan = [sort_merge_join()];
    let columns = [(12, [7, 3]), (22, [11, 9]), (50, [30, 20]), (51, [1, 1]), (52, [1, 1])];
    let stage = stage(&plan, &columns, &JOIN_TOTALS).expect("it is there");
    let [left, sort, right, other, Step::MergeJoin { rows, .. }] = &stage.steps[..] else {
        panic!("{:?}", stage.steps);
    };
    assert_eq!((left, right), (&fetch(0, [7, 3], 24), &fetch(1, [11, 9], 40)));
    assert_eq!(sort, &Step::Sort { radix: true }, "the key is a long");
    assert_eq!(other, &Step::Sort { radix: false }, "two columns need comparisons");
    assert_eq!(rows, &each([30, 20]));
    assert_eq!(stage.exchanges, [10, 20]);
    assert_eq!(stage.output, Some(SqlOutput::Write));
    let peaks: Vec<_> = stage.operators.iter().filter_map(|operator| operator.peak_memory).collect();
    assert_eq!(peaks, [51, 52]);
}

#[test]
fn a_stage_that_touches_nothing_of_a_plan_is_not_in_it() {
    assert_eq!(stage(&[sort_merge_join()], &[(999, [1, 1])], &[]), None);
    assert_eq!(stage(&[], &[(10, [1, 1])], &[]), None);
}

/// A partial aggregation in generated code, its exchange of 56 bytes a row, and the final one.
fn aggregation() -> PlanNode {
    let functions = |prefix: &str| {
        let names = ["sum(id#0L)", "count(1)", "avg(id#0L)", "max(id#0L)"];
        names.map(|name| format!("{prefix}{name}")).join(", ")
    };
    let partial = node(
        &format!("HashAggregate(keys=[k#2L], functions=[{}])", functions("partial_")),
        &[("number of output rows", 31), ("peak memory", 32)],
        vec![node("Project [pmod(xxhash64(id#0L, 42), 20) AS k#2L, id#0L]", &[], vec![range(37)])],
    );
    let generated = node("WholeStageCodegen (1)", &[("duration", 30)], vec![partial]);
    let shuffled =
        exchange("Exchange hashpartitioning(k#2L, 3), ENSURE_REQUIREMENTS, [plan_id=22]", 8, generated);
    node(
        &format!("HashAggregate(keys=[k#2L], functions=[{}])", functions("")),
        &[("number of output rows", 2), ("peak memory", 3)],
        vec![node("InputAdapter", &[], vec![shuffled])],
    )
}

#[test]
fn a_group_is_an_exchanged_row_as_key_and_buffer() {
    let totals = [(8, 56 * 30), (9, 30)];
    let columns = [(30, [1, 1]), (31, [16, 14]), (37, [50, 50]), (8, [896, 784]), (9, [16, 14])];
    let map = stage(&[aggregation()], &columns, &totals).expect("it is there");
    let Some(Step::Aggregate { groups, group_bytes, fast_map, .. }) = map.steps.last() else {
        panic!("{:?}", map.steps);
    };
    assert_eq!((groups, *group_bytes, *fast_map), (&each([16, 14]), 16 + 48, true));
    let reduce =
        stage(&[aggregation()], &[(2, [8, 6]), (3, [9, 9]), (10, [17, 13])], &totals).expect("it is there");
    let [read, Step::Aggregate { groups, group_bytes, fast_map, bytes, merges: true, .. }] =
        &reduce.steps[..]
    else {
        panic!("{:?}", reduce.steps);
    };
    assert_eq!(read, &fetch(0, [17, 13], 56));
    assert_eq!((groups, *group_bytes, *fast_map), (&each([8, 6]), 64, false));
    assert_eq!(bytes, &each([8 * 48, 6 * 48]), "null bits, a key and four results");
    assert_eq!(reduce.output, Some(SqlOutput::Result));
    assert_eq!((map.notes, reduce.notes), (Vec::new(), Vec::new()));
}

#[test]
fn groups_that_no_two_tasks_share_come_one_after_the_other() {
    // 16 and 14 groups of 100 rows: the query that merges them finds as many, or half.
    let columns = [(30, [1, 1]), (31, [16, 14]), (37, [50, 50]), (8, [896, 784]), (9, [16, 14])];
    let clustered = |merged: i64, rows: [i64; 2]| {
        let columns = columns.map(|(id, amounts)| (id, if id == 37 { rows } else { amounts }));
        let totals = [(8, 56 * 30), (9, 30), (31, 30), (2, merged)];
        let map = stage(&[aggregation()], &columns, &totals).expect("it is there");
        let Some(Step::Aggregate { clustered, .. }) = map.steps.last() else { panic!("{:?}", map.steps) };
        *clustered
    };
    assert!(clustered(30, [50, 50]));
    assert!(!clustered(15, [50, 50]), "tasks share them");
    assert!(!clustered(30, [16, 14]), "each has one row: it is in one task anyway");
}

#[test]
fn an_object_aggregation_has_its_groups_and_the_bytes_of_its_key() {
    let child = node("Project [id#0L AS k#7L, concat_ws(, hex(id#0L)) AS s#3]", &[], vec![range(37)]);
    let aggregation = |keys: &str| {
        let text = format!("ObjectHashAggregate(keys=[{keys}], functions=[collect_set(s#3, 0, 0)])");
        node(&text, &[("number of output rows", 31)], vec![child.clone()])
    };
    let columns = [(31, [16, 14]), (37, [50, 50])];
    let of = |keys: &str| stage(&[aggregation(keys)], &columns, &[]).expect("it is there").steps;
    let [.., Step::ObjectAggregate { groups, key_bytes, radix, .. }] = &of("k#7L")[..] else {
        panic!("{:?}", of("k#7L"));
    };
    assert_eq!((groups, *key_bytes, *radix), (&each([16, 14]), 16, true));
    let two = of("k#7L, id#0L");
    assert!(matches!(two.last(), Some(Step::ObjectAggregate { key_bytes: 24, radix: false, .. })), "{two:?}");
    assert!(!of("").iter().any(|step| matches!(step, Step::ObjectAggregate { .. })), "one group never sorts");
}

#[test]
fn samples_for_ranges_are_read_by_a_stage_that_writes_nothing() {
    let ranged = exchange(
        "Exchange rangepartitioning(k#2L ASC NULLS FIRST, 4), ENSURE_REQUIREMENTS",
        60,
        aggregation(),
    );
    let sort = node("Sort [k#2L ASC NULLS FIRST], true, 0", &[("peak memory", 70)], vec![ranged]);
    let columns = [(2, [8, 6]), (10, [17, 13])];
    let sample = stage(std::slice::from_ref(&sort), &columns, &[(8, 56), (9, 1)]).expect("it is there");
    assert_eq!(sample.output, Some(SqlOutput::Result));
    assert_eq!(sample.exchanges, [8]);
}

#[test]
fn a_window_buffers_the_rows_of_a_key() {
    let project = node(
        "Project [pmod(id#0L, 40) AS k#7L, id#0L, concat_ws(, hex(id#0L)) AS s#3]",
        &[],
        vec![range(29)],
    );
    let shuffled = exchange("Exchange hashpartitioning(k#7L, 8), ENSURE_REQUIREMENTS", 6, project);
    let sort = node(
        "Sort [k#7L ASC NULLS FIRST, id#0L ASC NULLS FIRST], false, 0",
        &[("peak memory", 4)],
        vec![shuffled],
    );
    let text = "Window [row_number() windowspecdefinition(k#7L, id#0L ASC) AS r#12], [k#7L], [id#0L ASC NULLS FIRST]";
    let window = node(text, &[("spill size", 1)], vec![sort]);
    let found = stage(std::slice::from_ref(&window), &[(4, [9, 9]), (8, [10, 4])], &[(6, 960), (7, 10)])
        .expect("it is there");
    let [
        read,
        Step::Sort { radix: false },
        Step::RowBuffer { largest_group, in_memory_rows: None },
        Step::Narrow { rows, bytes },
    ] = &found.steps[..]
    else {
        panic!("{:?}", found.steps);
    };
    assert_eq!(read, &fetch(0, [10, 4], 96));
    assert!(largest_group.at(0) <= 10 && largest_group.at(1) <= 4);
    assert_eq!(rows, &each([10, 4]));
    // The string has 64 bytes beside the words of a row, by the exchange; the window adds a word.
    assert_eq!(bytes, &each([1040, 416]));
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
}

#[test]
fn the_build_side_of_a_hash_join_is_read_on_top() {
    let side = |text: &str, at: i64| exchange(text, at, range(at + 9));
    let join = node(
        "ShuffledHashJoin [k#7L], [k#18L], Inner, BuildLeft",
        &[("number of output rows", 50), ("data size of build side", 51)],
        vec![
            side("Exchange hashpartitioning(k#7L, 8), X", 10),
            side("Exchange hashpartitioning(k#18L, 8), X", 20),
        ],
    );
    let columns = [(12, [5, 5]), (22, [9, 9]), (50, [9, 8])];
    let found = stage(&[join], &columns, &JOIN_TOTALS).expect("it is there");
    let [streamed, build, Step::HashJoin { long_key: true, rows, .. }] = &found.steps[..] else {
        panic!("{:?}", found.steps);
    };
    assert_eq!((streamed, build), (&fetch(0, [9, 9], 40), &fetch(1, [5, 5], 24)));
    assert_eq!((rows, found.exchanges), (&each([9, 8]), vec![20, 10]));
}

#[test]
fn broadcasts_are_read_before_the_first_row() {
    let broadcast = node(
        "BroadcastExchange HashedRelationBroadcastMode(..)",
        &[("data size", 40), ("number of output rows", 41)],
        vec![range(49)],
    );
    let join = node(
        "BroadcastHashJoin [k#7L], [k#18L], Inner, BuildRight, false",
        &[("number of output rows", 50)],
        vec![range(59), node("InputAdapter", &[], vec![broadcast])],
    );
    let build =
        stage(std::slice::from_ref(&join), &[(49, [3, 2])], &[(40, 1000), (41, 5)]).expect("it is there");
    assert_eq!(build.output, Some(SqlOutput::Broadcast { key: 40, bytes: 1000, rows: 5 }));
    let probe = stage(&[join], &[(50, [1, 2]), (59, [7, 7])], &[]).expect("it is there");
    let [Step::ReadBroadcast { broadcast: 0, joined: true }, Step::Input { .. }, Step::Narrow { rows, .. }] =
        &probe.steps[..]
    else {
        panic!("{:?}", probe.steps);
    };
    assert_eq!((rows, probe.broadcasts), (&each([1, 2]), vec![40]));
}

#[test]
fn adaptive_plans_are_read_in_the_version_that_ran() {
    let read = |inner: PlanNode| {
        node(
            "AQEShuffleRead coalesced",
            &[("number of partitions", 90)],
            vec![node("ShuffleQueryStage 0", &[], vec![inner])],
        )
    };
    let shuffled = || exchange("Exchange hashpartitioning(k#7L, 8), ENSURE_REQUIREMENTS", 10, range(19));
    let first = node(
        "AdaptiveSparkPlan isFinalPlan=false",
        &[],
        vec![node("Sort [k#7L ASC NULLS FIRST], false, 0", &[("peak memory", 70)], vec![shuffled()])],
    );
    let last = node(
        "AdaptiveSparkPlan isFinalPlan=true",
        &[],
        vec![node("Sort [k#7L ASC NULLS FIRST], false, 0", &[("peak memory", 80)], vec![read(shuffled())])],
    );
    let versions = [first, last];
    let found = stage(&versions, &[(80, [1, 1]), (12, [40, 2])], &JOIN_TOTALS).expect("it is there");
    assert_eq!(found.steps, [fetch(0, [40, 2], 24), Step::Sort { radix: true }]);
    assert_eq!(found.operators[1].peak_memory, Some(80));
    let map = stage(&versions, &[(19, [5, 5]), (11, [5, 5])], &JOIN_TOTALS).expect("it is there");
    assert!(matches!(map.output, Some(SqlOutput::Exchange { key: 10, .. })));
}

#[test]
fn a_stage_that_fills_a_cache_reads_it_too() {
    let plan = node("Project [xxhash64(id#0L, 42) AS k#2L, s#3]", &[], vec![range(42)]);
    let scan = node("InMemoryTableScan [k#2L]", &[("number of output rows", 40)], vec![plan]);
    let filling =
        stage(std::slice::from_ref(&scan), &[(40, [5, 6]), (42, [5, 6])], &[]).expect("it is there");
    assert!(matches!(filling.steps[..], [Step::Cached { rdd: 0, .. }]));
    let [cached] = &filling.cached[..] else { panic!("{:?}", filling.cached) };
    let computed = cached.computed.as_ref().expect("its tasks computed it");
    assert!(matches!(computed.steps[..], [Step::Input { .. }, Step::Narrow { .. }]), "{:?}", computed.steps);
    assert_eq!((cached.key, &computed.rows), (Some(42), &each([5, 6])));
    let reading = stage(&[scan], &[(40, [5, 6])], &[]).expect("it is there");
    assert_eq!((reading.cached[0].key, &reading.cached[0].computed), (Some(42), &None));
}

#[test]
fn an_exchange_that_is_read_twice_in_a_task_is_halved() {
    let shuffled = || exchange("Exchange hashpartitioning(k#7L, 8), ENSURE_REQUIREMENTS", 10, range(19));
    let sort = |id, input| node("Sort [k#7L ASC NULLS FIRST], false, 0", &[("peak memory", id)], vec![input]);
    let reused = node("ReusedExchange [k#17L], Exchange hashpartitioning(k#7L, 8)", &[], vec![shuffled()]);
    let join =
        node("SortMergeJoin [k#7L], [k#17L], Inner", &[], vec![sort(50, shuffled()), sort(51, reused)]);
    let found =
        stage(&[join], &[(50, [1, 1]), (51, [1, 1]), (12, [40, 20])], &JOIN_TOTALS).expect("it is there");
    let read = found.steps.iter().filter(|step| **step == fetch(0, [20, 10], 24));
    assert_eq!((read.count(), found.exchanges), (2, vec![10]));
}

#[test]
fn a_distinct_behind_a_limit_has_met_more_groups_than_it_put_out() {
    let text = "HashAggregate(keys=[i#3, z#6L], functions=[])";
    let partial = node(text, &[("number of output rows", 31), ("peak memory", 32)], vec![range(37)]);
    let last = node(text, &[("number of output rows", 41), ("peak memory", 42)], vec![partial]);
    let limited = node("WholeStageCodegen (2)", &[], vec![node("LocalLimit 10", &[], vec![last])]);
    let plan = exchange("Exchange SinglePartition, ENSURE_REQUIREMENTS", 60, limited);
    let columns = [(37, [500, 500]), (31, [90, 80]), (41, [10, 10]), (61, [10, 10])];
    let found = stage(&[plan], &columns, &[(60, 480), (61, 20)]).expect("it is there");
    let groups: Vec<_> = found
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Aggregate { groups, group_bytes, fast_map, .. } => {
                Some((groups.clone(), *group_bytes, *fast_map))
            }
            _ => None,
        })
        .collect();
    assert_eq!(groups, [(each([90, 80]), 24, true), (each([90, 80]), 24, true)]);
}

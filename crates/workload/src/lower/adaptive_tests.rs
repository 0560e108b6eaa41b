//! Adaptive execution of scenarios.

use sim_core::ids::StageId;
use sim_core::workload::{Amount, Op, Workload};

use super::*;
use crate::Scenario;
use crate::adaptive::AdaptiveConf;

fn lowered(data: &str, conf: &PlanConf) -> Workload {
    let text = format!("(question: \"q\", seed: 5, data: {{ {data} }}, jobs: [foreach(on: \"x\")])");
    let scenario = Scenario::parse("test.ron", &text, None).unwrap_or_else(|error| panic!("{error}"));
    let workload = lower(&scenario.plan, conf).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(workload.check(), Ok(()));
    workload
}

fn adaptive(change: impl FnOnce(&mut AdaptiveConf)) -> PlanConf {
    let mut conf = AdaptiveConf::default();
    change(&mut conf);
    PlanConf { adaptive: Some(conf), ..PlanConf::default() }
}

fn off() -> PlanConf {
    PlanConf { adaptive: None, ..PlanConf::default() }
}

fn tasks(workload: &Workload) -> Vec<u32> {
    workload.stages.iter().map(|stage| stage.tasks).collect()
}

/// What the tasks of a stage take of each step that `amount` picks.
fn each(workload: &Workload, stage: usize, amount: impl Fn(&Op) -> Option<Amount>) -> Vec<Vec<u64>> {
    let ops = &workload.programs[workload.stages[stage].program.index()].ops;
    let values = |amount: Amount| {
        let of = |task| amount.of(workload.task(StageId::at(stage), task).values);
        (0..workload.stages[stage].tasks).map(of).collect()
    };
    ops.iter().filter_map(amount).map(values).collect()
}

fn fetched(op: &Op) -> Option<Amount> {
    match *op {
        Op::FetchShuffle { bytes, .. } => Some(bytes),
        _ => None,
    }
}

fn inserted(op: &Op) -> Option<Amount> {
    match *op {
        Op::Insert { rows, .. } => Some(rows),
        _ => None,
    }
}

/// 1 GiB of rows on the wire, from eight map tasks.
const BIG: &str =
    "\"a\": [scan(rows: 8_388_608, row_bytes: 128, partitions: 8, keys: uniform(count: 100_000_000))]";

#[test]
fn partitions_come_together_up_to_the_advisory_size() {
    let data = format!("{BIG}, \"x\": [from(\"a\"), sort()]");
    assert_eq!(tasks(&lowered(&data, &off())), [8, 200]);
    // A partition of 5,368,709 bytes has blocks of 671,089, reported as 1.1^141 = 686,876: 12 make 63 MiB.
    let coalesced = lowered(&data, &adaptive(|_| {}));
    assert_eq!(tasks(&coalesced), [8, 17]);
    let rows = &each(&coalesced, 1, inserted)[0];
    assert_eq!(rows.iter().sum::<u64>(), 8_388_608);
    assert_eq!(
        (rows[0].abs_diff(12 * 41_943) < 12, rows[16].abs_diff(8 * 41_943) < 12),
        (true, true),
        "{rows:?}"
    );
    let parallel = adaptive(|conf| conf.coalescing.as_mut().expect("it is on").min_partition_num = 64);
    assert_eq!(tasks(&lowered(&data, &parallel)), [8, 67], "three partitions each, if 64 tasks are wanted");
    let initial =
        adaptive(|conf| conf.coalescing.as_mut().expect("it is on").initial_partition_num = Some(20));
    assert_eq!(tasks(&lowered(&data, &initial)), [8, 20], "of 51 MiB each");
    assert_eq!(tasks(&lowered(&data, &adaptive(|conf| conf.coalescing = None))), [8, 200]);
}

#[test]
fn a_number_that_the_program_gives_stays() {
    let steps = "repartition(partitions: 50)";
    assert_eq!(tasks(&lowered(&format!("{BIG}, \"x\": [from(\"a\"), {steps}]"), &adaptive(|_| {}))), [8, 50]);
}

#[test]
fn inputs_of_a_union_are_put_together_apart() {
    let small = "\"b\": [scan(rows: 1_000_000, row_bytes: 16, partitions: 2)]";
    let data = format!(
        "{BIG}, {small}, \"s\": [from(\"b\"), repartition()], \"x\": [from(\"a\"), repartition(), union(with: [\"s\"])]"
    );
    let parallel = adaptive(|conf| conf.coalescing.as_mut().expect("it is on").min_partition_num = 64);
    // 64 are 63 of the first and 1 of the second by their bytes.
    assert_eq!(tasks(&lowered(&data, &parallel)), [8, 2, 67 + 1]);
}

const SKEWED: &str = "\"a\": [scan(rows: 40_000_000, row_bytes: 100, partitions: 20, keys: hot(share: 0.5, count: 1_000_000))], \
     \"b\": [scan(rows: 1_000_000, row_bytes: 100, partitions: 4, keys: uniform(count: 1_000_000))]";

#[test]
fn a_hot_partition_of_a_join_is_split_and_the_other_side_read_by_all_splits() {
    let data = format!("{SKEWED}, \"x\": [from(\"a\"), join(with: \"b\", rows: 40_000_000)]");
    let whole = lowered(&data, &off());
    assert_eq!(tasks(&whole), [20, 4, 200]);
    let hot = each(&whole, 2, inserted)[0].iter().copied().max().expect("tasks");
    assert!(hot > 20_000_000, "{hot}");
    let no_coalescing = adaptive(|conf| conf.coalescing = None);
    let split = lowered(&data, &no_coalescing);
    // The partition has 2 GiB of 20 map tasks: blocks of 101 MB, each above the 64 MiB that a split aims at.
    assert_eq!(tasks(&split), [20, 4, 199 + 20]);
    let [left, right] = &each(&split, 2, inserted)[..] else { panic!("two sorts") };
    assert_eq!(left.iter().sum::<u64>(), 40_000_000);
    assert!(left.iter().all(|&rows| rows < hot / 19), "{left:?}");
    let of_hot: Vec<u64> =
        left.iter().zip(right).filter(|(left, _)| **left > 500_000).map(|(_, &right)| right).collect();
    assert_eq!(of_hot.len(), 20);
    assert!(of_hot.iter().all(|&rows| rows == of_hot[0] && rows >= 5000), "{of_hot:?}");
    let off = adaptive(|conf| {
        conf.coalescing = None;
        conf.skew_join = None;
    });
    assert_eq!(tasks(&lowered(&data, &off)), [20, 4, 200]);
    let outer = data.replace("with: \"b\"", "with: \"b\", join_type: right_outer");
    assert_eq!(tasks(&lowered(&outer, &no_coalescing)), [20, 4, 200], "its left side cannot be split");
    let both = lowered(&data, &adaptive(|_| {}));
    assert!(both.stages[2].tasks < 60, "what is not hot comes together: {}", both.stages[2].tasks);
}

#[test]
fn a_side_that_turns_out_to_be_small_is_broadcast_from_its_shuffle() {
    let data = |estimated: &str| {
        format!(
            "{SKEWED}, \"s\": [from(\"b\"), filter(keep: 0.01)], \"x\": [from(\"a\"), join(with: \"s\", {estimated}rows: 400_000)]"
        )
    };
    let known = lowered(&data(""), &adaptive(|_| {}));
    assert_eq!((tasks(&known), known.jobs.len()), (vec![4, 20], 2), "small enough from the start");
    let wrong = data("estimated_bytes: \"100m\", ");
    assert_eq!(tasks(&lowered(&wrong, &off())), [20, 4, 200]);
    let switched = lowered(&wrong, &adaptive(|_| {}));
    // One task would do for the 1 MB of the right side; the left one is read as 20 map outputs.
    assert_eq!(tasks(&switched), [20, 4, 1, 20]);
    assert_eq!(switched.jobs[0].stages.iter().map(|stage| stage.0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(switched.jobs[1].stages.iter().map(|stage| stage.0).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(each(&switched, 3, fetched)[0].iter().sum::<u64>(), 4_000_000_000);
    assert!(each(&switched, 3, inserted).is_empty(), "nothing is sorted");
    let limited = adaptive(|conf| conf.auto_broadcast_join_threshold = Some(1 << 19));
    assert_eq!(lowered(&wrong, &limited).broadcasts.len(), 0);
    let outer = wrong.replace("rows: 400_000", "rows: 400_000, join_type: full_outer");
    assert_eq!(lowered(&outer, &adaptive(|_| {})).broadcasts.len(), 0);
}

#[test]
fn small_partitions_are_hashed_where_that_is_allowed() {
    let data = format!(
        "{BIG}, \"b\": [scan(rows: 1_000_000, row_bytes: 100, partitions: 4)], \"x\": [from(\"a\"), join(with: \"b\")]"
    );
    let hashes = |conf: &PlanConf| {
        let workload = lowered(&data, conf);
        let ops = &workload.programs[workload.stages[2].program.index()].ops;
        ops.iter().filter(|op| matches!(op, Op::Finish { .. })).count() == 1
    };
    assert!(!hashes(&adaptive(|_| {})));
    assert!(hashes(&adaptive(|conf| conf.max_shuffled_hash_join_local_map_threshold = 64 << 20)));
    assert!(!hashes(&adaptive(|conf| conf.max_shuffled_hash_join_local_map_threshold = 32 << 20)));
}

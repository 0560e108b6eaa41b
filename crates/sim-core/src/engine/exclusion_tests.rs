//! Executors and nodes that are left out, as stories: limits are Spark's defaults.

use super::*;

const S: fn(u64) -> SimTime = |s| SimTime::from_ms(s * 1000);

fn conf() -> ExclusionConf {
    ExclusionConf {
        task_and_stage: true,
        application: true,
        task_attempts_per_executor: 1,
        task_attempts_per_node: 2,
        stage_tasks_per_executor: 2,
        stage_executors_per_node: 2,
        application_tasks_per_executor: 2,
        application_executors_per_node: 2,
        timeout: S(3600),
        unschedulable_timeout: S(120),
    }
}

/// Executor 0 and 1 on node 0, executor 2 on node 1.
const A: (u32, u32) = (0, 0);
const B: (u32, u32) = (1, 0);
const ELSEWHERE: (u32, u32) = (2, 1);

/// Who may run a task after failures, of A, B and one elsewhere.
fn may_run(failures: &[((u32, u32), u32)], conf: &ExclusionConf, index: u32) -> [bool; 3] {
    let mut set = TaskSetExclusion::default();
    failures.iter().for_each(|&(place, index)| set.failed(conf, place, index, S(0)));
    [A, B, ELSEWHERE].map(|place| set.allows(conf, place, index))
}

#[test]
fn a_task_is_not_tried_again_where_it_failed() {
    assert_eq!(may_run(&[(A, 7)], &conf(), 7), [false, true, true]);
    assert_eq!(may_run(&[(A, 7)], &conf(), 8), [true, true, true], "others are");
    assert_eq!(
        may_run(&[(A, 7), (B, 7)], &conf(), 7),
        [false, false, true],
        "nor on the node the second time"
    );
    let twice = ExclusionConf { task_attempts_per_executor: 2, ..conf() };
    assert_eq!(may_run(&[(A, 7)], &twice, 7), [true, true, true]);
    assert_eq!(may_run(&[(A, 7), (A, 7)], &twice, 7), [false, false, true], "attempts count on a node");
}

#[test]
fn a_stage_leaves_out_executors_with_two_failed_tasks_and_nodes_with_two_such() {
    assert_eq!(may_run(&[(A, 1), (A, 1)], &conf(), 9), [true, true, true], "one task that failed twice");
    assert_eq!(may_run(&[(A, 1), (A, 2)], &conf(), 9), [false, true, true]);
    let node = [(A, 1), (A, 2), (B, 3), (B, 4)];
    assert_eq!(may_run(&node, &conf(), 9), [false, false, true]);
    let new_executor = (3, 0);
    let mut set = TaskSetExclusion::default();
    node.iter().for_each(|&(place, index)| set.failed(&conf(), place, index, S(0)));
    assert!(!set.allows(&conf(), new_executor, 9), "on that node");
}

#[test]
fn the_application_alone_lets_tasks_run_anywhere() {
    let alone = ExclusionConf { task_and_stage: false, ..conf() };
    assert_eq!(may_run(&[(A, 7), (B, 7)], &alone, 7), [true, true, true]);
}

#[test]
fn failures_in_stages_that_succeed_leave_an_executor_out_for_an_hour() {
    let mut set = TaskSetExclusion::default();
    set.failed(&conf(), A, 1, S(10));
    let mut health = Health::default();
    assert_eq!(health.succeeded(&conf(), &set, S(20)), None, "one failure");
    assert!(health.allows(A));
    let mut late = health.clone();
    assert_eq!(late.succeeded(&conf(), &set.clone(), S(30)), Some(S(3630)), "two in two stages");
    assert_eq!((late.allows(A), late.allows(B)), (false, true));
    late.take_back(S(3630));
    assert!(!late.allows(A), "to the end of the hour");
    late.take_back(S(3631));
    assert!(late.allows(A));
    let mut other = TaskSetExclusion::default();
    other.failed(&conf(), A, 1, S(3700));
    assert_eq!(health.succeeded(&conf(), &other, S(3701)), None, "the first is forgotten");
}

#[test]
fn two_executors_left_out_leave_out_their_node() {
    let mut set = TaskSetExclusion::default();
    for (place, index) in [(A, 1), (A, 2), (B, 3), (B, 4)] {
        set.failed(&conf(), place, index, S(10));
    }
    let mut health = Health::default();
    health.succeeded(&conf(), &set, S(20));
    assert_eq!((health.allows((9, 0)), health.allows(ELSEWHERE)), (false, true));
}

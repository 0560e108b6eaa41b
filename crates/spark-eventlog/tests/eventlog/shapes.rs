//! What the events of all versions look like, and what is made of them.

use spark_eventlog::{
    Event,
    event::{AccumUpdate, StorageLevel, TaskEnd},
};

use crate::sort_log;

#[track_caller]
fn parse(line: &str) -> Event<'_> {
    Event::parse(line.as_bytes()).expect(line)
}

fn task_end(line: &str) -> TaskEnd<'_> {
    match parse(line) {
        Event::TaskEnd(task) => task,
        other => panic!("{other:?}"),
    }
}

/// Every event of the real log is typed but for those that nobody needs.
#[test]
fn the_real_log_is_typed() {
    let text = sort_log();
    let (mut tasks, mut spilled, mut others) = (0, 0, Vec::new());
    for line in text.lines() {
        match parse(line) {
            Event::TaskEnd(task) => {
                tasks += 1;
                let metrics = task.task_metrics.expect("metrics");
                spilled += metrics.memory_bytes_spilled;
                let peak = metrics.peak_execution_memory.expect("since 3.0");
                let named = |name| {
                    task.task_info.accumulables.iter().find(move |one| one.name.as_deref() == Some(name))
                };
                if let Some(sort) = named("peak memory") {
                    assert_eq!(sort.update, Some(peak), "the sort is the only operator with memory");
                    assert_eq!(sort.metadata.as_deref(), Some("sql"));
                    assert_eq!(
                        named("spill size").and_then(|one| one.update),
                        Some(metrics.memory_bytes_spilled)
                    );
                }
                assert!(task.task_info.accumulables.iter().all(|one| one.update.is_some()));
            }
            Event::SqlExecutionStart(start) => {
                let mut node = &start.spark_plan_info;
                let mut nodes = Vec::new();
                loop {
                    nodes.push(node.node_name.as_str());
                    let Some(child) = node.children.first() else { break };
                    node = child;
                }
                assert_eq!(
                    nodes.iter().filter(|name| ["Sort", "Exchange", "Range"].contains(name)).count(),
                    3
                );
                assert!(node.metrics.iter().any(|metric| metric.name == "number of output rows"));
            }
            Event::EnvironmentUpdate(environment) => {
                assert_eq!(
                    environment.spark_properties.get("spark.memory.fraction").map(|value| &**value),
                    Some("0.1")
                );
                assert!(environment.jvm_information.get("Java Version").is_some());
            }
            Event::BlockManagerAdded(added) => {
                assert_eq!(added.maximum_onheap_memory, Some(75_916_902));
                assert_eq!(added.maximum_memory, 75_916_902);
            }
            Event::Other(name) => others.push(name.to_string()),
            _ => {}
        }
    }
    assert_eq!(tasks, 6);
    assert!(spilled > 0);
    others.dedup();
    assert_eq!(others, ["SparkListenerExecutorMetricsUpdate"]);
}

/// Names and ids point into the line: a task of a big log costs one list.
#[test]
fn texts_are_borrowed() {
    let task = task_end(
        r#"{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task End Reason":{"Reason":"Success"},"Task Info":{"Task ID":1,
           "Executor ID":"driver","Accumulables":[{"ID":1,"Name":"peak memory","Update":"5"},{"ID":2,"Name":"a\"b"}]}}"#,
    );
    assert!(task.task_info.executor_id.is_borrowed());
    let accumulables = task.task_info.accumulables;
    assert!(accumulables[0].name.as_ref().is_some_and(|name| name.is_borrowed()));
    assert_eq!(accumulables[1].name.as_deref(), Some("a\"b"));
}

#[test]
fn accumulables_of_all_kinds() {
    let task = task_end(
        r#"{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task Info":{"Task ID":1,"Accumulables":[
        {"ID":1,"Name":"a","Update":5,"Value":7},
        {"ID":2,"Name":"b","Update":"5","Value":"7","Metadata":"sql"},
        {"ID":3,"Name":"updatedBlockStatuses","Update":[{"Block ID":"rdd_0_0","Status":{}}],"Value":[]},
        {"ID":4,"Update":"total (min, med, max)\n10 s","Value":1.5},
        {"ID":5,"Name":null,"Update":null,"Value":{"x":1}},
        {"ID":6,"Update":9223372036854775808,"Value":2.0}]}}"#,
    );
    let read: Vec<_> =
        task.task_info.accumulables.iter().map(|one| (one.id, one.update, one.value)).collect();
    let expected = [
        (1, Some(5), Some(7)),
        (2, Some(5), Some(7)),
        (3, None, None),
        (4, None, None),
        (5, None, None),
        (6, None, Some(2)),
    ];
    assert_eq!(read, expected);
}

/// Spark 1.x: no attempts of stages, other levels, other metrics, times that are missing.
#[test]
fn the_oldest_shapes() {
    let line = r#"{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task Type":"ResultTask","Task End Reason":{"Reason":"Success"},
        "Task Info":{"Task ID":0,"Index":0,"Launch Time":1,"Executor ID":"<driver>","Host":"h","Locality":"ANY","Finish Time":2,"Failed":false},
        "Task Metrics":{"Host Name":"h","Executor Run Time":5,"Memory Bytes Spilled":6,"Disk Bytes Spilled":7,
        "Shuffle Read Metrics":{"Shuffle Finish Time":1,"Total Blocks Fetched":2,"Remote Blocks Fetched":0,"Local Blocks Fetched":2,"Fetch Wait Time":3,"Remote Bytes Read":4},
        "Updated Blocks":[{"Block ID":"rdd_0_0","Status":{"Storage Level":{"Use Disk":false,"Use Memory":true,"Use ExternalBlockStore":false,"Deserialized":true,"Replication":1},"Memory Size":8,"ExternalBlockStore Size":0,"Disk Size":0}}]}}"#;
    let task = task_end(line);
    let metrics = task.task_metrics.expect("metrics");
    assert_eq!((metrics.memory_bytes_spilled, metrics.peak_execution_memory), (6, None));
    assert_eq!(metrics.shuffle_read_metrics.map(|read| read.fetch_wait_time), Some(3));
    assert_eq!(metrics.updated_blocks[0].status.memory_size, 8);
    let level =
        StorageLevel { use_memory: true, deserialized: true, replication: 1, ..StorageLevel::default() };
    assert_eq!(metrics.updated_blocks[0].status.storage_level, level);
    assert_eq!(task.stage_attempt_id, 0);

    let Event::BlockManagerAdded(added) = parse(
        r#"{"Event":"SparkListenerBlockManagerAdded","Block Manager ID":{"Executor ID":"<driver>","Host":"h","Port":1,"Netty Port":0},"Maximum Memory":278019440}"#,
    ) else {
        panic!("another event")
    };
    assert_eq!(
        (added.maximum_memory, added.maximum_onheap_memory, added.timestamp),
        (278_019_440, None, None)
    );

    let Event::JobStart(job) =
        parse(r#"{"Event":"SparkListenerJobStart","Job ID":0,"Stage IDs":[0,1],"Properties":null}"#)
    else {
        panic!("another event")
    };
    assert_eq!((job.stage_ids, job.stage_infos.len(), job.submission_time), (vec![0, 1], 0, None));
}

#[test]
fn job_results_of_all_kinds() {
    let result = |result: &str| {
        let line = format!(r#"{{"Event":"SparkListenerJobEnd","Job ID":0,"Job Result":{result}}}"#);
        let Event::JobEnd(end) = parse(&line) else { panic!("another event") };
        (end.job_result.succeeded(), end.job_result.message.map(|message| message.to_string()))
    };
    assert_eq!(result(r#"{"Result":"JobSucceeded"}"#), (true, None));
    assert_eq!(result(r#""JobSucceeded""#), (true, None));
    let failed =
        r#"{"Result":"JobFailed","Exception":{"Message":"x","Stack Trace":[{"Declaring Class":"y"}]}}"#;
    assert_eq!(result(failed), (false, Some("x".to_owned())));
    assert_eq!(
        result(r#"{"Result":"JobFailed","Exception":{"Message":null},"Failed Stage ID":1}"#),
        (false, None)
    );
    assert_eq!(result("null"), (false, None));
}

#[test]
fn reasons_of_all_kinds() {
    let reason = |reason: &str| {
        let line = format!(
            r#"{{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task End Reason":{reason},"Task Info":{{"Task ID":1}},"Task Metrics":null}}"#
        );
        format!("{:?}", {
            let task = task_end(&line);
            assert_eq!(task.task_metrics, None);
            let reason = task.task_end_reason;
            (
                reason.reason.into_owned(),
                reason.class_name.or(reason.loss_reason).or(reason.kill_reason).or(reason.message),
            )
        })
    };
    assert_eq!(reason(r#"{"Reason":"Resubmitted"}"#), r#"("Resubmitted", None)"#);
    let oom = r#"{"Reason":"ExceptionFailure","Class Name":"java.lang.OutOfMemoryError","Description":null,"Stack Trace":[],"Metrics":{}}"#;
    assert_eq!(reason(oom), r#"("ExceptionFailure", Some("java.lang.OutOfMemoryError"))"#);
    let lost = r#"{"Reason":"ExecutorLostFailure","Executor ID":"1","Exit Caused By App":true,"Loss Reason":"code 52"}"#;
    assert_eq!(reason(lost), r#"("ExecutorLostFailure", Some("code 52"))"#);
    let fetch = r#"{"Reason":"FetchFailed","Shuffle ID":0,"Map ID":-1,"Reduce ID":2,"Message":"gone"}"#;
    assert_eq!(reason(fetch), r#"("FetchFailed", Some("gone"))"#);
    assert_eq!(reason("null"), r#"("", None)"#);
}

#[test]
fn updates_of_the_driver_are_pairs_or_objects() {
    let Event::DriverAccumUpdates(updates) = parse(
        r#"{"Event":"org.apache.spark.sql.execution.ui.SparkListenerDriverAccumUpdates","executionId":3,"accumUpdates":[[44,201],{"_1":5,"_2":"6"},[7,"x"]]}"#,
    ) else {
        panic!("another event")
    };
    let update = |id, value| AccumUpdate { id, value };
    assert_eq!(updates.accum_updates, [update(44, Some(201)), update(5, Some(6)), update(7, None)]);
}

#[test]
fn keys_of_4_x() {
    let Event::SqlExecutionStart(start) = parse(
        r#"{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart","executionId":1,"rootExecutionId":null,"description":"d","details":"","physicalPlanDescription":"","sparkPlanInfo":{"nodeName":"n","simpleString":"s","children":[],"metadata":{},"metrics":[]},"time":5,"modifiedConfigs":{"a":"b"},"jobTags":[],"jobGroupId":null}"#,
    ) else {
        panic!("another event")
    };
    assert_eq!((start.root_execution_id, start.time), (None, 5));
    assert_eq!(start.modified_configs.get("a").map(|value| &**value), Some("b"));
    let Event::ApplicationEnd(end) =
        parse(r#"{"Event":"SparkListenerApplicationEnd","Timestamp":1,"ExitCode":52}"#)
    else {
        panic!("another event")
    };
    assert_eq!(end.exit_code, Some(52));
}

/// Secrets of Hadoop and of the system do not get past the reader.
#[test]
fn what_holds_secrets_is_not_kept() {
    let event = parse(
        r#"{"Event":"SparkListenerEnvironmentUpdate","JVM Information":{},"Spark Properties":[["spark.a","b"]],"Hadoop Properties":{"k":"CANARY"},"System Properties":{"k":"CANARY"},"Metrics Properties":{"k":"CANARY"},"Classpath Entries":{"CANARY":"x"}}"#,
    );
    assert!(!format!("{event:?}").contains("CANARY"));
    let Event::EnvironmentUpdate(environment) = event else { panic!("another event") };
    assert_eq!(
        environment.spark_properties.iter().map(|(key, value)| (key, value.as_str())).collect::<Vec<_>>(),
        [("spark.a", "b")]
    );
}

//! What a log tells of Python workers, and what it does not.

use std::io::Cursor;

use experiments::replay::{FailureModel, ReplayOptions, ReplayReport, replay};
use experiments::report::FailureKind;
use experiments::{Layer, Settings, Slips};
use serde_json::{Value, json};
use spark_eventlog::EventLog;
use workload::plan::recording::{Column, PythonTransport, Step};
use workload::recorded::{self, Options, Recorded};

const START: u64 = 1_700_000_000_000;
const MIB: u64 = 1 << 20;
/// Address space of a daemon and of an idle worker.
const IDLE: u64 = 127 * MIB;

/// What is particular to a log.
#[derive(Clone, Copy)]
struct App {
    /// `spark.executor.pyspark.memory`; none where empty.
    limit: &'static str,
    /// Bytes of address space of all processes of Python; 0 where they are not sampled.
    tree: u64,
    /// Whether its tasks end in a `MemoryError`.
    fails: bool,
}

const WORKS: App = App { limit: "1g", tree: IDLE + 2 * 248 * MIB, fails: false };

/// A job of two tasks, at once on an executor of two cores, each of which has Python work on 1000 rows.
fn log(app: App) -> Recorded {
    let mut lines: Vec<Value> = Vec::new();
    let mut event = |name: &str, mut fields: Value| {
        fields["Event"] = json!(name);
        lines.push(fields);
    };
    let own = |name: &str| format!("SparkListener{name}");
    let at = |ms: u64| START + ms;
    event(&own("LogStart"), json!({"Spark Version": "3.5.6"}));
    let mut properties = json!({"spark.master": "local-cluster[1,2,1024]", "spark.executor.memory": "1g"});
    if !app.limit.is_empty() {
        properties["spark.executor.pyspark.memory"] = json!(app.limit);
    }
    event(&own("EnvironmentUpdate"), json!({"Spark Properties": properties}));
    event(&own("ApplicationStart"), json!({"App Name": "app", "App ID": "app-1", "Timestamp": START}));
    let executor = json!({"Host": "host", "Total Cores": 2});
    event(&own("ExecutorAdded"), json!({"Timestamp": START, "Executor ID": "0", "Executor Info": executor}));
    event(
        &own("BlockManagerAdded"),
        json!({"Timestamp": START, "Block Manager ID": {"Executor ID": "0", "Host": "host"},
               "Maximum Memory": 455_501_414, "Maximum Onheap Memory": 455_501_414, "Maximum Offheap Memory": 0}),
    );
    let metric = |name: &str, id: u64| json!({"name": name, "accumulatorId": id, "metricType": "sum"});
    let range = json!({"nodeName": "Range", "simpleString": "Range (0, 2000)", "children": [],
                       "metrics": [metric("number of output rows", 3)]});
    let python = json!({"nodeName": "BatchEvalPython", "simpleString": "BatchEvalPython [f(id#0L)], [pythonUDF0#2]",
        "children": [range],
        "metrics": [metric("data sent to Python workers", 1), metric("number of output rows", 2)]});
    event(
        "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart",
        json!({"executionId": 0, "description": "", "details": "", "physicalPlanDescription": "", "time": START,
               "sparkPlanInfo": python}),
    );
    let rdd = json!({"RDD ID": 0, "Name": "MapPartitionsRDD", "Parent IDs": [], "Number of Partitions": 2,
                     "Storage Level": {"Use Memory": false, "Use Disk": false, "Deserialized": false, "Replication": 1}});
    let stage = json!({"Stage ID": 0, "Stage Attempt ID": 0, "Stage Name": "collect", "Number of Tasks": 2,
                       "RDD Info": [rdd], "Parent IDs": [], "Submission Time": START + 10});
    event(
        &own("JobStart"),
        json!({"Job ID": 0, "Submission Time": START, "Stage IDs": [0], "Stage Infos": [stage],
               "Properties": {"spark.sql.execution.id": "0"}}),
    );
    event(&own("StageSubmitted"), json!({"Stage Info": stage}));
    let error = "Traceback (most recent call last):\nMemoryError\n";
    for index in 0..2 {
        let reason = if app.fails {
            json!({"Reason": "ExceptionFailure", "Class Name": "org.apache.spark.api.python.PythonException",
                   "Description": error})
        } else {
            json!({"Reason": "Success"})
        };
        let added = |id: u64| json!({"ID": id, "Name": "number of output rows", "Update": "1000", "Value": "1000", "Metadata": "sql"});
        event(
            &own("TaskEnd"),
            json!({"Stage ID": 0, "Stage Attempt ID": 0, "Task Type": "ResultTask", "Task End Reason": reason,
                "Task Info": {"Task ID": index, "Index": index, "Attempt": 0, "Launch Time": at(20),
                    "Executor ID": "0", "Host": "host", "Finish Time": at(1020),
                    "Accumulables": [added(2), added(3)]},
                "Task Executor Metrics": {"ProcessTreePythonVMemory": app.tree},
                "Task Metrics": {"Executor Run Time": 1000, "Executor CPU Time": 7_000_000, "Result Size": 1000}}),
        );
    }
    let result = if app.fails {
        let message = format!("Job aborted due to stage failure: PythonException: {error}");
        json!({"Result": "JobFailed", "Exception": {"Message": message, "Stack Trace": []}})
    } else {
        json!({"Result": "JobSucceeded"})
    };
    event(&own("JobEnd"), json!({"Job ID": 0, "Completion Time": at(1100), "Job Result": result}));
    event(&own("ApplicationEnd"), json!({"Timestamp": at(1200)}));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let log = EventLog::from_reader("test", Cursor::new(text)).expect("a log");
    recorded::read(log, Options::default()).expect("tasks")
}

fn under(app: App, limit: &str) -> ReplayReport {
    let mut settings = Settings::default();
    if !limit.is_empty() {
        let pairs = vec![("spark.executor.pyspark.memory".to_owned(), limit.to_owned())];
        settings.layers.push(Layer { name: "test".to_owned(), pairs, slips: Slips::Refuse });
    }
    replay("log", &log(app), &settings, &ReplayOptions::default()).expect("it can be replayed")
}

fn predicted(app: App, limit: &str) -> (Option<bool>, Option<FailureKind>) {
    let figures = under(app, limit).predicted.expect("it was asked for").figures;
    (figures.failed, figures.failure)
}

#[test]
fn a_node_of_python_is_a_step_that_holds_what_was_sampled() {
    let steps = &log(WORKS).recording.stages[0].steps;
    let held = Column::Same(248 * MIB - IDLE);
    let python = Step::Python { transport: PythonTransport::Pickled, queued: true, held };
    assert!(steps.contains(&python), "{steps:?}");
}

#[test]
fn a_limit_is_known_to_be_too_small_or_enough_or_not_known() {
    let failed = (Some(true), Some(FailureKind::PythonMemory));
    // Not divided by the executor's two cores: spark.executor.cores was not set.
    assert_eq!(predicted(WORKS, "240m"), failed, "less than was sampled");
    assert_eq!(predicted(WORKS, "256m"), (None, None), "between two samples there may be more");
    assert_eq!(predicted(WORKS, "1g"), (Some(false), None), "it has worked with that");
    assert_eq!(predicted(WORKS, "2g"), (Some(false), None));
    let unlimited = App { limit: "", ..WORKS };
    assert_eq!(predicted(unlimited, "2g"), (None, None), "nothing says how much it had");
    assert_eq!(predicted(unlimited, "240m"), failed);
    assert_eq!(under(unlimited, "").simulated.failed, Some(false));
}

#[test]
fn without_samples_nothing_is_said_of_a_smaller_limit() {
    let blind = App { tree: 0, ..WORKS };
    let report = under(blind, "512m");
    assert_eq!(report.simulated.failed, Some(false));
    assert_eq!(report.predicted.as_ref().and_then(|predicted| predicted.figures.failed), None);
    let unknown = report.unknown.iter().find(|unknown| unknown.path == "predicted.failed");
    let unknown = unknown.expect("it is said why");
    assert_eq!(unknown.key.as_deref(), Some("spark.executor.processTreeMetrics.enabled"));
}

#[test]
fn a_limit_that_was_hit_does_not_tell_the_need() {
    let broke = App { limit: "256m", tree: IDLE + 2 * 245 * MIB, fails: true };
    let report = under(broke, "2g");
    assert_eq!(report.observed.failure, Some(FailureKind::PythonMemory));
    assert_eq!((report.simulated.failed, report.failure_model), (None, FailureModel::CannotBeKnown));
    assert!(report.failure_reason.expect("a reason").contains("245.0 MiB at least"));
    assert_eq!(report.predicted.expect("it was asked for").figures.failed, None);
}

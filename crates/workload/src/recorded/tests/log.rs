//! A small log, written line by line.

use std::fmt::Write as _;
use std::io::Cursor;

use serde_json::{Value, json};
use spark_eventlog::EventLog;

use crate::recorded::{Options, Recorded, read};

/// Milliseconds of the epoch at which the first job is submitted.
pub(super) const START: u64 = 1_700_000_000_000;

/// Lines of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(pub(super) Vec<Value>);

/// What a task measured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    pub(super) input: (u64, u64),
    pub(super) fetched: (u64, u64),
    pub(super) written: (u64, u64),
    pub(super) peak: u64,
    pub(super) spilled: (u64, u64),
}

pub(super) fn rdd(id: u64, name: &str, scope: &str, parents: &[u64], partitions: u64, level: &str) -> Value {
    let (memory, disk) = (level.contains("MEMORY"), level.contains("DISK"));
    json!({
        "RDD ID": id, "Name": name, "Scope": json!({"id": "1", "name": scope}).to_string(), "Parent IDs": parents,
        "Storage Level": {"Use Memory": memory, "Use Disk": disk, "Deserialized": memory, "Replication": 1},
        "Number of Partitions": partitions,
    })
}

impl Log {
    /// One executor in local mode, with a pool of `pool` bytes and 2 cores.
    pub(super) fn local(pool: u64) -> Self {
        let mut log = Self::default();
        log.event("LogStart", json!({"Spark Version": "3.5.6"}));
        log.event(
            "ExecutorAdded",
            json!({"Timestamp": START - 900, "Executor ID": "driver",
                   "Executor Info": {"Host": "CANARY-host", "Total Cores": 2}}),
        );
        log.event(
            "BlockManagerAdded",
            json!({"Timestamp": START - 800, "Block Manager ID": {"Executor ID": "driver", "Host": "CANARY-host"},
                   "Maximum Memory": pool, "Maximum Onheap Memory": pool, "Maximum Offheap Memory": 0}),
        );
        log.event(
            "EnvironmentUpdate",
            json!({"Spark Properties": {
                "spark.master": "local[*]", "spark.driver.memory": "1g",
                "spark.hadoop.fs.s3a.secret.key": "CANARY", "spark.driver.extraJavaOptions": "-Dpassword=CANARY",
                "spark.executor.extraJavaOptions": "-Dpassword=CANARY",
            }}),
        );
        log.event(
            "ApplicationStart",
            json!({"App Name": "CANARY-app", "App ID": "local-1", "Timestamp": START - 1000, "User": "CANARY-user"}),
        );
        log
    }

    pub(super) fn event(&mut self, name: &str, fields: impl Into<Value>) {
        let mut line = json!({"Event": format!("SparkListener{name}")});
        let fields = fields.into();
        for (key, value) in fields.as_object().expect("fields") {
            line[key] = value.clone();
        }
        self.0.push(line);
    }

    /// A job with these stages: id, RDDs, parents, tasks.
    pub(super) fn job(&mut self, id: u64, at: u64, stages: &[(u64, &[Value], &[u64], u64)]) {
        let infos: Vec<Value> = stages.iter().map(|stage| Self::info(stage, None)).collect();
        let ids: Vec<u64> = stages.iter().map(|stage| stage.0).collect();
        let fields = json!({"Job ID": id, "Submission Time": START + at, "Stage IDs": ids, "Stage Infos": infos,
                            "Properties": {"spark.job.description": "CANARY"}});
        self.event("JobStart", fields);
    }

    fn info(&(id, rdds, parents, tasks): &(u64, &[Value], &[u64], u64), at: Option<u64>) -> Value {
        json!({"Stage ID": id, "Stage Attempt ID": 0, "Stage Name": format!("stage at CANARY.scala:{id}"),
               "Number of Tasks": tasks, "RDD Info": rdds, "Parent IDs": parents,
               "Submission Time": at.map(|at| START + at)})
    }

    pub(super) fn submit(&mut self, stage: (u64, &[Value], &[u64], u64), at: u64) {
        let info = Self::info(&stage, Some(at));
        self.event("StageSubmitted", json!({"Stage Info": info}));
    }

    pub(super) fn task(&mut self, stage: u64, index: u64, times: (u64, u64), measured: Measured) {
        let kind = if measured.written.1 > 0 { "ShuffleMapTask" } else { "ResultTask" };
        self.event(
            "TaskEnd",
            json!({
                "Stage ID": stage, "Stage Attempt ID": 0, "Task Type": kind, "Task End Reason": {"Reason": "Success"},
                "Task Info": {"Task ID": stage * 1000 + index, "Index": index, "Attempt": 0, "Partition ID": index,
                    "Launch Time": START + times.0, "Executor ID": "driver", "Host": "CANARY-host",
                    "Finish Time": START + times.1, "Accumulables": []},
                "Task Metrics": {
                    "Executor Run Time": times.1 - times.0, "Executor CPU Time": 7_000_000, "Result Size": 1000,
                    "Peak Execution Memory": measured.peak,
                    "Memory Bytes Spilled": measured.spilled.0, "Disk Bytes Spilled": measured.spilled.1,
                    "Input Metrics": {"Bytes Read": measured.input.0, "Records Read": measured.input.1},
                    "Shuffle Read Metrics": {"Local Bytes Read": measured.fetched.0, "Remote Bytes Read": 0,
                        "Total Records Read": measured.fetched.1},
                    "Shuffle Write Metrics": {"Shuffle Bytes Written": measured.written.0,
                        "Shuffle Records Written": measured.written.1},
                },
            }),
        );
    }

    pub(super) fn block(&mut self, id: &str, (memory, disk): (bool, bool), sizes: (u64, u64)) {
        self.event(
            "BlockUpdated",
            json!({"Block Updated Info": {"Block Manager ID": {"Executor ID": "driver", "Host": "CANARY-host"},
                   "Block ID": id, "Storage Level": {"Use Memory": memory, "Use Disk": disk, "Deserialized": true},
                   "Memory Size": sizes.0, "Disk Size": sizes.1}}),
        );
    }

    pub(super) fn end_job(&mut self, id: u64, at: u64) {
        let result = json!({"Result": "JobSucceeded"});
        self.event("JobEnd", json!({"Job ID": id, "Completion Time": START + at, "Job Result": result}));
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.0 {
            writeln!(text, "{line}").expect("a string");
        }
        text
    }

    pub(super) fn read(&self, options: Options) -> Recorded {
        let log = EventLog::from_reader("test", Cursor::new(self.text())).expect("a log");
        read(log, options).expect("tasks")
    }
}

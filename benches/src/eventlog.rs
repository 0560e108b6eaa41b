//! The reader of event logs beside the least that any reader does.

use std::io::Cursor;

use spark_eventlog::{
    Event, EventLog,
    event::{
        ApplicationEnd, ApplicationStart, BlockManagerAdded, BlockUpdated, DriverAccumUpdates,
        EnvironmentUpdate, ExecutorAdded, JobEnd, JobStart, LogStart, ResourceProfileAdded, SqlExecutionEnd,
        SqlExecutionStart, StageCompleted, StageExecutorMetrics, StageSubmitted, TaskEnd, TaskStart,
    },
};

/// What both find, so that a faster wrong answer fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Events, of any kind.
    pub events: u64,
    /// Ended tasks.
    pub tasks: u64,
    /// Bytes that they spilled.
    pub memory_bytes_spilled: i64,
    /// Sum of what all accumulables add.
    pub updates: i64,
}

impl Found {
    fn task(&mut self, task: &TaskEnd<'_>) {
        self.tasks += 1;
        self.memory_bytes_spilled +=
            task.task_metrics.as_ref().map_or(0, |metrics| metrics.memory_bytes_spilled);
        let updates = task.task_info.accumulables.iter().filter_map(|one| one.update);
        self.updates = updates.fold(self.updates, i64::wrapping_add);
    }
}

/// The log of the reader's own tests, repeated to so many bytes.
pub fn log(bytes: usize) -> Vec<u8> {
    let one = include_bytes!("../../crates/spark-eventlog/tests/data/sort");
    one.repeat(bytes.div_ceil(one.len()))
}

/// The reader as it is.
///
/// # Panics
///
/// It is no log.
pub fn reader(log: EventLog) -> Found {
    let mut log = log;
    let mut found = Found::default();
    while let Some(event) = log.next_event().expect("a log") {
        found.events += 1;
        if let Event::TaskEnd(task) = &event {
            found.task(task);
        }
        std::hint::black_box(&event);
    }
    let diagnostics = log.diagnostics();
    assert_eq!((diagnostics.malformed_lines, diagnostics.event_count()), (0, found.events));
    found
}

/// The reader on bytes in memory.
///
/// # Panics
///
/// They are no log.
pub fn reader_of(bytes: &'static [u8]) -> Found {
    reader(EventLog::from_reader("bench", Cursor::new(bytes)).expect("a log"))
}

/// Line split, prefix test and typed serde, with nothing else: no codec, no limit, no count.
///
/// # Panics
///
/// A line is malformed.
pub fn baseline(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let line = &bytes[start..end];
        start = end + 1;
        found.events += 1;
        if line.starts_with(br#"{"Event":"SparkListenerTaskEnd""#) {
            let task: TaskEnd<'_> = serde_json::from_slice(line).expect("a task");
            found.task(&task);
            std::hint::black_box(&task);
        } else {
            other(line);
        }
    }
    found
}

/// Parses any other event that the reader types too.
fn other(line: &[u8]) {
    macro_rules! typed {
        ($($prefix:literal => $type:ty,)*) => {
            $(if line.starts_with(concat!(r#"{"Event":""#, $prefix, "\"").as_bytes()) {
                std::hint::black_box(serde_json::from_slice::<$type>(line).expect("an event"));
                return;
            })*
        };
    }
    typed! {
        "SparkListenerTaskStart" => TaskStart<'_>,
        "SparkListenerBlockUpdated" => BlockUpdated<'_>,
        "SparkListenerStageExecutorMetrics" => StageExecutorMetrics<'_>,
        "SparkListenerStageSubmitted" => StageSubmitted<'_>,
        "SparkListenerStageCompleted" => StageCompleted<'_>,
        "SparkListenerJobStart" => JobStart<'_>,
        "SparkListenerJobEnd" => JobEnd<'_>,
        "org.apache.spark.sql.execution.ui.SparkListenerDriverAccumUpdates" => DriverAccumUpdates,
        "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart" => SqlExecutionStart<'_>,
        "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd" => SqlExecutionEnd<'_>,
        "SparkListenerLogStart" => LogStart<'_>,
        "SparkListenerResourceProfileAdded" => ResourceProfileAdded<'_>,
        "SparkListenerExecutorAdded" => ExecutorAdded<'_>,
        "SparkListenerBlockManagerAdded" => BlockManagerAdded<'_>,
        "SparkListenerEnvironmentUpdate" => EnvironmentUpdate<'_>,
        "SparkListenerApplicationStart" => ApplicationStart<'_>,
        "SparkListenerApplicationEnd" => ApplicationEnd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_find_the_same() {
        let bytes: &'static [u8] = log(1).leak();
        let found = baseline(bytes);
        assert_eq!((found.events, found.tasks), (35, 6));
        assert_eq!(reader_of(bytes), found);
    }
}

//! Events into tables, one at a time.

use std::collections::{BTreeMap, HashMap};

use sim_core::storage::StorageLevel;
use spark_eventlog::Event;
use spark_eventlog::event::{
    self, JobStart, RddInfo, SparkPlanInfo, StageInfo, StorageLevel as LoggedLevel, TaskEnd, TaskMetrics,
};

use super::blocks::Position;
use super::{
    AttemptFacts, BlockFacts, ExecutorFacts, Facts, Figure, JobFacts, PlanMetric, PlanNode, QueryFacts,
    RddFacts, TaskRow, kept,
};

/// Metrics of queries that tell rows, bytes and what holds memory. What spilled is not among them.
const SQL_METRICS: &[&str] = &[
    "build side size",
    "data size",
    "data size of build side",
    "duration",
    "local bytes read",
    "number of files read",
    "number of input batches",
    "number of input rows",
    "number of output batches",
    "number of output rows",
    "number of written files",
    "peak memory",
    "records read",
    "remote bytes read",
    "shuffle bytes written",
    "shuffle records written",
    "size of files read",
    "sort time",
    "time in aggregation build",
    "time to build hash map",
    "written output",
];

/// The first time of a log need not be the least: the application starts before its executors, which are told first.
const BEFORE_FIRST_MS: u64 = 24 * 60 * 60 * 1000;

/// Facts that grow by each event.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    facts: Facts,
    as_default: bool,
    has_origin: bool,
    executors: HashMap<String, usize>,
    hosts: HashMap<String, u32>,
    attempts: HashMap<(i64, i64), usize>,
    jobs: HashMap<i64, usize>,
    position: Position,
}

impl Collector {
    /// `as_default`: drop what Spark does not log by default.
    pub(crate) fn new(as_default: bool) -> Self {
        Self { as_default, ..Self::default() }
    }

    /// The facts of all events.
    pub(crate) fn finish(mut self) -> Facts {
        for attempt in &mut self.facts.attempts {
            attempt.table.shrink();
        }
        self.facts
    }

    pub(crate) fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::LogStart(start) => self.facts.version = kept(&start.spark_version),
            Event::ApplicationStart(start) => {
                let started = self.time(start.timestamp);
                let app = &mut self.facts.app;
                app.name = kept(&start.app_name);
                app.id = start.app_id.as_deref().map(kept).unwrap_or_default();
                app.attempt = start.app_attempt_id.as_deref().map(kept);
                app.started = started;
            }
            Event::ApplicationEnd(end) => {
                self.facts.app.ended = self.time(end.timestamp);
                self.facts.app.exit_code = end.exit_code;
            }
            Event::EnvironmentUpdate(update) => self.facts.environment.update(update),
            Event::ExecutorAdded(added) => {
                let time = self.time(added.timestamp);
                let host = self.host(&added.executor_info.host);
                let executor = self.executor(&added.executor_id);
                executor.added = executor.added.or(time);
                executor.host = Some(host);
                executor.cores = u32::try_from(added.executor_info.total_cores).unwrap_or(0);
            }
            Event::ExecutorRemoved(removed) => {
                let time = self.time(removed.timestamp);
                let executor = self.executor(&removed.executor_id);
                executor.removed = time;
                executor.removed_reason = kept(&removed.removed_reason);
            }
            Event::BlockManagerAdded(added) => {
                let time = added.timestamp.and_then(|time| self.time(time));
                let host = self.host(&added.block_manager_id.host);
                let executor = self.executor(&added.block_manager_id.executor_id);
                let bytes = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok());
                executor.max_on_heap = bytes(added.maximum_onheap_memory.or(Some(added.maximum_memory)))
                    .filter(|&size| size > 0);
                executor.max_off_heap = bytes(added.maximum_offheap_memory);
                executor.added = executor.added.or(time);
                executor.host = executor.host.or(Some(host));
            }
            Event::JobStart(start) => self.job_start(start),
            Event::JobEnd(end) => {
                let job = self.jobs.get(&end.job_id).and_then(|&job| self.facts.jobs.get_mut(job));
                if let Some(job) = job {
                    job.succeeded = Some(end.job_result.succeeded());
                    job.error = end.job_result.message.as_deref().map(kept).unwrap_or_default();
                }
            }
            Event::StageSubmitted(submitted) => {
                self.attempt(&submitted.stage_info);
            }
            Event::StageCompleted(completed) => {
                let info = &completed.stage_info;
                let attempt = self.attempt(info);
                let completed = info.completion_time.and_then(|time| self.time(time));
                if let Some(attempt) = attempt.map(|attempt| &mut self.facts.attempts[attempt]) {
                    attempt.completed = completed;
                    attempt.table.shrink();
                }
            }
            Event::TaskStart(_) => self.position.started = true,
            Event::TaskEnd(end) => self.task_end(end),
            Event::BlockUpdated(update) if !self.as_default => {
                let executor = self.executor_index(&update.block_updated_info.block_manager_id.executor_id);
                let blocks = self.facts.blocks.get_or_insert_with(BlockFacts::default);
                blocks.update(update, executor, self.position);
            }
            Event::UnpersistRdd(unpersist) => {
                if let Ok(rdd) = u32::try_from(unpersist.rdd_id) {
                    self.facts.unpersisted.push((rdd, self.facts.jobs.len()));
                }
            }
            Event::SqlExecutionStart(start) => {
                self.facts.environment.update_session(&start.modified_configs);
                self.query(start.execution_id).plans.push(plan(&start.spark_plan_info));
            }
            Event::SqlAdaptiveExecutionUpdate(update) => {
                let plan = plan(&update.spark_plan_info);
                let query = self.query(update.execution_id);
                if query.plans.last() != Some(&plan) {
                    query.plans.push(plan);
                }
            }
            Event::DriverAccumUpdates(updates) => {
                let query = self.query(updates.execution_id);
                query.driver.extend(updates.accum_updates.iter().filter_map(|u| Some((u.id, u.value?))));
            }
            Event::SqlExecutionEnd(end) => {
                let error = end.error_message.as_deref().map(kept).unwrap_or_default();
                self.query(end.execution_id).error = error;
            }
            Event::ResourceProfileAdded(_)
            | Event::BlockManagerRemoved(_)
            | Event::StageExecutorMetrics(_)
            | Event::BlockUpdated(_)
            | Event::SqlAdaptiveSqlMetricUpdates(_)
            | Event::Other(_)
            | Event::Malformed => {}
        }
    }

    /// Milliseconds after the origin. What is before it is at it.
    fn time(&mut self, timestamp: i64) -> Option<u64> {
        let time = u64::try_from(timestamp).ok().filter(|&time| time > 0)?;
        if !self.has_origin {
            self.has_origin = true;
            self.facts.origin = time.saturating_sub(BEFORE_FIRST_MS);
        }
        Some(time.saturating_sub(self.facts.origin))
    }

    fn host(&mut self, host: &str) -> u32 {
        let next = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        *self.hosts.entry(host.to_owned()).or_insert(next)
    }

    fn executor_index(&mut self, id: &str) -> u32 {
        let id = if id == "<driver>" { "driver" } else { id };
        let index = match self.executors.get(id) {
            Some(&index) => index,
            None => {
                let index = self.facts.executors.len();
                self.executors.insert(id.to_owned(), index);
                self.facts.executors.push(ExecutorFacts { id: id.to_owned(), ..ExecutorFacts::default() });
                index
            }
        };
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn executor(&mut self, id: &str) -> &mut ExecutorFacts {
        let index = self.executor_index(id) as usize;
        &mut self.facts.executors[index]
    }

    fn query(&mut self, id: i64) -> &mut QueryFacts {
        self.facts.queries.entry(id).or_default()
    }

    fn job_start(&mut self, start: &JobStart<'_>) {
        let Ok(id) = u32::try_from(start.job_id) else { return };
        let index = self.facts.jobs.len();
        let last = self.facts.jobs.last().map_or(0, |job| job.submitted);
        let submitted = start.submission_time.and_then(|time| self.time(time)).unwrap_or(last);
        let mut stages: Vec<u32> = start.stage_ids.iter().filter_map(|&id| u32::try_from(id).ok()).collect();
        for info in &start.stage_infos {
            // What ran already is known better from its own events.
            if !self.attempts.contains_key(&(info.stage_id, 0)) {
                self.stage(info);
            }
            stages.extend(u32::try_from(info.stage_id));
        }
        stages.sort_unstable();
        stages.dedup();
        for stage in &stages {
            self.facts.stages.entry(*stage).or_default().job.get_or_insert(index);
        }
        self.jobs.insert(start.job_id, index);
        self.position.jobs = index + 1;
        self.facts.jobs.push(JobFacts {
            id,
            submitted,
            stages,
            query: start.properties.get("spark.sql.execution.id").and_then(|id| id.parse().ok()),
            ..JobFacts::default()
        });
    }

    /// Notes what a stage is.
    fn stage(&mut self, info: &StageInfo<'_>) -> Option<u32> {
        let id = u32::try_from(info.stage_id).ok()?;
        let narrow = |number: i64| u32::try_from(number).ok();
        let stage = self.facts.stages.entry(id).or_default();
        stage.name = kept(&info.stage_name);
        stage.tasks = narrow(info.number_of_tasks).unwrap_or(0);
        stage.rdds = info.rdd_info.iter().filter_map(|rdd| narrow(rdd.rdd_id)).collect();
        let persisted = info.rdd_info.iter().filter(|rdd| rdd.storage_level.is_persisted());
        stage.persisted = persisted.filter_map(|rdd| narrow(rdd.rdd_id)).collect();
        stage.parents = info.parent_ids.iter().filter_map(|&id| narrow(id)).collect();
        for rdd in &info.rdd_info {
            note_rdd(&mut self.facts.rdds, rdd);
        }
        Some(id)
    }

    /// The attempt of a stage, as new as it may be.
    fn attempt(&mut self, info: &StageInfo<'_>) -> Option<usize> {
        let stage = self.stage(info)?;
        let submitted = info.submission_time.and_then(|time| self.time(time));
        let key = (info.stage_id, info.stage_attempt_id);
        let index = match self.attempts.get(&key) {
            Some(&index) => index,
            None => {
                let index = self.facts.attempts.len();
                self.attempts.insert(key, index);
                self.facts.attempts.push(AttemptFacts {
                    stage,
                    attempt: u32::try_from(info.stage_attempt_id).unwrap_or(0),
                    tasks: u32::try_from(info.number_of_tasks).unwrap_or(0),
                    ..AttemptFacts::default()
                });
                self.position.attempts = index + 1;
                self.position.started = false;
                index
            }
        };
        let attempt = &mut self.facts.attempts[index];
        attempt.submitted = attempt.submitted.or(submitted);
        Some(index)
    }

    fn task_end(&mut self, end: &TaskEnd<'_>) {
        let Some(&attempt) = self.attempts.get(&(end.stage_id, end.stage_attempt_id)) else {
            self.facts.stray_tasks += 1;
            return;
        };
        let info = &end.task_info;
        let mut row = TaskRow::default();
        row.set(Figure::Index, info.index);
        row.set(Figure::Partition, info.partition_id.unwrap_or(info.index));
        row.set(Figure::Attempt, info.attempt);
        let executor = self.executor_index(&info.executor_id);
        self.facts.executors[executor as usize].used = true;
        row.set(Figure::Executor, executor.into());
        for (figure, time) in [
            (Figure::Launch, info.launch_time),
            (Figure::Finish, info.finish_time),
            (Figure::GettingResult, info.getting_result_time),
        ] {
            let time = self.time(time).and_then(|time| i64::try_from(time).ok());
            row.set(figure, time.unwrap_or(0));
        }
        let ok = end.task_end_reason.reason == "Success";
        row.set(Figure::Succeeded, ok.into());
        if let Some(metrics) = &end.task_metrics {
            measure(&mut row, metrics);
        }
        let peak = end.task_metrics.as_ref().and_then(|metrics| metrics.peak_execution_memory);
        row.set(Figure::Peak, peak.or_else(|| peak_accumulable(end)).unwrap_or(0));
        let python = end.task_executor_metrics.as_ref().map_or(0, |peaks| peaks.process_tree_python_v_memory);
        let python = if self.as_default { 0 } else { u64::try_from(python).unwrap_or(0) };
        let attempt = &mut self.facts.attempts[attempt];
        attempt.python_tree_bytes = attempt.python_tree_bytes.max(python);
        attempt.writes_shuffle |= end.task_type == "ShuffleMapTask";
        if !ok && attempt.failures.len() < AttemptFacts::TEXTS {
            let text = failure_text(&end.task_end_reason);
            if !attempt.failures.contains(&text) {
                attempt.failures.push(text);
            }
        }
        let sql = info.accumulables.iter().filter(|metric| metric.metadata.as_deref() == Some("sql"));
        let kept = sql.filter(|metric| {
            metric.name.as_deref().is_some_and(|name| SQL_METRICS.binary_search(&name).is_ok())
        });
        attempt.table.push(&row, kept.filter_map(|metric| Some((metric.id, metric.update?))));
    }
}

fn measure(row: &mut TaskRow, metrics: &TaskMetrics<'_>) {
    let read = metrics.shuffle_read_metrics.unwrap_or_default();
    let written = metrics.shuffle_write_metrics.unwrap_or_default();
    let input = metrics.input_metrics.unwrap_or_default();
    let output = metrics.output_metrics.unwrap_or_default();
    for (figure, value) in [
        (Figure::Measured, 1),
        (Figure::Deserialize, metrics.executor_deserialize_time),
        (Figure::Run, metrics.executor_run_time),
        (Figure::Cpu, metrics.executor_cpu_time),
        (Figure::GarbageCollection, metrics.jvm_gc_time),
        (Figure::ResultSize, metrics.result_size),
        (Figure::MemorySpilled, metrics.memory_bytes_spilled),
        (Figure::DiskSpilled, metrics.disk_bytes_spilled),
        (Figure::InputBytes, input.bytes_read),
        (Figure::InputRecords, input.records_read),
        (Figure::RemoteBytes, read.remote_bytes_read),
        (Figure::LocalBytes, read.local_bytes_read),
        (Figure::FetchWait, read.fetch_wait_time),
        (Figure::FetchedRecords, read.total_records_read),
        (Figure::WrittenBytes, written.shuffle_bytes_written),
        (Figure::WrittenRecords, written.shuffle_records_written),
        (Figure::WriteTime, written.shuffle_write_time),
        (Figure::OutputBytes, output.bytes_written),
        (Figure::OutputRecords, output.records_written),
    ] {
        row.set(figure, value);
    }
}

/// The peak as versions before 3.0 write it.
fn peak_accumulable(end: &TaskEnd<'_>) -> Option<i64> {
    let named = |metric: &&event::Accumulable<'_>| {
        metric.name.as_deref() == Some("internal.metrics.peakExecutionMemory")
    };
    end.task_info.accumulables.iter().find(named)?.update
}

fn failure_text(reason: &event::TaskEndReason<'_>) -> String {
    let parts = [
        Some(&reason.reason),
        reason.class_name.as_ref(),
        reason.description.as_ref(),
        reason.loss_reason.as_ref(),
        reason.kill_reason.as_ref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(|part| part.as_str()).collect();
    kept(&parts.join(": "))
}

fn note_rdd(rdds: &mut BTreeMap<u32, RddFacts>, info: &RddInfo<'_>) {
    let Ok(id) = u32::try_from(info.rdd_id) else { return };
    let level = info.storage_level.is_persisted().then(|| level(info.storage_level));
    let before = rdds.get(&id).and_then(|rdd| rdd.level);
    rdds.insert(
        id,
        RddFacts {
            name: kept(&info.name),
            scope: info.scope.as_deref().map(scope_name).unwrap_or_default(),
            partitions: u32::try_from(info.number_of_partitions).unwrap_or(0),
            parents: info.parent_ids.iter().filter_map(|&id| u32::try_from(id).ok()).collect(),
            level: level.or(before),
        },
    );
}

fn level(logged: LoggedLevel) -> StorageLevel {
    StorageLevel {
        use_disk: logged.use_disk,
        use_memory: logged.use_memory,
        use_off_heap: logged.use_off_heap,
        deserialized: logged.deserialized,
        replication: u8::try_from(logged.replication.max(1)).unwrap_or(u8::MAX),
    }
}

/// The name in a scope: `{"id":"5","name":"map"}`.
fn scope_name(scope: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Scope {
        name: String,
    }
    serde_json::from_str::<Scope>(scope).map(|scope| kept(&scope.name)).unwrap_or_default()
}

fn plan(info: &SparkPlanInfo<'_>) -> PlanNode {
    PlanNode {
        name: kept(&info.node_name),
        text: kept(&info.simple_string),
        children: info.children.iter().map(plan).collect(),
        metrics: info
            .metrics
            .iter()
            .map(|metric| PlanMetric {
                name: kept(&metric.name),
                id: metric.accumulator_id,
                kind: kept(&metric.metric_type),
            })
            .collect(),
    }
}

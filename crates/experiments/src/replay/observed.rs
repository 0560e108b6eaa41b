//! What happened, as figures; and what of it the log does not tell.

use workload::plan::recording::level_name;
use workload::recorded::{Kind, Observed, ObservedRdd, ObservedStage, ObservedTask, Recorded};

use super::{Figures, RddFigures, StageFigures, TaskFigures, Unknown, verdict};

pub(super) fn figures(observed: &Observed, tasks: bool) -> Figures {
    Figures {
        memory_spilled_bytes: Some(observed.memory_spilled_bytes),
        disk_spilled_bytes: Some(observed.disk_spilled_bytes),
        peak_execution_memory_max_bytes: Some(observed.peak_execution_memory_max_bytes),
        peak_execution_memory_sum_bytes: Some(observed.peak_execution_memory_sum_bytes),
        evicted_blocks: observed.evicted_blocks,
        evicted_bytes: observed.evicted_bytes,
        evicted_broadcast_blocks: observed.evicted_broadcast_blocks,
        cache_hits: Some(observed.cache_hits),
        cache_misses: Some(observed.cache_misses),
        failed: Some(observed.failed),
        failure: observed.failure,
        failed_tasks: observed.failed_tasks,
        cpu_ms: Some(observed.cpu_ms),
        duration_ms: observed.duration_ms,
        stages: observed.stages.iter().map(|stage| stage_figures(stage, observed, tasks)).collect(),
        rdds: observed.rdds.iter().map(rdd_figures).collect(),
    }
}

fn stage_figures(stage: &ObservedStage, observed: &Observed, tasks: bool) -> StageFigures {
    let own = (stage.id, stage.attempt);
    let of_stage = || {
        let key = |task: &ObservedTask| (task.stage, task.stage_attempt);
        let from = observed.tasks.partition_point(|task| key(task) < own);
        observed.tasks[from..].iter().take_while(move |task| key(task) == own)
    };
    StageFigures {
        id: stage.id,
        attempt: stage.attempt,
        name: stage.name.clone(),
        task_count: stage.tasks,
        memory_spilled_bytes: Some(stage.memory_spilled_bytes),
        disk_spilled_bytes: Some(stage.disk_spilled_bytes),
        peak_execution_memory_max_bytes: Some(stage.peak_execution_memory_max_bytes),
        peak_execution_memory_sum_bytes: Some(stage.peak_execution_memory_sum_bytes),
        cache_hits: Some(stage.cache_hits),
        cache_misses: Some(stage.cache_misses),
        failed_tasks: stage.failed_tasks,
        cpu_ms: Some(stage.cpu_ms),
        duration_ms: stage.duration_ms,
        tasks: tasks.then(|| of_stage().map(task_figures).collect()),
    }
}

fn task_figures(task: &ObservedTask) -> TaskFigures {
    TaskFigures {
        index: task.index,
        partition: task.partition,
        attempt: task.attempt,
        executor: task.executor,
        launched_ms: task.launch_ms,
        ended_ms: task.finish_ms,
        succeeded: task.ok,
        peak_execution_memory_bytes: task.peak_execution_memory_bytes,
        memory_spilled_bytes: task.memory_spilled_bytes,
        disk_spilled_bytes: task.disk_spilled_bytes,
        interval: None,
    }
}

fn rdd_figures(rdd: &ObservedRdd) -> RddFigures {
    RddFigures {
        id: rdd.id,
        name: rdd.name.clone(),
        level: level_name(rdd.level),
        partitions: rdd.partitions,
        cache_hits: Some(rdd.cache_hits),
        cache_misses: Some(rdd.cache_misses),
        evicted_blocks: rdd.evicted_blocks,
        evicted_bytes: rdd.evicted_bytes,
    }
}

/// The setting that makes Spark log updates of blocks.
const BLOCK_UPDATES: &str = "spark.eventLog.logBlockUpdates.enabled";

pub(crate) fn unknown(recorded: &Recorded) -> Vec<Unknown> {
    let observed = &recorded.observed;
    let blocks = |path: String| Unknown {
        path,
        reason: "the log has no updates of blocks".to_owned(),
        key: Some(BLOCK_UPDATES.to_owned()),
    };
    let mut unknown = Vec::new();
    let app = [
        ("evicted_blocks", observed.evicted_blocks),
        ("evicted_bytes", observed.evicted_bytes),
        ("evicted_broadcast_blocks", observed.evicted_broadcast_blocks),
    ];
    for (name, _) in app.iter().filter(|(_, figure)| figure.is_none()) {
        unknown.push(blocks(format!("observed.{name}")));
    }
    if observed.rdds.iter().any(|rdd| rdd.evicted_blocks.is_none()) {
        unknown.push(blocks("observed.rdds[*].evicted_blocks".to_owned()));
        unknown.push(blocks("observed.rdds[*].evicted_bytes".to_owned()));
    }
    if observed.duration_ms.is_none() {
        unknown.push(Unknown {
            path: "observed.duration_ms".to_owned(),
            reason: "the log lacks the start or the end of the application".to_owned(),
            key: None,
        });
    }
    if observed.stages.iter().any(|stage| stage.duration_ms.is_none()) {
        unknown.push(Unknown {
            path: "observed.stages[*].duration_ms".to_owned(),
            reason: "some stages did not complete".to_owned(),
            key: None,
        });
    }
    if let Some(untold) = verdict::untold(observed) {
        unknown.push(untold.at("simulated.failure"));
    }
    for grade in &recorded.grades {
        if let Kind::Unknown { key } = grade.kind {
            let stage = grade.stage.map_or(String::new(), |stage| format!(" of stage {stage}"));
            let path = format!("{}{stage}", grade.figure);
            if !unknown.iter().any(|known| known.path == format!("observed.{path}")) {
                unknown.push(Unknown {
                    path,
                    reason: "the log does not say".to_owned(),
                    key: (!key.is_empty()).then(|| key.to_owned()),
                });
            }
        }
    }
    unknown
}

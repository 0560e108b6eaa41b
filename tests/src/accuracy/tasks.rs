//! Tasks of a run: what their stage does, and whether neighbours came or went while they ran.
//!
//! A task's share of the execution memory is the pool over the number of tasks that hold or ask for some, so its figures
//! follow from its rows alone only where that number stays what it is. The classes here are read off the launches and
//! finishes of the truth, never off a prediction.

use std::collections::BTreeMap;

use serde::Serialize;
use workload::plan::recording::{Output, Recording, Stage, Step, Writer};
use workload::recorded::{Observed, ObservedTask};

/// The most that a launch or a finish, both stamped by the driver, is off the moment at which the task asks for its
/// first byte or gives back its last: a message and the scheduler's turn.
pub const STAMP_SLACK_MS: u64 = 20;
/// The part of a task's time, at its start and at its end, in which a change of neighbours cannot show: first it holds
/// far less than any share, at last it has read all its rows and asks for no more.
pub const IDLE_PART: f64 = 0.05;

/// What the tasks of a stage keep in execution memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Rows being sorted, and nothing else.
    Sort,
    /// Groups of a hash aggregation of SQL.
    HashAggregation,
    /// The sides of a sort-merge or shuffled hash join.
    Join,
    /// The rows of a window's group.
    Window,
    /// Objects of the RDD API.
    Rdd,
    /// The records of a shuffle writer.
    ShuffleWriter,
    /// What no model explains.
    BlackBox,
    /// Nothing.
    None,
}

impl Operator {
    /// What the stage of a recording does: the most particular of its steps. More than `bypass` partitions make an
    /// uncombined shuffle be written through execution memory.
    #[must_use]
    pub fn of(stage: &Stage, recording: &Recording, bypass: u32) -> Self {
        let any = |is: fn(&Step) -> bool| stage.steps.iter().any(is);
        let writes = match &stage.output {
            Output::Shuffle { writer: Writer::Combine { .. }, .. } => Some(Self::Rdd),
            Output::Shuffle { shuffle, .. } => {
                let partitions = recording.shuffles.get(*shuffle as usize).map_or(0, |s| s.partitions);
                (partitions > bypass).then_some(Self::ShuffleWriter)
            }
            _ => None,
        };
        if any(|step| matches!(step, Step::MergeJoin { .. } | Step::HashJoin { .. })) {
            Self::Join
        } else if any(|step| matches!(step, Step::RowBuffer { .. })) {
            Self::Window
        } else if any(|step| matches!(step, Step::Aggregate { .. })) {
            Self::HashAggregation
        } else if any(|step| matches!(step, Step::AppendOnlyMap { .. } | Step::ExternalSorter { .. })) {
            Self::Rdd
        } else if let Some(writer) = writes {
            writer
        } else if any(|step| matches!(step, Step::BlackBox { .. })) {
            Self::BlackBox
        } else if any(|step| matches!(step, Step::Sort { .. })) {
            Self::Sort
        } else {
            Self::None
        }
    }

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sort => "sort",
            Self::HashAggregation => "hash aggregation",
            Self::Join => "join",
            Self::Window => "window",
            Self::Rdd => "rdd",
            Self::ShuffleWriter => "shuffle writer",
            Self::BlackBox => "black box",
            Self::None => "none",
        }
    }
}

/// Whether the number of tasks on the executor changed while a task ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbours {
    /// No other task of the executor was launched or finished meanwhile, but in the first and last moments.
    Untouched,
    /// Others finished, each followed within [`STAMP_SLACK_MS`] by the launch of one in its place.
    Replaced,
    /// Their number changed.
    Touched,
}

/// What is known of a task of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskTruth {
    /// Its stage: the how manieth of those that ran, from 0.
    pub stage: usize,
    /// Its index in the stage.
    pub index: u32,
    /// What its stage does.
    pub operator: Operator,
    /// Whether it had more than one page.
    pub pages: bool,
    /// Whether neighbours came or went.
    pub neighbours: Neighbours,
    /// Peak of its execution memory in bytes.
    pub peak: u64,
    /// Bytes that its spilled records took in memory.
    pub memory_spilled: u64,
    /// Bytes written for them.
    pub disk_spilled: u64,
}

/// The tasks of a run, by stage and index. `operators` holds what stages do, by `Stage ID`; `page` is the size of a page
/// in bytes.
#[must_use]
pub(super) fn tasks(observed: &Observed, operators: &BTreeMap<u32, Operator>, page: u64) -> Vec<TaskTruth> {
    let mut ran: Vec<(u32, u32)> =
        observed.tasks.iter().map(|task| (task.stage, task.stage_attempt)).collect();
    ran.sort_unstable();
    ran.dedup();
    let clocks = Clocks::new(&observed.tasks);
    let mut tasks: Vec<TaskTruth> = observed
        .tasks
        .iter()
        .map(|task| TaskTruth {
            stage: ran.partition_point(|stage| *stage < (task.stage, task.stage_attempt)),
            index: task.index,
            operator: operators.get(&task.stage).copied().unwrap_or(Operator::None),
            pages: task.peak_execution_memory_bytes.saturating_add(task.memory_spilled_bytes)
                >= page.saturating_mul(2),
            neighbours: clocks.neighbours(task),
            peak: task.peak_execution_memory_bytes,
            memory_spilled: task.memory_spilled_bytes,
            disk_spilled: task.disk_spilled_bytes,
        })
        .collect();
    tasks.sort_by_key(|task| (task.stage, task.index));
    tasks
}

/// Launches and finishes of each executor, in order.
struct Clocks {
    of: BTreeMap<u32, (Vec<u64>, Vec<u64>)>,
}

impl Clocks {
    fn new(tasks: &[ObservedTask]) -> Self {
        let mut of: BTreeMap<u32, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
        for task in tasks {
            let (launches, finishes) = of.entry(task.executor).or_default();
            launches.push(task.launch_ms);
            finishes.push(task.finish_ms);
        }
        for (launches, finishes) in of.values_mut() {
            launches.sort_unstable();
            finishes.sort_unstable();
        }
        Self { of }
    }

    fn neighbours(&self, task: &ObservedTask) -> Neighbours {
        let Some((launches, finishes)) = self.of.get(&task.executor) else { return Neighbours::Untouched };
        let took = task.finish_ms.saturating_sub(task.launch_ms);
        let slack = STAMP_SLACK_MS.max((took as f64 * IDLE_PART) as u64);
        // Its own launch and finish lie outside of what is looked at.
        let (from, to) = (task.launch_ms.saturating_add(slack), task.finish_ms.saturating_sub(slack));
        let inside = |moments: &[u64]| -> Vec<u64> {
            let start = moments.partition_point(|at| *at <= from);
            let end = moments.partition_point(|at| *at < to);
            moments.get(start..end).unwrap_or_default().to_vec()
        };
        let (launches, finishes) = (inside(launches), inside(finishes));
        let replaced = launches.len() == finishes.len()
            && finishes.iter().zip(&launches).all(|(end, start)| start.abs_diff(*end) <= STAMP_SLACK_MS);
        match (launches.is_empty() && finishes.is_empty(), replaced) {
            (true, _) => Neighbours::Untouched,
            (false, true) => Neighbours::Replaced,
            (false, false) => Neighbours::Touched,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(executor: u32, index: u32, launch_ms: u64, finish_ms: u64) -> ObservedTask {
        ObservedTask {
            stage: 4,
            stage_attempt: 0,
            index,
            partition: index,
            attempt: 0,
            executor,
            launch_ms,
            finish_ms,
            ok: true,
            peak_execution_memory_bytes: 0,
            memory_spilled_bytes: 0,
            disk_spilled_bytes: 0,
            cpu_ms: 0,
        }
    }

    fn classes(tasks: Vec<ObservedTask>) -> Vec<Neighbours> {
        let observed = Observed { tasks, ..Observed::default() };
        super::tasks(&observed, &BTreeMap::new(), 1).iter().map(|task| task.neighbours).collect()
    }

    use Neighbours::{Replaced, Touched, Untouched};

    #[test]
    fn tasks_that_come_and_go_together_leave_each_other_alone() {
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(0, 1, 3, 1040)]), [Untouched, Untouched]);
        // Those of another executor never matter.
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(1, 1, 300, 600)]), [Untouched, Untouched]);
    }

    #[test]
    fn a_neighbour_that_ends_in_the_middle_touches() {
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(0, 1, 0, 600)]), [Touched, Untouched]);
    }

    #[test]
    fn a_neighbour_that_starts_in_the_middle_touches() {
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(0, 1, 400, 1010)]), [Touched, Untouched]);
    }

    #[test]
    fn one_in_the_place_of_another_keeps_the_number() {
        let of = |start| classes(vec![task(0, 0, 0, 1000), task(0, 1, 0, 600), task(0, 2, start, 1000)]);
        assert_eq!(of(610)[0], Replaced);
        // The slot was idle for longer than stamps are off.
        assert_eq!(of(600 + STAMP_SLACK_MS + 1)[0], Touched);
    }

    #[test]
    fn the_first_and_last_moments_are_open() {
        // 5 % of 1000 ms are more than the slack of stamps.
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(0, 1, 50, 950)])[0], Untouched);
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(0, 1, 51, 950)])[0], Touched);
        assert_eq!(classes(vec![task(0, 0, 0, 1000), task(0, 1, 50, 949)])[0], Touched);
    }

    #[test]
    fn stages_are_numbered_as_they_ran_and_more_than_a_page_is_told() {
        let mut tasks = vec![task(0, 1, 0, 10), task(0, 0, 0, 10), task(0, 0, 20, 30)];
        tasks[2].stage = 9;
        tasks[0].peak_execution_memory_bytes = 150;
        tasks[0].memory_spilled_bytes = 50;
        tasks[1].peak_execution_memory_bytes = 199;
        let observed = Observed { tasks, ..Observed::default() };
        let found = super::tasks(&observed, &[(9, Operator::Sort)].into(), 100);
        let found: Vec<_> = found.iter().map(|t| (t.stage, t.index, t.operator, t.pages)).collect();
        assert_eq!(
            found,
            [(0, 0, Operator::None, false), (0, 1, Operator::None, true), (1, 0, Operator::Sort, false)]
        );
    }
}

//! A stage as it ran: of all its attempts the one attempt of each task that tells most.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::recording::Column;
use crate::recorded::facts::{AttemptFacts, Facts, Figure, StageMetrics};

/// A stage that ran, with the attempt that stands for each task.
#[derive(Debug)]
pub(super) struct Run<'f> {
    pub(super) stage: u32,
    /// Index of its first attempt in the facts.
    pub(super) attempt: usize,
    /// Index of its job in the facts.
    pub(super) job: Option<usize>,
    pub(super) writes_shuffle: bool,
    /// When it was first submitted.
    pub(super) submitted: u64,
    /// Partition of each task.
    pub(super) partitions: Vec<u32>,
    /// Attempt of the stage and row of each task; `None` if it never ran to an end that tells anything.
    rows: Vec<Option<(&'f AttemptFacts, usize)>>,
}

/// All stages that ran, in the order of their submission.
pub(super) fn runs(facts: &Facts) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut by_stage: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, attempt) in facts.attempts.iter().enumerate() {
        let index = *by_stage.entry(attempt.stage).or_insert_with(|| {
            runs.push(Run::new(facts, at));
            runs.len() - 1
        });
        runs[index].add(attempt);
    }
    for run in &mut runs {
        run.take_what_failed(facts);
    }
    runs.retain(|run| !run.rows.is_empty());
    runs
}

impl<'f> Run<'f> {
    fn new(facts: &'f Facts, at: usize) -> Self {
        let attempt = &facts.attempts[at];
        let table = &attempt.table;
        let launches = (0..table.rows()).map(|row| table.at(Figure::Launch, row));
        let tasks = attempt.tasks as usize;
        let mut partitions: Vec<u32> = (0..attempt.tasks).collect();
        for row in 0..table.rows() {
            if let Some(partition) = partitions.get_mut(table.index(Figure::Index, row)) {
                *partition = u32::try_from(table.at(Figure::Partition, row)).unwrap_or(u32::MAX);
            }
        }
        Self {
            stage: attempt.stage,
            attempt: at,
            job: facts.stages.get(&attempt.stage).and_then(|stage| stage.job),
            writes_shuffle: false,
            submitted: attempt.submitted.or(launches.min()).unwrap_or(0),
            partitions,
            rows: vec![None; tasks],
        }
    }

    /// The task that an attempt of the stage computes in a row.
    fn task(&self, attempt: &AttemptFacts, row: usize) -> Option<usize> {
        let index = attempt.table.index(Figure::Index, row);
        // Only the first attempt has all tasks; the others number those that were left.
        let task = if attempt.attempt == 0 {
            index
        } else {
            let partition = attempt.table.index(Figure::Partition, row);
            let is = |own: &u32| *own as usize == partition;
            // Most stages compute all partitions, in order.
            match self.partitions.get(partition) {
                Some(own) if is(own) => partition,
                _ => self.partitions.iter().position(is)?,
            }
        };
        (task < self.rows.len()).then_some(task)
    }

    fn add(&mut self, attempt: &'f AttemptFacts) {
        self.writes_shuffle |= attempt.writes_shuffle;
        for row in (0..attempt.table.rows()).filter(|&row| attempt.table.succeeded(row)) {
            if let Some(task) = self.task(attempt, row) {
                self.rows[task].get_or_insert((attempt, row));
            }
        }
    }

    /// Where no task of the stage succeeded, the attempts that failed tell what they had read until then.
    fn take_what_failed(&mut self, facts: &'f Facts) {
        if self.rows.iter().any(Option::is_some) {
            return;
        }
        for attempt in facts.attempts.iter().filter(|attempt| attempt.stage == self.stage) {
            for row in 0..attempt.table.rows() {
                if attempt.table.at(Figure::Measured, row) == 1
                    && let Some(task) = self.task(attempt, row)
                {
                    self.rows[task] = Some((attempt, row));
                }
            }
        }
    }

    /// The number of its tasks.
    pub(super) fn tasks(&self) -> usize {
        self.rows.len()
    }

    /// Whether any of its tasks succeeded.
    pub(super) fn has_succeeded(&self) -> bool {
        self.rows.iter().flatten().any(|&(attempt, row)| attempt.table.succeeded(row))
    }

    /// Tasks that nothing is known of.
    pub(super) fn unknown(&self) -> usize {
        self.rows.iter().filter(|row| row.is_none()).count()
    }

    /// A figure of a task, if it ran.
    pub(super) fn at(&self, figure: Figure, task: usize) -> Option<u64> {
        let (attempt, row) = (*self.rows.get(task)?)?;
        Some(attempt.table.at(figure, row))
    }

    /// The sum of a figure over its tasks.
    pub(super) fn sum(&self, figure: Figure) -> u64 {
        (0..self.tasks()).fold(0, |sum: u64, task| sum.saturating_add(self.at(figure, task).unwrap_or(0)))
    }

    /// Bytes that a task fetched of shuffles.
    pub(super) fn fetched(&self, task: usize) -> Option<u64> {
        Some(self.at(Figure::LocalBytes, task)?.saturating_add(self.at(Figure::RemoteBytes, task)?))
    }

    /// Milliseconds of a task from its launch until its result was there.
    pub(super) fn time_ms(&self, task: usize) -> Option<u64> {
        let getting = self.at(Figure::GettingResult, task)?;
        let end = if getting > 0 { getting } else { self.at(Figure::Finish, task)? };
        Some(end.saturating_sub(self.at(Figure::Launch, task)?))
    }

    /// When its last task finished; `None` if none did.
    pub(super) fn finished(&self) -> Option<u64> {
        (0..self.tasks()).filter_map(|task| self.at(Figure::Finish, task)).max()
    }

    /// A column of what is known of each task; the median of the others where it is not.
    pub(super) fn column(&self, of: impl Fn(usize) -> Option<u64>) -> Column {
        filled((0..self.tasks()).map(of).collect())
    }

    /// The column of a figure.
    pub(super) fn figure(&self, figure: Figure) -> Column {
        self.column(|task| self.at(figure, task))
    }

    /// Metrics of queries to which a task of any attempt added.
    pub(super) fn accumulators(&self) -> BTreeSet<i64> {
        let attempts = self.rows.iter().flatten().map(|&(attempt, row)| (attempt, row));
        let added = |(attempt, row): (&'f AttemptFacts, usize)| {
            attempt.table.sql().filter(move |(_, updates)| updates.at(row) > 0).map(|(id, _)| id)
        };
        attempts.flat_map(added).collect()
    }

    /// What its tasks added to the metrics of a query.
    pub(super) fn metrics(&self) -> StageMetrics {
        let mut metrics = StageMetrics { tasks: self.tasks(), columns: BTreeMap::new() };
        let mut tables: Vec<&AttemptFacts> =
            self.rows.iter().flatten().map(|&(attempt, _)| attempt).collect();
        tables.sort_by_key(|attempt| attempt.attempt);
        tables.dedup_by_key(|attempt| attempt.attempt);
        for attempt in tables {
            for (id, updates) in attempt.table.sql() {
                let column = metrics.columns.entry(id).or_insert_with(|| vec![0; self.tasks()]);
                for (task, at) in self.rows.iter().enumerate() {
                    if let Some((own, row)) = at
                        && own.attempt == attempt.attempt
                    {
                        column[task] = i64::try_from(updates.at(*row)).unwrap_or(i64::MAX);
                    }
                }
            }
        }
        for column in metrics.columns.values_mut() {
            let known: Vec<u64> = self
                .rows
                .iter()
                .zip(column.iter())
                .filter(|(row, _)| row.is_some())
                .map(|(_, &value)| value.unsigned_abs())
                .collect();
            let middle = i64::try_from(median(known)).unwrap_or(i64::MAX);
            for (value, _) in column.iter_mut().zip(&self.rows).filter(|(_, row)| row.is_none()) {
                *value = middle;
            }
        }
        metrics
    }
}

/// The lower median; 0 of nothing.
pub(super) fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// The known amounts, and their median for the others.
pub(super) fn filled(amounts: Vec<Option<u64>>) -> Column {
    let middle = median(amounts.iter().flatten().copied().collect());
    Column::of(amounts.into_iter().map(|amount| amount.unwrap_or(middle)).collect())
}

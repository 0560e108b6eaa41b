//! The attempts of the tasks of one attempt of a stage, as columns.

use std::collections::BTreeMap;

use super::Compact;

macro_rules! figures {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A figure of an attempt of a task.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Figure {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Figure {
            /// All figures.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

figures! {
    /// Index in the attempt of the stage.
    Index,
    /// `Partition ID`, else the index.
    Partition,
    /// Number of the attempt.
    Attempt,
    /// Index of the executor in [`Facts::executors`](super::Facts::executors).
    Executor,
    /// Milliseconds after [`Facts::origin`](super::Facts::origin).
    Launch,
    /// Milliseconds after the origin.
    Finish,
    /// Milliseconds after the origin; 0 if the result came with the status.
    GettingResult,
    /// 1 if the attempt succeeded.
    Succeeded,
    /// 1 if it has metrics.
    Measured,
    /// Milliseconds.
    Deserialize,
    /// Milliseconds.
    Run,
    /// Nanoseconds.
    Cpu,
    /// Milliseconds.
    GarbageCollection,
    /// Bytes.
    ResultSize,
    /// Bytes: `Peak Execution Memory`.
    Peak,
    /// Bytes.
    MemorySpilled,
    /// Bytes.
    DiskSpilled,
    /// Bytes.
    InputBytes,
    /// Records.
    InputRecords,
    /// Bytes from other executors.
    RemoteBytes,
    /// Bytes from the own executor.
    LocalBytes,
    /// Milliseconds.
    FetchWait,
    /// Records of shuffles.
    FetchedRecords,
    /// Bytes into a shuffle.
    WrittenBytes,
    /// Records into a shuffle.
    WrittenRecords,
    /// Nanoseconds.
    WriteTime,
    /// Bytes into storage.
    OutputBytes,
    /// Records into storage.
    OutputRecords,
}

/// Attempts of tasks, in the order in which they ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskTable {
    rows: usize,
    columns: Vec<Compact>,
    /// By id of the accumulator; shorter where the last tasks added nothing.
    sql: BTreeMap<i64, Compact>,
}

impl Default for TaskTable {
    fn default() -> Self {
        Self { rows: 0, columns: vec![Compact::default(); Figure::ALL.len()], sql: BTreeMap::new() }
    }
}

/// One attempt on its way into a [`TaskTable`].
#[derive(Clone, Debug)]
pub struct TaskRow {
    figures: [u64; Figure::ALL.len()],
}

impl Default for TaskRow {
    fn default() -> Self {
        Self { figures: [0; Figure::ALL.len()] }
    }
}

impl TaskRow {
    /// Sets a figure. What the log states as negative means nothing and is 0.
    pub fn set(&mut self, figure: Figure, value: i64) {
        self.figures[figure as usize] = u64::try_from(value).unwrap_or(0);
    }
}

impl TaskTable {
    /// The number of attempts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A figure of an attempt.
    #[must_use]
    pub fn at(&self, figure: Figure, row: usize) -> u64 {
        self.columns[figure as usize].at(row)
    }

    /// A figure of an attempt that is an index.
    #[must_use]
    pub fn index(&self, figure: Figure, row: usize) -> usize {
        usize::try_from(self.at(figure, row)).unwrap_or(usize::MAX)
    }

    /// Whether an attempt succeeded.
    #[must_use]
    pub fn succeeded(&self, row: usize) -> bool {
        self.at(Figure::Succeeded, row) == 1
    }

    /// The sum of a figure over all attempts.
    #[must_use]
    pub fn sum(&self, figure: Figure) -> u64 {
        (0..self.rows).fold(0, |sum: u64, row| sum.saturating_add(self.at(figure, row)))
    }

    /// The largest of a figure.
    #[must_use]
    pub fn max(&self, figure: Figure) -> u64 {
        (0..self.rows).map(|row| self.at(figure, row)).max().unwrap_or(0)
    }

    /// What an attempt added to each metric of a query.
    pub fn sql(&self) -> impl Iterator<Item = (i64, &Compact)> {
        self.sql.iter().map(|(&id, column)| (id, column))
    }

    /// Adds an attempt with what it added to metrics of queries, by accumulator.
    pub fn push(&mut self, row: &TaskRow, sql: impl IntoIterator<Item = (i64, i64)>) {
        for (column, &value) in self.columns.iter_mut().zip(&row.figures) {
            column.push(value);
        }
        for (id, update) in sql {
            let column = self.sql.entry(id).or_default();
            column.pad(self.rows);
            if column.rows() == self.rows {
                column.push(u64::try_from(update).unwrap_or(0));
            }
        }
        self.rows += 1;
    }

    /// Gives back the room that was reserved for more attempts.
    pub fn shrink(&mut self) {
        self.columns.iter_mut().chain(self.sql.values_mut()).for_each(Compact::shrink);
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let columns = self.columns.iter().chain(self.sql.values());
        let entries = (self.columns.capacity() + 2 * self.sql.len()) * size_of::<Compact>();
        entries + columns.map(Compact::heap_bytes).sum::<usize>()
    }
}

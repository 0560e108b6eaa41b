//! What a recording has to satisfy before it can be lowered.

use std::fmt::Display;

use super::{Column, Output, Recording, Step, Writer};
use crate::Error;
use crate::sample::LIMIT;

/// The longest time that a recording may name: a year, in milliseconds.
const MAX_MS: u64 = 366 * 24 * 3600 * 1000;

impl Recording {
    /// Checks that every index is in range, every column has an amount a task, and every amount can be counted.
    ///
    /// # Errors
    /// The first thing that is wrong, and where.
    pub fn check(&self) -> Result<(), Error> {
        tables(self)?;
        jobs(self)
    }
}

fn tables(recording: &Recording) -> Result<(), Error> {
    for (at, rdd) in recording.rdds.iter().enumerate() {
        let owner = Owner { recording, what: "rdd", id: rdd.id, rows: rdd.partitions, rdds: at };
        for (name, column) in
            [("memory", &rdd.memory), ("serialized", &rdd.serialized), ("elements", &rdd.elements)]
        {
            owner.column(name, column)?;
        }
        owner.times("time_ms", &rdd.time_ms)?;
        owner.steps(&rdd.steps)?;
        if !rdd.level.is_valid() {
            return Err(owner.error("its storage level keeps nothing"));
        }
    }
    for stage in &recording.stages {
        let rdds = recording.rdds.len();
        let owner = Owner { recording, what: "stage", id: stage.id, rows: stage.tasks, rdds };
        owner.steps(&stage.steps)?;
        owner.output(&stage.output)?;
        owner.times("time_ms", &stage.time_ms)?;
        owner.times("deserialize_ms", &stage.deserialize_ms)?;
        owner.times("not_before_ms", &stage.not_before_ms)?;
        owner.column("executor", &stage.executor)?;
    }
    writers(recording)
}

/// A stage that fetches a shuffle stands below the one that writes it.
fn writers(recording: &Recording) -> Result<(), Error> {
    let mut first = vec![None; recording.shuffles.len()];
    for (at, stage) in recording.stages.iter().enumerate() {
        if let Some(shuffle) = writes(&stage.output) {
            first[shuffle as usize].get_or_insert(at);
        }
    }
    // What a cached RDD is computed from has to be there too.
    let mut of_rdds: Vec<Vec<u32>> = Vec::new();
    for rdd in &recording.rdds {
        of_rdds.push(fetched(&rdd.steps, &of_rdds));
    }
    for (at, stage) in recording.stages.iter().enumerate() {
        let late = |shuffle: &u32| first[*shuffle as usize].is_some_and(|writer| writer >= at);
        if let Some(shuffle) = fetched(&stage.steps, &of_rdds).iter().find(|shuffle| late(shuffle)) {
            return Err(Error::new(format!(
                "stage {} fetches shuffle {shuffle}, which no stage above it writes",
                stage.id
            ))
            .help("put the stage that writes a shuffle before those that fetch it"));
        }
    }
    Ok(())
}

fn jobs(recording: &Recording) -> Result<(), Error> {
    for (at, job) in recording.jobs.iter().enumerate() {
        let fail = |text: String| {
            Err(Error::new(format!("job {}: {text}", job.id))
                .help("jobs name stages, jobs and rdds by their place in the list, from 0"))
        };
        if let Some(stage) = job.stages.iter().find(|&&stage| stage as usize >= recording.stages.len()) {
            return fail(format!("there is no stage at {stage}"));
        }
        if let Some(after) = job.after.iter().find(|&&after| after as usize >= at) {
            return fail(format!("it waits for the job at {after}, which does not stand above"));
        }
        if let Some(rdd) = job.unpersist.iter().find(|&&rdd| rdd as usize >= recording.rdds.len()) {
            return fail(format!("there is no rdd at {rdd} to unpersist"));
        }
        if job.delay_ms > MAX_MS {
            return fail(format!("delay_ms is {}, and a year is the longest", job.delay_ms));
        }
    }
    Ok(())
}

/// The shuffles that these steps fetch, or the RDDs that they read.
fn fetched(steps: &[Step], of_rdds: &[Vec<u32>]) -> Vec<u32> {
    let of_step = |step: &Step| match step {
        Step::Fetch { shuffle, .. } => vec![*shuffle],
        Step::Cached { rdd, .. } => of_rdds[*rdd as usize].clone(),
        _ => Vec::new(),
    };
    let mut all: Vec<u32> = steps.iter().flat_map(of_step).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn writes(output: &Output) -> Option<u32> {
    match output {
        Output::Shuffle { shuffle, .. } => Some(*shuffle),
        _ => None,
    }
}

/// A stage or an RDD.
struct Owner<'r> {
    recording: &'r Recording,
    what: &'static str,
    id: u32,
    rows: u32,
    /// RDDs that its steps may read.
    rdds: usize,
}

impl Owner<'_> {
    fn error(&self, text: impl Display) -> Error {
        Error::new(format!("{} {} of the recording: {text}", self.what, self.id))
    }

    fn column(&self, name: &str, column: &Column) -> Result<(), Error> {
        self.bounded(name, column, LIMIT)
    }

    fn times(&self, name: &str, column: &Column) -> Result<(), Error> {
        self.bounded(name, column, MAX_MS)
    }

    fn bounded(&self, name: &str, column: &Column, limit: u64) -> Result<(), Error> {
        if let Some(len) = column.amounts()
            && len != self.rows as usize
        {
            return Err(self
                .error(format!("{name} has {len} amounts for {} tasks", self.rows))
                .help("give one amount a task, or one number for all"));
        }
        let largest = match column {
            Column::Same(amount) => *amount,
            Column::Each(amounts) => amounts.iter().copied().max().unwrap_or(0),
        };
        if largest >= limit {
            return Err(self.error(format!("{name} holds {largest}, and less than {limit} is allowed")));
        }
        Ok(())
    }

    fn index(&self, what: &str, index: u32, len: usize) -> Result<(), Error> {
        if (index as usize) < len {
            return Ok(());
        }
        Err(self.error(format!("there is no {what} at {index}")).help(format!(
            "{what}s are named by their place in the list, from 0; a step of an rdd names rdds above it"
        )))
    }

    fn steps(&self, steps: &[Step]) -> Result<(), Error> {
        for step in steps {
            let columns: &[(&str, &Column)] = match step {
                Step::Input { file_bytes, rows, bytes } => {
                    &[("file_bytes", file_bytes), ("rows", rows), ("bytes", bytes)]
                }
                Step::Fetch { shuffle, wire_bytes, rows, bytes } => {
                    self.index("shuffle", *shuffle, self.recording.shuffles.len())?;
                    &[("wire_bytes", wire_bytes), ("rows", rows), ("bytes", bytes)]
                }
                Step::Cached { rdd, partition, rows, bytes } => {
                    self.index("rdd", *rdd, self.rdds)?;
                    let partitions = self.recording.rdds[*rdd as usize].partitions;
                    let largest = match partition {
                        Some(Column::Each(list)) => list.iter().copied().max().unwrap_or(0),
                        Some(Column::Same(one)) => *one,
                        None => u64::from(self.rows.saturating_sub(1)),
                    };
                    if largest >= u64::from(partitions) && self.rows > 0 {
                        return Err(self.error(format!(
                            "it reads partition {largest} of a cached rdd with {partitions}"
                        )));
                    }
                    if let Some(partition) = partition {
                        self.column("partition", partition)?;
                    }
                    &[("rows", rows), ("bytes", bytes)]
                }
                Step::ReadBroadcast { broadcast, .. } => {
                    self.index("broadcast", *broadcast, self.recording.broadcasts.len())?;
                    &[]
                }
                Step::Narrow { rows, bytes }
                | Step::MergeJoin { rows, bytes }
                | Step::HashJoin { rows, bytes, .. } => &[("rows", rows), ("bytes", bytes)],
                Step::Aggregate { groups, bytes, group_bytes, .. } => {
                    self.column("group_bytes", &Column::Same(*group_bytes))?;
                    &[("groups", groups), ("bytes", bytes)]
                }
                Step::ObjectAggregate { groups, bytes, key_bytes, .. } => {
                    self.column("key_bytes", &Column::Same(*key_bytes))?;
                    &[("groups", groups), ("bytes", bytes)]
                }
                Step::RowBuffer { largest_group, .. } => &[("largest_group", largest_group)],
                Step::AppendOnlyMap { bytes } | Step::ExternalSorter { bytes } | Step::BlackBox { bytes } => {
                    &[("bytes", bytes)]
                }
                Step::Python { held, .. } => &[("held", held)],
                Step::Sort { .. } | Step::Union => &[],
            };
            for (name, column) in columns {
                self.column(name, column)?;
            }
        }
        Ok(())
    }

    fn output(&self, output: &Output) -> Result<(), Error> {
        match output {
            Output::None => Ok(()),
            Output::Result { bytes } | Output::Write { bytes } => self.column("bytes", bytes),
            Output::Shuffle { shuffle, wire_bytes, rows, bytes, writer } => {
                self.index("shuffle", *shuffle, self.recording.shuffles.len())?;
                for (name, column) in [("wire_bytes", wire_bytes), ("rows", rows), ("bytes", bytes)] {
                    self.column(name, column)?;
                }
                match writer {
                    Writer::Sql => Ok(()),
                    Writer::Rdd { objects } => self.column("objects", objects),
                    Writer::Combine { objects, rows_in } => {
                        self.column("objects", objects)?;
                        self.column("rows_in", rows_in)
                    }
                }
            }
        }
    }
}

//! What every workload has to satisfy before it can run.

use std::fmt;

use super::{Amount, ConsumerSpec, Op, Program, PythonWork, Workload};
use crate::ids::StageId;

/// Why a workload cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadError(String);

impl fmt::Display for WorkloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WorkloadError {}

impl Workload {
    /// Checks that every reference has its row and every stage its columns, and that parents come before children.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), WorkloadError> {
        let err = |text: String| Err(WorkloadError(text));
        for (at, program) in self.programs.iter().enumerate() {
            self.check_program(program).map_err(|text| WorkloadError(format!("program {at}: {text}")))?;
        }
        for (at, stage) in self.stages.iter().enumerate() {
            let name = &stage.name;
            let Some(program) = self.programs.get(stage.program.index()) else {
                return err(format!("stage {at} ({name}): no program {}", stage.program.0));
            };
            let wanted = u64::from(stage.tasks) * u64::from(program.columns);
            if stage.values.len() as u64 != wanted {
                return err(format!("stage {at} ({name}): {} values for {wanted}", stage.values.len()));
            }
            if let Some(parent) = stage.parents.iter().find(|parent| parent.index() >= self.stages.len()) {
                return err(format!("stage {at} ({name}): no parent stage {}", parent.0));
            }
            if !stage.placement.is_empty() && stage.placement.len() != stage.tasks as usize {
                return err(format!("stage {at} ({name}): {} placements", stage.placement.len()));
            }
        }
        for (at, rdd) in self.rdds.iter().enumerate() {
            let Some(program) = self.programs.get(rdd.program.index()) else {
                return err(format!("rdd {at} ({}): no program {}", rdd.name, rdd.program.0));
            };
            let wanted = rdd.partitions.len() * usize::from(program.columns);
            if rdd.values.len() != wanted {
                return err(format!("rdd {at} ({}): {} values for {wanted}", rdd.name, rdd.values.len()));
            }
            if !rdd.level.is_valid() {
                return err(format!("rdd {at} ({}): its storage level keeps nothing", rdd.name));
            }
        }
        for pool in &self.pools {
            if let Some(job) = pool.jobs.iter().find(|job| job.index() >= self.jobs.len()) {
                return err(format!("pool {}: no job {}", pool.name, job.0));
            }
        }
        self.check_jobs()?;
        let tasks: Vec<u32> = self.stages.iter().map(|stage| stage.tasks).collect();
        self.driver.check(self.jobs.len(), self.broadcasts.len(), &tasks).map_err(WorkloadError)
    }

    fn check_jobs(&self) -> Result<(), WorkloadError> {
        for (at, job) in self.jobs.iter().enumerate() {
            let fail = |text: String| Err(WorkloadError(format!("job {at} ({}): {text}", job.name)));
            if let Some(later) = job.after.iter().find(|after| after.index() >= at) {
                return fail(format!("it waits for job {}, which does not come before it", later.0));
            }
            let mut seen: Vec<StageId> = Vec::new();
            for &stage in &job.stages {
                let Some(table) = self.stages.get(stage.index()) else {
                    return fail(format!("no stage {}", stage.0));
                };
                if seen.contains(&stage) {
                    return fail(format!("stage {} twice", stage.0));
                }
                if let Some(parent) = table.parents.iter().find(|parent| !seen.contains(parent)) {
                    return fail(format!("stage {} comes before its parent {}", stage.0, parent.0));
                }
                seen.push(stage);
            }
            if let Some(rdd) = job.unpersist.iter().find(|rdd| rdd.index() >= self.rdds.len()) {
                return fail(format!("no rdd {} to unpersist", rdd.0));
            }
            if let Some(broadcast) =
                job.destroy.iter().find(|&&broadcast| broadcast as usize >= self.broadcasts.len())
            {
                return fail(format!("no broadcast {broadcast} to destroy"));
            }
        }
        Ok(())
    }

    fn check_program(&self, program: &Program) -> Result<(), String> {
        if let Some(at) = program.serialization_ppm.iter().position(|&ppm| ppm > 1_000_000) {
            return Err(format!("step {at}: more than all of its time is serialization"));
        }
        for (at, op) in program.ops.iter().enumerate() {
            let slots: &[u8] = match op {
                Op::Open { slot, .. }
                | Op::Insert { slot, .. }
                | Op::Finish { slot, .. }
                | Op::Drain { slot, .. }
                | Op::Close { slot } => &[*slot],
                Op::Pipe { from, into, .. } => &[*from, *into],
                Op::Python { queue: Some(queue), .. } => &[*queue],
                _ => &[],
            };
            if slots.iter().any(|&slot| slot >= program.slots) {
                return Err(format!("step {at}: a slot beyond {}", program.slots));
            }
            let reference = match op {
                Op::FetchShuffle { shuffle, .. } | Op::WriteShuffle { shuffle, .. } => {
                    (shuffle.index() < self.shuffles.len()).then_some(()).ok_or("no such shuffle")
                }
                Op::ReadBlock { rdd, .. } => {
                    (rdd.index() < self.rdds.len()).then_some(()).ok_or("no such rdd")
                }
                Op::ReadBroadcast { broadcast, .. } => {
                    ((*broadcast as usize) < self.broadcasts.len()).then_some(()).ok_or("no such broadcast")
                }
                _ => Ok(()),
            };
            reference.map_err(|text| format!("step {at}: {text}"))?;
            for amount in op.amounts() {
                if let Amount::Column(column) = amount
                    && column >= program.columns
                {
                    return Err(format!("step {at}: column {column} beyond {}", program.columns));
                }
            }
        }
        Ok(())
    }
}

impl Op {
    /// Whether it has an amount of CPU time.
    #[must_use]
    pub const fn computes(&self) -> bool {
        matches!(
            self,
            Self::Compute { .. }
                | Self::Insert { .. }
                | Self::Finish { .. }
                | Self::Pipe { .. }
                | Self::Drain { .. }
        )
    }

    /// The amounts of this step.
    pub fn amounts(&self) -> impl Iterator<Item = Amount> + use<> {
        let amounts = match *self {
            Self::Compute { time } | Self::Finish { time, .. } | Self::Drain { time, .. } => padded([time]),
            Self::ReadInput { bytes }
            | Self::FetchShuffle { bytes, .. }
            | Self::WriteShuffle { bytes, .. }
            | Self::WriteOutput { bytes }
            | Self::Heap { bytes }
            | Self::Result { bytes } => padded([bytes]),
            Self::ReadBlock { partition, .. } => padded([partition]),
            Self::Insert { rows, bytes, time, .. } | Self::Pipe { rows, bytes, time, .. } => {
                padded([rows, bytes, time])
            }
            Self::Open { consumer: ConsumerSpec::Aggregate(aggregation), .. } => {
                padded([aggregation.groups, aggregation.run_rows])
            }
            Self::Python { rows, bytes, time, work, .. } => {
                let PythonWork { objects, held, leaked, merged, .. } = work;
                padded([rows, bytes, time, objects, held, leaked, merged])
            }
            Self::ReadBroadcast { .. } | Self::Open { .. } | Self::Close { .. } => padded([]),
        };
        amounts.into_iter().flatten()
    }
}

/// As many amounts as a step has at most.
fn padded<const N: usize>(amounts: [Amount; N]) -> [Option<Amount>; 7] {
    std::array::from_fn(|at| amounts.get(at).copied())
}

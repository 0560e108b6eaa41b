//! Actions: the last stage of a job, and the job.

use sim_core::ids::{JobId, StageId};
use sim_core::units::SimTime;
use sim_core::workload::{Job, Op};

use super::Lowering;
use super::stream::Stream;
use crate::Error;
use crate::plan::{self, Action, Node};

/// A count is one long.
const COUNT_BYTES: u64 = 8;
/// `spark.sql.limit.scaleUpFactor`.
const LIMIT_SCALE_UP_FACTOR: usize = 4;

impl Lowering<'_> {
    /// Lowers one job of the plan.
    pub(super) fn job(&mut self, index: usize) -> Result<(), Error> {
        let job = &self.plan.jobs[index];
        let first = self.workload.jobs.len();
        self.exchanges.next_action();
        self.relations.clear();
        self.after = job.after.iter().map(|&after| self.ends[after]).collect();
        let mut delay = job.delay;
        if let Action::Take(rows) = job.action {
            self.take(job, rows, &mut delay)?;
        } else {
            let stage = self.result_stage(index)?;
            self.push_job(job, stage, delay);
        }
        let end = JobId::at(self.workload.jobs.len() - 1);
        self.driver_of(index, end);
        self.workload.jobs[end.index()].unpersist =
            job.unpersist.iter().filter_map(|&node| self.rdd_of(node)).collect();
        if let Some(pool) = job.pool {
            self.workload.pools[pool].jobs.extend((first..=end.index()).map(JobId::at));
        }
        self.ends.push(end);
        Ok(())
    }

    fn result_stage(&mut self, index: usize) -> Result<StageId, Error> {
        let job = &self.plan.jobs[index];
        let node = self.plan.node(job.on);
        let mut stream = self.stream(job.on)?;
        self.make_results(index, &mut stream)?;
        let costs = &self.conf.costs;
        match job.action {
            Action::Collect | Action::Take(_) => {
                return self.collecting_stage(job.name.clone(), node, stream);
            }
            Action::Count => {
                stream.settle()?;
                let bytes = vec![COUNT_BYTES; stream.tasks()];
                let bytes = stream.column(bytes)?;
                stream.ops.push(Op::Result { bytes });
            }
            Action::Foreach => stream.settle()?,
            Action::Write => {
                stream.serialize(|cell| costs.serialize(cell.bytes));
                stream.settle()?;
                let bytes = stream.each(|cell| cell.wire_bytes);
                let bytes = stream.column(bytes)?;
                stream.ops.push(Op::WriteOutput { bytes });
            }
        }
        self.stage(job.name.clone(), node, stream, None)
    }

    /// A stage that sends its rows to the driver.
    pub(super) fn collecting_stage(
        &mut self,
        name: String,
        node: &Node,
        mut stream: Stream,
    ) -> Result<StageId, Error> {
        stream.serialize(|cell| self.conf.costs.serialize(cell.bytes));
        stream.settle()?;
        let bytes = stream.each(|cell| cell.wire_bytes);
        let bytes = stream.column(bytes)?;
        stream.ops.push(Op::Result { bytes });
        self.stage(name, node, stream, None)
    }

    /// `SparkPlan.executeTake`: one partition first, then `spark.sql.limit.scaleUpFactor` times as many as were read.
    fn take(&mut self, job: &plan::Job, rows: u64, delay: &mut SimTime) -> Result<(), Error> {
        let node = self.plan.node(job.on);
        let mut done = 0;
        let mut found = 0_u64;
        loop {
            let stream = self.stream(job.on)?;
            let all = stream.tasks();
            let next = if done == 0 { 1 } else { done * LIMIT_SCALE_UP_FACTOR };
            let tasks = done..all.min(done.saturating_add(next));
            found += stream.cells[tasks.clone()].iter().map(|cell| cell.rows).sum::<u64>();
            done = tasks.end;
            let stream = stream.only(tasks);
            let stage = self.collecting_stage(job.name.clone(), node, stream)?;
            self.push_job(job, stage, std::mem::take(delay));
            if found >= rows || done >= all {
                return Ok(());
            }
            self.after = vec![JobId::at(self.workload.jobs.len() - 1)];
        }
    }

    fn push_job(&mut self, job: &plan::Job, stage: StageId, delay: SimTime) {
        let stages = self.with_ancestors(stage);
        let after = self.after.clone();
        self.workload.jobs.push(Job {
            name: job.name.clone(),
            stages,
            after,
            delay,
            unpersist: Vec::new(),
            destroy: Vec::new(),
        });
    }
}

//! Lowering: what Spark decides before a task runs, one decision a file.

mod action;
mod adaptive;
#[cfg(test)]
mod adaptive_tests;
mod aggregate;
mod broadcast;
mod cache;
mod coalesce;
mod conf;
mod driver;
mod exchange;
mod join;
mod join_strategy;
mod partitions;
mod python;
mod rdd_keys;
mod recording;
mod shuffle_writer;
mod sort;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod union;
mod window;

use sim_core::ids::{JobId, StageId};
use sim_core::workload::{Amount, ConsumerSpec, Op, Workload};

pub use conf::{Costs, PlanConf, Schedule};
pub(crate) use partitions::{MAX_BLOCKS, MAX_TASKS};
pub use recording::{RecordedUnder, is_recut};

use self::exchange::Exchanges;
use self::stream::Stream;
use crate::Error;
use crate::plan::{NodeId, Operator, Plan};

/// The tables that the engine runs for a plan under these settings.
///
/// # Errors
/// Where the workload would pass a limit: 10^8 tasks, 10^7 blocks, 2^62 ns for a task; or where a data set cannot be
/// put into one stage.
pub fn lower(plan: &Plan, conf: &PlanConf) -> Result<Workload, Error> {
    let mut lowering = Lowering::new(plan, conf);
    if let Some(recording) = &plan.recording {
        lowering.recording(recording)?;
    }
    for job in 0..plan.jobs.len() {
        lowering.job(job)?;
    }
    let workload = lowering.workload;
    debug_assert_eq!(workload.check(), Ok(()));
    Ok(workload)
}

struct Lowering<'p> {
    plan: &'p Plan,
    conf: &'p PlanConf,
    workload: Workload,
    /// Shuffles that have been written, by who reads them.
    exchanges: Exchanges,
    /// By node: its RDD, if it is cached and has been lowered.
    rdds: Vec<Option<cache::Cached>>,
    /// Broadcast variables of the program, by the step that reads them.
    variables: Vec<(NodeId, u32)>,
    /// Relations broadcast for joins of this action, by the join.
    relations: Vec<(NodeId, u32)>,
    /// By job of the plan: its last job in the workload.
    ends: Vec<JobId>,
    /// Jobs that have to end before the one that is being lowered.
    after: Vec<JobId>,
    /// Bytes of all shuffles that the stage reads which is being put together, while the inputs of a union are lowered.
    united_bytes: Option<u64>,
    /// Tasks of all stages so far.
    tasks: u64,
    /// Blocks of all RDDs so far.
    blocks: u64,
}

impl<'p> Lowering<'p> {
    fn new(plan: &'p Plan, conf: &'p PlanConf) -> Self {
        Self {
            plan,
            conf,
            workload: Workload { pools: plan.pools.clone(), ..Workload::default() },
            exchanges: Exchanges::default(),
            rdds: vec![None; plan.nodes.len()],
            variables: Vec::new(),
            relations: Vec::new(),
            ends: Vec::new(),
            after: Vec::new(),
            united_bytes: None,
            tasks: 0,
            blocks: 0,
        }
    }

    /// Tasks that compute the partitions of a node, up to its last step.
    fn stream(&mut self, id: NodeId) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        match &node.operator {
            Operator::Scan { splits, file_bytes } => {
                let mut stream = self.scan(node, splits.as_deref(), *file_bytes)?;
                stream.carried = self.carried(id, &stream);
                Ok(stream)
            }
            Operator::Recorded(tasks) => self.recorded(node, tasks),
            Operator::Narrow => self.narrow(node),
            Operator::Python(function) => self.python(node, function),
            Operator::Repartition { .. } => self.repartition(id),
            Operator::Coalesce => self.coalesce(node),
            Operator::Union => self.union(id),
            Operator::Sort { within_partitions, radix } => self.sort(id, *within_partitions, *radix),
            Operator::Window { radix, largest_group } => self.window(id, *radix, *largest_group),
            Operator::Join(join) => self.join(id, join),
            Operator::Aggregate { group_bytes, combined } => self.aggregate(id, *group_bytes, combined),
            Operator::GroupByKey { collection } => self.group_by_key(id, collection),
            Operator::ReduceByKey { map_collection, collection, combined } => {
                self.reduce_by_key(id, map_collection, collection, combined)
            }
            Operator::ReadBroadcast { pieces, value } => self.read_broadcast(id, *pieces, *value),
            Operator::UserHeap { bytes } => self.user_heap(node, bytes),
            Operator::Leak { bytes } => self.leak(node, bytes),
            Operator::Cache { .. } => self.read_cached(id),
        }
    }

    /// A filter, a projection.
    fn narrow(&mut self, node: &crate::plan::Node) -> Result<Stream, Error> {
        let mut stream = self.stream(node.inputs[0])?;
        stream.spend(|cell| self.conf.costs.rows(cell.rows, node.cpu_ns_per_row));
        stream.reshape(&node.table);
        Ok(stream)
    }

    /// Objects of user code, held from here to the end of the task.
    fn leak(&mut self, node: &crate::plan::Node, bytes: &crate::plan::Items) -> Result<Stream, Error> {
        let mut stream = self.stream(node.inputs[0])?;
        let rows = stream.each(|cell| cell.rows);
        let bytes = stream.column(bytes.over(rows.into_iter()))?;
        let slot = stream.open(ConsumerSpec::Leak)?;
        let (rows, time) = (Amount::Fixed(1), Amount::Fixed(0));
        stream.ops.push(Op::Insert { slot, rows, bytes, time });
        Ok(stream)
    }

    fn user_heap(&mut self, node: &crate::plan::Node, bytes: &crate::plan::Items) -> Result<Stream, Error> {
        let mut stream = self.stream(node.inputs[0])?;
        let rows = stream.each(|cell| cell.rows);
        let bytes = stream.column(bytes.over(rows.into_iter()))?;
        stream.ops.push(Op::Heap { bytes });
        Ok(stream)
    }

    /// The stages that have to be complete before `stage`, and itself, parents first.
    fn with_ancestors(&self, stage: StageId) -> Vec<StageId> {
        let mut found = vec![stage];
        let mut at = 0;
        while let Some(&stage) = found.get(at) {
            for &parent in &self.workload.stages[stage.index()].parents {
                if !found.contains(&parent) {
                    found.push(parent);
                }
            }
            at += 1;
        }
        // A parent is lowered, and so numbered, before its children.
        found.sort_unstable();
        found
    }
}

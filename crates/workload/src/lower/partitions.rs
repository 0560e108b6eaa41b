//! How many partitions: of a shuffle, of a file; and the limits on tasks and blocks.

use super::Lowering;
use crate::Error;
use crate::plan::Node;

pub(crate) const MAX_TASKS: u64 = 100_000_000;
pub(crate) const MAX_BLOCKS: u64 = 10_000_000;

impl Lowering<'_> {
    /// Partitions after a shuffle of SQL.
    pub(super) fn sql_partitions(&self, node: &Node) -> u32 {
        node.partitions.unwrap_or_else(|| self.conf.initial_partitions()).max(1)
    }

    /// Partitions after a shuffle of the RDD API (`Partitioner.defaultPartitioner`).
    pub(super) fn rdd_partitions(&self, node: &Node, parent: usize) -> u32 {
        let parent = u32::try_from(parent).unwrap_or(u32::MAX);
        node.partitions.or(self.conf.default_parallelism).unwrap_or(parent).max(1)
    }

    /// Partitions of one file (`FilePartition.maxSplitBytes`).
    pub(super) fn file_partitions(&self, file_bytes: u64) -> u32 {
        let open_cost = self.conf.files_open_cost_in_bytes.0;
        let total = file_bytes.saturating_add(open_cost);
        let per_core = total / self.conf.files_min_partition_num.max(1);
        let split = self.conf.files_max_partition_bytes.0.min(open_cost.max(per_core)).max(1);
        u32::try_from(file_bytes.div_ceil(split)).unwrap_or(u32::MAX).max(1)
    }

    /// Refuses tasks beyond those that are simulated, before any room is made for them.
    pub(super) fn check_tasks(&self, name: &str, more: u64) -> Result<(), Error> {
        let tasks = self.tasks.saturating_add(more);
        if tasks > MAX_TASKS {
            return Err(limit(name, "tasks", tasks, MAX_TASKS, "use fewer partitions or repetitions"));
        }
        Ok(())
    }

    /// Counts the blocks of one more RDD.
    pub(super) fn count_blocks(&mut self, name: &str, blocks: u64) -> Result<(), Error> {
        self.blocks += blocks;
        if self.blocks > MAX_BLOCKS {
            return Err(limit(name, "cached blocks", self.blocks, MAX_BLOCKS, "use fewer partitions"));
        }
        Ok(())
    }
}

fn limit(name: &str, what: &str, found: u64, allowed: u64, help: &str) -> Error {
    Error::new(format!("data set `{name}`: {found} {what} so far, and at most {allowed} are simulated"))
        .help(help)
}

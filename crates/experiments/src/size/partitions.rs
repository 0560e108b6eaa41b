//! How data is cut: the 128 MiB rule, the rule that Spark really has, and where both end.

use sim_core::conf::Key;
use workload::scenario::Ground;

use super::World;
use super::report::{Candidate, Partitions, Step};
use crate::human;

/// What a block holds at most, cached or fetched in one piece.
const BLOCK_LIMIT: u64 = 2 << 30;

pub(super) fn partitions(world: &World<'_>, data_bytes: u64, best: &Candidate) -> Partitions {
    let conf = &world.conf;
    let slots = best.slots.max(1);
    let most = conf.bytes(Key::SqlFilesMaxPartitionBytes);
    let open = conf.bytes(Key::SqlFilesOpenCostInBytes);
    // defaultParallelism of a cluster: its cores, at least 2.
    let parallelism = conf.optional_int(Key::SqlFilesMinPartitionNum).or_else(|| {
        conf.optional_int(Key::SqlLeafNodeDefaultParallelism)
            .or_else(|| conf.optional_int(Key::DefaultParallelism))
    });
    let parallelism = parallelism.map_or(slots.max(2), i64::unsigned_abs).max(1);
    let per_core = data_bytes.saturating_add(open) / parallelism;
    let split = most.min(open.max(per_core)).max(1);
    let input_partitions = data_bytes.div_ceil(split);
    let set = conf.int(Key::SqlShufflePartitions).unsigned_abs();
    let each = data_bytes.div_ceil(set.max(1));
    // So small that a task's share holds it with the copies of a sort, and never above the rule.
    let aim = most.min(best.task_share_bytes / 2).max(1 << 20);
    let wanted = data_bytes.div_ceil(aim).max(1);
    let shuffle_partitions = wanted.next_multiple_of(slots).min(u64::from(u32::MAX >> 1));
    let step = |what, arithmetic, ground| Step { what, arithmetic, ground };
    let bytes = human::bytes;
    let steps = vec![
        step(
            "bytes for each core",
            format!("({data_bytes} + 1 file x {open}) / {parallelism} = {per_core}"),
            Ground::Source,
        ),
        step(
            "split",
            format!("min({most}, max({open}, {per_core})) = {split} (FilePartition.maxSplitBytes)"),
            Ground::Source,
        ),
        step(
            "partitions of a scan",
            format!(
                "{data_bytes} / {split} = {input_partitions}, {} waves of {slots} tasks",
                input_partitions.div_ceil(slots)
            ),
            Ground::Arithmetic,
        ),
        step(
            "a shuffle as set",
            format!(
                "{data_bytes} / {set} partitions = {} each; a task can have {}",
                bytes(each),
                bytes(best.task_share_bytes)
            ),
            Ground::Arithmetic,
        ),
        step(
            "a shuffle as proposed",
            format!(
                "{data_bytes} / min({}, half a task's share of {}) = {wanted}, up to whole waves of {slots}: {shuffle_partitions}",
                bytes(most),
                bytes(best.task_share_bytes)
            ),
            Ground::Model,
        ),
    ];
    let mut limits = vec![
        "files that cannot be split (gzip, one XML or JSON document) are one partition each, however large".to_owned(),
        "the rule counts bytes as stored: rows of compressed and columnar files take several times as much in memory".to_owned(),
        format!(
            "many small files: each costs {} more (spark.sql.files.openCostInBytes), and several go into one partition",
            bytes(open)
        ),
    ];
    if each > BLOCK_LIMIT {
        limits.push(format!(
            "{} in one of the {set} partitions of a shuffle are above {}, which a serialized or cached block cannot hold",
            bytes(each),
            bytes(BLOCK_LIMIT)
        ));
    }
    if each > best.task_share_bytes {
        limits.push(format!(
            "spark.sql.shuffle.partitions={set} does not follow the data: a sort of all of it spills in every task"
        ));
    }
    limits.push(
        "adaptive execution merges partitions that turn out small (64 MB each): too many cost less than too few".to_owned(),
    );
    Partitions {
        data_bytes,
        split_bytes: split,
        input_partitions,
        shuffle_partitions_set: set,
        shuffle_partitions,
        steps,
        limits,
    }
}

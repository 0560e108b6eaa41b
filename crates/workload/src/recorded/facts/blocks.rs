//! What `BlockUpdated` says: which blocks were put, with their sizes, and which left memory.
//!
//! Puts are sizes, which the fit may read. What leaves memory is an outcome: only observations read it. A size is
//! taken from the first update of a block on an executor alone, so that it does not depend on drops before.

use std::collections::BTreeMap;

use spark_eventlog::BlockId;
use spark_eventlog::event::BlockUpdated;

/// What the updates of blocks say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockFacts {
    /// First updates of blocks of RDDs.
    pub puts: Vec<RddPut>,
    /// First updates of pieces of broadcast variables.
    pub variables: Vec<VariablePut>,
    /// Blocks of each RDD that left memory.
    pub evicted: BTreeMap<u32, Evictions>,
    /// Blocks of broadcast variables that left memory.
    pub evicted_variables: Evictions,
    states: BTreeMap<(u32, Block), State>,
}

/// A block as an executor first had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RddPut {
    /// `RDD ID`.
    pub rdd: u32,
    /// Its partition.
    pub partition: u32,
    /// Index of the executor.
    pub executor: u32,
    /// Bytes in memory, if it was put there.
    pub memory: Option<u64>,
    /// Bytes on disk, if it was put there.
    pub disk: Option<u64>,
}

/// A piece of a broadcast variable as an executor first had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariablePut {
    /// Number of the variable.
    pub id: u64,
    /// Index of the executor.
    pub executor: u32,
    /// Bytes of the piece.
    pub bytes: u64,
    /// Number of attempts of stages that were submitted before.
    pub attempts: usize,
    /// Whether a task of the last of them had started before.
    pub started: bool,
    /// Number of jobs that were submitted before.
    pub jobs: usize,
}

/// Blocks that left memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions {
    /// How many.
    pub blocks: u64,
    /// Their bytes in memory.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    Rdd(u32, u32),
    Piece(u64, u64),
    Value(u64),
}

/// The last that was reported of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    memory: bool,
    disk: bool,
    memory_bytes: u64,
}

/// Where in the log an update stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    pub(super) attempts: usize,
    pub(super) started: bool,
    pub(super) jobs: usize,
}

impl BlockFacts {
    pub(super) fn update(&mut self, event: &BlockUpdated<'_>, executor: u32, position: Position) {
        let info = &event.block_updated_info;
        let narrow = |number: u64| u32::try_from(number).ok();
        let block = match BlockId::parse(&info.block_id) {
            BlockId::Rdd { rdd_id, split_index } => {
                narrow(rdd_id).zip(narrow(split_index)).map(|(rdd, split)| Block::Rdd(rdd, split))
            }
            BlockId::BroadcastPiece { broadcast_id, piece } => Some(Block::Piece(broadcast_id, piece)),
            BlockId::Broadcast { broadcast_id } => Some(Block::Value(broadcast_id)),
            BlockId::Other => None,
        };
        let Some(block) = block else { return };
        let bytes = |size: i64| u64::try_from(size).unwrap_or(0);
        let (memory_bytes, disk_bytes) = (bytes(info.memory_size), bytes(info.disk_size));
        let level = info.storage_level;
        let new = State { memory: level.use_memory, disk: level.use_disk, memory_bytes };
        let known = self.states.contains_key(&(executor, block));
        let state = self.states.entry((executor, block)).or_default();
        let left = leaves(*state, new);
        *state = if new.memory || new.disk { new } else { State::default() };
        if let Some(bytes) = left {
            let evictions = match block {
                Block::Rdd(rdd, _) => self.evicted.entry(rdd).or_default(),
                Block::Piece(..) | Block::Value(_) => &mut self.evicted_variables,
            };
            evictions.blocks += 1;
            evictions.bytes = evictions.bytes.saturating_add(bytes);
        }
        if known || left.is_some() {
            return;
        }
        match block {
            Block::Rdd(rdd, partition) => self.puts.push(RddPut {
                rdd,
                partition,
                executor,
                memory: new.memory.then_some(memory_bytes),
                disk: (new.disk && !new.memory).then_some(disk_bytes),
            }),
            Block::Piece(id, _) => self.variables.push(VariablePut {
                id,
                executor,
                bytes: if new.memory { memory_bytes } else { disk_bytes },
                attempts: position.attempts,
                started: position.started,
                jobs: position.jobs,
            }),
            Block::Value(_) => {}
        }
    }
}

/// The bytes with which a block leaves memory, if it does. One that came back from disk in silence shows only now: it
/// was on disk, is on disk, and has a size in memory.
fn leaves(old: State, new: State) -> Option<u64> {
    if new.memory {
        return None;
    }
    if old.memory {
        return Some(old.memory_bytes);
    }
    (old.disk && new.disk && new.memory_bytes > 0).then_some(new.memory_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(facts: &mut BlockFacts, block: &str, memory: bool, disk: bool, sizes: (i64, i64)) {
        let line = format!(
            r#"{{"Event":"SparkListenerBlockUpdated","Block Updated Info":{{"Block Manager ID":{{"Executor ID":"1"}},
            "Block ID":"{block}","Storage Level":{{"Use Memory":{memory},"Use Disk":{disk}}},
            "Memory Size":{},"Disk Size":{}}}}}"#,
            sizes.0, sizes.1
        );
        let Ok(spark_eventlog::Event::BlockUpdated(event)) = spark_eventlog::Event::parse(line.as_bytes())
        else {
            panic!("{line}");
        };
        facts.update(&event, 0, Position::default());
    }

    #[test]
    fn a_block_that_leaves_memory_is_counted_with_the_bytes_it_had() {
        let mut facts = BlockFacts::default();
        update(&mut facts, "rdd_4_0", true, false, (100, 0));
        update(&mut facts, "rdd_4_0", false, true, (100, 40));
        update(&mut facts, "rdd_4_1", true, false, (70, 0));
        update(&mut facts, "rdd_4_1", false, false, (70, 0));
        update(&mut facts, "broadcast_3_piece0", true, false, (9, 0));
        update(&mut facts, "broadcast_3_piece0", false, true, (9, 9));
        assert_eq!(facts.evicted[&4], Evictions { blocks: 2, bytes: 170 });
        assert_eq!(facts.evicted_variables, Evictions { blocks: 1, bytes: 9 });
    }

    #[test]
    fn a_silent_return_to_memory_shows_when_the_block_leaves_again() {
        let mut facts = BlockFacts::default();
        update(&mut facts, "rdd_4_0", false, true, (0, 40));
        assert!(facts.evicted.is_empty());
        update(&mut facts, "rdd_4_0", false, true, (100, 40));
        update(&mut facts, "rdd_4_0", false, true, (0, 40));
        assert_eq!(facts.evicted[&4], Evictions { blocks: 1, bytes: 100 });
    }

    #[test]
    fn sizes_do_not_depend_on_what_leaves_memory() {
        let mut whole = BlockFacts::default();
        let mut without_drops = BlockFacts::default();
        for (block, memory, disk, sizes, drop) in [
            ("rdd_4_0", true, false, (100, 0), false),
            ("rdd_4_0", false, true, (100, 40), true),
            ("rdd_4_1", false, true, (0, 41), false),
            ("rdd_4_1", false, true, (101, 41), true),
            ("rdd_4_0", true, true, (100, 40), false),
        ] {
            update(&mut whole, block, memory, disk, sizes);
            if !drop {
                update(&mut without_drops, block, memory, disk, sizes);
            }
        }
        assert_eq!(whole.puts, without_drops.puts);
        let put = |partition, memory, disk| RddPut { rdd: 4, partition, executor: 0, memory, disk };
        assert_eq!(whole.puts, [put(0, Some(100), None), put(1, None, Some(41))]);
        assert_eq!((whole.evicted[&4].blocks, without_drops.evicted.len()), (2, 0));
    }
}

//! Messages of the memory pools.

use workload::symptom::Figures;

use super::Answer;
use crate::human;

const TASK: &str = "one task; its executor goes on, and the task is tried again (spark.task.maxFailures, 4)";
const EXPLAIN: &str = "poolsim explain APP.log          # who held the memory then, and which setting helps";

/// Settings that give each task more of the pool, the cheapest first.
fn more_per_task(answer: Answer) -> Answer {
    answer
        .set(
            "spark.sql.shuffle.partitions, more",
            "less data a task: costs nothing, helps unless one key has it all",
        )
        .set(
            "spark.executor.cores, fewer",
            "of N active tasks each may hold at most 1/N of the pool: half the cores, twice the share",
        )
        .set(
            "spark.executor.memory, more",
            "the pool is spark.memory.fraction (0.6) of the heap less 300 MiB: of 1 GiB more a task of four gets \
             0.6 x 1024 / 4 = 153.6 MiB",
        )
        .look("the stage in the Spark UI: peak execution memory and shuffle read of the largest task beside the median")
        .run(EXPLAIN)
}

pub(super) fn unable_to_acquire(figures: &Figures) -> Answer {
    let asked = figures.get("asked_bytes");
    let verdict = match asked.zip(figures.get("got_bytes")) {
        Some((asked, got)) => format!(
            "a task asked the execution pool for {} and got {}",
            human::bytes(asked),
            if got == 0 { "nothing".to_owned() } else { human::bytes(got) }
        ),
        None => "a task asked the execution pool for memory in vain".to_owned(),
    };
    let mut answer = Answer::new(TASK, verdict);
    if asked == Some(64 << 10) {
        answer = answer.means(
            "65536 bytes is the first array of a sorter (4096 rows of 16 bytes): the task had not sorted one row",
        );
    }
    let answer = answer
        .means(
            "each of N active tasks may hold at most 1/N of the pool. This one was at its share, or the pool was empty, \
             and nothing of it could spill any more: spilling frees the other consumers of the same task only",
        )
        .means(
            "usual holders that cannot spill: a hash relation or map of a join in the same stage; a sorter that is \
             already being read; and memory that other tasks hold, which nobody takes away",
        )
        .not(
            "cached data was in the way: execution evicts it, down to spark.memory.storageFraction of the pool; only what \
             is in that region stays",
        )
        .not("the JVM's heap is full: this is Spark's own accounting, the JVM may be half empty")
        .not("spark.executor.memoryOverhead: it lies outside of the heap and of the pools");
    more_per_task(answer).set(
        "spark.memory.storageFraction, less",
        "only if blocks are cached: it is the part of the pool from which execution cannot evict them",
    )
}

pub(super) fn hash_relation(figures: &Figures) -> Answer {
    let verdict = match figures.get("asked_bytes").zip(figures.get("got_bytes")) {
        Some((asked, got)) => format!(
            "the hash relation of a join needed {} in one piece and got {}",
            human::bytes(asked),
            human::bytes(got)
        ),
        None => "the hash relation of a join got no memory".to_owned(),
    };
    let answer = Answer::new(TASK, verdict)
        .means(
            "a shuffled hash join, or the executors' copy of a broadcast one, holds one side as a map. It cannot spill, \
             and it doubles: while it grows the old and the new array are there at once",
        )
        .means("each of N active tasks may hold at most 1/N of the execution pool, whatever is free besides")
        .set(
            "spark.sql.join.preferSortMergeJoin=true, no SHUFFLE_HASH hint",
            "the sort-merge join of the same tables spills where this one fails",
        )
        .not("the table is too large for Spark: it is too large for one task's share");
    more_per_task(answer)
}

pub(super) fn aggregation() -> Answer {
    let answer = Answer::new(TASK, "a hash aggregation fell back to sorting and got no memory even for that")
        .means(
            "TungstenAggregationIterator spills its map, sorts, and needs an array and a page to go on: the pool did not \
             have them, so the other tasks, or this task's other consumers, hold it",
        )
        .not("there are too many groups: groups alone make it spill, they do not make it fail");
    more_per_task(answer)
}

pub(super) fn pointer_array() -> Answer {
    let answer = Answer::new(TASK, "the pointer array of a sorter could not grow")
        .means(
            "the array doubles, and old and new are there at once: it needs three times what it has. The sorter then \
             spills its rows; this text means that it had none to spill",
        );
    more_per_task(answer)
}

pub(super) fn too_large_page() -> Answer {
    Answer::new(TASK, "a page larger than a page can be (17,179,869,176 bytes) was asked for")
        .means("one row or one array is that large: no setting of memory helps")
        .look("columns with huge values: collect_list, concatenated strings, arrays")
        .run(EXPLAIN)
}

pub(super) fn managed_leak(figures: &Figures) -> Answer {
    let left = figures.get("left_bytes").map_or("memory".to_owned(), human::bytes);
    Answer::new("nothing", format!("a task ended and had not given {left} back; Spark took it then"))
        .means(
            "at the end of a task TaskMemoryManager.cleanUpAllAllocatedMemory takes back what its consumers still hold: \
             nothing is lost for the tasks that follow",
        )
        .means("usual reason: the task stopped early, as for limit() or take(), and its sorter was not read to the end")
        .not("it is the reason of an out-of-memory error: look for another text")
        .set("spark.unsafe.exceptionOnMemoryLeak", "false: with true this warning fails the task; for tests only")
}

pub(super) fn cache_refused(figures: &Figures) -> Answer {
    let at = figures.get("used_bytes").map_or(String::new(), |bytes| format!(" at {}", human::bytes(bytes)));
    Answer::new("nothing", format!("a partition did not fit into storage memory{at} and was not cached"))
        .means(
            "a block that is being stored may evict blocks of other RDDs, never of its own, and never execution memory: \
             it is refused at once, it does not wait",
        )
        .means(
            "MEMORY_ONLY: the partition is computed again at each use. MEMORY_AND_DISK: it is written to disk instead",
        )
        .not("the application is about to fail: full storage is no error")
        .set("storage level MEMORY_AND_DISK or MEMORY_ONLY_SER", "reads from disk, or a third to a half of the bytes")
        .set("spark.executor.memory, more", "0.6 of what is added goes to the pool that storage and execution share")
        .look("the Storage tab: fraction cached, size in memory and on disk")
        .run("poolsim explain APP.log          # whether the cache is worth its memory")
}

pub(super) fn spill_notice(figures: &Figures) -> Answer {
    let size = figures.get("used_bytes").map_or("rows".to_owned(), human::bytes);
    let answer = Answer::new(
        "nothing",
        format!("a task wrote {size} to disk because its share of the pool was used up"),
    )
    .means("a spill is how Spark avoids the out-of-memory error: it costs time, and nothing else")
    .not("memory must be added: first see what the spills cost");
    more_per_task(answer)
}

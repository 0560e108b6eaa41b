//! Messages of the JVM.

use workload::symptom::{Figures, Found, Symptom};

use super::{Answer, Side};
use crate::human;

pub(super) fn heap_space(found: &Found, side: Side) -> Answer {
    let code = found.symptom == Symptom::JvmOutOfMemory;
    let verdict = match (code, side) {
        (true, _) => "an executor's JVM ended itself for an OutOfMemoryError (SparkExitCode.OOM is 52)",
        (_, Side::Driver) => "the heap of the driver is full",
        (_, Side::Executor) => "the heap of an executor is full of objects that Spark does not account for",
        (_, Side::Either) => "the heap of a JVM is full; the thread's name in the trace tells whose",
    };
    let side = if code { Side::Executor } else { side };
    let process = match side {
        Side::Driver => "the driver, and the application with it".to_owned(),
        _ => format!("{}: with all its tasks, cached blocks and shuffle files (exit code 52)", side.name()),
    };
    let answer = Answer::new(process, verdict);
    if side == Side::Driver {
        return answer
            .means(
                "what a driver holds: results that are collected (serialized, then decoded, both at once), relations \
                 built for broadcasts, the state of every task, the plan of the query",
            )
            .not("executors have too little memory: theirs is another JVM")
            .set("no collect, toPandas, large take", "write the result, or take a part of it")
            .set("spark.driver.memory, more", "in client mode on the command line: the JVM runs before SparkConf is read")
            .set("spark.sql.autoBroadcastJoinThreshold=-1", "if the trace shows a broadcast: the driver builds the table first")
            .look("the trace: collect, BroadcastExchangeExec, or the task-result-getter")
            .run("poolsim explain APP.log");
    }
    answer
        .means(
            "the heap is 300 MiB reserved + 0.6 of the rest for Spark's pools + 0.4 for everything else: rows in flight, \
             objects of functions, decoded broadcast tables, compression and fetch buffers, one set for each running task",
        )
        .means(
            "the pools are limits of accounting, they set nothing aside. Where the pools are full and the rest is above \
             its 40 %, the JVM has no room and says so, whoever asks next",
        )
        .not("spark.memory.storageFraction: it moves a boundary inside the pools, the heap does not grow by it")
        .not("spark.executor.memoryOverhead: it is for what lies outside of the heap")
        .not("the pool is too small: that is another text (SparkOutOfMemoryError, Unable to acquire)")
        .set("spark.executor.cores, fewer", "objects of functions and buffers are held once for each running task")
        .set("more partitions", "less data a task, where a task holds its partition (mapPartitions, groupByKey, explode)")
        .set("spark.executor.memory, more", "0.4 of what is added is for these objects")
        .set("spark.memory.fraction, less (0.4)", "more of the same heap for objects; spills and evictions may grow")
        .look("a heap dump: -XX:+HeapDumpOnOutOfMemoryError in spark.executor.extraJavaOptions names the objects")
        .look("the stage: one task with many times the median's shuffle read is skew, and no setting of memory cures it")
        .run("poolsim explain APP.log")
        .run("poolsim sweep APP.log --vary spark.executor.cores=1,2,4")
}

pub(super) fn gc_overhead(side: Side) -> Answer {
    Answer::new(
        format!("{}: its JVM gave up", side.name()),
        "the parallel collector spent more than 98 % of the time and got less than 2 % of the heap back",
    )
    .means(
        "the heap is nearly full of live objects. Only ParallelGC throws this; G1 (the default of Java 9 and later on a \
         machine for servers) goes on until `Java heap space`",
    )
    .means("it is the same shortage as `Java heap space`, met a little earlier")
    .not("another collector helps: live objects stay live")
    .not("-XX:-UseGCOverheadLimit: it replaces this text by hours of collecting, then by `Java heap space`")
    .set(format!("{}.memory, more", side.prefix()), "0.4 of what is added is for objects outside of the pools")
    .set("spark.executor.cores, fewer", "fewer tasks at a time hold fewer objects")
    .set("spark.memory.fraction, less", "the pools fill the old generation where data is cached deserialized")
    .set("storage level MEMORY_ONLY_SER", "one array of bytes a block instead of millions of objects")
    .look("GC time of the tasks in the Spark UI: above 10 % of the task time is a warning")
    .run("poolsim explain APP.log")
}

pub(super) fn array_size(side: Side) -> Answer {
    Answer::new(side.name(), "an array of more than 2^31 - 3 elements was asked for")
        .means("one value, one serialized object or one buffer grew above 2 GiB: an array cannot be larger in Java")
        .not("memory: no heap is large enough for an array that cannot exist")
        .set("more partitions", "if it is a partition that is serialized as a whole")
        .look("collect_list, groupByKey on a hot key, broadcast of a large object, a huge string")
}

pub(super) fn direct_memory(figures: &Figures, side: Side) -> Answer {
    let verdict = match figures.get("used_bytes").zip(figures.get("limit_bytes")) {
        Some((used, limit)) => {
            format!("{} of {} of direct memory are used", human::bytes(used), human::bytes(limit))
        }
        None => "the direct memory of a JVM is used up".to_owned(),
    };
    Answer::new(format!("{}: its JVM, as for a full heap (exit code 52)", side.name()), verdict)
        .means(
            "buffers outside of the heap, above all netty's for fetched shuffle blocks. Their limit is \
             -XX:MaxDirectMemorySize, by default as large as the heap: the heap is not what is full",
        )
        .not("spark.memory.offHeap.size: Spark's pool off the heap is taken with Unsafe and is not under this limit")
        .set("spark.network.maxRemoteBlockSizeFetchToMem, less", "200m: larger blocks go to disk instead of into a buffer")
        .set("spark.reducer.maxSizeInFlight, less", "48m for each running task at a time")
        .set(
            format!("{}.extraJavaOptions=-XX:MaxDirectMemorySize=...", side.prefix()),
            "and as much more spark.executor.memoryOverhead: the container must hold it",
        )
        .look("the sizes of shuffle blocks: shuffle read of a task divided by the map tasks")
}

pub(super) fn metaspace(side: Side) -> Answer {
    Answer::new(format!("{}: its JVM", side.name()), "no memory for classes is left")
        .means(
            "metaspace lies outside of the heap and has no limit unless -XX:MaxMetaspaceSize gives one (the compressed \
             class space: 1 GiB): somebody set it, or classes are made without end (generated code, REPL, many jars)",
        )
        .not("spark.executor.memory: metaspace is not in the heap")
        .set(
            format!("{}.extraJavaOptions without -XX:MaxMetaspaceSize", side.prefix()),
            "or with a larger one; the container's overhead must hold it",
        )
        .set("spark.sql.codegen.cache.maxEntries, less", "where one long-lived application runs very many queries")
}

pub(super) fn native_thread(side: Side) -> Answer {
    Answer::new(side.name(), "the operating system gave no further thread")
        .means(
            "it is the limit of processes (ulimit -u, the pids limit of a container) or, rarely, address space for the \
             stacks (-Xss each): OutOfMemoryError is only its name",
        )
        .not("the heap: a larger heap leaves less room for stacks")
        .set("ulimit -u / pids limit, more", "on the nodes")
        .set("spark.executor.cores, fewer", "fewer tasks, fetchers and Python workers")
        .look("the number of threads of the process: a pool that a function makes for each row or task")
}

pub(super) fn native_memory(figures: &Figures) -> Answer {
    let asked = figures.get("asked_bytes").map_or("memory".to_owned(), human::bytes);
    Answer::new(
        "the JVM: it cannot go on without the memory (exit code 1 or 134)",
        format!("the operating system refused {asked} to a process"),
    )
    .means("the node itself is out of memory, or overcommits strictly: more containers or processes than it can hold")
    .not("Spark's pools or heap: they were never reached")
    .set("yarn.nodemanager.resource.memory-mb, less", "the node offers more than it has")
    .set("spark.executor.memory, less", "the heap is taken as it is needed: the sum of all containers must fit")
    .look("hs_err_pid*.log in the container's folder; free memory of the node at that time")
    .run("poolsim layout --conf ...         # what a container adds up to")
}

pub(super) fn stack_overflow(side: Side) -> Answer {
    Answer::new(format!("{}: one thread", side.name()), "a thread's stack is too small for a recursion")
        .means(
            "usual reason: a lineage or a plan of hundreds of steps (a loop of withColumn, union or an iterative job), \
             serialized or walked recursively",
        )
        .not("spark.executor.memory: stacks are not in the heap")
        .set("checkpoint() or localCheckpoint() in the loop", "cuts the lineage")
        .set(format!("{}.extraJavaOptions=-Xss4m", side.prefix()), "1 MiB is the default on Linux")
        .look("the repeating frames: ObjectInputStream.readObject0 is a lineage, TreeNode.transform a plan")
}

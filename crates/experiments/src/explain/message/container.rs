//! Messages of containers and of what runs in them beside the JVM.

use workload::symptom::Figures;

use super::{Answer, Side};
use crate::human;

const MIB: u64 = 1 << 20;
/// `spark.executor.memoryOverhead` is at least this.
const MIN_OVERHEAD_MIB: u64 = 384;
const LAYOUT: &str = "poolsim layout --conf spark.executor.memory=... # what the container is made of";

/// The heap and the overhead, in MiB, of a container under default settings: overhead is max(384, a tenth of the heap).
fn default_split(container_mib: u64) -> Option<(u64, u64)> {
    let by_factor = container_mib.saturating_mul(10) / 11;
    let heap = if by_factor / 10 >= MIN_OVERHEAD_MIB {
        by_factor
    } else {
        container_mib.checked_sub(MIN_OVERHEAD_MIB)?
    };
    (heap > 0).then_some((heap, container_mib - heap))
}

pub(super) fn yarn_physical(figures: &Figures, side: Side) -> Answer {
    let prefix = side.prefix();
    let sizes =
        figures.get("used_bytes").zip(figures.get("limit_bytes")).filter(|(used, limit)| used >= limit);
    let verdict = match sizes {
        Some((used, limit)) => format!(
            "YARN killed a container that held {}, {} above its limit of {}",
            human::bytes(used),
            human::bytes(used - limit),
            human::bytes(limit)
        ),
        None => "YARN killed a container above its physical limit (exit status -104)".to_owned(),
    };
    let answer = Answer::new(
        format!("the container of {}: JVM and Python workers at once, without a word", side.name()),
        verdict,
    )
    .means(
        "container = heap + overhead + off-heap pool + PySpark, rounded up by YARN. The node manager adds up the resident \
         memory of all processes every 3 s and kills above the sum: it was not Spark that ran out of memory",
    )
    .means(
        "the heap cannot grow above -Xmx, so what grew lies outside of it: Python workers, netty's and other direct \
         buffers, thread stacks, metaspace, the collector's own tables, native libraries, RocksDB",
    )
    .not(format!(
        "{prefix}.memory is too small: with a fixed container a larger heap leaves less for what grew; a larger heap \
         helps only as far as its tenth goes to the overhead"
    ))
    .not("a partition is too large for the pools: then the task would fail, not the container");
    let answer = match sizes.and_then(|(used, limit)| raise(used, limit)) {
        Some((value, why)) => answer.set(format!("{prefix}.memoryOverhead={value}m or more"), why),
        None => {
            answer.set(format!("{prefix}.memoryOverhead, more"), "max(384 MiB, 0.1 of the heap) by default")
        }
    };
    let answer = match (side, sizes.and_then(|(_, limit)| default_split(limit / MIB))) {
        (Side::Driver, _) | (_, None) => answer,
        (_, Some((heap, overhead))) => answer.set(
            format!("{prefix}.memory, less, and the difference as overhead"),
            format!(
                "the same container: {heap} MiB heap + {overhead} MiB overhead are the default split; only if the heap \
                 is not full"
            ),
        ),
    };
    answer
        .set("spark.executor.pyspark.memory", "PySpark: adds to the container and bounds each worker by its share of the cores")
        .set("spark.executor.cores, fewer", "fewer Python workers, fetch buffers and stacks at a time")
        .look("whether there are Python functions (a worker for each core), and the size of fetched blocks")
        .look("ProcessTreePythonRSSMemory and JVMOffHeapMemory, with spark.executor.processTreeMetrics.enabled=true")
        .run(LAYOUT)
        .run("poolsim explain APP.log")
}

/// The overhead that would have held what was used, a tenth more, and how it comes about.
fn raise(used: u64, limit: u64) -> Option<(u64, String)> {
    let (heap, overhead) = default_split(limit / MIB)?;
    let above = (used - limit).div_ceil(MIB);
    let margin = used.div_ceil(MIB) / 10;
    let value = overhead + above + margin;
    let why = format!(
        "if the limit is the default split, {heap} MiB heap + {overhead} MiB overhead: {overhead} + {above} that were \
         missing + {margin} (a tenth of what was used, for it was still growing) = {value} MiB"
    );
    Some((value, why))
}

pub(super) fn yarn_virtual(figures: &Figures) -> Answer {
    let verdict = match figures.get("used_bytes").zip(figures.get("limit_bytes")) {
        Some((used, limit)) => format!(
            "YARN killed a container for {} of virtual memory, of {} allowed",
            human::bytes(used),
            human::bytes(limit)
        ),
        None => "YARN killed a container above its virtual limit (exit status -103)".to_owned(),
    };
    Answer::new("a container", verdict)
        .means(
            "address space is no memory: a 64-bit JVM with many threads reserves much and touches little. The limit is \
             2.1 times the physical one (yarn.nodemanager.vmem-pmem-ratio)",
        )
        .not("the executor used too much memory")
        .set("yarn.nodemanager.vmem-check-enabled=false", "on the node managers: what most clusters do")
        .set("yarn.nodemanager.vmem-pmem-ratio, more", "if it must stay on")
}

pub(super) fn killed(side: Side) -> Answer {
    Answer::new(
        format!("the container of {}: killed by signal 9 (128 + 9 = 137), without a report", side.name()),
        "a process was killed from outside, most likely because its container was above its memory limit",
    )
    .means(
        "Kubernetes: the kernel's OOM killer acts when heap + overhead + off-heap + Python exceed the pod's limit; the \
         pod says OOMKilled. YARN: SIGKILL 250 ms after the SIGTERM of a container above its limit",
    )
    .means("137 says who was killed, not why: a deleted pod, a drained node or an operator give the same code")
    .not("Java heap space: a JVM that runs out of heap ends by itself, with 52")
    .not("spark.executor.memory alone: a larger heap makes the same processes larger; what grew is outside of it")
    .set(
        format!("{}.memoryOverhead, more", side.prefix()),
        "Kubernetes: a factor of 0.1, but 0.4 by default for Python and R applications",
    )
    .set("spark.executor.pyspark.memory", "bounds Python: its own MemoryError instead of a killed container")
    .set("spark.executor.cores, fewer", "fewer Python workers and buffers at a time")
    .look("kubectl describe pod: Last State, Reason OOMKilled; dmesg of the node; YARN: the node manager's log")
    .run(LAYOUT)
    .run("poolsim explain APP.log")
}

pub(super) fn python_memory() -> Answer {
    Answer::new(
        "a Python worker: its task fails, the executor goes on",
        "Python code got no memory from the operating system",
    )
    .means(
        "with spark.executor.pyspark.memory each worker may have that amount divided by the executor's cores, as address \
         space (RLIMIT_AS): the allocation above it fails with MemoryError",
    )
    .means(
        "without it nothing in Spark limits Python: then MemoryError is the node's or the container's own limit. On the \
         driver (toPandas, collect) it is the Python process of the driver",
    )
    .not("spark.executor.memory: it is the JVM's heap, Python has none of it")
    .not("spark.python.worker.memory: it is a threshold at which aggregations in Python spill, no limit")
    .set("spark.executor.pyspark.memory, more", "in MiB, for all workers together: divided by spark.executor.cores")
    .set("spark.executor.cores, fewer", "the same amount for fewer workers")
    .set("spark.sql.execution.arrow.maxRecordsPerBatch, less", "10000 rows a batch of a pandas function, held twice")
    .look("grouped pandas functions (applyInPandas, cogroup): a whole group is one data frame")
    .run("poolsim explain APP.log")
}

pub(super) fn python_crash() -> Answer {
    Answer::new("a Python worker", "a Python worker ended without a word, killed or crashed")
        .means(
            "the JVM saw the end of the stream. Memory is the usual reason: the kernel's OOM killer takes the largest \
             process of a container, or a C library aborts under the limit of spark.executor.pyspark.memory",
        )
        .means("the other one is a crash in native code of a library, which the text cannot tell apart")
        .not("spark.executor.memory: Python is not in the heap")
        .set("spark.executor.memoryOverhead, more", "Python lives there unless spark.executor.pyspark.memory is set")
        .set("spark.sql.execution.arrow.maxRecordsPerBatch, less", "smaller batches")
        .set("spark.python.worker.faulthandler.enabled=true", "a crash then leaves a Python trace")
        .look("dmesg of the node (Out of memory: Killed process ... python), exit codes of the container after it")
}

pub(super) fn required_memory(figures: &Figures) -> Answer {
    let parts = ["heap_mib", "off_heap_mib", "overhead_mib", "pyspark_mib"].map(|name| figures.get(name));
    let sum = parts.iter().flatten().fold(0_u64, |sum, part| sum.saturating_add(*part));
    let verdict = match figures.get("limit_mib") {
        Some(limit) if sum > limit => format!(
            "YARN gives at most {limit} MiB to a container, and {sum} MiB were asked for: {} MiB too much",
            sum - limit
        ),
        _ => "a container larger than YARN gives was asked for".to_owned(),
    };
    let answer = Answer::new("nothing: the application was refused at submission", verdict)
        .means(
            "heap + overhead + off-heap + PySpark must be at most yarn.scheduler.maximum-allocation-mb \
             (Client.verifyClusterResources): the overhead is max(384 MiB, 0.1 of the heap) unless it is set",
        )
        .not("the cluster is busy: an idle one refuses as well");
    let answer = match (figures.get("limit_mib").and_then(default_split), figures.get("limit_mib")) {
        (Some((heap, overhead)), Some(limit)) => answer.set(
            format!("spark.executor.memory={heap}m"),
            format!("the largest heap that fits with default overhead and nothing else: {heap} + {overhead} = {limit} MiB"),
        ),
        _ => answer,
    };
    answer
        .set(
            "yarn.scheduler.maximum-allocation-mb, more",
            "and yarn.nodemanager.resource.memory-mb, if the nodes have it",
        )
        .run(LAYOUT)
}

pub(super) fn system_memory(figures: &Figures, line: &str) -> Answer {
    let executor = line.contains("Executor memory") || line.contains("EXECUTOR");
    let key = if executor { "spark.executor.memory" } else { "spark.driver.memory" };
    let limit = figures.get("limit_bytes").unwrap_or(450 * MIB);
    Answer::new(
        "nothing: Spark refused to start",
        format!(
            "a heap of {} is less than Spark accepts, {}",
            figures.get("asked_bytes").map_or("that size".to_owned(), human::bytes),
            human::bytes(limit)
        ),
    )
    .means("UnifiedMemoryManager.getMaxMemory wants 1.5 times the reserved 300 MiB: 471859200 bytes")
    .means("a driver is measured by Runtime.maxMemory, which some collectors report smaller than -Xmx")
    .set(format!("{key}=512m or more"), "and on the command line in client mode")
}

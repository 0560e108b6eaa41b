//! Messages of executors that are gone.

use workload::symptom::Figures;

use super::Answer;
use crate::human;

pub(super) fn heartbeat_timeout(figures: &Figures) -> Answer {
    let waited = figures.get("waited_ms").map_or("too long".to_owned(), human::ms);
    Answer::new("an executor, given up by the driver", format!("no heartbeat came for {waited}"))
        .means(
            "executors report every 10 s (spark.executor.heartbeatInterval) and are given up after \
             spark.network.timeout, 120 s. A JVM in one collection after the other, or swapped out, does not report",
        )
        .means("its tasks, cached blocks and shuffle files are lost as for any lost executor")
        .not("the network, for certain: long pauses of the collector are the usual reason")
        .not("spark.network.timeout, more: the pause stays, the job only waits longer for it")
        .set("spark.executor.cores, fewer", "less is allocated at a time, fewer objects are alive")
        .set("spark.executor.memory, more", "if the GC time of its tasks was high")
        .set("storage level MEMORY_ONLY_SER", "where much is cached: fewer objects to trace")
        .look("GC time of the tasks on that executor, and the last lines of its log")
        .run("poolsim explain APP.log")
}

pub(super) fn disassociated() -> Answer {
    Answer::new("an executor", "the connection to an executor broke; the text does not say why")
        .means("the driver saw the connection close before anybody told it of an exit code")
        .means(
            "the reason stands elsewhere: a killed container (137, 143, -104), exit code 52, or a lost node",
        )
        .not("the network, for certain: in most cases the process ended")
        .look("the end of that executor's stderr: OutOfMemoryError, SIGTERM, or nothing at all (killed)")
        .look("what the cluster manager says: `Container killed`, OOMKilled, preempted, node lost")
        .run("poolsim explain --message '...'     # with the text that is found there")
        .run("poolsim doctor APP.log              # what the event log can tell of it")
}

pub(super) fn terminated() -> Answer {
    Answer::new("a container, asked to end by SIGTERM (128 + 15 = 143)", "somebody ended the process from outside")
        .means(
            "YARN sends it to a container above its limit (then `Container killed by YARN for exceeding ...` stands \
             beside it), to a preempted one, and to every one at the end of an application",
        )
        .means("dynamic allocation ends idle executors in the same way: without failed tasks this is no failure")
        .not("memory, for certain: 143 alone does not say who asked")
        .look("the lines around it and the node manager's log: exceeding limits, preempted, decommissioned")
        .set("spark.executor.memoryOverhead, more", "only if a text says that limits were exceeded")
        .run("poolsim explain --message '...'     # with the lines around it")
}

pub(super) fn fetch_failed() -> Answer {
    Answer::new("nothing yet: the stage that wrote the output is run again", "map output that a task reads is gone")
        .means(
            "the executor that wrote it was lost, or did not answer in time. A FetchFailed does not count towards \
             spark.task.maxFailures; after spark.stage.maxConsecutiveAttempts (4) attempts of the stage the job fails",
        )
        .means("it is what follows: find out why the executor was lost")
        .not("memory of the task that reports it: the other executor is the one to look at")
        .set("spark.shuffle.service.enabled=true", "map output outlives its executor")
        .set("spark.network.maxRemoteBlockSizeFetchToMem", "200m: large blocks to disk, if the reader runs out of direct memory")
        .look("executors removed shortly before: exit code 52, 137, 143, -104, heartbeat")
        .run("poolsim explain APP.log")
}

pub(super) fn executor_failures(figures: &Figures) -> Answer {
    let number = figures.get("failures").map_or(String::new(), |number| format!(" ({number})"));
    Answer::new(
        "the application: exit code 11",
        format!("too many executors failed{number}"),
    )
    .means(
        "spark.executor.maxNumFailures, by default max(3, 2 x executors), counts executors that the application itself \
         ended: killed containers, exit code 52",
    )
    .not("this limit is too low: each of these executors failed for a reason of its own")
    .look("why the last executors ended; that text is the one to explain")
    .set("spark.executor.failuresValidityInterval=1h", "for long applications: old failures are forgotten")
    .run("poolsim explain APP.log")
}

pub(super) fn native_crash(figures: &Figures) -> Answer {
    let signal = match figures.exit_code() {
        Some(134) => "SIGABRT (128 + 6 = 134)",
        Some(139) => "SIGSEGV (128 + 11 = 139)",
        _ => "a signal",
    };
    Answer::new("a process, with all that it held", format!("native code ended the process by {signal}"))
        .means("a mistake in native code (a compression library, a driver, the JVM) or an abort after a refused allocation")
        .not("Spark's memory settings: the JVM's heap and the pools are checked and end in an OutOfMemoryError")
        .look("hs_err_pid*.log or a core file in the container's folder: its first lines name the library")
}

pub(super) fn exit_code(figures: &Figures) -> Answer {
    let code = figures.exit_code().unwrap_or_default();
    let known = match code {
        1 => "exit code 1: a JVM that could not start, or an exception that nobody caught",
        10 => "exit code 10: an uncaught exception in YARN's application master",
        13 => "exit code 13: the application master waited for a SparkContext in vain",
        15 => "exit code 15: the user's main class threw an exception",
        50 => "exit code 50: an uncaught exception in an executor (SparkExitCode.UNCAUGHT_EXCEPTION)",
        51 => "exit code 51: an uncaught exception, and another one while it was handled",
        53 => "exit code 53: no local folder could be made (DISK_STORE_FAILED_TO_CREATE_DIR)",
        54 | 55 => "exit code 54 or 55: the external block store failed",
        57 => "exit code 57: a killed task did not end (the task reaper)",
        58 => "exit code 58: the block manager could not register again",
        -100 => "exit status -100: the container was released, or its node is lost",
        -101 => "exit status -101: the disks of the node failed",
        -102 => "exit status -102: preempted, its memory was given to another queue",
        -105 => "exit status -105: ended by the application master, as dynamic allocation does",
        -106 => "exit status -106: ended by the resource manager",
        -107 => "exit status -107: ended because the application had ended",
        _ => "",
    };
    let verdict = match known {
        "" => format!("exit code {code}: it says nothing of memory"),
        known => known.to_owned(),
    };
    Answer::new("a process", verdict)
        .means(
            "codes of memory are 52 (heap), 137 (killed), 143 (asked to end), -104 and -103 (limits of YARN)",
        )
        .not("memory, as far as this code goes")
        .look("the end of the process's stderr")
        .run("poolsim explain --message '...'     # with the text that is found there")
}

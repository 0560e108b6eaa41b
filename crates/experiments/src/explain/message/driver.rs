//! Messages of the driver: results, broadcasts, tasks.

use workload::symptom::Figures;

use super::Answer;
use crate::human;

const MIB: u64 = 1 << 20;

pub(super) fn max_result_size(figures: &Figures) -> Answer {
    let (total, limit) = (figures.get("total_bytes"), figures.get("limit_bytes"));
    let verdict = match (figures.get("tasks"), total, limit) {
        (Some(tasks), Some(total), Some(limit)) => format!(
            "the results of {} were {} together, above spark.driver.maxResultSize of {}",
            human::count(tasks, "task"),
            human::bytes(total),
            human::bytes(limit)
        ),
        _ => "the results of a job are larger than spark.driver.maxResultSize".to_owned(),
    };
    let answer = Answer::new("the job; the driver goes on", verdict).means(
        "TaskSetManager.canFetchMoreResults adds up the serialized results of a stage in the order in which tasks end, and \
         aborts the job at the first one above the limit: the tasks that were still to come are not in the sum",
    );
    let answer = match figures.get("tasks").zip(total) {
        Some((tasks, total)) if tasks > 0 => answer.means(format!(
            "{} a task: all tasks of the stage need that times their number",
            human::bytes(total / tasks)
        )),
        _ => answer,
    };
    answer
        .means("tables that are broadcast come to the driver as results too: a join alone can cause this")
        .not("the driver is out of memory: this limit is there to prevent that")
        .set("no collect or toPandas of all rows", "write them, aggregate them, or take a part")
        .set(
            "spark.sql.autoBroadcastJoinThreshold=-1",
            "if no one collects: a table was taken for small and was not",
        )
        .set(
            "spark.driver.maxResultSize, more (0: no limit)",
            "only with spark.driver.memory for it: serialized and decoded rows are there at once",
        )
        .look("the call site of the job: collect, toPandas, or a broadcast exchange")
        .run("poolsim explain APP.log")
}

pub(super) fn broadcast_heap() -> Answer {
    Answer::new(
        "the query; in the driver, whose heap was full",
        "the driver's heap could not hold a table that is being broadcast",
    )
    .means(
        "the driver collects the rows, decodes them and builds the relation (BroadcastExchangeExec.relationFuture); an \
         OutOfMemoryError on the way is worded like this",
    )
    .means(
        "the threshold of 10 MB is compared with an estimate, often that of a compressed file before its filters: the \
         real rows may be a hundred times as large",
    )
    .not("the executors are too small")
    .not("a table of 10 GB was meant to be broadcast: Spark does that by a wrong estimate or a hint alone")
    .set("spark.sql.autoBroadcastJoinThreshold=-1", "a sort-merge join instead; remove broadcast hints")
    .set("spark.driver.memory, more", "for rows, decoded rows and the map at once: several times the data size")
    .set("ANALYZE TABLE ... COMPUTE STATISTICS", "so that the estimate is right")
    .look("`data size` of the broadcast exchange in the SQL tab beside the size of the files")
    .run("poolsim explain APP.log")
}

pub(super) fn broadcast_rows(figures: &Figures) -> Answer {
    let verdict = match figures.get("rows").zip(figures.get("limit_rows")) {
        Some((rows, limit)) => format!(
            "a table of {} rows was to be broadcast; {} are allowed",
            human::grouped(rows),
            human::grouped(limit)
        ),
        None => "a table has more rows than a broadcast relation may have".to_owned(),
    };
    Answer::new("the query", verdict)
        .means(
            "a hash relation of one long key may have 512,000,000 rows, any other 357,913,941 (2^29 / 1.5)",
        )
        .not("memory: a larger driver changes nothing, no setting moves this limit")
        .set(
            "spark.sql.autoBroadcastJoinThreshold=-1",
            "and no broadcast hint: a sort-merge join has no such limit",
        )
}

pub(super) fn broadcast_bytes(figures: &Figures) -> Answer {
    let verdict = match figures.get("total_bytes").zip(figures.get("limit_bytes")) {
        Some((total, limit)) => format!(
            "a table of {} was to be broadcast; {} are allowed",
            human::bytes(total),
            human::bytes(limit)
        ),
        None => "a table is larger than a broadcast relation may be, 8.0 GiB".to_owned(),
    };
    Answer::new("the query", verdict)
        .means(
            "the size is that of the relation which the driver has built; the estimate that chose the join was below \
             spark.sql.autoBroadcastJoinThreshold, or a hint asked for it",
        )
        .not("spark.driver.memory: the driver had the memory, the limit is another one")
        .set("spark.sql.autoBroadcastJoinThreshold=-1", "and no broadcast hint")
        .set("spark.sql.maxBroadcastTableSize, more", "Spark 4.1 and later; before, the 8 GiB are fixed")
        .run("poolsim explain APP.log")
}

pub(super) fn broadcast_timeout(figures: &Figures) -> Answer {
    let limit = figures.get("limit_s").map_or(300, |seconds| seconds);
    Answer::new("the query", format!("a table was not broadcast within {limit} s"))
        .means(
            "spark.sql.broadcastTimeout runs from the start of the exchange: its job waits for free cores as well, and a \
             driver that collects garbage all the time is slow too",
        )
        .not("memory for certain: look at the driver's GC time first")
        .set("spark.sql.autoBroadcastJoinThreshold=-1", "a sort-merge join instead")
        .set("spark.sql.broadcastTimeout, more", "where the cluster was merely busy")
}

pub(super) fn task_too_large(figures: &Figures) -> Answer {
    let verdict = match figures.get("asked_bytes").zip(figures.get("limit_bytes")) {
        Some((asked, limit)) => format!(
            "a serialized task has {}; a message may have {}",
            human::bytes(asked),
            human::bytes(limit)
        ),
        None => "a serialized task is larger than a message may be".to_owned(),
    };
    let value =
        figures.get("asked_bytes").map_or("more".to_owned(), |asked| (asked.div_ceil(MIB) + 1).to_string());
    Answer::new("the job, before the task was sent", verdict)
        .means("the task carries data: rows of parallelize, a large closure, a lineage of thousands of steps")
        .not("spark.driver.memory or spark.executor.memory: it is the size of one message")
        .set(
            "sparkContext.broadcast(...)",
            "for large values that functions use: sent once an executor, not once a task",
        )
        .set("more slices in parallelize", "each task carries its slice; better, read from files")
        .set(
            format!("spark.rpc.message.maxSize={value}"),
            "in MiB, at most 2047; the driver holds one for each task",
        )
}

pub(super) fn kryo_overflow(figures: &Figures) -> Answer {
    let verdict = match figures.get("asked_bytes") {
        Some(asked) => format!("one object needs {} more in Kryo's buffer", human::bytes(asked)),
        None => "one object does not fit into Kryo's buffer".to_owned(),
    };
    Answer::new("a task or a job; processes go on", verdict)
        .means("the limit is for one object at a time, or for one batch of a result: spark.kryoserializer.buffer.max, 64m")
        .not("heap: it is a limit of one buffer")
        .set("spark.kryoserializer.buffer.max, more", "must be below 2048m; each core may take one")
        .look("collected or broadcast objects that are huge: a map, a model, a whole group")
}

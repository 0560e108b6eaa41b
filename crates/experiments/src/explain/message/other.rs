//! Messages that are no shortage of memory and are taken for one.

use workload::symptom::Figures;

use super::Answer;
use crate::human;

pub(super) fn no_resources() -> Answer {
    Answer::new("nothing: the application waits", "the cluster has not given a single executor")
        .means("the queue is full, or no node can hold an executor of that size: then it waits for ever")
        .means(
            "YARN refuses only what is above yarn.scheduler.maximum-allocation-mb; what fits below it and on no node is \
             accepted and never scheduled",
        )
        .set("spark.executor.memory and spark.executor.cores, less", "so that heap + overhead fit on a node")
        .look("free memory and cores of the nodes beside the size of one executor")
        .run("poolsim layout --conf ...           # the size of one executor")
        .run("poolsim size                        # executors that fit on the nodes")
}

pub(super) fn too_large_frame(figures: &Figures) -> Answer {
    let asked = figures.get("asked_bytes").map_or("more than 2 GiB".to_owned(), human::bytes);
    Answer::new("a fetch, then its stage", format!("a block of {asked} was fetched in one piece"))
        .means("blocks that are read into memory can have 2 GiB at most: partitions are too large")
        .not("memory: there may be plenty")
        .set("more partitions", "128 MiB each is a good size")
        .set(
            "spark.network.maxRemoteBlockSizeFetchToMem=200m",
            "the default: larger blocks are streamed to disk",
        )
        .look("skew: one partition above all others")
}

pub(super) fn disk_full() -> Answer {
    Answer::new("tasks on that node", "the disk of spark.local.dir is full")
        .means("map output, spills and cached blocks on disk are there; map output stays until its RDD is collected")
        .not("memory: more memory only spills less")
        .set("spark.local.dir", "on larger disks, or on several")
        .set("spark.cleaner.periodicGC.interval, less", "30min: old shuffles are removed after a collection in the driver")
        .look("shuffle write and disk spill of the stages; jobs that keep references to old RDDs")
}

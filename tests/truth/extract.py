#!/usr/bin/env python3
"""Event logs to truth: extract.py OUT JARS writes OUT/truth.csv, OUT/truth.jsonl.gz and OUT/RUNS.md of the runs in OUT/index.jsonl.

JARS is the jars folder of any Spark. The columns are those of `facts` and of the driver's log; one that the log cannot tell
(README.md says which) is empty, never 0.
"""
import collections
import csv
import gzip
import json
import os
import re
import sys

import driverlog
import eventlog
from blocks import Blocks

METRICS = (
    "JVMHeapMemory", "JVMOffHeapMemory", "OnHeapExecutionMemory", "OffHeapExecutionMemory", "OnHeapStorageMemory",
    "OffHeapStorageMemory", "OnHeapUnifiedMemory", "ProcessTreeJVMRSSMemory", "ProcessTreePythonRSSMemory", "MinorGCTime",
    "MajorGCTime", "TotalGCTime")
COLUMNS = """id family workload spark lang master driver_memory exec_slots conf_fraction conf_storageFraction conf_offheap
shuffle_partitions_arg args conf pool_onheap_max pool_offheap_max log log_format log_bytes app_failed exit_code outcome wall_s
app_duration_ms own_cpu_s other_cpu_s n_events n_block_updates n_jobs n_jobs_failed n_stages n_stages_failed n_tasks n_tasks_failed
task_failures mem_spilled disk_spilled n_tasks_spilled peak_max peak_sum run_ms cpu_ms gc_ms input_bytes shuffle_read shuffle_write
result_bytes rdd_put_mem rdd_put_mem_bytes rdd_put_disk rdd_put_disk_bytes rdd_promote_mem evict_to_disk unseen_promotions
evict_to_disk_bytes evict_drop evict_drop_bytes bcast_pieces_put bcast_piece_bytes bcast_evict cached_fraction_mem_end
cache_tasks_single_rdd cache_hits_by_input_bytes cache_misses_by_input_bytes hit_ratio peak_storage max_onheap_exec
max_onheap_storage max_jvm_heap max_rss executors_removed log_unroll_fail log_dropped log_spill_msgs log_agg_fallback""".split()
SUMS = dict(
    mem_spilled="ms", disk_spilled="ds", peak_sum="peak", run_ms="run", gc_ms="gc", cpu_ms="cpu", input_bytes="inb", shuffle_read="srb",
    shuffle_write="swb", result_bytes="res")


def index(out):
    """The runs recorded so far; of a run recorded twice, the last."""
    path = os.path.join(out, "index.jsonl")
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return list({row["id"]: row for row in map(json.loads, f)}.values())


def persisted(rdd):
    level = rdd["Storage Level"]
    return bool(level.get("Use Memory") or level.get("Use Disk"))


def task(e):
    """What one TaskEnd says."""
    info, metrics = e["Task Info"], e.get("Task Metrics") or {}
    reason = e["Task End Reason"]
    read, write = metrics.get("Shuffle Read Metrics") or {}, metrics.get("Shuffle Write Metrics") or {}
    peak = metrics.get("Peak Execution Memory")
    if peak is None:
        peak = next((a.get("Update") for a in info.get("Accumulables", []) if a.get("Name") == "internal.metrics.peakExecutionMemory"), 0) or 0
    return dict(
        stage=(e["Stage ID"], e["Stage Attempt ID"]), ok=reason["Reason"] == "Success", cls=reason.get("Class Name") or reason["Reason"],
        msg=(reason.get("Description") or reason.get("Loss Reason") or "")[:160], peak=peak, ms=metrics.get("Memory Bytes Spilled", 0),
        ds=metrics.get("Disk Bytes Spilled", 0), run=metrics.get("Executor Run Time", 0), gc=metrics.get("JVM GC Time", 0),
        cpu=metrics.get("Executor CPU Time", 0) / 1e6, inb=(metrics.get("Input Metrics") or {}).get("Bytes Read", 0),
        srb=read.get("Remote Bytes Read", 0) + read.get("Local Bytes Read", 0), swb=write.get("Shuffle Bytes Written", 0),
        res=metrics.get("Result Size", 0))


def stage_row(info):
    zero = dict.fromkeys(("tasks", "failed", "run_ms", "gc_ms", "cpu_ms", "mem_spilled", "disk_spilled", "peak_max", "peak_sum", "in_bytes", "sr", "sw", "n_spilled"), 0)
    return dict(stage=info["Stage ID"], attempt=info["Stage Attempt ID"], name=info["Stage Name"][:60], ntasks=info["Number of Tasks"], **zero)


def add_task(s, t):
    s["tasks"] += 1
    s["failed"] += not t["ok"]
    s["n_spilled"] += t["ms"] > 0
    s["peak_max"] = max(s["peak_max"], t["peak"])
    for name, key in dict(run_ms="run", gc_ms="gc", cpu_ms="cpu", mem_spilled="ms", disk_spilled="ds", peak_sum="peak", in_bytes="inb", sr="srb", sw="swb").items():
        s[name] += t[key]


class Log:
    """One log, event by event."""

    def __init__(self):
        self.kinds, self.app, self.blocks = collections.Counter(), {}, Blocks()
        self.version, self.pools, self.cores, self.removed = None, {}, {}, []
        self.jobs, self.stages, self.tasks, self.rdds, self.sql_errors = {}, {}, [], {}, []
        self.stage_metrics, self.task_metrics = {}, {}

    def event(self, e):
        kind = e["Event"].split(".")[-1]
        self.kinds[kind] += 1
        handler = getattr(self, "on_" + kind.removeprefix("SparkListener"), None)
        if handler:
            handler(e)

    def on_LogStart(self, e):
        self.version = e["Spark Version"]

    def on_ApplicationStart(self, e):
        self.app.update(start=e["Timestamp"], id=e["App ID"])

    def on_ApplicationEnd(self, e):
        self.app["end"] = e["Timestamp"]

    def on_ExecutorAdded(self, e):
        self.cores[e["Executor ID"]] = e["Executor Info"]["Total Cores"]

    def on_ExecutorRemoved(self, e):
        self.removed.append((e["Executor ID"], e["Removed Reason"][:200]))

    def on_BlockManagerAdded(self, e):
        self.pools[e["Block Manager ID"]["Executor ID"]] = (e.get("Maximum Onheap Memory"), e.get("Maximum Offheap Memory"))

    def on_BlockUpdated(self, e):
        self.blocks.update(e["Block Updated Info"])

    def on_JobStart(self, e):
        self.jobs[e["Job ID"]] = dict(start=e["Submission Time"], desc=(e.get("Properties") or {}).get("spark.job.description"))

    def on_JobEnd(self, e):
        result = e["Job Result"]
        error = str(result.get("Exception", {}).get("Message", ""))[:400]
        # A compacted log may have the end of a job whose start is gone.
        if e["Job ID"] in self.jobs:
            self.jobs[e["Job ID"]].update(end=e["Completion Time"], ok=result["Result"] == "JobSucceeded", err=error)

    def on_SQLExecutionEnd(self, e):
        if e.get("errorMessage"):
            self.sql_errors.append(e["errorMessage"][:400])

    def on_StageSubmitted(self, e):
        info = e["Stage Info"]
        row = self.stages.setdefault((info["Stage ID"], info["Stage Attempt ID"]), stage_row(info))
        row.update(submitted=info.get("Submission Time"), completed=info.get("Completion Time"), fail=(info.get("Failure Reason") or "")[:300] or None)
        row["persisted"] = [r["RDD ID"] for r in info["RDD Info"] if persisted(r)]
        for r in filter(persisted, info["RDD Info"]):
            level = r["Storage Level"]
            self.rdds[r["RDD ID"]] = dict(name=r["Name"][:50], level=[level.get(x) for x in ("Use Memory", "Use Disk", "Use Off Heap", "Deserialized")], parts=r["Number of Partitions"])

    on_StageCompleted = on_StageSubmitted

    def on_StageExecutorMetrics(self, e):
        self.peak(self.stage_metrics, e["Executor ID"], e["Executor Metrics"])

    def on_TaskEnd(self, e):
        t = task(e)
        self.tasks.append(t)
        if t["stage"] in self.stages:
            add_task(self.stages[t["stage"]], t)
        self.peak(self.task_metrics, e["Task Info"]["Executor ID"], e.get("Task Executor Metrics") or {})

    @staticmethod
    def peak(into, executor, metrics):
        row = into.setdefault(executor, {})
        for name in METRICS:
            row[name] = max(row.get(name, 0), metrics.get(name, 0))

    def facts(self):
        app, tasks, stages = self.app, self.tasks, self.stages.values()
        r = dict(
            spark_version=self.version, start_ms=app.get("start"), end_ms=app.get("end"), app_id=app.get("id"),
            app_duration_ms=app["end"] - app["start"] if "end" in app else None, pools=self.pools, exec_cores=self.cores,
            executors_removed=self.removed, n_events=self.kinds.total(), n_block_updates=self.kinds["SparkListenerBlockUpdated"],
            n_jobs=len(self.jobs), n_jobs_failed=sum(not j.get("ok", False) for j in self.jobs.values()), n_sql_failed=len(self.sql_errors),
            job_errors=sorted({j["err"] for j in self.jobs.values() if j.get("err")} | set(self.sql_errors))[:3], n_stages=len(stages),
            n_stages_failed=sum(bool(s["fail"]) for s in stages), n_tasks=len(tasks), n_tasks_failed=sum(not t["ok"] for t in tasks),
            task_failures=dict(collections.Counter(t["cls"] for t in tasks if not t["ok"])),
            task_failure_msgs=sorted({t["msg"] for t in tasks if not t["ok"]})[:4])
        r.update({name: round(sum(t[key] for t in tasks)) for name, key in SUMS.items()})
        r.update(peak_max=max([t["peak"] for t in tasks] or [0]), n_tasks_spilled=sum(t["ms"] > 0 for t in tasks))
        r.update(self.blocks.counts() if r["n_block_updates"] else {})
        r.update(self.cache())
        r["executor_metric_peaks"] = self.stage_metrics or self.task_metrics
        r["stages"] = [dict(s, cpu_ms=round(s["cpu_ms"])) for _, s in sorted(self.stages.items())]
        r["jobs"] = [dict(job=k, dur_ms=j["end"] - j["start"] if "end" in j else None, ok=j.get("ok"), desc=j["desc"]) for k, j in sorted(self.jobs.items())]
        return r

    def cache(self):
        """Cached RDDs, and hits: successful tasks of stages with exactly one persisted RDD that read input bytes."""
        reads = [t for t in self.tasks if t["ok"] and len(self.stages.get(t["stage"], {}).get("persisted", ())) == 1]
        hits = sum(t["inb"] > 0 for t in reads)
        rdds = [dict(rdd=id, **r) for id, r in sorted(self.rdds.items())]
        r = dict(
            cached_rdds=rdds, cache_tasks_single_rdd=len(reads), cache_hits_by_input_bytes=hits, cache_misses_by_input_bytes=len(reads) - hits,
            hit_ratio=round(hits / len(reads), 4) if reads else None)
        if self.kinds["SparkListenerBlockUpdated"] and rdds:
            in_memory = 0
            for row in rdds:
                row.update(self.blocks.at_end(row["rdd"]))
                in_memory += row["end_in_mem"]
            r["cached_fraction_mem_end"] = round(in_memory / max(1, sum(row["parts"] for row in rdds)), 4)
        return r


def from_driver_log(facts, drops, pieces):
    """Evictions of a run whose event log has no block updates."""
    to_disk = {r["rdd"] for r in facts["cached_rdds"] if r["level"][1]}
    for name, kind in (("evict_to_disk", True), ("evict_drop", False)):
        sizes = [size for rdd, size in drops if (rdd in to_disk) == kind]
        facts[name] = len(sizes)
        facts[name + "_bytes"] = None if None in sizes else sum(sizes)
    facts["bcast_evict"] = pieces


def truth(out, row, jars):
    """Everything known about one run."""
    folder = os.path.join(out, "logs", row["id"])
    log = Log()
    for e in eventlog.events(folder, jars):
        log.event(e)
    facts = log.facts()
    counts, drops, pieces = driverlog.read(out, row["id"])
    if not facts["n_block_updates"]:
        from_driver_log(facts, drops, pieces)
    (name,) = os.listdir(folder)
    files = eventlog.files(folder)
    ending = re.search(r"\.(zstd|lz4|snappy|lzf|gz)\b", files[0])
    facts.update(
        driver_log=counts, log=os.path.relpath(os.path.join(folder, name), out), log_bytes=sum(map(os.path.getsize, files)),
        log_format="rolling" if os.path.isdir(os.path.join(folder, name)) else ending.group(1) if ending else "plain", app_failed=row["rc"] != 0)
    return {**row, **facts}


def flat(o):
    """The row of truth.csv."""
    conf, pools, metrics = o["conf"], o["pools"], o["executor_metric_peaks"].values()
    on = [pools[k] for k in pools if k != "driver"] or list(pools.values())
    peak = lambda name: max([m.get(name, 0) for m in metrics] or [0])
    r = dict(
        o, workload=o["wl"], driver_memory=o["dm"], exec_slots=json.dumps(o["exec_cores"]), conf_fraction=conf.get("spark.memory.fraction", "0.6"),
        conf_storageFraction=conf.get("spark.memory.storageFraction", "0.5"),
        conf_offheap=conf.get("spark.memory.offHeap.size", "") if conf.get("spark.memory.offHeap.enabled") else "",
        shuffle_partitions_arg=o["args"].get("sp", conf.get("spark.sql.shuffle.partitions", "")), args=json.dumps(o["args"]), conf=json.dumps(conf),
        pool_onheap_max=max([p[0] for p in on] or [0]), pool_offheap_max=max([p[1] or 0 for p in on] or [0]), exit_code=o["rc"],
        outcome=" / ".join(o["outcome"])[:300], task_failures=json.dumps(o["task_failures"]) if o["task_failures"] else "",
        max_onheap_exec=peak("OnHeapExecutionMemory"), max_onheap_storage=peak("OnHeapStorageMemory"), max_jvm_heap=peak("JVMHeapMemory"),
        max_rss=peak("ProcessTreeJVMRSSMemory"), executors_removed=json.dumps(o["executors_removed"]) if o["executors_removed"] else "",
        **{k: v for k, v in o["driver_log"].items() if k in COLUMNS})
    return ["" if r.get(c) is None else r[c] for c in COLUMNS]


def result(o):
    """A run in a few words."""
    words = ["ok"]
    if o["app_failed"]:
        words = ["FAILED " + (json.dumps(o["task_failures"]) if o["task_failures"] else "; ".join(o["outcome"])[:90].replace("|", "/") or f"exit code {o['rc']}")]
    if o["mem_spilled"]:
        words.append(f"spill {o['mem_spilled'] / 1e6:.1f}/{o['disk_spilled'] / 1e6:.1f} MB")
    if o["hit_ratio"] is not None:
        words.append(f"hits {o['cache_hits_by_input_bytes']} of {o['cache_tasks_single_rdd']}")
    if o["evict_to_disk"] + o["evict_drop"]:
        words.append(f"evicted {o['evict_to_disk']} to disk, {o['evict_drop']} dropped")
    return "; ".join(words)


def write(out, jars):
    rows = [truth(out, row, jars) for row in sorted(index(out), key=lambda row: row["id"])]
    with open(out + "/truth.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(COLUMNS)
        w.writerows(map(flat, rows))
    with gzip.GzipFile(out + "/truth.jsonl.gz", "wb", mtime=0) as f:
        for o in rows:
            f.write((json.dumps(o) + "\n").encode())
    with open(out + "/RUNS.md", "w") as f:
        f.write("| run | spark | master, driver memory | workload | configuration | log | result |\n|---|---|---|---|---|---|---|\n")
        for o in rows:
            args = " ".join(f"{k}={v}" for k, v in o["args"].items())
            conf = " ".join(f"{k.removeprefix('spark.')}={v}" for k, v in o["conf"].items())
            f.write(f"| {o['id']} | {o['spark']} | {o['master']} {o['dm']} | {o['wl']} {args} | {conf} | {o['log_format']} | {result(o)} |\n")
    print(len(rows), "runs in", out + "/truth.csv")


if __name__ == "__main__":
    write(*sys.argv[1:])

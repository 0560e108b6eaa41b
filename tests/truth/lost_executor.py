#!/usr/bin/env python3
"""Kills an executor of a real Spark with kill -9 and says what was run again: lost_executor.py OUT [--only REGEX] [--work DIR]

Two executors of one core and no external shuffle service; eight map tasks, then eight reducers, each a second of sleep. Writes OUT, a
line of json a run: attempts of stages, tasks by what became of them, executors. Runs already in OUT are not run again.
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

import record

MASTER = "local-cluster[2,1,1024]"


def specs():
    for repeat in (1, 2, 3):
        yield dict(id=f"reduce-r{repeat}", kill="reduce", conf={})
    yield dict(id="map-r1", kill="map", conf={})
    yield dict(id="reduce-1-attempt", kill="reduce", conf={"spark.stage.maxConsecutiveAttempts": "1"})
    # A task that fails wherever it runs: where is it tried again, and when is it given up?
    for name, conf in (("off", {}), ("on", {"spark.excludeOnFailure.enabled": "true"}),
                       ("on-3-a-node", {"spark.excludeOnFailure.enabled": "true",
                                        "spark.excludeOnFailure.task.maxTaskAttemptsPerNode": "3"})):
        yield dict(id=f"failing-{name}", kill=None, conf=conf)


def executors(work):
    """The processes of executors of this run, by their id."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = open(path, "rb").read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in words and any(work in word for word in words):
            found[words[words.index("--executor-id") + 1]] = int(path.split("/")[2])
    return found


def python_side(kill, work):
    """The application, in a process of its own."""
    from pyspark import SparkConf, SparkContext

    def mapped(x):
        time.sleep(1)
        return [(key, x) for key in range(8)]

    def reduced(rows):
        time.sleep(1)
        return [sum(1 for _ in rows)]

    def failing(x):
        raise ValueError("no")

    sc = SparkContext(conf=SparkConf().setAppName("lost"))
    tracker = sc.statusTracker()

    def killer():
        stage = 1 if kill == "map" else 2
        while True:
            info = tracker.getStageInfo(stage)
            if info is not None and info.numCompletedTasks >= 2:
                break
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(executors(work)["1"], 9)
        print("WL_KILLED in stage", stage, flush=True)

    if kill:
        threading.Thread(target=killer, daemon=True).start()
    try:
        sc.parallelize(range(2), 2).count()  # both executors have registered
        time.sleep(5)
        rdd = sc.parallelize(range(8), 8)
        if kill:
            print("WL_SUM", sum(rdd.flatMap(mapped).partitionBy(8).mapPartitions(reduced).collect()), flush=True)
        else:
            sc.parallelize([0], 1).map(failing).count()
        sc.stop()
    except Exception as e:
        java = getattr(e, "java_exception", None)
        text = java.getMessage() if java is not None else f"{type(e).__name__}: {e}"
        print("WL_FAIL", json.dumps(text[:1500]), flush=True)
        sc.stop()
        sys.exit(1)


def told(log_dir):
    """What the event log tells."""
    path, = (path for path in glob.glob(log_dir + "/*") if not path.endswith(".crc"))
    stages, tasks, members, excluded = [], [], [], []
    for line in open(path):
        event = json.loads(line)
        kind = event["Event"]
        if kind == "SparkListenerStageCompleted":
            info = event["Stage Info"]
            stages.append(dict(stage=info["Stage ID"], attempt=info["Stage Attempt ID"], tasks=info["Number of Tasks"],
                               submitted=info.get("Submission Time"), completed=info.get("Completion Time"),
                               failure=info.get("Failure Reason", "").split("\n")[0][:200] or None))
        elif kind == "SparkListenerTaskEnd":
            info, reason = event["Task Info"], event["Task End Reason"]
            tasks.append(dict(stage=event["Stage ID"], stage_attempt=event["Stage Attempt ID"], index=info["Index"],
                              attempt=info["Attempt"], executor=info["Executor ID"], launched=info["Launch Time"],
                              finished=info["Finish Time"], reason=reason["Reason"],
                              text=(reason.get("Loss Reason") or reason.get("Message") or "").split("\n")[0][:200] or None))
        elif kind in ("SparkListenerExecutorAdded", "SparkListenerExecutorRemoved"):
            members.append([kind[len("SparkListenerExecutor"):], event["Executor ID"], event["Timestamp"], event.get("Removed Reason")])
        elif "xclu" in kind:
            excluded.append({key: value for key, value in event.items()})
    by = collections.Counter((t["stage"], t["stage_attempt"], t["reason"]) for t in tasks)
    return dict(stages=stages, counts=[[*key, n] for key, n in sorted(by.items())], tasks=tasks, executors=members, excluded=excluded)


def run(spec, work):
    version = record.DEFAULT_SPARK
    home = record.spark_home(version, work)
    log_dir = work + "/events"
    shutil.rmtree(log_dir, ignore_errors=True)
    os.makedirs(log_dir)
    conf = {"spark.ui.enabled": "false", "spark.local.dir": f"{work}/local", "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1", "spark.eventLog.enabled": "true", "spark.eventLog.dir": log_dir,
            "spark.executor.extraJavaOptions": f"-Dpoolsim.work={work}", **spec["conf"]}
    cmd = [home + "/bin/spark-submit", "--master", MASTER, *(x for k, v in conf.items() for x in ("--conf", f"{k}={v}")),
           os.path.abspath(__file__), "--python-side", str(spec["kill"]), "--work", work, "-"]
    env = record.environment(home, version, work)
    done = subprocess.run(cmd, capture_output=True, text=True, timeout=300, env=env, cwd=work)
    with open(f"{work}/{spec['id']}.stderr", "w") as f:
        f.write(done.stderr)
    return dict(**spec, code=done.returncode, said=[x for x in done.stdout.splitlines() if x.startswith("WL_")], **told(log_dir))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out")
    p.add_argument("--only", default="")
    p.add_argument("--work", default="/tmp/poolsim-truth-lost")
    p.add_argument("--python-side", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.python_side:
        python_side(None if a.python_side == "None" else a.python_side, a.work)
        return
    os.makedirs(a.work, exist_ok=True)
    done = {json.loads(x)["id"] for x in open(a.out)} if os.path.exists(a.out) else set()
    for spec in specs():
        if spec["id"] not in done and re.search(a.only, spec["id"]):
            row = run(spec, a.work)
            with open(a.out, "a") as f:
                f.write(json.dumps(row) + "\n")
            print(row["id"], row["code"], row["said"], row["counts"], flush=True)


if __name__ == "__main__":
    main()

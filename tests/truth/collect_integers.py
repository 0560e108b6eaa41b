#!/usr/bin/env python3
"""Parallelizes and collects a hundred million integers with a real Spark, for drivers of several sizes, and says what became of it:
collect_integers.py OUT [--only REGEX] [--work DIR] [--n N]

Writes OUT, a line of json a run: what the driver said, the peak of its heap (after a collection, from the JVM's own log), and of its
resident memory. Runs already in OUT are not run again. One at a time; a Python list of that size takes 4 GB.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

import record

FORMS = {
    "scala-range": "sc.parallelize(1 to n).collect()",
    "scala-array": "sc.parallelize((1 to n).toArray.toSeq).collect()",
    "python-range": "sc.parallelize(range(n)).collect()",
    "python-list": "sc.parallelize(list(range(n))).map(lambda x: x * 2).collect()",
}


def specs():
    for master in ("local[2]", "local-cluster[2,1,1024]"):
        for form in FORMS:
            for memory in ("1g", "4g"):
                for limit in ("1g", "0"):
                    yield dict(id=f"{form}-{master.split('[')[0]}-{memory}-max{limit}", form=form, master=master, dm=memory, limit=limit)


def python_side(form, n):
    """What the runs of Python do, in a process of its own."""
    from pyspark import SparkConf, SparkContext
    sc = SparkContext(conf=SparkConf().setAppName("driver"))
    try:
        rdd = sc.parallelize(range(n)) if form == "python-range" else sc.parallelize(list(range(n))).map(lambda x: x * 2)
        print("WL_SLICES", rdd.getNumPartitions(), flush=True)
        print("WL_COLLECTED", len(rdd.collect()), flush=True)
        sc.stop()
    except Exception as e:
        java = getattr(e, "java_exception", None)
        text = java.toString() if java is not None else f"{type(e).__name__}: {e}"
        print("WL_FAIL", text.split("\n")[0][:500], flush=True)
        sys.exit(1)


def driver_jar(version, home, work):
    jar, source = os.path.join(work, f"driver-{version}.jar"), os.path.join(record.HERE, "Driver.scala")
    if not os.path.exists(jar) or os.path.getmtime(jar) < os.path.getmtime(source):
        subprocess.run(["java", "-cp", home + "/jars/*", "scala.tools.nsc.Main", "-usejavacp", "-nowarn", "-d", jar, source], check=True)
    return jar


def descendants(pid):
    """Processes of a run, itself included."""
    found, todo = [], [pid]
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                todo += [int(x) for x in open(f"/proc/{pid}/task/{task}/children").read().split()]
        except OSError:
            pass
    return found


def resident(pid):
    """Command and resident bytes (the highest so far) of a process."""
    try:
        words = open(f"/proc/{pid}/cmdline", "rb").read().decode(errors="replace").split("\0")
        high = re.search(r"VmHWM:\s+(\d+) kB", open(f"/proc/{pid}/status").read())
        return words, int(high.group(1)) * 1024 if high else 0
    except OSError:
        return [], 0


def watch(process, timeout):
    """Waits for a run. Returns its exit code and the peaks of the driver's JVM and of the driver's Python."""
    jvm = python = 0
    end = time.time() + timeout
    while process.poll() is None and time.time() < end:
        for pid in descendants(process.pid):
            words, high = resident(pid)
            if "org.apache.spark.deploy.SparkSubmit" in words:
                jvm = max(jvm, high)
            elif any(w.endswith("collect_integers.py") for w in words) and "python" in os.path.basename(words[0]):
                python = max(python, high)
        time.sleep(0.3)
    if process.poll() is None:
        for pid in reversed(descendants(process.pid)):
            try:
                os.kill(pid, 9)
            except OSError:
                pass
        process.wait()
        return "timeout", jvm, python
    return process.returncode, jvm, python


MIB = {"K": 1 / 1024, "M": 1, "G": 1024}


def heap(path):
    """Peaks of the heap in the JVM's log: before a collection, and what was left after a full one, MiB."""
    before, left = 0, 0
    for line in open(path):
        found = re.search(r"Pause (\w+).*? (\d+)([KMG])->(\d+)([KMG])\((\d+)([KMG])\)", line)
        if found:
            kind, a, am, b, bm, _, _ = found.groups()
            before = max(before, int(a) * MIB[am])
            if kind == "Full":
                left = max(left, int(b) * MIB[bm])
    return before, left


def run(spec, n, work, timeout):
    version = record.DEFAULT_SPARK
    home = record.spark_home(version, work)
    jar = driver_jar(version, home, work)
    gc_log = os.path.join(work, "gc.log")
    if os.path.exists(gc_log):
        os.remove(gc_log)
    cmd = [home + "/bin/spark-submit", "--master", spec["master"], "--driver-memory", spec["dm"],
           "--driver-java-options", f"-Xlog:gc:file={gc_log}", "--conf", "spark.ui.enabled=false",
           "--conf", f"spark.driver.maxResultSize={spec['limit']}", "--conf", f"spark.local.dir={work}/local"]
    if spec["form"].startswith("scala"):
        cmd += ["--class", "Driver", jar, "integers", spec["form"].split("-")[1], str(n)]
    else:
        cmd += [os.path.abspath(__file__), "--python", spec["form"], "--n", str(n)]
    env = record.environment(home, version, work)
    os.makedirs(work + "/local", exist_ok=True)
    start = time.time()
    with open(work + "/stdout", "w") as out, open(work + "/stderr", "w") as err:
        process = subprocess.Popen(cmd, stdout=out, stderr=err, env=env, cwd=work)
        code, jvm, python = watch(process, timeout)
    said = [x.strip() for x in open(work + "/stdout") if x.startswith("WL_")]
    noted = [x.strip()[:400] for x in open(work + "/stderr") if re.search(
        r"OutOfMemoryError|maxResultSize|very large size|rpc.message.maxSize|result \(TID|Finished task .* bytes result sent|ERROR", x)]
    before, full = heap(gc_log) if os.path.exists(gc_log) else (0, 0)
    return dict(**spec, n=n, code=code, said=said, noted=noted[:12], heap_peak_mib=before, heap_after_full_mib=full,
                jvm_rss_bytes=jvm, python_rss_bytes=python, seconds=round(time.time() - start, 1))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out", nargs="?")
    p.add_argument("--only", default="")
    p.add_argument("--work", default="/tmp/poolsim-truth-integers")
    p.add_argument("--n", type=int, default=100_000_000)
    p.add_argument("--timeout", type=int, default=420)
    p.add_argument("--python", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.python:
        return python_side(a.python, a.n)
    os.makedirs(a.work, exist_ok=True)
    done = {json.loads(x)["id"] for x in open(a.out)} if os.path.exists(a.out) else set()
    for spec in specs():
        if spec["id"] not in done and re.search(a.only, spec["id"]):
            row = run(spec, a.n, a.work, a.timeout)
            with open(a.out, "a") as f:
                f.write(json.dumps(row) + "\n")
            print(row["id"], row["code"], row["said"][-1:], row["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()

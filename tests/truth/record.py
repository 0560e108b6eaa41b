#!/usr/bin/env python3
"""Runs real Sparks and keeps their event logs with the truth about them: record.py OUT [--set NAME] [--only REGEX] [--work DIR]

Runs already in OUT/index.jsonl are not run again. One run at a time, each in a JVM of its own.
"""
import argparse
import fcntl
import glob
import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

import extract
import specs

HERE = os.path.dirname(os.path.abspath(__file__))
SPARKS = os.environ.get("POOLSIM_SPARKS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "poolsim", "sparks")
DEFAULT_SPARK = "3.5.6"


def spark_home(version, work):
    """A Spark by its version: a folder of links, since local-cluster writes into its Spark's, and since logs hold the path."""
    subprocess.run([os.path.join(HERE, "..", "oracle", "install.sh"), version], check=True, env=dict(os.environ, POOLSIM_SPARKS=SPARKS))
    home, wheel = os.path.join(work, f"spark-{version}"), os.path.join(SPARKS, version, "pyspark")
    os.makedirs(home, exist_ok=True)
    for name in os.listdir(wheel):
        if not os.path.lexists(os.path.join(home, name)):
            os.symlink(os.path.join(wheel, name), os.path.join(home, name))
    return home


def scala_jar(version, home, work):
    """W.scala, compiled by the compiler among Spark's own jars."""
    jar, source = os.path.join(work, f"w-{version}.jar"), os.path.join(HERE, "W.scala")
    if not os.path.exists(jar) or os.path.getmtime(jar) < os.path.getmtime(source):
        jars = ":".join(glob.glob(home + "/jars/*.jar"))
        subprocess.run(["java", "-cp", jars, "scala.tools.nsc.Main", "-usejavacp", "-nowarn", "-d", jar, source], check=True)
    return jar


def busy_seconds():
    """CPU seconds that the machine has been busy since it started."""
    x = open("/proc/stat").readline().split()
    return sum(int(x[i]) for i in (1, 2, 3, 6, 7)) / os.sysconf("SC_CLK_TCK")


def child_cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def command(spec, home, work, log_dir):
    conf = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": "file:" + log_dir,
        "spark.ui.enabled": "false",
        "spark.local.dir": work + "/local",
        "spark.sql.warehouse.dir": work + "/warehouse",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        **spec["conf"],
    }
    cmd = [home + "/bin/spark-submit", "--master", spec.get("master", "local[2]"), "--driver-memory", spec.get("dm", "1g")]
    for key, value in conf.items():
        cmd += ["--conf", f"{key}={value}"]
    if spec.get("scala"):
        cmd += ["--class", "W", scala_jar(spec.get("spark", DEFAULT_SPARK), home, work)]
    else:
        # Beside the work: the command line is in the log.
        cmd += [shutil.copy(os.path.join(HERE, "workloads.py"), work)]
    return cmd + [spec["workload"], *[f"{k}={v}" for k, v in spec["args"].items()], "app=" + spec["id"]]


def environment(home, version, work):
    py4j = glob.glob(home + "/python/lib/py4j-*.zip")[0]
    conf = shutil.copytree(os.path.join(HERE, "conf"), work + "/conf", dirs_exist_ok=True)
    return dict(
        os.environ, SPARK_HOME=home, SPARK_CONF_DIR=conf, PYTHONPATH=os.path.join(SPARKS, version) + ":" + py4j,
        PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1",
        SPARK_LOCAL_HOSTNAME="localhost", SPARK_USER="spark")


def keep(spec, home, log_dir, out, work):
    """Moves what a run left: the event log as it is, the driver's and the executors' stderr zipped."""
    logs = os.path.join(out, "logs", spec["id"])
    shutil.rmtree(logs, ignore_errors=True)
    shutil.copytree(log_dir, logs, ignore=shutil.ignore_patterns("*.crc", ".*"))
    os.makedirs(out + "/memlog", exist_ok=True)
    for path in [work + "/stderr", *sorted(glob.glob(home + "/work/*/*/stderr"))]:
        name = "stderr" if path == work + "/stderr" else f"exec-{path.split('/')[-2]}.stderr"
        with open(path, "rb") as f, gzip.open(f"{out}/memlog/{spec['id']}.{name}.gz", "wb", 9) as z:
            shutil.copyfileobj(f, z)


def run(spec, out, work):
    version = spec.get("spark", DEFAULT_SPARK)
    home, log_dir = spark_home(version, work), os.path.join(work, "log")
    for left in (log_dir, work + "/local", home + "/work"):
        shutil.rmtree(left, ignore_errors=True)
        os.makedirs(left)
    for old in glob.glob(f"{out}/memlog/{spec['id']}.*"):
        os.remove(old)
    cmd, env = command(spec, home, work, log_dir), environment(home, version, work)
    start, own, busy = time.time(), child_cpu(), busy_seconds()
    with open(work + "/stdout", "w") as o, open(work + "/stderr", "w") as e:
        p = subprocess.Popen(cmd, stdout=o, stderr=e, env=env, cwd=work)
        try:
            rc = p.wait(timeout=spec.get("timeout", 300))
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            rc = "timeout"
    wall, own, busy = time.time() - start, child_cpu() - own, busy_seconds() - busy
    keep(spec, home, log_dir, out, work)
    with open(work + "/stdout") as f:
        outcome = [line.strip() for line in f if line.startswith("WL_")]
    row = dict(
        id=spec["id"], spark=version, master=spec.get("master", "local[2]"), dm=spec.get("dm", "1g"), wl=spec["workload"],
        lang="scala" if spec.get("scala") else "python", args=spec["args"], conf=spec["conf"], family=spec["family"], rc=rc,
        wall_s=round(wall, 2), own_cpu_s=round(own, 2), other_cpu_s=round(max(0.0, busy - own), 2), outcome=outcome)
    with open(out + "/index.jsonl", "a") as f:
        f.write(json.dumps(row) + "\n")
    print(spec["id"], rc, round(wall, 1), "s;", "others' CPU", row["other_cpu_s"], "s;", *[x[:160] for x in outcome], flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out")
    p.add_argument("--set", default="recorded", choices=specs.SETS)
    p.add_argument("--only", default="", help="a regular expression that an id must match")
    p.add_argument("--work", default="/tmp/poolsim-truth", help="scratch; its path is in the logs")
    a = p.parse_args()
    out = os.path.abspath(a.out)
    os.makedirs(out, exist_ok=True)
    os.makedirs(a.work, exist_ok=True)
    lock = open(os.path.join(a.work, "lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"{a.work} is in use by another recording: choose another --work")
    done = {row["id"] for row in extract.index(out)}
    for spec in specs.all_specs(a.set):
        if spec["id"] not in done and re.search(a.only, spec["id"]):
            run(spec, out, a.work)
    extract.write(out, os.path.join(spark_home(DEFAULT_SPARK, a.work), "jars"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Asks a real Spark what its driver holds and what its stacks stand: driver_limits.py OUT [--only REGEX] [--work DIR]

Writes OUT, a line of json a run: what `Driver.scala` said. Runs already in OUT are not run again.
"""
import argparse
import json
import os
import re
import subprocess

import collect_integers
import record


def specs():
    for collector in ("G1", "Parallel"):
        yield dict(id=f"idle-{collector}", what=["idle"], dm="2g", jvm=f"-XX:+Use{collector}GC")
    for n, reducers in ((20_000, 200), (60_000, 200), (4_000, 4_000)):
        yield dict(id=f"tasks-{n}-{reducers}", what=["tasks", str(n), str(reducers)], dm="3g", jvm="")
    yield dict(id="rows", what=["rows", "1000000"], dm="4g", jvm="")
    for form, first in (("map", 100), ("union", 50), ("column", 50)):
        for stack in ("512k", "1m", "2m", "4m"):
            yield dict(id=f"deep-{form}-{stack}", what=["deep", form, str(first)], dm="2g", jvm=f"-Xss{stack}")


def run(spec, work):
    version = record.DEFAULT_SPARK
    home = record.spark_home(version, work)
    cmd = [home + "/bin/spark-submit", "--master", "local[2]", "--driver-memory", spec["dm"], "--driver-java-options", spec["jvm"],
           "--conf", "spark.ui.enabled=false", "--conf", f"spark.local.dir={work}/local", "--conf", "spark.driver.host=127.0.0.1",
           "--conf", "spark.driver.bindAddress=127.0.0.1", "--class", "Driver",
           collect_integers.driver_jar(version, home, work), *spec["what"]]
    os.makedirs(work + "/local", exist_ok=True)
    env = record.environment(home, version, work)
    try:
        done = subprocess.run(cmd, capture_output=True, text=True, timeout=900, env=env, cwd=work)
        code, out = done.returncode, done.stdout
    except subprocess.TimeoutExpired as e:
        code, out = "timeout", (e.stdout or b"").decode(errors="replace")
    return dict(**spec, code=code, said=[x[:700] for x in out.splitlines() if x.startswith("WL_")])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("out")
    p.add_argument("--only", default="")
    p.add_argument("--work", default="/tmp/poolsim-truth-driver")
    a = p.parse_args()
    os.makedirs(a.work, exist_ok=True)
    done = {json.loads(x)["id"] for x in open(a.out)} if os.path.exists(a.out) else set()
    for spec in specs():
        if spec["id"] not in done and re.search(a.only, spec["id"]):
            row = run(spec, a.work)
            with open(a.out, "a") as f:
                f.write(json.dumps(row) + "\n")
            print(row["id"], row["code"], row["said"][-2:], flush=True)


if __name__ == "__main__":
    main()

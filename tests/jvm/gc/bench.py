#!/usr/bin/env python3
"""Runs Gc.java over collectors, heaps, live sets and rates of allocation, and writes what was measured as a CSV.

    python3 bench.py --out runs.csv [--only grid,repeat,growing,demo] [--collectors parallel,serial,g1,zgc]

Heaps of 512, 1024 and 2048 MiB are for fitting the model's constants, those of 768, 1536 and 3072 MiB for testing it.
Every JVM sees two processors. Where the kernel groups processes by session, each run's session gets a high weight,
so that what else runs on the host disturbs little; shares of time are taken of the workers' CPU time, not of the clock.
Rows that a previous run wrote to the file are kept and not measured again.
"""
import argparse
import csv
import os
import random
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = {"parallel": "ParallelGC", "serial": "SerialGC", "g1": "G1GC", "zgc": "ZGC"}
FIT, TEST = [512, 1024, 2048], [768, 1536, 3072]
MIB = 1 << 20
COLUMNS = [
    "set", "part", "collector", "heap_mib", "label", "repeat", "initial_heap", "threads", "live_bytes", "medium_bytes",
    "medium_per_mille", "object_bytes", "iterations", "verdict", "elapsed_ms", "worker_cpu_ms", "process_cpu_ms",
    "allocated_bytes", "young_count", "young_ms", "old_count", "old_ms", "pauses", "pause_ms", "longest_pause_ms",
    "full_pauses", "full_pause_ms", "stalls", "stall_ms", "max_memory_bytes", "java_version",
]
# The beans that Spark sums: what is young and what is old (for ZGC, which has no generations: pauses and cycles).
YOUNG = {"PS_Scavenge", "Copy", "G1_Young_Generation", "ZGC_Pauses"}


def configurations():
    """(part, label, heap, settings): one base a heap and settings that differ from it in one thing."""
    found = []
    for heap in sorted(FIT + TEST):
        base = dict(live=0.3, medium=0.05, share=100, object=80, iterations=60, threads=2)
        changes = {
            "base": {},
            "live10": dict(live=0.1), "live50": dict(live=0.5), "live62": dict(live=0.62),
            "live80": dict(live=0.8), "live90": dict(live=0.9),
            "rate_low": dict(iterations=200), "rate_high": dict(iterations=20),
            "medium15": dict(medium=0.15), "medium0": dict(medium=0.0, share=0),
            "object1000": dict(object=1000),
            "one_thread": dict(threads=1),
            # The same bytes in every heap: those of the base in the smallest.
            "absolute": dict(live=0.3 * 512 / heap, medium=0.05 * 512 / heap),
            "absolute_high": dict(live=0.6 * 512 / heap, medium=0.05 * 512 / heap),
        }
        for label, change in changes.items():
            found.append(("grid", label, heap, base | change))
        if heap in (1024, 1536):
            for repeat in range(1, 4):
                found.append(("repeat", "base", heap, base | dict(repeat=repeat)))
                found.append(("repeat", "live62", heap, base | dict(live=0.62, repeat=repeat)))
        for label in ("base", "live10", "live50", "rate_high"):
            found.append(("growing", label, heap, base | changes[label] | dict(initial="default")))
    return found


def pauses(log, since):
    """Sums of the pauses that began after an uptime in ms."""
    kept = dict(pauses=0, pause_ms=0.0, longest_pause_ms=0.0, full_pauses=0, full_pause_ms=0.0, stalls=0, stall_ms=0.0)
    for line in open(log, encoding="utf-8", errors="replace"):
        at = re.match(r"\[(\d+)\.(\d+)s\]", line)
        if not at or int(at[1]) * 1000 + int(at[2]) < since:
            continue
        stall = re.search(r"Allocation Stall \(.*\) ([\d.]+)ms", line)
        if stall:
            kept["stalls"] += 1
            kept["stall_ms"] += float(stall[1])
        pause = re.search(r"\] GC\(\d+\) (Pause .*?) ?([\d.]+)ms\s*$", line)
        phases = re.search(r"\[gc,phases", line)
        if pause and (not phases or "gc,phases   ] GC" in line and "Pause Mark" in line or "Pause Relocate" in line):
            took = float(pause[2])
            kept["pauses"] += 1
            kept["pause_ms"] += took
            kept["longest_pause_ms"] = max(kept["longest_pause_ms"], took)
            if pause[1].startswith("Pause Full"):
                kept["full_pauses"] += 1
                kept["full_pause_ms"] += took
    return kept


def run(classes, collector, heap, settings):
    """One JVM; a dictionary of what it said."""
    live, medium = (int(settings[k] * heap * MIB) for k in ("live", "medium"))
    initial = settings.get("initial", "fixed")
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "gc.log")
        command = ["java", f"-Xmx{heap}m", f"-XX:+Use{FLAGS[collector]}", "-XX:ActiveProcessorCount=2",
                   f"-Xlog:gc*:file={log}:uptime,tags:filecount=0", "-cp", classes]
        if initial == "fixed":
            command.insert(1, f"-Xms{heap}m")
        command += ["Gc", f"live={live}", f"medium={medium}", f"share={settings['share']}",
                    f"object={settings['object']}", f"iterations={settings['iterations']}",
                    f"threads={settings['threads']}", f"records={settings.get('records', 0)}",
                    f"millis={settings.get('millis', 3500)}"]

        def weigh():
            os.setsid()
            try:
                with open("/proc/self/autogroup", "w", encoding="ascii") as group:
                    group.write("-15")
                os.nice(-15)
            except OSError:
                pass

        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=weigh, check=False)
            out, err = done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            out, err = "verdict=killed_after_60_s", ""
        said = dict(pair.split("=", 1) for pair in out.split() if "=" in pair and not pair.startswith("bean="))
        since = re.search(r"measured from uptime_ms (\d+)", err)
        row = pauses(log, int(since[1])) if since and os.path.exists(log) else {}
    row |= dict(young_count=0, young_ms=0, old_count=0, old_ms=0)
    for pair in out.split():
        if pair.startswith("bean="):
            name, count, took = pair[5:].rsplit(",", 2)
            kind = "young" if name in YOUNG else "old"
            row[f"{kind}_count"] += int(count)
            row[f"{kind}_ms"] += int(took)
    row |= {to: round(int(said[of]) / 1e6, 1) for of, to in
            [("elapsed_ns", "elapsed_ms"), ("worker_cpu_ns", "worker_cpu_ms"), ("process_cpu_ns", "process_cpu_ms")]
            if of in said}
    row |= dict(verdict=said.get("verdict", "no_answer"), allocated_bytes=said.get("allocated_bytes", 0),
                max_memory_bytes=said.get("max_memory", 0), live_bytes=live, medium_bytes=medium, initial_heap=initial,
                heap_mib=heap, collector=collector, threads=settings["threads"], object_bytes=settings["object"],
                iterations=settings["iterations"], medium_per_mille=settings["share"],
                repeat=settings.get("repeat", 0), set="fit" if heap in FIT else "test")
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", default=os.path.join(HERE, "runs.csv"))
    arguments.add_argument("--only", default="grid,repeat,growing")
    arguments.add_argument("--collectors", default=",".join(FLAGS))
    given = arguments.parse_args()
    version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr.splitlines()[0]
    version = re.search(r'"(.*?)"', version)[1]
    classes = tempfile.mkdtemp()
    subprocess.run(["javac", "-d", classes, os.path.join(HERE, "Gc.java")], check=True)
    rows = []
    if os.path.exists(given.out):
        with open(given.out, newline="", encoding="utf-8") as kept:
            rows = list(csv.DictReader(kept))
    key = ["part", "collector", "heap_mib", "label", "repeat", "initial_heap"]
    present = {tuple(str(row[k]) for k in key) for row in rows}
    todo = [(collector, *of) for of in configurations() for collector in given.collectors.split(",")
            if of[0] in given.only.split(",")]
    # In an order of its own, so that a drift of the host does not follow any setting.
    random.Random(1).shuffle(todo)
    for collector, part, label, heap, settings in todo:
        name = (part, collector, str(heap), label, str(settings.get("repeat", 0)), settings.get("initial", "fixed"))
        if name in present:
            continue
        row = run(classes, collector, heap, settings) | dict(part=part, label=label, java_version=version)
        rows.append(row)
        print(*name, row["verdict"], row["young_ms"], row["old_ms"], row.get("elapsed_ms"), flush=True)
        rows.sort(key=lambda r: (r["part"], r["collector"], int(r["heap_mib"]), r["label"], int(r["repeat"])))
        with open(given.out + ".partial", "w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(given.out + ".partial", given.out)


if __name__ == "__main__":
    main()

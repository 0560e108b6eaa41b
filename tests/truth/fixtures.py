#!/usr/bin/env python3
"""Packs the set `fixtures` for the tests: fixtures.py RAW DEST   (after record.py RAW --set fixtures)

Beside the recorded logs come those that have to be made of one: compacted by the history server, zipped, cut, and with
garbage between the lines. RAW keeps them too, as runs of their own. DEST/truth.csv is as of any set, its logs lie in DEST/ID.
"""
import csv
import glob
import gzip
import json
import os
import shutil
import subprocess
import sys
import time

import extract
import record

GARBAGE = ["not an event", '{"Event":"SparkListenerTaskEnd","Stage ID":', "{}", "\x00\x01\x02", "[1,2,3]", '{"Event":"org.example.Unheard"}']


def source(raw, id):
    """The one file of a recorded log."""
    (path,) = glob.glob(f"{raw}/logs/{id}/*")
    return path


def derived(raw, id, of, make):
    """A run like `of`, whose log is made of the log of `of`."""
    row = {r["id"]: r for r in extract.index(raw)}[of]
    folder = f"{raw}/logs/{id}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    make(f"{raw}/logs/{of}", folder)
    for path in glob.glob(f"{raw}/memlog/{of}.*"):
        shutil.copy(path, path.replace(f"/{of}.", f"/{id}."))
    with open(raw + "/index.jsonl", "a") as f:
        f.write(json.dumps(dict(row, id=id, family=id.split("-")[0], derived_from=of)) + "\n")


def zipped(raw):
    def make(_, folder):
        path = source(raw, "sort-f0.1")
        with open(path, "rb") as f, gzip.GzipFile(f"{folder}/{os.path.basename(path)}.gz", "wb", mtime=0) as z:
            shutil.copyfileobj(f, z)
    return make


def cut(raw, of):
    """The first four fifths of the bytes: in the middle of a line or of a compressed block."""
    def make(_, folder):
        path = source(raw, of)
        with open(path, "rb") as f, open(f"{folder}/{os.path.basename(path)}", "wb") as o:
            o.write(f.read(os.path.getsize(path) * 4 // 5))
    return make


def garbage(raw):
    """Lines that are no events, or not whole ones, before every fourth line; the real lines are all there."""
    def make(_, folder):
        path = source(raw, "sort-f0.1")
        with open(path) as f, gzip.GzipFile(f"{folder}/{os.path.basename(path)}.gz", "wb", mtime=0) as o:
            for number, line in enumerate(f):
                if number % 4 == 2:
                    o.write((GARBAGE[number // 4 % len(GARBAGE)] + "\n").encode())
                o.write(line.encode())
    return make


def compacted(home, compress):
    """What a history server leaves of a rolling log when it may keep one file."""
    def make(of, folder):
        shutil.copytree(of, folder, dirs_exist_ok=True)
        options = dict(
            fs__logDirectory="file:" + folder, fs__eventLog__rolling__maxFilesToRetain=1, fs__update__interval="2s", ui__port=0)
        text = " ".join(f"-Dspark.history.{k.replace('__', '.')}={v}" for k, v in options.items()) + f" -Dspark.eventLog.compress={compress}"
        env = dict(os.environ, SPARK_HOME=home, SPARK_HISTORY_OPTS=text, SPARK_LOCAL_IP="127.0.0.1")
        server = subprocess.Popen(
            [home + "/bin/spark-class", "org.apache.spark.deploy.history.HistoryServer"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(60):
                time.sleep(1)
                if glob.glob(folder + "/eventlog_v2_*/*.compact"):
                    time.sleep(3)  # it deletes the compacted files after it has written the new one
                    break
        finally:
            server.terminate()
            server.wait()
        for path in glob.glob(folder + "/**/.*", recursive=True):
            os.remove(path)
        if not glob.glob(folder + "/eventlog_v2_*/*.compact"):
            sys.exit("the history server has compacted nothing")
    return make


def main():
    raw, dest = map(os.path.abspath, sys.argv[1:])
    work = "/tmp/poolsim-truth"
    os.makedirs(work, exist_ok=True)
    home = record.spark_home(record.DEFAULT_SPARK, work)
    derived(raw, "gzip-sort", "sort-f0.1", zipped(raw))
    derived(raw, "broken-cut-plain", "sort-f0.1", cut(raw, "sort-f0.1"))
    derived(raw, "broken-cut-zstd", "mixed-MO-f0.2-sf0.3", cut(raw, "mixed-MO-f0.2-sf0.3"))
    derived(raw, "broken-garbage", "sort-f0.1", garbage(raw))
    derived(raw, "compacted-zstd", "rolled-zstd", compacted(home, "true"))
    derived(raw, "compacted-mislabelled", "rolled-zstd", compacted(home, "false"))
    extract.write(raw, home + "/jars")

    shutil.rmtree(dest, ignore_errors=True)
    # The log that was compacted is megabytes long.
    shutil.copytree(raw + "/logs", dest, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("rolled-zstd"))
    with open(raw + "/truth.csv", newline="") as f, open(dest + "/truth.csv", "w", newline="") as o:
        rows = csv.DictReader(f)
        w = csv.DictWriter(o, extract.COLUMNS, lineterminator="\n")
        w.writeheader()
        for row in rows:
            if row["id"] != "rolled-zstd":
                w.writerow(dict(row, log=row["log"].removeprefix("logs/")))


if __name__ == "__main__":
    main()

"""The application that container.py runs: phases of work on one executor, and after each what its processes hold."""
import csv
import os
import re
import subprocess
import sys
import threading
import time

from pyspark import StorageLevel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

OUT, PHASES, SCALE = sys.argv[1], sys.argv[2].split(","), float(sys.argv[3])
MIB = 1 << 20


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read().decode(errors="replace")
    except OSError:
        return ""


def children():
    """pid -> parent of all processes."""
    table = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        stat = read(f"/proc/{pid}/stat")
        if stat:
            table[int(pid)] = int(stat.rsplit(")", 1)[1].split()[1])
    return table


def below(pid, table):
    found = {pid}
    while True:
        more = {child for child, parent in table.items() if parent in found} - found
        if not more:
            return found - {pid}
        found |= more


def executor_pid(url):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        command = read(f"/proc/{pid}/cmdline").split("\0")
        if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in command and any(url in part for part in command):
            if command[0].endswith("java"):
                return int(pid)
    sys.exit("no executor")


def status(pid, name):
    found = re.search(rf"^{name}:\s+(\d+) kB", read(f"/proc/{pid}/status"), re.M)
    return int(found.group(1)) * 1024 if found else 0


def workers(pid):
    """Python workers by pid: children of the daemon; the daemon itself is first."""
    table = children()
    daemon = [p for p in below(pid, table) if table[p] == pid and "pyspark.daemon" in read(f"/proc/{p}/cmdline")]
    return daemon, sorted(p for d in daemon for p in below(d, table))


class Peaks(threading.Thread):
    """What was the most, sampled: of the JVM and of all Python processes together."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.python, self.workers = pid, 0, {}

    def run(self):
        while True:
            daemon, pids = workers(self.pid)
            sizes = [(status(p, "VmRSS"), status(p, "VmPeak"), status(p, "VmHWM")) for p in pids]
            self.python = max(self.python, sum(rss for rss, _, _ in sizes) + sum(status(d, "VmRSS") for d in daemon))
            for p, (_, peak, most) in zip(pids, sizes):
                self.workers[p] = (peak, most)
            time.sleep(0.2)


def native(pid):
    """Parts of NativeMemoryTracking, committed bytes."""
    text = subprocess.run(["jcmd", str(pid), "VM.native_memory", "summary", "scale=b"], capture_output=True, text=True).stdout
    parts = {}
    for name, committed in re.findall(r"^-\s+(.+?) \(reserved=\d+, committed=(\d+)", text, re.M):
        parts["nmt_" + name.strip().lower().replace(" ", "_")] = int(committed)
    threads = re.search(r"\(thread #(\d+)\)", text) or re.search(r"threads? #(\d+)", text)
    parts["threads"] = int(threads.group(1)) if threads else 0
    stack = re.search(r"stack: reserved=(\d+), committed=(\d+)", text)
    parts["stack_reserved"], parts["stack_committed"] = (int(stack.group(1)), int(stack.group(2))) if stack else (0, 0)
    total = re.search(r"Total: reserved=(\d+), committed=(\d+)", text)
    parts["nmt_total"] = int(total.group(2)) if total else 0
    return parts


def heap_touched(pid):
    """Bytes of the heap's address range that are in memory, and what of it the collector has committed and uses."""
    text = subprocess.run(["jcmd", str(pid), "GC.heap_info"], capture_output=True, text=True).stdout
    ranges = [(int(a, 16), int(b, 16)) for a, b in re.findall(r"\[0x([0-9a-f]+), (?:0x[0-9a-f]+, )?0x([0-9a-f]+)\)", text)]
    low, high = min(a for a, _ in ranges), max(b for _, b in ranges)
    rss, inside = 0, False
    # Metaspace is listed too, above the heap where class space is; only mappings below 32 GiB and within the heap count.
    heap = [(a, b) for line in text.splitlines() if "Metaspace" not in line and "class space" not in line
            for a, b in [(int(x, 16), int(y, 16)) for x, y in re.findall(r"\[0x([0-9a-f]+), (?:0x[0-9a-f]+, )?0x([0-9a-f]+)\)", line)]]
    low, high = min(a for a, _ in heap), max(b for _, b in heap)
    for line in read(f"/proc/{pid}/smaps").splitlines():
        bounds = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
        if bounds:
            inside = low <= int(bounds.group(1), 16) < high
        elif inside and line.startswith("Rss:"):
            rss += int(line.split()[1]) * 1024
    used = sum(int(x) for x in re.findall(r"used (\d+)K", text.split("Metaspace")[0]))
    return {"heap_rss": rss, "heap_used": used * 1024}


def noop(df):
    df.write.format("noop").mode("overwrite").save()


def rows(spark, n, hexes, parts=8):
    word = F.concat(*[F.hex(F.xxhash64("id", F.lit(i))) for i in range(hexes)])
    return spark.range(0, int(n * SCALE), 1, parts).select("id", word.alias("s"))


def phase(name, spark):
    sc = spark.sparkContext
    if name == "idle":
        time.sleep(3)
    elif name == "small":
        spark.range(0, 100_000, 1, 50).selectExpr("sum(id)").collect()
    elif name == "sort":
        noop(rows(spark, 3_000_000, 6).repartition(8).sortWithinPartitions("s"))
    elif name == "cache":
        rdd = rows(spark, 3_000_000, 6).persist(StorageLevel.MEMORY_ONLY)
        noop(rdd)
        noop(rdd)
        rdd.unpersist(True)
    elif name == "fetch":
        noop(rows(spark, 3_000_000, 6).repartition(4).groupBy((F.col("id") % 1000).alias("k")).agg(F.max("s")))
    elif name == "pyidle":
        sc.parallelize(range(8), 8).map(lambda x: x).count()
    elif name.startswith("udf"):
        hexes = int(name[3:] or 6)
        noop(rows(spark, 300_000 * 6 // hexes, hexes).select(F.udf(lambda s: len(s), "int")("s")))
    elif name.startswith("arrow"):
        from pyspark.sql.functions import pandas_udf
        hexes = int(name[5:] or 6)
        noop(rows(spark, 600_000 * 6 // hexes, hexes).select(pandas_udf(lambda s: s.str.len(), "int")("s")))
    elif name == "pandas":
        import pandas  # noqa: F401  the workers import it too
        sc.parallelize(range(8), 8).map(lambda x: __import__("pandas") and __import__("pyarrow") and x).count()
    elif name == "pygroup":
        pairs = sc.parallelize(range(int(600_000 * SCALE)), 8).map(lambda i: (i * 2654435761 % 50_000, "%016x" % i * 4))
        pairs.groupByKey(4).mapValues(len).count()
    elif name == "pyobjects":
        sc.parallelize(range(2), 2).map(lambda i: len(["%096x" % j for j in range(200_000)])).collect()
    else:
        sys.exit("no phase " + name)


def main():
    spark = SparkSession.builder.getOrCreate()
    conf = spark.sparkContext.getConf()
    pid = executor_pid(f"{conf.get('spark.driver.host')}:{conf.get('spark.driver.port')}")
    peaks = Peaks(pid)
    peaks.start()
    lines = []
    for name in PHASES:
        peaks.python, peaks.workers = 0, {}
        start = time.time()
        phase(name, spark)
        daemon, pids = workers(pid)
        peak = list(peaks.workers.values())
        lines.append({
            "heap": conf.get("spark.executor.memory"), "collector": os.environ["COLLECTOR"], "phase": name,
            "seconds": round(time.time() - start, 1), "rss": status(pid, "VmRSS"), "rss_peak": status(pid, "VmHWM"),
            **heap_touched(pid), **native(pid), "python_peak": peaks.python, "workers": len(pids),
            "daemon_rss": sum(status(d, "VmRSS") for d in daemon),
            "worker_rss": max((status(p, "VmRSS") for p in pids), default=0),
            "worker_rss_peak": max((most for _, most in peak), default=0),
            "worker_address_space_peak": max((space for space, _ in peak), default=0),
        })
        print(lines[-1], flush=True)
    new = not os.path.exists(OUT)
    with open(OUT, "a", newline="") as f:
        names = ["heap", "collector", "phase"]
        for line in lines:
            names += [name for name in line if name not in names]
        writer = csv.DictWriter(f, names, restval=0, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(lines)
    spark.stop()


main()

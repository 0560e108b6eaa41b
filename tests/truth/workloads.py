#!/usr/bin/env python3
"""Memory-stressing PySpark workloads: workloads.py WORKLOAD KEY=VALUE ...   (run by record.py through spark-submit)

Every row is a hash of its number, so the data is the same in each run and on each machine. The last line of stdout says how it
went: WL_OK SECONDS, or WL_FAIL CLASS MESSAGE.
"""
import sys
import time

from pyspark import StorageLevel
from pyspark.sql import SparkSession, Window, functions as F

LEVELS = {
    "MEMORY_ONLY": StorageLevel(False, True, False, True),
    "MEMORY_AND_DISK": StorageLevel(True, True, False, True),
    "MEMORY_ONLY_SER": StorageLevel(False, True, False, False),
    "OFF_HEAP": StorageLevel(True, True, True, False),
}
args = {}


def number(key, default):
    return int(args.get(key, default))


def level(default="MEMORY_AND_DISK"):
    return LEVELS[args.get("level", default)]


def hexes(seed, n):
    """16 n hexadecimal digits of hash: about half of them are compressible."""
    return F.concat_ws("", *[F.hex(F.xxhash64(F.lit(seed * 1000 + i), F.col("id"))) for i in range(n)])


def gen(n, p, w, seed=1):
    """n rows in p partitions: k a hash, id a number, s 16 w characters."""
    return spark.range(0, n, 1, p).select(F.xxhash64(F.lit(seed), F.col("id")).alias("k"), F.col("id"), hexes(seed, w).alias("s"))


def noop(df):
    df.write.format("noop").mode("overwrite").save()


def describe(text):
    spark.sparkContext.setJobDescription(text)


def scan(df):
    noop(df.agg(F.sum("k"), F.max(F.length("s"))))


def sorted_by_key(df):
    """A shuffle by hash, then a sort of each partition; sp=0 leaves the number to Spark, so that AQE may coalesce."""
    sp = number("sp", 8)
    noop((df.repartition(sp, "k") if sp else df.repartition("k")).sortWithinPartitions("k"))


def w_sort():
    describe("sort")
    sorted_by_key(gen(number("n", 3000000), number("p", 8), number("w", 6)))


def w_badrow():
    """A sort as above, then a row that the query itself rejects: a failure that is not memory's."""
    n = number("n", 3000000)
    df = gen(n, number("p", 8), number("w", 6)).repartition(number("sp", 8), "k").sortWithinPartitions("k")
    describe("sort, then a bad row")
    noop(df.withColumn("x", F.when(F.col("id") == n - 1, F.raise_error(F.lit("bad row"))).otherwise(F.col("id"))))


def w_smj():
    keys, skew, hint = number("keys", 200000), number("skew", 30), args.get("hint", "merge")
    left = gen(number("n", 3000000), number("p", 8), number("w", 4))
    left = left.withColumn("k", F.when(F.col("id") % 100 < skew, F.lit(0)).otherwise(F.pmod(F.col("k"), F.lit(keys))))
    right = gen(number("m", 600000), number("p", 8), number("w", 4), 2).withColumn("k", F.pmod(F.col("id"), F.lit(keys)))
    describe("join " + hint)
    joined = left.join(right.withColumnRenamed("s", "t").drop("id").hint(hint), "k")
    noop(joined.agg(F.sum(F.length("s") + F.length("t")), F.count("*")))


def w_hashagg():
    df = spark.range(0, number("n", 4000000), 1, number("p", 8))
    df = df.select(F.pmod(F.xxhash64("id"), F.lit(number("groups", 2000000))).alias("k"), F.col("id"))
    describe("hashagg")
    noop(df.groupBy("k").agg(F.sum("id"), F.count("*"), F.avg("id"), F.max("id")))


def w_objagg():
    df = gen(number("n", 2000000), number("p", 8), number("w", 2)).withColumn("k", F.pmod(F.col("k"), F.lit(number("groups", 300000))))
    describe("objagg")
    noop(df.groupBy("k").agg(F.collect_set("s"), F.count("*")))


def w_window():
    df = gen(number("n", 2000000), number("p", 8), number("w", 4)).withColumn("k", F.pmod(F.col("k"), F.lit(number("groups", 40))))
    by = Window.partitionBy("k").orderBy("id")
    wide = by.rowsBetween(-1000000000, 1000000000)
    describe("window")
    noop(df.withColumn("r", F.row_number().over(by)).withColumn("m", F.max("id").over(wide)))


def w_bhj():
    fact = gen(number("n", 2000000), number("p", 8), number("w", 1)).withColumn("k", F.pmod(F.col("k"), F.lit(number("m", 200000))))
    dim = gen(number("m", 200000), number("p", 4), number("w", 4), 2).withColumn("k", F.col("id")).drop("id").withColumnRenamed("s", "t")
    describe("bhj")
    noop(fact.join(F.broadcast(dim), "k").agg(F.sum(F.length("t")), F.count("*")))


def w_cachedf():
    df = gen(number("n", 2000000), number("p", 16), number("w", 6)).persist(level())
    for i in range(number("iters", 5)):
        describe(f"scan {i}")
        scan(df)


def w_mixed():
    """A cached table against sorts of another one."""
    df = gen(number("n", 2000000), number("p", 16), number("w", 6)).persist(level())
    big = gen(number("m", 2000000), number("p", 8), number("w", 6), 3)
    describe("cache")
    scan(df)
    for i in range(number("iters", 2)):
        describe(f"sort {i}")
        sorted_by_key(big)
        describe(f"scan {i}")
        scan(df)


def w_cachejoin():
    """A cached table, a sort of another one, a sort-merge join of the two, a scan of the first."""
    keys = number("keys", 500000)
    df = gen(number("n", 2000000), number("p", 16), number("w", 6)).withColumn("k", F.pmod(F.col("k"), F.lit(keys))).persist(level())
    big = gen(number("m", 2000000), number("p", 8), number("w", 6), 3)
    describe("cache")
    scan(df)
    describe("sort")
    sorted_by_key(big)
    describe("join")
    small = spark.range(0, keys, 1, number("p", 8)).select(F.col("id").alias("k"), hexes(4, number("w", 6)).alias("t"))
    noop(df.join(small.hint("merge"), "k").agg(F.sum(F.length("s") + F.length("t"))))
    describe("scan")
    scan(df)


def main():
    global spark
    workload = sys.argv[1]
    args.update(x.split("=", 1) for x in sys.argv[2:])
    spark = SparkSession.builder.appName(args.get("app", workload)).getOrCreate()
    start = time.time()
    try:
        globals()["w_" + workload]()
        outcome = ("WL_OK", round(time.time() - start, 3))
    except Exception as e:
        outcome = ("WL_FAIL", type(e).__name__, str(e)[:600].replace("\n", " | "))
    print(*outcome, flush=True)
    if "halt" in args:  # die as a killed driver does: nobody ends the event log
        spark.sparkContext._jvm.java.lang.Runtime.getRuntime().halt(9)
    spark.stop()
    sys.exit(3 if outcome[0] == "WL_FAIL" else 0)


main()

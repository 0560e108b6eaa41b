"""The runs: one dict each. Runs of a family with the same workload arguments differ only in their configuration."""

OFF = {"spark.memory.offHeap.enabled": "true"}
NO_BROADCAST = {"spark.sql.autoBroadcastJoinThreshold": "-1"}
NOT_ANSI = {"spark.sql.ansi.enabled": "false"}  # 4.x is ANSI by default: the sums of the cached scans overflow
ZSTD = {"spark.eventLog.compress": "true"}


def runs(specs, family, workload, args, f=None, sf=None, conf=None, repeats=1, name="", **rest):
    """Adds a run, or `repeats` equal ones whose ids end in -r1, -r2, ..."""
    settings = {}
    if f is not None:
        settings["spark.memory.fraction"] = str(f)
    if sf is not None:
        settings["spark.memory.storageFraction"] = str(sf)
    settings.update(conf or {})
    for r in range(repeats):
        id = "-".join([family, *([name] if name else [f"f{f}"]), *([f"r{r + 1}"] if repeats > 1 else [])])
        specs.append(dict(id=id, family=family, workload=workload, args=dict(args), conf=settings, **rest))


def recorded():
    """Spark's defaults (AQE on, no key of the event log but where it goes), under memory pressure."""
    s = []
    mixed = dict(n=2000000, m=2500000, w=6, p=16)
    for sf in (0.5, 0.1, 0.9, 0.0, 0.3, 0.7):
        for short, level in (("MAD", "MEMORY_AND_DISK"), ("MO", "MEMORY_ONLY")):
            runs(s, "mixedaqe", "mixed", dict(mixed, level=level), 0.4, sf, name=f"{short}-f0.4-sf{sf}", repeats=2 if sf == 0.5 else 1)

    big = dict(n=3000000, w=6, sp=0)
    for f, r in ((0.1, 2), (0.6, 1)):
        runs(s, "sortaqe", "sort", big, f, repeats=r)
        runs(s, "hashaggaqe", "hashagg", dict(n=4000000, groups=2000000), f, repeats=r)
        runs(s, "smjaqe", "smj", dict(n=2000000, m=500000, skew=30, w=4), f, conf=NO_BROADCAST, repeats=r)
        runs(s, "windowaqe", "window", dict(n=1500000), f)

    for f, r in ((0.1, 2), (0.6, 1)):
        runs(s, "rddspill", "groupbykey", dict(n=4000000, w=4, groups=300000), f, scala=True, repeats=r, name=f"groupbykey-f{f}")
        runs(s, "rddspill", "cogroup", dict(n=2500000, m=1500000, w=4, groups=300000), f, scala=True, name=f"cogroup-f{f}")
        runs(s, "rddspill", "sortbykey", dict(n=3000000, w=4, groups=1000000000), f, scala=True, name=f"sortbykey-f{f}")
        runs(s, "rddspill", "reducebykey", dict(n=6000000, groups=5000000), f, scala=True, name=f"reducebykey-f{f}")

    for size in ("64m", "256m"):
        runs(s, "sortoff", "sort", dict(n=3000000, w=6, sp=8), 0.2, conf={**OFF, "spark.memory.offHeap.size": size}, name=size)
    for size in ("96m", "256m"):
        runs(s, "cacheoff", "cachedf", dict(n=2000000, w=6, p=16, level="OFF_HEAP"), 0.2, conf={**OFF, "spark.memory.offHeap.size": size}, name=size)

    for f, r in ((0.15, 2), (0.3, 1), (0.6, 1)):
        runs(s, "cluster", "cachejoin", dict(n=2000000, m=3000000, w=6, p=16, level="MEMORY_ONLY"), f, conf=NO_BROADCAST, master="local-cluster[2,2,1024]", repeats=r)

    for f in (0.1, 0.2, 0.6):
        runs(s, "s41sort", "sort", dict(n=3000000, w=6, sp=8), f, spark="4.1.4")
    for f in (0.1, 0.6):
        runs(s, "s41hashagg", "hashagg", dict(n=4000000, groups=2000000), f, spark="4.1.4")
    for sf in (0.5, 0.9):
        runs(s, "s41mixed", "mixed", dict(mixed, level="MEMORY_AND_DISK"), 0.4, sf, conf=NOT_ANSI, spark="4.1.4", name=f"MAD-f0.4-sf{sf}")

    runs(s, "bhjfail", "bhj", dict(n=500000, m=2000000), name="driver512m", dm="512m", master="local-cluster[1,2,1024]")
    runs(s, "bhjfail", "bhj", dict(n=500000, m=2000000), name="driver2g", dm="2g", master="local-cluster[1,2,1024]")
    for f in (0.1, 0.6):
        runs(s, "objaggaqe", "objagg", dict(n=1500000), f)
    runs(s, "notmemory", "badrow", dict(n=3000000, w=6, sp=8), 0.1, name="badrow-f0.1")
    runs(s, "notmemory", "cachedf", dict(n=2000000, w=6, p=16, level="MEMORY_ONLY"), 0.3, spark="4.1.4", name="ansi-overflow")
    return s


def adaptive():
    """What the queries of `recorded` do without adaptive execution, and with another size that it aims at."""
    s = []
    off = {"spark.sql.adaptive.enabled": "false"}
    large = {"spark.sql.adaptive.coalescePartitions.parallelismFirst": "false", "spark.sql.adaptive.advisoryPartitionSizeInBytes": "32m"}
    for name, conf in (("off", off), ("32m", large)):
        runs(s, "sortaqe", "sort", dict(n=3000000, w=6, sp=0), 0.1, conf=conf, name="f0.1-" + name)
        runs(s, "hashaggaqe", "hashagg", dict(n=4000000, groups=2000000), 0.1, conf=conf, name="f0.1-" + name)
        runs(s, "smjaqe", "smj", dict(n=2000000, m=500000, skew=30, w=4), 0.1, conf={**NO_BROADCAST, **conf}, name="f0.1-" + name)
        runs(s, "windowaqe", "window", dict(n=1500000), 0.1, conf=conf, name="f0.1-" + name)
    skewed = {"spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "16m", "spark.sql.adaptive.advisoryPartitionSizeInBytes": "16m"}
    runs(s, "smjaqe", "smj", dict(n=2000000, m=500000, skew=30, w=4), 0.1, conf={**NO_BROADCAST, **skewed}, name="f0.1-skew")
    return s


def fixtures():
    """Small logs for the tests, of half a gigabyte of heap: every codec and layout, every way to run out of memory."""
    s = []
    small = dict(dm="512m")
    sort, agg = dict(n=400000, p=4, w=6, sp=4), dict(n=400000, p=4, groups=200000)
    mixed = dict(n=200000, m=400000, p=8, w=6, sp=4, iters=1)
    rdd = dict(n=600000, p=4, sp=4, groups=60000)
    codec = lambda name: {**ZSTD, "spark.eventLog.compression.codec": name}
    rolling = {"spark.eventLog.rolling.enabled": "true", "spark.eventLog.rolling.maxFileSize": "10m"}
    more = {"spark.eventLog.logBlockUpdates.enabled": "true", "spark.eventLog.logStageExecutorMetrics": "true"}

    runs(s, "sort", "sort", sort, 0.1, **small)
    runs(s, "sort", "sort", sort, 0.6, conf=ZSTD, **small)
    runs(s, "sortaqe", "sort", dict(sort, sp=0), 0.1, conf=ZSTD, **small)
    runs(s, "sortoff", "sort", sort, 0.1, conf={**ZSTD, **OFF, "spark.memory.offHeap.size": "16m"}, name="16m", **small)
    runs(s, "hashagg", "hashagg", agg, 0.05, conf=codec("snappy"), **small)
    runs(s, "hashagg", "hashagg", agg, 0.6, conf=codec("lz4"), **small)
    runs(s, "window", "window", dict(n=200000, p=4, groups=8), 0.05, conf=codec("lzf"), **small)
    runs(s, "smj", "smj", dict(n=200000, m=100000, p=4, w=4, keys=40000), 0.05, conf={**ZSTD, **NO_BROADCAST}, **small)
    runs(s, "shj", "smj", dict(n=200000, m=200000, p=4, w=4, keys=200000, hint="shuffle_hash"), 0.05, conf={**ZSTD, **NO_BROADCAST}, name="oom", **small)
    for short, level in (("MAD", "MEMORY_AND_DISK"), ("MO", "MEMORY_ONLY")):
        for sf in (0.3, 0.9):
            runs(s, "mixed", "mixed", dict(mixed, level=level), 0.2, sf, conf=ZSTD, name=f"{short}-f0.2-sf{sf}", **small)
    runs(s, "mixedblocks", "mixed", dict(mixed, level="MEMORY_AND_DISK"), 0.2, 0.3, conf={**ZSTD, **more}, name="MAD-f0.2-sf0.3", **small)
    runs(s, "cache", "cacherdd", dict(n=200000, p=8, iters=2, level="MEMORY_ONLY"), 0.1, conf=ZSTD, scala=True, **small)
    runs(s, "groupbykey", "groupbykey", rdd, 0.05, conf=ZSTD, scala=True, **small)
    runs(s, "groupbykey", "groupbykey", rdd, 0.6, conf=ZSTD, scala=True, **small)
    cluster = dict(n=200000, m=400000, p=8, w=6, sp=4, keys=50000, level="MEMORY_ONLY")
    runs(s, "cluster", "cachejoin", cluster, 0.025, conf={**ZSTD, **NO_BROADCAST}, master="local-cluster[2,1,1024]", **small)
    runs(s, "bhjfail", "bhj", dict(n=50000, m=2000000), conf=ZSTD, name="driver512m", master="local-cluster[1,2,1024]", **small)
    runs(s, "notmemory", "badrow", sort, 0.1, conf=ZSTD, name="badrow", **small)
    runs(s, "roll", "groupbykey", rdd, 0.05, conf=rolling, scala=True, name="plain", **small)
    runs(s, "rolled", "manytasks", dict(rdd, jobs=21, tasks=200), 0.05, conf={**rolling, **ZSTD}, scala=True, name="zstd", **small)
    runs(s, "s41", "sort", sort, 0.1, spark="4.1.4", name="sort-f0.1", **small)
    runs(s, "halted", "groupbykey", dict(rdd, halt=1), 0.05, conf=ZSTD, scala=True, name="single", **small)
    runs(s, "halted", "groupbykey", dict(rdd, halt=1), 0.05, scala=True, spark="4.1.4", name="rolling", **small)
    return s


SETS = {"recorded": recorded, "adaptive": adaptive, "fixtures": fixtures}


def all_specs(name):
    specs = SETS[name]()
    assert len({s["id"] for s in specs}) == len(specs), "two runs of one id"
    return specs

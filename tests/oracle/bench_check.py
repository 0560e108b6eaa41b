"""Runs the bench recipes of README.md on model.py and prints the fingerprints (they must equal those of bench.sh)."""

from model import Sim

MASK = (1 << 64) - 1


class R:
    def __init__(s, x):
        s.s = x

    def next(s):
        s.s = (s.s + 0x9E3779B97F4A7C15) & MASK
        z = s.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def sim(M, reg):
    return Sim(
        dict(
            spark="3.5.6",
            cfg=dict(
                maxHeap=M,
                storageRegion=reg,
                offHeap=0,
                storageFraction="0.5",
                tungstenOffHeap=False,
                unrollThreshold=1 << 20,
                unrollCheckPeriod=16,
                unrollGrowthFactor="1.5",
                barge=False,
            ),
        )
    )


def run(g):
    try:
        next(g)
    except StopIteration as x:
        return x.value
    raise Exception("waits")


def exec8(ops):
    s = sim(1 << 30, 1 << 29)
    r = R(0x5EED)
    held = [0] * 8
    tot = 0
    for i in range(ops):
        x = r.next()
        k = x & 7
        if (x >> 3) & 1 == 0 or held[k] == 0:
            n = 1 + ((x >> 8) & 0xFFFFF)
            if held[k] + n > 64 << 20:
                s.release_execution(k, held[k], "on")
                held[k] = 0
            else:
                g = run(s.acquire_execution(k, n, "on"))
                held[k] += g
                tot += g
        else:
            n = 1 + (x >> 8) % held[k]
            s.release_execution(k, n, "on")
            held[k] -= n
        s.events.clear()
    return [tot, s.pools["on"].exec_used()]


def put(ops, gets):
    s = sim(655360000, 327680000)
    r = R(0x5EED)
    sz = [32768 + (r.next() & 0xFFFF) for _ in range(256)]
    k = 0

    def P(k):
        s.events = []
        v = s.inline_op("put", dict(b="rdd_%d_0" % k, n=sz[r.next() >> 56], m="on", lvl="M"), None)
        ev = len(s.events)
        return v == "stored", ev

    while k < 11000:
        P(k)
        k += 1
    ok = ev = hits = 0
    if not gets:
        for i in range(ops):
            a, b = P(k)
            k += 1
            ok += a
            ev += b
    else:
        for i in range(ops):
            hits += s.inline_op("get", dict(b="rdd_%d_0" % (k - 1 - (r.next() >> 1) % 12000)), None) is True
    return [ok, ev, hits, s.pools["on"].storage_used]


def tmm8(ops):
    s = sim(64 << 20, 32 << 20)
    r = R(0x5EED)
    s.inline_op("newT", dict(r=0), 1)
    s.explicit_spill = True
    tot = n = b = 0
    for i in range(8):
        s.inline_op("newC", dict(c=i, m="on", pol="full", ps=1 << 20), 1)
    for i in range(ops):
        x = r.next()
        c = s.consumers[x & 7]
        if (x >> 3) & 31 == 0:
            if c.used > 0:
                s.inline_op("free", dict(c=c.id, n=c.used), 1)
        else:
            s.events = []
            tot += run(s.consumer_acquire(c, 1 + ((x >> 8) & 0xFFFFF)))
            for e in s.events:
                if e[0] == "sp" and e[4] > 0:
                    n += 1
                    b += e[4]
    return [tot, n, b, s.pools["on"].exec_used()]


print("exec8", exec8(1000000))
print("put", put(200000, False))
print("get", put(400000, True))
print("tmm8", tmm8(400000))

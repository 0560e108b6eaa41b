#!/usr/bin/env python3
"""A plain re-implementation that replays traces: model.py FILE... (.jsonl or .jsonl.gz).

It exists to prove that README.md says all one needs to know. It predicts r, e, s, u of every op and the end line, and
compares. Exit code 1 when a trace differs. Tasks that wait are generators; the wake-up order is the one of README.md.
"""

import gzip
import json
import sys
from collections import OrderedDict


def rd(f):
    return gzip.open(f, "rt") if f.endswith(".gz") else open(f)


LMAX = (1 << 63) - 1
MAXPAGE = ((1 << 31) - 1) * 8


class Err(Exception):
    pass


class Pool:
    """The execution and the storage pool of one mode."""

    def __init__(self, exec_, stor, region, mx):
        self.exec_size = exec_
        self.storage_size = stor
        self.storage_used = 0
        self.held = {}
        self.region = region
        self.max = mx

    def exec_used(self):
        return sum(self.held.values())

    def exec_free(self):
        return self.exec_size - self.exec_used()

    def storage_free(self):
        return self.storage_size - self.storage_used


class Cons:
    """One memory consumer."""


class Sim:
    """One memory manager with its store, locks and task memory managers, for one trace."""

    def __init__(self, h):
        c = h["cfg"]
        self.cfg = c
        M = c["maxHeap"]
        R = c["storageRegion"]
        O = c["offHeap"]
        OR = int(O * float(c["storageFraction"]))
        self.pools = {"on": Pool(M - R, R, R, M), "off": Pool(O - OR, OR, OR, O)}
        self.entries = OrderedDict()  # block -> (size, mode), eviction order
        self.locks = {}  # block -> {w: writer, r: readers, rt: reads per task}
        self.meta = {}  # block -> what the harness knows of it
        self.unroll = {"on": {}, "off": {}}
        self.wait_set = []
        self.entry_list = []
        self.cxq = []
        self.blocked = {}
        self.events = []
        self.trace_storage = False
        self.spark = tuple((int(x) for x in h["spark"].split(".")[:2]))
        self.tasks = set()
        self.tmm = {}
        self.consumers = OrderedDict()
        self.last_used = {}
        self.page_owner = {}
        self.next_page = 0
        self.tungsten = "off" if c["tungstenOffHeap"] else "on"
        self.next_index = {}

    # ---- the monitor

    def notify(self):
        for t in self.wait_set:
            if not self.entry_list:
                self.entry_list.append(t)
            else:
                self.cxq.insert(0, t)
        self.wait_set = []

    def drain(self):
        while True:
            if not self.entry_list:
                self.entry_list = self.cxq
                self.cxq = []
            if not self.entry_list:
                return
            self.step(self.entry_list.pop(0))

    def step(self, t):
        gen, i = self.blocked[t]
        try:
            next(gen)
            self.wait_set.append(t)
            return
        except StopIteration as x:
            r = x.value
        except Err as x:
            r = "!" + x.args[0]
        del self.blocked[t]
        self.events.append(["done", t, i, r])
        self.last_done[t] = r

    # ---- storage

    def rdd(self, b):
        return b.split("_")[1] if b.startswith("rdd_") else None

    def evict(self, b, space, m, t):
        if space <= 0:
            raise Err("AssertionError")
        r = self.rdd(b) if b else None
        freed = 0
        sel = []
        for k, (n, mm) in self.entries.items():
            if freed >= space:
                break
            if mm == m and (r is None or r != self.rdd(k)):
                L = self.locks.get(k)
                if L and L["w"] is None and (L["r"] == 0):
                    sel.append(k)
                    freed += n
        if freed < space:
            return 0
        for k in sel:
            n, mm = self.entries[k]
            e = self.meta[k]
            self.events.append(["ev", k, n, mm, "D" if e["md"] else "X", t])
            del self.entries[k]
            self.release_storage(n, mm)
            e["mem"] = False
            if e["md"]:
                e["disk"] = True
            else:
                del self.meta[k]
                del self.locks[k]
        return freed

    def release_storage(self, n, m):
        p = self.pools[m]
        p.storage_used = max(0, p.storage_used - n)

    def acquire_storage(self, b, n, m, t, tag=None):
        p = self.pools[m]
        ok = False
        if n <= p.max - p.exec_used():
            if n > p.storage_free():
                x = min(p.exec_free(), n - p.storage_free())
                p.exec_size -= x
                p.storage_size += x
            need = max(0, n - p.storage_free())
            if need > 0:
                self.evict(b, need, m, t)
            if n <= p.storage_free():
                p.storage_used += n
                ok = True
        if tag and self.trace_storage:
            self.events.append([tag, n, ok])
        return ok

    def reserve_unroll(self, b, n, m, t):
        ok = self.acquire_storage(b, n, m, t, "aU")
        if ok:
            u = self.unroll[m]
            u[t] = u.get(t, 0) + n
        return ok

    def release_unroll(self, n, m, t):
        u = self.unroll[m]
        if t not in u:
            return 0
        x = min(n, u[t])
        if x > 0:
            u[t] -= x
            self.release_storage(x, m)
        if u[t] == 0:
            del u[t]
        return x

    # ---- execution

    def acquire_execution(self, t, n, m):
        if n <= 0:
            raise Err("AssertionError")
        p = self.pools[m]
        if t not in p.held:
            p.held[t] = 0
            self.notify()
        while True:
            if t not in p.held:
                raise Err("NoSuchElementException")
            N = len(p.held)
            cur = p.held[t]
            extra = n - p.exec_free()
            if extra > 0:
                rec = max(p.storage_free(), p.storage_size - p.region)
                if rec > 0:
                    want = min(extra, rec)
                    a = min(want, p.storage_free())
                    rem = want - a
                    if rem > 0:
                        a += self.evict(None, rem, m, t)
                    p.storage_size -= a
                    p.exec_size += a
            cap = (p.max - min(p.storage_used, p.region)) // N
            low = p.exec_size // (2 * N)
            g = min(min(n, max(0, cap - cur)), p.exec_free())
            if g < n and cur + g < low:
                self.events.append(["w", t])
                yield
            else:
                p.held[t] += g
                self.events.append(["g", t, n, g])
                return g

    def release_execution(self, t, n, m):
        p = self.pools[m]
        if t in p.held:
            p.held[t] -= min(n, p.held[t])
            if p.held[t] <= 0:
                del p.held[t]
        self.notify()

    def release_all(self, t):
        r = 0
        for m in ("on", "off"):
            x = self.pools[m].held.get(t, 0)
            r += x
            self.release_execution(t, x, m)
        return r

    # ---- task memory manager and consumers

    def spill(self, c, size, trig):
        pol = c.policy
        u = c.used
        if pol == "io":
            self.events.append(["sp", c.id, size, trig.id, "io"])
            raise Err("SparkOutOfMemoryError")
        tgt = {
            "full": u,
            "part": min(u, max(size, c.page_size)),
            "half": u // 2 + (u & 1),
            "none": 0,
            "self": u if trig is c else 0,
            "other": u if trig is not c else 0,
        }[pol]
        freed = min(c.used - sum((pg[0] for pg in c.pages.values())), tgt)
        if freed > 0:
            self.release_execution(c.task, freed, c.mode)
            c.used -= freed
        else:
            freed = 0
        while freed < tgt and c.pages:
            p = next(iter(c.pages))
            freed += c.pages[p][0]
            self.drop_page(c, p)
        self.events.append(["sp", c.id, size, trig.id, freed])
        if freed > 0 and self.cfg["barge"] and (not self.explicit_spill):
            self.drain()
        return freed

    def drop_page(self, c, p):
        n, num = c.pages.pop(p)
        c.used -= n
        self.tmm[c.task]["pg"].discard(num)
        self.release_execution(c.task, n, c.mode)

    def victims(self, c):
        srt = {}
        for k in sorted(self.tmm[c.task]["cons"], key=lambda k: k.index):
            if k.used > 0 and k.mode == c.mode:
                srt.setdefault(0 if k is c else k.used, []).append(k)
        return srt

    def pick(self, srt, n):
        ge = [k for k in srt if k >= n]
        key = min(ge) if ge else max(srt)
        return (key, srt[key])

    def task_acquire(self, c, n):
        T = self.tmm[c.task]
        got = yield from self.acquire_execution(c.task, n, c.mode)
        if got < n:
            srt = self.victims(c)
            while got < n and srt:
                key, l = self.pick(srt, n - got)
                if self.spill(l[-1], n - got, c) > 0:
                    got += yield from self.acquire_execution(c.task, n - got, c.mode)
                else:
                    l.pop()
                if not l:
                    del srt[key]
        T["cons"].add(c)
        return got

    def task_page(self, c, n, need):
        if n > MAXPAGE:
            raise Err("TooLargePageException")
        T = self.tmm[c.task]
        got = yield from self.task_acquire(c, n)
        if got <= 0:
            return None
        num = 0
        while num in T["pg"]:
            num += 1
        if self.spark >= (4, 3):
            return (yield from self.task_page_43(c, n, need, got, num))
        if self.oom > 0:
            self.oom -= 1
            T["abnu"] += got
            return (yield from self.task_page(c, n, need))
        T["pg"].add(num)
        return [got, num]

    # The page allocation of 4.3 after an allocator failure: README.md, "Page allocation".
    def task_page_43(self, c, n, need, held, num):
        T = self.tmm[c.task]
        T["pg"].add(num)
        size = held
        spilled = 0
        last = False
        ok = False
        try:
            while self.oom > 0:
                self.oom -= 1
                if last:
                    if not 0 < need < size:
                        return None
                    self.release_execution(c.task, held - need, c.mode)
                    held = size = need
                    continue
                freed = self.spill_for_page(c, size)
                if freed > 0:
                    spilled += min(freed, size - spilled)
                elif spilled >= size:
                    if not 0 < need < size:
                        return None
                    self.release_execution(c.task, held - need, c.mode)
                    held = size = need
                    last = True
                else:
                    more = yield from self.task_acquire(c, n)
                    if spilled == 0:
                        if more <= 0:
                            return None
                        held += more
                        size = more
                    else:
                        if more > 0:
                            back = spilled if more >= spilled else 0
                            if back > 0:
                                self.release_execution(c.task, back, c.mode)
                            held += more - back
                        size = more if more > 0 else spilled
                    last = True
            ok = True
            T["abnu"] += held - size
            return [size, num]
        finally:
            if not ok:
                T["pg"].discard(num)
                T["abnu"] += held

    def spill_for_page(self, c, n):
        srt = self.victims(c)
        freed = 0
        while freed < n and srt:
            key, l = self.pick(srt, n - freed)
            v = l[-1]
            before = v.used
            self.spill(v, n - freed, c)
            d = max(0, before - v.used)
            if d > 0:
                freed += d
            else:
                l.pop()
            if not l:
                del srt[key]
        return freed

    def consumer_page(self, c, ask, need, oom):
        self.oom = oom
        try:
            pg = yield from self.task_page(c, ask, min(need, ask))
        finally:
            self.oom = 0
        if pg is None or pg[0] < need:
            if pg:
                self.tmm[c.task]["pg"].discard(pg[1])
                self.release_execution(c.task, pg[0], c.mode)
            raise Err("SparkOutOfMemoryError")
        c.used += pg[0]
        i = self.next_page
        self.next_page += 1
        c.pages[i] = pg
        self.page_owner[i] = c.id
        return ["page", i, pg[0], pg[1]]

    def consumer_acquire(self, c, n):
        g = yield from self.task_acquire(c, n)
        c.used += g
        return g

    # ---- ops

    def op(self, o):
        k = o["op"]
        self.events = []
        self.last_done = {}
        t = o.get("t")
        self.explicit_spill = k == "spillC"
        if k in ("acqE", "acq", "page", "arr"):
            if k == "acqE":
                g = self.acquire_execution(t, o["n"], o["m"])
            else:
                c = self.consumers[o["c"]]
                t = c.task
                g = (
                    self.consumer_acquire(c, o["n"])
                    if k == "acq"
                    else (
                        self.consumer_page(c, max(c.page_size, o["n"]), o["n"], o.get("oom", 0))
                        if k == "page"
                        else self.consumer_page(c, o["n"] * 8, o["n"] * 8, o.get("oom", 0))
                    )
                )
            self.tasks.add(t)
            if t in self.blocked:
                r = "!busy"
            else:
                try:
                    next(g)
                    self.wait_set.append(t)
                    self.blocked[t] = (g, o["i"])
                    r = "blocked"
                except StopIteration as x:
                    r = x.value
                except Err as x:
                    r = "!" + x.args[0]
            self.drain()
            if r == "blocked" and t not in self.blocked:
                r = self.last_done[t]
        elif k == "kill":
            if t in self.blocked:
                g, i = self.blocked.pop(t)
                g.close()
                self.wait_set.remove(t)
                self.events.append(["done", t, i, "!InterruptedException"])
                r = "ok"
            else:
                r = "notblocked"
        else:
            if t is not None:
                self.tasks.add(t)
            try:
                r = self.inline_op(k, o, t)
            except Err as x:
                r = "!" + x.args[0]
            self.drain()
        return r

    def inline_op(self, k, o, t):
        b = o.get("b")
        m = o.get("m")
        n = o.get("n")
        tt = t if t is not None else -1
        if k == "relE":
            self.release_execution(t, n, m)
            return "ok"
        if k == "relAllE":
            return self.release_all(t)
        if k == "acqS":
            return self.acquire_storage(b, n, m, tt)
        if k == "relS":
            self.release_storage(n, m)
            return "ok"
        if k in ("put", "putIter"):
            if b in self.locks:
                return "exists"
            L = self.locks[b] = {"w": t, "r": 0, "rt": {}}
            md = o["lvl"] == "MD"
            if k == "put":
                n0 = n
                ok = self.acquire_storage(b, n, m, t)
                r = "stored" if ok else "disk" if md else "nospace"
            else:
                self.trace_storage = True
                thr = self.cfg["unrollThreshold"]
                per = self.cfg["unrollCheckPeriod"]
                gf = float(self.cfg["unrollGrowthFactor"])
                got = 0
                keep = self.reserve_unroll(b, thr, m, t)
                lim = thr
                if keep:
                    got += thr
                i = 0
                n0 = o["precise"]
                while i < o["cnt"] and keep:
                    i += 1
                    if (i - 1) % per == 0:
                        cur = o["base"] + o["per"] * i
                        if cur >= lim:
                            a = int(cur * gf - lim)
                            keep = self.reserve_unroll(b, a, m, t)
                            if keep:
                                got += a
                            lim += a
                if keep and n0 > got:
                    a = n0 - got
                    keep = self.reserve_unroll(b, a, m, t)
                    if keep:
                        got += a
                ok = keep
                if keep:
                    self.release_unroll(got, m, t)
                    assert self.acquire_storage(b, n0, m, t, "aS")
                    r = ["stored", n0, i]
                else:
                    r = ["disk" if md else "nospace", got, i]
                self.trace_storage = False
            if ok:
                self.entries[b] = (n0, m)
            if ok or md:
                self.meta[b] = dict(size=n0, mode=m, md=md, mem=ok, disk=not ok)
                L["w"] = None
                if o.get("keep"):
                    L["r"] = 1
                    L["rt"][t] = 1
            else:
                del self.locks[b]
            return r
        if k == "load":
            e = self.meta.get(b)
            if not e or not e["disk"] or e["mem"]:
                return "notOnDiskOnly"
            if self.locks[b]["w"] is not None:
                return "locked"
            L = self.locks[b]
            L["r"] += 1
            ok = self.acquire_storage(b, e["size"], e["mode"], t)
            L["r"] -= 1
            if ok:
                e["mem"] = True
                self.entries[b] = (e["size"], e["mode"])
            return "stored" if ok else "nospace"
        if k == "acqU":
            return self.reserve_unroll(b, n, m, t)
        if k == "relU":
            return self.release_unroll(LMAX if n < 0 else n, m, t)
        if k == "get":
            if b not in self.locks:
                return False
            if self.locks[b]["w"] is not None:
                return "locked"
            if b in self.entries:
                self.entries.move_to_end(b)
                return True
            return False
        if k == "size":
            if b not in self.entries:
                return -1
            self.entries.move_to_end(b)
            return self.entries[b][0]
        if k == "has":
            return b in self.entries
        if k == "rm":
            if b not in self.locks:
                return "absent"
            L = self.locks[b]
            if L["w"] is not None or L["r"] > 0:
                return "locked"
            mem = b in self.entries
            if mem:
                x = self.entries.pop(b)
                self.release_storage(*x)
            del self.locks[b]
            self.meta.pop(b, None)
            return "removed" if mem else "removedDisk"
        if k == "lockR":
            L = self.locks.get(b)
            if not L or L["w"] is not None:
                return False
            L["r"] += 1
            L["rt"][t] = L["rt"].get(t, 0) + 1
            return True
        if k == "lockW":
            L = self.locks.get(b)
            if not L or L["w"] is not None or L["r"] > 0:
                return False
            L["w"] = t
            return True
        if k == "unlock":
            L = self.locks[b]
            if L["w"] is not None:
                L["w"] = None
            else:
                L["r"] -= 1
                L["rt"][t] -= 1
                if not L["rt"][t]:
                    del L["rt"][t]
            return "ok"
        if k == "unlockAll":
            c = 0
            for L in self.locks.values():
                if L["w"] == t:
                    L["w"] = None
                    c += 1
                if t in L["rt"]:
                    L["r"] -= L["rt"].pop(t)
                    c += 1
            return c
        if k == "evict":
            return self.evict(b, n, m, tt)
        if k == "notifyAll":
            self.notify()
            return "ok"
        if k == "clear":
            self.entries.clear()
            self.unroll = {"on": {}, "off": {}}
            for p in self.pools.values():
                p.storage_used = 0
            for x in list(self.meta):
                if self.meta[x]["mem"]:
                    self.meta[x]["mem"] = False
                    if not self.meta[x]["disk"]:
                        del self.meta[x]
            return "ok"
        if k == "newT":
            self.tmm[t] = dict(cons=set(), pg=set(), abnu=0)
            return o["r"]
        if k == "newC":
            c = Cons()
            c.id = o["c"]
            c.task = t
            c.mode = m
            c.policy = o["pol"]
            c.page_size = o["ps"]
            c.used = 0
            c.pages = OrderedDict()
            c.index = self.next_index.get(t, 0)
            self.next_index[t] = c.index + 1
            self.consumers[c.id] = c
            return c.index
        if k == "free":
            c = self.consumers[o["c"]]
            self.release_execution(c.task, n, c.mode)
            c.used -= n
            return "ok"
        if k == "freePage":
            c = self.consumers.get(self.page_owner.get(o["p"]))
            if not c or o["p"] not in c.pages:
                return "nopage"
            self.drop_page(c, o["p"])
            return "ok"
        if k == "spillC":
            c = self.consumers[o["c"]]
            self.spill(c, LMAX, c)
            return "ok"
        if k == "cleanUp":
            T = self.tmm[t]
            self.release_execution(t, T["abnu"], self.tungsten)
            r = self.release_all(t)
            for i in [i for i, c in self.consumers.items() if c.task == t]:
                del self.consumers[i]
                self.last_used.pop(i, None)
            return r
        raise Exception(k)

    def state(self):
        x = []
        for m in ("on", "off"):
            p = self.pools[m]
            x += [p.exec_used(), p.exec_size, p.storage_used, p.storage_size, len(p.held)]
        return x + [sum(self.unroll["on"].values()) + sum(self.unroll["off"].values())]

    def changes(self):
        u = []
        for c in self.consumers.values():
            if self.last_used.get(c.id) != c.used:
                u.append([c.id, c.used])
                self.last_used[c.id] = c.used
        return u


def main(files):
    tot = bad = tr = 0
    for f in files:
        S = None
        dead = False
        for l in rd(f):
            x = json.loads(l)
            if "h" in x:
                dead = False
                tr += 1
                tid = x["id"]
                S = Sim(x)
                if S.state() != x["s0"]:
                    print(tid, "s0", S.state(), x["s0"])
                    bad += 1
                    dead = True
                continue
            if dead:
                continue
            if "end" in x:
                lru = [[b, n, m] for b, (n, m) in S.entries.items()]
                disk = sorted((b for b, e in S.meta.items() if e["disk"] and (not e["mem"])))
                ts = [[t, S.pools["on"].held.get(t, 0) + S.pools["off"].held.get(t, 0)] for t in sorted(S.tasks)]
                ts = [y for y in ts if y[1]]
                if (lru, disk, ts, S.state()) != (x["lru"], x["disk"], x["tasks"], x["s"]):
                    print(tid, "end differs")
                    bad += 1
                continue
            r = S.op(x)
            got = dict(r=r, e=S.events, s=S.state(), u=S.changes())
            want = dict(r=x["r"], e=x.get("e", []), s=x["s"], u=x.get("u", []))
            tot += 1
            if got != want or type(got["r"]) != type(want["r"]):
                bad += 1
                dead = True
                if bad < 6:
                    print(
                        tid,
                        {k: v for k, v in x.items() if k not in "resu"},
                        "\n  want",
                        json.dumps(want)[:700],
                        "\n  got ",
                        json.dumps(got)[:700],
                    )
    print("traces", tr, "ops", tot, "mismatching traces", bad)
    return bad or not tr


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

#!/usr/bin/env python3
"""Breaks model.py in one place at a time and counts the traces that notice: shows what a set of traces can tell apart.

mutate.py FILE...   Exit code 1 when a mutation goes unnoticed.
"""

import os
import subprocess
import sys
import tempfile

M = [
    ("wake FIFO instead of HotSpot order", "self.cxq.insert(0, t)", "self.entry_list.append(t)"),
    ("cap ignores storage", "cap = (p.max - min(p.storage_used, p.region)) // N", "cap = p.max // N"),
    ("cap uses current pool size", "cap = (p.max - min(p.storage_used, p.region)) // N", "cap = p.exec_size // N"),
    (
        "min share from max pool",
        "low = p.exec_size // (2 * N)",
        "low = (p.max - min(p.storage_used, p.region)) // (2 * N)",
    ),
    ("min share as float", "low = p.exec_size // (2 * N)", "low = p.exec_size / (2 * N)"),
    (
        "grow sized by the capped grant",
        "extra = n - p.exec_free()",
        "extra = min(n, max(0, (p.max - min(p.storage_used, p.region)) // N - cur)) - p.exec_free()",
    ),
    (
        "reclaim only above region",
        "rec = max(p.storage_free(), p.storage_size - p.region)",
        "rec = p.storage_size - p.region",
    ),
    ("reclaim only free", "rec = max(p.storage_free(), p.storage_size - p.region)", "rec = p.storage_free()"),
    (
        "pool grows by asked, not by evicted",
        "a += self.evict(None, rem, m, t)",
        "a += min(rem, self.evict(None, rem, m, t))",
    ),
    ("same-RDD blocks evictable", "(r is None or r != self.rdd(k))", "True"),
    ("non-RDD blocks count as one RDD", 'if b.startswith("rdd_") else None', 'if b.startswith("rdd_") else "none"'),
    ("locked blocks evictable", 'if L and L["w"] is None and (L["r"] == 0):', "if True:"),
    (
        "partial eviction allowed",
        "if freed < space:\n            return 0",
        "if freed < space and not sel:\n            return 0",
    ),
    (
        "get does not touch LRU",
        "if b in self.entries:\n                self.entries.move_to_end(b)\n                return True",
        "if b in self.entries:\n                return True",
    ),
    ("too big put borrows too", "if n <= p.max - p.exec_used():", "if True:"),
    (
        "zero entries not counted as active",
        "N = len(p.held)",
        "N = max(1, sum(1 for q, v in p.held.items() if v > 0 or q == t))",
    ),
    ("entry kept at zero", "if p.held[t] <= 0:\n                del p.held[t]", "pass"),
    (
        "release does not notify if nothing held",
        "                del p.held[t]\n        self.notify()",
        "                del p.held[t]\n            self.notify()",
    ),
    ("new task does not notify", "p.held[t] = 0\n            self.notify()", "p.held[t] = 0"),
    (
        "storage release notifies",
        "p.storage_used = max(0, p.storage_used - n)",
        "p.storage_used = max(0, p.storage_used - n)\n        self.notify()",
    ),
    ("spill largest first", "key = min(ge) if ge else max(srt)", "key = max(srt)"),
    (
        "spill smallest that suffices, else smallest",
        "key = min(ge) if ge else max(srt)",
        "key = min(ge) if ge else min(srt)",
    ),
    ("ties: first instead of last", "if self.spill(l[-1], n - got, c) > 0:", "if self.spill(l[0], n - got, c) > 0:"),
    ("self by its size, not last", "0 if k is c else k.used", "k.used"),
    ("no self spill", "if k.used > 0 and k.mode == c.mode:", "if k.used > 0 and k.mode == c.mode and k is not c:"),
    ("other mode spillable", "if k.used > 0 and k.mode == c.mode:", "if k.used > 0:"),
    (
        "consumer asked once only",
        "got += yield from self.acquire_execution(c.task, n - got, c.mode)\n                else:\n                    l.pop()",
        "got += yield from self.acquire_execution(c.task, n - got, c.mode)\n                l.pop()",
    ),
    (
        "page need = page size",
        'max(c.page_size, o["n"]), o["n"], o',
        'max(c.page_size, o["n"]), max(c.page_size, o["n"]), o',
    ),
    ("3.5: page oom gives the grant back", 'T["abnu"] += got', "self.release_execution(c.task, got, c.mode)"),
    ("3.5: page oom as in 4.3", "if self.spark >= (4, 3):", "if True:"),
    ("4.3: page oom as in 3.5", "if self.spark >= (4, 3):", "if False:"),
    (
        "4.3: no try with the required size at the end",
        "if last:\n                    if not 0 < need < size:",
        "if last:\n                    if True:",
    ),
    (
        "4.3: no try with the required size after spilling",
        "elif spilled >= size:\n                    if not 0 < need < size:",
        "elif spilled >= size:\n                    if True:",
    ),
    (
        "4.3: second acquire of the rest only",
        "more = yield from self.task_acquire(c, n)",
        "more = yield from self.task_acquire(c, n - spilled)",
    ),
    (
        "4.3: second grant smaller than spilled gives back too",
        "back = spilled if more >= spilled else 0",
        "back = min(more, spilled)",
    ),
    ("4.3: second grant only added", "back = spilled if more >= spilled else 0", "back = 0"),
    (
        "4.3: no second grant means failure",
        "size = more if more > 0 else spilled",
        "if more <= 0:\n                            return None\n                        size = more",
    ),
    (
        "4.3: surplus given back at once",
        'T["abnu"] += held - size',
        "self.release_execution(c.task, held - size, c.mode) if held > size else None",
    ),
    (
        "4.3: failure forgets the grant",
        'T["pg"].discard(num)\n                T["abnu"] += held',
        'T["pg"].discard(num)',
    ),
    ("unroll growth rounded before the difference", "a = int(cur * gf - lim)", "a = int(cur * gf) - lim - cur % 2"),
    ("unroll check every element", "if (i - 1) % per == 0:", "if True:"),
    ("unroll >= becomes >", "if cur >= lim:", "if cur > lim:"),
    ("off-heap region from on-heap", 'OR = int(O * float(c["storageFraction"]))', "OR = R * O // M"),
]


def main(files):
    here = os.path.dirname(os.path.abspath(__file__))
    src = open(os.path.join(here, "model.py")).read()
    unnoticed = 0
    with tempfile.TemporaryDirectory() as tmp:
        script = os.path.join(tmp, "mutant.py")
        for name, old, new in [("none", "", "")] + M:
            if old and src.count(old) != 1:
                sys.exit("mutate.py: %r is %d times in model.py" % (old, src.count(old)))
            with open(script, "w") as out:
                out.write(src.replace(old, new) if old else src)
            try:
                p = subprocess.run([sys.executable, script] + files, capture_output=True, text=True, timeout=200)
                noticed = p.returncode != 0
                last = (p.stdout.strip().split("\n") or [""])[-1] if p.stdout.startswith("traces") or "\ntraces" in p.stdout else "crash"
            except subprocess.TimeoutExpired:
                noticed, last = True, "timeout"
            if noticed == (not old):
                unnoticed += 1
                last += "   <-- " + ("NOT NOTICED" if old else "the model itself fails")
            print("%-52s %s" % (name, last), flush=True)
    return unnoticed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

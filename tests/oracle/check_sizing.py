#!/usr/bin/env python3
"""Compares sizing tables (oracle.sh V sizing ...) with the arithmetic of README.md: check_sizing.py FILE..."""

import json
import math
import sys

from model import rd


def np2(n):
    """org.apache.spark.unsafe.array.ByteArrayMethods.nextPowerOf2"""
    hb = 1 << n.bit_length() - 1 if n > 0 else 0
    return n if hb == n else hb << 1


def main(files):
    bad = n = 0
    for f in files:
        for l in rd(f):
            x = json.loads(l)
            n += 1
            R = 300 << 20
            if x["systemMemory"] < math.ceil(R * 1.5):
                bad += "error" not in x
                continue
            M = int((x["systemMemory"] - R) * float(x["fraction"]))
            S = int(M * float(x["storageFraction"]))
            O = x["offHeap"]
            OS = int(O * float(x["storageFraction"]))
            off = x["offHeapEnabled"]
            ex = O - OS if off else M - S
            pg = min(64 << 20, max(1 << 20, np2(ex // x["cores"] // 16)))
            if x["gc"].startswith("G1") and (not off):
                pg -= 16
            got = (M, S, M - S, OS, O - OS, pg)
            want = tuple(
                (
                    x.get(k)
                    for k in ("maxHeap", "onStoragePool", "onExecPool", "offStoragePool", "offExecPool", "pageSize")
                )
            )
            if got != want:
                bad += 1
                print(x, got)
    print("rows", n, "wrong", bad)
    return bad or not n


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

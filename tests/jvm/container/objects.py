"""Bytes of rows as Python objects for each byte of their pickle, and of the JVM's UnsafeRow: objects.py OUT.csv"""
import csv
import pickle
import sys
import tracemalloc

ROWS = 20_000


def rows(name):
    if name == "long":
        return lambda i: (i * 2654435761,)
    if name == "long_double":
        return lambda i: (i * 2654435761, i / 7)
    if name.startswith("string"):
        return lambda i, n=int(name[6:]): ("%0*x" % (n, i * 2654435761),)
    return lambda i: (i, "%016x" % i, i / 7, "%032x" % i)


def unsafe_row(row):
    """8 bytes of null bits, 8 a field, and each string padded to 8."""
    return 8 + 8 * len(row) + sum((len(x) + 7) // 8 * 8 for x in row if isinstance(x, str))


lines = []
for name in ["long", "long_double", "string16", "string100", "string1000", "mixed"]:
    make = rows(name)
    pickled = b"".join(pickle.dumps([make(i) for i in range(at, at + 100)], 4) for at in range(0, ROWS, 100))
    batches = [pickle.dumps([make(i) for i in range(at, at + 100)], 4) for at in range(0, ROWS, 100)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    objects = [row for batch in batches for row in pickle.loads(batch)]
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    plain = sum(unsafe_row(make(i)) for i in range(ROWS))
    lines.append({"rows": name, "unsafe_row_bytes": plain // ROWS, "pickled_bytes": len(pickled) // ROWS,
                  "object_bytes": held // ROWS, "objects_per_unsafe": round(held / plain, 2),
                  "objects_per_pickled": round(held / len(pickled), 2)})
    del objects
with open(sys.argv[1], "w", newline="") as f:
    writer = csv.DictWriter(f, lines[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)

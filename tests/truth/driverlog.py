"""What the driver's and the executors' own logs (conf/log4j2.properties) say about blocks that left memory."""
import collections
import glob
import gzip
import re

COUNTED = {
    "log_unroll_fail": "Not enough space to cache",
    "log_evict_selected": "blocks selected for dropping",
    "log_dropped": "Dropping block rdd",
    "log_spill_msgs": "spilling ",
    "log_persist_to_disk": "Persisting block ",
    "log_agg_fallback": "fallback",
    "log_same_rdd": "as it would require dropping another block",
    "log_oom": "OutOfMemory",
}
DROPPING = re.compile(r"Dropping block (rdd_(\d+)_\d+|broadcast_\d+_piece\d+) from memory")
DROPPED = re.compile(r"Block (\S+) of size (\d+) dropped from memory")


def read(out, id):
    """Lines counted by kind, rdd drops as (rdd, bytes), and the number of broadcast pieces dropped."""
    counts, drops, pieces = collections.Counter(), [], 0
    for path in sorted(glob.glob(f"{out}/memlog/{id}.*")):
        pending = {}
        with gzip.open(path, "rt", errors="replace") as f:
            for line in f:
                for name, text in COUNTED.items():
                    counts[name] += text in line
                if m := DROPPING.search(line):
                    pieces += m.group(2) is None
                    if m.group(2):
                        pending[m.group(1)] = len(drops)
                        drops.append([int(m.group(2)), None])
                elif (m := DROPPED.search(line)) and m.group(1) in pending:
                    drops[pending.pop(m.group(1))][1] = int(m.group(2))
    return {name: counts[name] for name in COUNTED}, drops, pieces

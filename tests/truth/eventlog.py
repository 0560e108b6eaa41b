"""The events of an event log, whatever its layout and codec."""
import glob
import gzip
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CODECS = (".zstd", ".lz4", ".snappy", ".lzf")


def files(folder):
    """The files of the log in a folder, in order: those of a rolling log (from the last compaction on), or the only one."""
    parts = glob.glob(folder + "/eventlog_v2_*/events_*")
    if not parts:
        return [p for p in sorted(glob.glob(folder + "/*")) if os.path.isfile(p)]
    parts.sort(key=lambda p: (int(re.search(r"/events_(\d+)_", p).group(1)), p.endswith(".compact")))
    compacted = [i for i, p in enumerate(parts) if p.endswith(".compact")]
    return parts[compacted[-1]:] if compacted else parts


def lines(path, jars):
    """The lines of one file. Spark's own reader undoes its codecs; what a broken stream gives before it breaks is given.

    A history server without spark.eventLog.compress rewrites a compressed log as plain text under its old name plus
    ".compact", and cannot read it any more: hence the look at the first byte.
    """
    name = path.removesuffix(".compact").removesuffix(".inprogress")
    with open(path, "rb") as f:
        plain = f.read(1) == b"{"
    if name.endswith(CODECS) and not plain:
        reader = subprocess.run(["java", "-cp", jars + "/*", os.path.join(HERE, "CatLog.java"), path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if reader.returncode:
            print("cut short:", path, reader.stderr.decode().strip().split("\n")[0], file=sys.stderr)
        yield from reader.stdout.decode(errors="replace").split("\n")
    else:
        with (gzip.open if name.endswith(".gz") else open)(path, "rt", encoding="utf-8", errors="replace") as f:
            yield from f


def events(folder, jars):
    """Every line that is an event; the others are named on stderr."""
    for path in files(folder):
        for line in lines(path, jars):
            if not line.strip():
                continue
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if isinstance(event, dict) and "Event" in event:
                yield event
            else:
                print("no event:", path, line[:80].strip(), file=sys.stderr)

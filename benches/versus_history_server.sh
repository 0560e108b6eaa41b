#!/usr/bin/env bash
# versus_history_server.sh [LOG [VERSION]]   the reader of event logs beside Spark's own replay of the same log
# Needs Java 17 and Python 3; installs pyspark of that version (default 3.5.6) where it is missing. LOG is a plain or
# compressed file; without it the log of the reader's tests, repeated to 64 MiB. The ratio is a lower bound: the
# listener on Spark's side only counts, where the History Server also builds its store.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=${2:-3.5.6}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=${1:-}
if [ -z "$log" ]; then
  log=$work/sort
  for _ in $(seq 978); do cat "$here/../crates/spark-eventlog/tests/data/sort"; done > "$log"
fi
log=$(realpath "$log")
"$here/../tests/oracle/install.sh" "$version" >&2
jars=${POOLSIM_SPARKS:-$HOME/.cache/poolsim/sparks}/$version/pyspark/jars
cargo build --release --quiet -p poolsim-benches --manifest-path "$here/../Cargo.toml"
ours=${CARGO_TARGET_DIR:-$here/../target}/release/eventlog_replay
opens=()
for package in java.lang java.nio java.util sun.nio.ch; do opens+=(--add-opens "java.base/$package=ALL-UNNAMED"); done
for _ in 1 2 3; do
  "$ours" "$log" 5
  java -Xmx2g "${opens[@]}" -Dlog4j2.level=ERROR -cp "$jars/*" "$here/EventLogReplay.java" "$log" 5 5
done > "$work/lines"
python3 - "$work/lines" "$version" "$(stat -c %s "$log")" <<'PYTHON'
import json, statistics, sys
sides = {"poolsim": [], "spark": []}
for line in open(sys.argv[1]):
    run = json.loads(line)
    sides[run["who"]].append(run)
found = [{key: run[key] for key in ("tasks", "memory_bytes_spilled", "updates")} for runs in sides.values() for run in runs]
ours, theirs = (statistics.median(run["wall_ns_median"] for run in runs) for runs in sides.values())
rate = lambda nanos: int(sys.argv[3]) / nanos * 1e3
print(f"{found[0]['tasks']} tasks: poolsim {ours / 1e6:.0f} ms ({rate(ours):.0f} MB/s), "
      f"spark {sys.argv[2]} {theirs / 1e6:.0f} ms ({rate(theirs):.0f} MB/s): {theirs / ours:.1f}x")
if any(one != found[0] for one in found):
    sys.exit(f"DIFFERENT: {found}")
PYTHON

#!/usr/bin/env bash
# versus_spark.sh [VERSION [NAME...]]   the recipes here and on the real classes, in turn, with the ratio of both
# Needs Java 17 and Python 3; installs pyspark of that version (default 3.5.6) where it is missing. A ratio is a lower
# bound for real Spark: blocks are headers without data there, its monitors are uncontended, its logging is off.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=${1:-3.5.6}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- exec8 stor put get scanReject:{1000,10000,100000} scanEvict:{1000,10000,100000} tmm8
cargo build --release --quiet -p poolsim-benches --manifest-path "$here/../Cargo.toml"
ours=${CARGO_TARGET_DIR:-$here/../target}/release/recipes
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
for name in "$@"; do
  for _ in 1 2 3; do
    "$ours" "$name" >> "$lines"
    "$here/../tests/oracle/bench.sh" "$version" "$name" >> "$lines"
  done
done
python3 - "$lines" "$version" <<'PYTHON'
import json, statistics, sys
runs = {}
for line in open(sys.argv[1]):
    run = json.loads(line)
    runs.setdefault(run["bench"], {"poolsim": [], "spark": []})["poolsim" if "poolsim" in run else "spark"].append(run)
print(f"{'recipe':<18}{'poolsim ns':>12}{'spark ' + sys.argv[2] + ' ns':>18}{'ratio':>9}   fingerprint")
different = False
for name, sides in runs.items():
    ours = statistics.median(run["wall_ns_median"] for run in sides["poolsim"])
    theirs = statistics.median(run["wall_ns_median"] for run in sides["spark"])
    same = sides["poolsim"][0]["fingerprint"] == sides["spark"][0]["fingerprint"]
    different |= not same
    ratio = f"{theirs / ours:.1f}x" if ours else "-"
    print(f"{name:<18}{ours:>12.2f}{theirs:>18.1f}{ratio:>9}   {'equal' if same else 'DIFFERENT'}")
sys.exit(different)
PYTHON

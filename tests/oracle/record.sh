#!/bin/bash
# record.sh SEED [--ops N] [--versions "3.5.6 4.1.4 4.3.0"] [--out DIR]
# Records fresh traces and sizing tables from the real Spark classes and lets `conform` replay them on the simulator.
#
# SEED      decimal or 0x...: the same seed gives the same files. A commit id will do: record.sh "0x$(git rev-parse --short=12 HEAD)"
# --ops     ops per version, kinds A and B together (default and least 20000)
# --out     keep the recordings there (default: a temporary directory, kept only when conform objects)
#
# Exit codes: that of conform (or of a failed build); 0 with a line "ORACLE SKIPPED: ..." when Spark cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export POOLSIM_SPARKS=${POOLSIM_SPARKS:-$HOME/.cache/poolsim/sparks}

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
seed='' ops=20000 versions='3.5.6 4.1.4 4.3.0' out=''
while [ $# -gt 0 ]; do
  case $1 in
    --ops) ops=${2:?}; shift 2 ;;
    --versions) versions=${2:?}; shift 2 ;;
    --out) out=${2:?}; shift 2 ;;
    -*) usage ;;
    *) [ -z "$seed" ] || usage; seed=$1; shift ;;
  esac
done
[[ $seed =~ ^(0[xX][0-9a-fA-F]+|[0-9]+)$ ]] || usage
[[ $ops =~ ^[0-9]+$ ]] || usage
# Up to 15 hex digits fit without sign; of a full commit id the first 15 are taken.
if [[ $seed == 0[xX]* ]]; then digits=${seed:2}; seed=$((16#${digits:0:15})); else seed=$((10#${seed:0:18})); fi
[ "$ops" -ge 20000 ] || ops=20000
read -ra list <<< "$versions"
[ ${#list[@]} -gt 0 ] || usage

code=0
"$here/install.sh" "${list[@]}" || code=$?
if [ "$code" -eq 3 ]; then
  echo "ORACLE SKIPPED: the package registry cannot be reached, pyspark ${list[*]} is not in $POOLSIM_SPARKS"
  exit 0
fi
[ "$code" -eq 0 ] || exit "$code"
"$here/build.sh" "${list[@]}"

temporary=''
if [ -z "$out" ]; then out=$(mktemp -d); temporary=1; fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
# A trace is 200 ops and its task ends, so these counts give at least $ops; the profile `oom` comes on top.
a=$(((ops * 55 / 100 + 199) / 200)) b=$(((ops * 45 / 100 + 199) / 200))
files=()
for v in "${list[@]}"; do
  "$here/oracle.sh" "$v" gen A "$seed" "$a" 200 "$out/A-$v.jsonl.gz"
  "$here/oracle.sh" "$v" gen B "$seed" "$b" 200 "$out/B-$v.jsonl.gz"
  "$here/oracle.sh" "$v" gen B "$seed" $((b / 5 + 1)) 100 "$out/B-oom-$v.jsonl.gz" oom
  for gc in Serial G1; do
    JOPTS="-XX:+Use${gc}GC -Xmx1g" "$here/oracle.sh" "$v" sizing "$seed" 200 "$out/sizing-${gc,,}-$v.jsonl.gz"
    files+=("$out/sizing-${gc,,}-$v.jsonl.gz")
  done
  files+=("$out/A-$v.jsonl.gz" "$out/B-$v.jsonl.gz" "$out/B-oom-$v.jsonl.gz")
done

code=0
(cd "$here" && cargo run --release -q -p poolsim-tests --bin conform -- "${files[@]}") || code=$?
if [ "$code" -ne 0 ]; then
  echo "second opinion (model.py agrees: the simulator is wrong; it differs too: Spark is not as README.md says):"
  python3 "$here/model.py" "$out"/[AB]*.jsonl.gz || true
fi
if [ -n "$temporary" ] && [ "$code" -eq 0 ]; then rm -rf "$out"; else echo "recordings: $out"; fi
exit "$code"

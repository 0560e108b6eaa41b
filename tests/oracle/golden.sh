#!/bin/bash
# golden.sh   records tests/golden/traces-*.jsonl.gz and sizing-*.jsonl.gz anew (the same bytes unless the harness or Spark changed)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../golden
"$here/install.sh" 3.5.6 4.1.4 4.3.0
"$here/build.sh" 3.5.6 4.1.4 4.3.0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
gen() { # version kind seed traces ops profile
  "$here/oracle.sh" "$1" gen "$2" "$3" "$4" "$5" "$tmp/part.jsonl" "$6"
  cat "$tmp/part.jsonl" >> "$tmp/all.jsonl"
}
save() { gzip -9n < "$tmp/all.jsonl" > "$out/$1.jsonl.gz"; rm "$tmp/all.jsonl"; }

python3 "$here/directed.py" "$tmp/directed.jsonl"
for v in 3.5.6 4.3.0; do
  "$here/oracle.sh" "$v" run "$tmp/directed.jsonl" "$tmp/all.jsonl"
  save "traces-directed-$v"
done
gen 3.5.6 A 100 16 140 exec
for p in exec storage mixed unroll weird; do gen 3.5.6 A 101 16 140 "$p"; done
save traces-a-3.5.6
for p in spill cache barge weird; do gen 3.5.6 B 201 18 120 "$p"; done
gen 3.5.6 B 202 12 60 oom
save traces-b-3.5.6
for p in spill barge weird oom; do gen 4.1.4 B 301 5 80 "$p"; done
save traces-b-4.1.4
gen 4.3.0 B 401 3 80 spill
gen 4.3.0 B 401 6 80 weird
gen 4.3.0 B 401 20 80 oom
save traces-b-4.3.0
for gc in Serial G1; do
  JOPTS="-XX:+Use${gc}GC -Xmx1g" "$here/oracle.sh" 3.5.6 sizing 31 200 "$tmp/all.jsonl"
  save "sizing-${gc,,}"
done
ls -l "$out"

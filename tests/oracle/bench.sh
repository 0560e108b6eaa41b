#!/bin/bash
# bench.sh VERSION [NAME...]   micro-benchmarks of the real classes, each in a JVM of its own; JSON lines on stdout
# The recipes and the fingerprints to compare with: README.md, "Bench recipe". Run on an idle machine; pin it with taskset.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: bench.sh VERSION [NAME...]" >&2; exit 2; }
v=$1
shift
[ $# -gt 0 ] || set -- exec8 stor put get scanReject:{1000,10000,100000} scanEvict:{1000,10000,100000} tmm8
if [ ! -e "$here/classes/$v/oracle/Main.class" ]; then
  "$here/install.sh" "$v" >&2
  "$here/build.sh" "$v" >&2
fi
export JOPTS=${JOPTS:--XX:+UseSerialGC -Xms1g -Xmx1g}
for b in "$@"; do
  "$here/oracle.sh" "$v" bench "$b"
done

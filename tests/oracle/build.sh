#!/bin/bash
# build.sh VERSION...   compile the harness against the jars of real Spark
# Wants the wheel unpacked: pip install --no-deps --target "$POOLSIM_SPARKS/VERSION" pyspark==VERSION (record.sh does it).
set -euo pipefail
cd "$(dirname "$0")"
sparks=${POOLSIM_SPARKS:-$HOME/.cache/poolsim/sparks}
[ $# -gt 0 ] || { echo "usage: build.sh VERSION..." >&2; exit 2; }
for v in "$@"; do
  mkdir -p "classes/$v"
  log="classes/$v.log"
  if ! javac -nowarn -Xlint:none -proc:none -cp "$sparks/$v/pyspark/jars/*" -d "classes/$v" src/oracle/*.java > "$log" 2>&1; then
    cat "$log" >&2
    echo "build.sh: the harness does not compile against Spark $v" >&2
    exit 1
  fi
  echo "built classes/$v"
done

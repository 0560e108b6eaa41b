#!/bin/bash
# install.sh VERSION...   put the pyspark wheels where build.sh looks for them; what is there already stays
# Exit codes: 0 all there, 3 the registry cannot be reached, 1 anything else.
set -euo pipefail
sparks=${POOLSIM_SPARKS:-$HOME/.cache/poolsim/sparks}
for v in "$@"; do
  [ -d "$sparks/$v/pyspark/jars" ] && continue
  mkdir -p "$sparks"
  tmp=$(mktemp -d "$sparks/.$v.XXXXXX")
  log=$tmp.log
  echo "installing pyspark $v into $sparks/$v"
  if ! python3 -m pip install --quiet --no-deps --disable-pip-version-check --target "$tmp" "pyspark==$v" > "$log" 2>&1; then
    cat "$log" >&2
    rm -rf "$tmp"
    # pip words it "NewConnectionError", "ConnectTimeoutError", "Connection broken", "Temporary failure in name resolution", ...
    if grep -qiE 'connect|timed? ?out|name resolution|unreachable|proxy|max retries|http error|client error|server error|ssl|from versions: none' "$log"; then rm -f "$log"; exit 3; fi
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
  rm -rf "${sparks:?}/$v"
  mv "$tmp" "$sparks/$v"
done

#!/bin/bash
# oracle.sh VERSION CMD ARGS...   run the harness (build.sh first):
#   gen A|B SEED TRACES OPS FILE [PROFILE] | run IN OUT [--check] | sizing SEED ROWS FILE | bench NAME
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sparks=${POOLSIM_SPARKS:-$HOME/.cache/poolsim/sparks}
[ $# -ge 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
v=$1
shift
[ -e "$here/classes/$v/oracle/Main.class" ] || { echo "oracle.sh: run build.sh $v first" >&2; exit 2; }
read -ra jopts <<< "${JOPTS:--XX:+UseSerialGC -Xmx2g}"
exec java "${jopts[@]}" -Dlog4j2.configurationFile="$here/conf/log4j2.properties" \
  --add-opens java.base/java.nio=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED \
  --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util=ALL-UNNAMED \
  --add-opens java.base/jdk.internal.ref=ALL-UNNAMED \
  -cp "$here/classes/$v:$sparks/$v/pyspark/jars/*" oracle.Main "$@"

#!/bin/sh
# What the processes of an executor hold, by part: container.sh HEAP COLLECTOR PHASES OUT.csv [SCALE]
# SPARK is an installed pyspark (its `pyspark` folder), PYTHON an interpreter with pandas and pyarrow, for the phases `arrow…`.
set -eu
heap=$1 collector=$2 phases=$3 out=$4 scale=${5:-1}
here=$(cd "$(dirname "$0")" && pwd)
: "${SPARK:?the pyspark folder of a Spark}" "${PYTHON:=python3}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
for name in "$SPARK"/*; do ln -s "$name" "$work/home/"; done
case $collector in
    g1) flag=-XX:+UseG1GC ;;
    parallel) flag=-XX:+UseParallelGC ;;
    serial) flag=-XX:+UseSerialGC ;;
    zgc) flag=-XX:+UseZGC ;;
esac
export SPARK_HOME="$work/home" PYSPARK_PYTHON="$PYTHON" PYSPARK_DRIVER_PYTHON="$PYTHON" COLLECTOR="$collector" \
    SPARK_LOCAL_IP=127.0.0.1 PYTHONPATH="$SPARK/python:$(dirname "$SPARK"):$(echo "$SPARK"/python/lib/py4j-*.zip)"
mib=$(echo "$heap" | sed 's/g$//'); mib=$((mib * 1024))
"$SPARK_HOME/bin/spark-submit" --master "local-cluster[1,2,$mib]" --driver-memory 512m \
    --conf spark.executor.memory="$heap" --conf spark.ui.enabled=false --conf spark.sql.adaptive.enabled=false \
    --conf spark.sql.shuffle.partitions=8 --conf spark.local.dir="$work/local" --conf spark.driver.host=127.0.0.1 \
    --conf spark.driver.bindAddress=127.0.0.1 --conf spark.executorEnv.PYTHONPATH="$PYTHONPATH" \
    --conf "spark.executor.extraJavaOptions=-XX:NativeMemoryTracking=summary $flag" \
    "$here/app.py" "$out" "$phases" "$scale" 2> "$work/stderr" || { tail -40 "$work/stderr" >&2; exit 1; }

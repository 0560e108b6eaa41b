#!/bin/sh
# Records Runtime.maxMemory by -Xmx, collector and -Xms into max_memory.csv, and the collector that a JVM takes by itself
# into default_collector.csv. Wanted: a JDK with Shenandoah and ZGC; JAVA_HOME names it. The tables here are of Java 17.
#
#     ./record.sh
set -eu
cd "$(dirname "$0")"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
"$javac" -d "$classes" MaxMemory.java
version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.version = //p')

echo "java_version,collector,xmx_mib,xms_is_xmx,max_memory_bytes" > max_memory.csv.partial
for collector in g1:UseG1GC parallel:UseParallelGC serial:UseSerialGC zgc:UseZGC shenandoah:UseShenandoahGC; do
    for mib in 450 451 512 700 1000 1023 1024 1025 1536 1999 2048 3000 3071 4096 5001 6144 7448 8192 9001 10240 12288 \
               13033 14336 16384 20480 31744 32768 40001 65536 71680; do
        for equal in false true; do
            # Committing more than the machine has may fail: large heaps are asked for without.
            if [ $equal = true ] && [ $mib -gt 16384 ]; then continue; fi
            initial=; if [ $equal = true ]; then initial="-Xms${mib}m"; fi
            # Warnings of a collector go to stdout too.
            bytes=$("$java" -Xlog:disable -XX:+"${collector#*:}" -Xmx"${mib}"m $initial -cp "$classes" MaxMemory)
            echo "$version,${collector%%:*},$mib,$equal,$bytes" >> max_memory.csv.partial
        done
    done
done
mv max_memory.csv.partial max_memory.csv

echo "java_version,processors,collector" > default_collector.csv.partial
for processors in 1 2 4; do
    flags=$("$java" -XX:ActiveProcessorCount=$processors -XX:+PrintFlagsFinal -version 2>/dev/null)
    for collector in g1:UseG1GC parallel:UseParallelGC serial:UseSerialGC zgc:UseZGC; do
        if echo "$flags" | grep -q " ${collector#*:} *= true"; then
            echo "$version,$processors,${collector%%:*}" >> default_collector.csv.partial
        fi
    done
done
mv default_collector.csv.partial default_collector.csv

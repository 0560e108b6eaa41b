import java.io.InputStream;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.history.EventLogFileReader;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.ReplayListenerBus;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.collection.JavaConverters;

/**
 * EventLogReplay LOG TURNS WARM_UP: replays a log as the History Server does, into a listener that only counts: the
 * server's own listeners come on top. See versus_history_server.sh.
 */
public class EventLogReplay {
    static final class Counter extends SparkListener {
        long tasks;
        long memoryBytesSpilled;
        long updates;

        @Override
        public void onTaskEnd(SparkListenerTaskEnd end) {
            tasks++;
            if (end.taskMetrics() != null) {
                memoryBytesSpilled += end.taskMetrics().memoryBytesSpilled();
            }
            for (AccumulableInfo one : JavaConverters.seqAsJavaList(end.taskInfo().accumulables().toSeq())) {
                Object update = one.update().isDefined() ? one.update().get() : null;
                if (update instanceof Long number) {
                    updates += number;
                } else if (update instanceof String text && isWhole(text)) {
                    updates += Long.parseLong(text);
                }
            }
        }
    }

    static boolean isWhole(String text) {
        int sign = text.startsWith("-") ? 1 : 0;
        return text.length() > sign && text.chars().skip(sign).allMatch(Character::isDigit);
    }

    public static void main(String[] args) throws Exception {
        Path log = new Path(args[0]);
        int turns = Integer.parseInt(args[1]);
        int warmUp = Integer.parseInt(args[2]);
        FileSystem files = FileSystem.getLocal(new Configuration());
        long[] times = new long[turns];
        Counter counter = null;
        for (int turn = -warmUp; turn < turns; turn++) {
            long start = System.nanoTime();
            counter = new Counter();
            ReplayListenerBus bus = new ReplayListenerBus();
            bus.addListener(counter);
            try (InputStream in = EventLogFileReader.openEventLog(log, files)) {
                bus.replay(in, args[0], false, ReplayListenerBus.SELECT_ALL_FILTER());
            }
            if (turn >= 0) {
                times[turn] = System.nanoTime() - start;
            }
        }
        Arrays.sort(times);
        System.out.printf(
            "{\"who\":\"spark\",\"tasks\":%d,\"memory_bytes_spilled\":%d,\"updates\":%d,\"wall_ns_median\":%d}%n",
            counter.tasks, counter.memoryBytesSpilled, counter.updates, times[turns / 2]);
    }
}

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Allocates as a Spark executor does, and says what the collections of garbage took.
 *
 * Each thread makes records (an object and its payload) and computes for a while over each. Of the bytes allocated
 * a share goes to a ring of records (objects of tasks: they live for some time), the rest is garbage at once; a set
 * of records, filled before, is held to the end (cached blocks).
 *
 * Arguments are key=value: threads, live (bytes held to the end), medium (bytes of the rings), share (parts in 1000
 * of the allocation that go to the rings), object (payload bytes of a record), iterations (work a record), seconds
 * (length of the measured part) or records (its length as records a thread), warmup (seconds before it).
 * One line of key=value comes out; GC times are those of the collector beans, which Spark sums up as `JVM GC Time`.
 */
public final class Gc {
    static final class Record {
        final byte[] payload;
        long value;

        Record(int bytes) {
            payload = new byte[bytes];
        }
    }

    /** Bytes of a record in the heap: object header 12, reference 4, long 8; array header 16, to multiples of 8. */
    static long recordBytes(int payload) {
        return 24 + (16 + payload + 7) / 8 * 8;
    }

    static volatile long sink;

    static final class Worker {
        final Record[] ring;
        final int payload, share, iterations;
        final List<Record[]> held = new ArrayList<>();
        int at, owed;
        long records, state;

        Worker(int payload, long medium, int share, int iterations, long seed) {
            this.payload = payload;
            this.share = share;
            this.iterations = iterations;
            ring = new Record[(int) Math.max(1, medium / (recordBytes(payload) + 4))];
            state = seed * 0x9E3779B97F4A7C15L + 1;
        }

        void hold(long bytes) {
            long left = bytes / (recordBytes(payload) + 4);
            while (left > 0) {
                Record[] block = new Record[(int) Math.min(left, 1024)];
                for (int i = 0; i < block.length; i++) {
                    block[i] = new Record(payload);
                }
                held.add(block);
                left -= block.length;
            }
        }

        /** A thousand records. */
        void step() {
            long x = state;
            for (int i = 0; i < 1000; i++) {
                Record record = new Record(payload);
                for (int k = 0; k < iterations; k++) {
                    x ^= x << 13;
                    x ^= x >>> 7;
                    x ^= x << 17;
                }
                record.value = x;
                record.payload[(int) (x & 7)] = (byte) x;
                owed += share;
                if (owed >= 1000) {
                    owed -= 1000;
                    ring[at] = record;
                    at = at + 1 == ring.length ? 0 : at + 1;
                } else {
                    x += record.payload[(int) (x >>> 5 & 7)];
                }
            }
            state = x;
            records += 1000;
        }
    }

    static long argument(String[] arguments, String name, long otherwise) {
        for (String argument : arguments) {
            if (argument.startsWith(name + "=")) {
                return Long.parseLong(argument.substring(name.length() + 1));
            }
        }
        return otherwise;
    }

    /** Runs the workers for some time or some records each; their CPU time in ns comes back. */
    static long run(Worker[] workers, double seconds, long records) throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] cpu = new long[workers.length];
        CountDownLatch done = new CountDownLatch(workers.length);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        for (int w = 0; w < workers.length; w++) {
            int index = w;
            Worker worker = workers[w];
            long target = worker.records + records;
            Thread thread = new Thread(() -> {
                try {
                    while (failure.get() == null
                            && (records > 0 ? worker.records < target : System.nanoTime() < end)) {
                        worker.step();
                    }
                } catch (Throwable thrown) {
                    failure.compareAndSet(null, thrown);
                }
                sink += worker.state;
                cpu[index] = threads.getCurrentThreadCpuTime();
                done.countDown();
            });
            thread.start();
        }
        done.await();
        if (failure.get() != null) {
            throw new Exception(failure.get());
        }
        long sum = 0;
        for (long of : cpu) {
            sum += of;
        }
        return sum;
    }

    static String said(Throwable thrown) {
        Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
        return String.valueOf(cause.getMessage()).replace(' ', '_');
    }

    public static void main(String[] arguments) throws Exception {
        int threads = (int) argument(arguments, "threads", 2);
        long live = argument(arguments, "live", 100 << 20);
        long medium = argument(arguments, "medium", 0);
        int share = (int) argument(arguments, "share", 100);
        int payload = (int) argument(arguments, "object", 80);
        int iterations = (int) argument(arguments, "iterations", 50);
        double seconds = argument(arguments, "millis", 3500) / 1e3;
        long records = argument(arguments, "records", 0);
        double warmup = argument(arguments, "warmup", 1000) / 1e3;
        List<GarbageCollectorMXBean> beans = ManagementFactory.getGarbageCollectorMXBeans();
        Worker[] workers = new Worker[threads];
        String phase = "fill";
        String verdict = "ok";
        long[] counts = new long[beans.size()], times = new long[beans.size()];
        long made = 0, cpu = 0, process = 0, begin = System.nanoTime(), elapsed = 0;
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try {
            for (int w = 0; w < threads; w++) {
                workers[w] = new Worker(payload, medium / threads, share, iterations, w + 1);
                workers[w].hold(live / threads);
            }
            System.gc();
            phase = "warmup";
            run(workers, warmup, 0);
            phase = "run";
            for (int b = 0; b < counts.length; b++) {
                counts[b] = beans.get(b).getCollectionCount();
                times[b] = beans.get(b).getCollectionTime();
            }
            for (Worker worker : workers) {
                made -= worker.records;
            }
            process = system.getProcessCpuTime();
            System.err.println("measured from uptime_ms " + ManagementFactory.getRuntimeMXBean().getUptime());
            begin = System.nanoTime();
            cpu = run(workers, seconds, records);
        } catch (Throwable thrown) {
            verdict = phase + ":" + said(thrown);
        }
        elapsed = System.nanoTime() - begin;
        process = system.getProcessCpuTime() - process;
        StringBuilder line = new StringBuilder();
        for (Worker worker : workers) {
            made += worker == null ? 0 : worker.records;
        }
        line.append(String.format(Locale.ROOT, "verdict=%s elapsed_ns=%d worker_cpu_ns=%d process_cpu_ns=%d", verdict,
                elapsed, cpu, process));
        line.append(" allocated_bytes=").append(made * recordBytes(payload));
        for (int b = 0; b < counts.length; b++) {
            GarbageCollectorMXBean bean = beans.get(b);
            line.append(" bean=").append(bean.getName().replace(' ', '_')).append(',')
                    .append(bean.getCollectionCount() - counts[b]).append(',')
                    .append(bean.getCollectionTime() - times[b]);
        }
        line.append(" max_memory=").append(Runtime.getRuntime().maxMemory());
        System.out.println(line);
        System.exit(0);
    }
}

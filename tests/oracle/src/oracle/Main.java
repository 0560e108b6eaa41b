package oracle;

import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.zip.*;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.*;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.*;

public final class Main {
  static final String WAIT_LOGGER = "org.apache.spark.memory.ExecutionMemoryPool";

  static final class WaitAppender extends AbstractAppender {
    WaitAppender() { super("oracle-wait", null, null, true, Property.EMPTY_ARRAY); }
    @Override public void append(LogEvent e) {
      if (e.getLevel() == Level.INFO && e.getMessage().getFormattedMessage().contains("waiting for at least 1/2N")) Env.onWaitLog();
    }
  }
  static void hookLog() {
    LoggerContext c = (LoggerContext) LogManager.getContext(false);
    Configuration cf = c.getConfiguration();
    WaitAppender a = new WaitAppender();
    a.start();
    cf.addAppender(a);
    LoggerConfig lc = new LoggerConfig(WAIT_LOGGER, Level.INFO, false);
    lc.addAppender(a, Level.INFO, null);
    cf.addLogger(WAIT_LOGGER, lc);
    c.updateLoggers();
  }
  static PrintStream out(String f) throws IOException {
    OutputStream o = f.equals("-") ? System.out : new FileOutputStream(f);
    if (f.endsWith(".gz")) o = new GZIPOutputStream(o, 1 << 16) {{ def.setLevel(9); }};
    return new PrintStream(new BufferedOutputStream(o, 1 << 16), false, "UTF-8");
  }
  static BufferedReader in(String f) throws IOException {
    InputStream i = f.equals("-") ? System.in : new FileInputStream(f);
    if (f.endsWith(".gz")) i = new GZIPInputStream(i, 1 << 16);
    return new BufferedReader(new InputStreamReader(i, StandardCharsets.UTF_8));
  }

  public static void main(String[] a) throws Exception {
    switch (a[0]) {
      case "gen": hookLog(); gen(a[1], Long.parseLong(a[2]), Integer.parseInt(a[3]), Integer.parseInt(a[4]), a[5], a.length > 6 ? a[6] : null); break;
      case "run": hookLog(); run(a[1], a[2], a.length > 3 && a[3].equals("--check")); break;
      case "sizing": Sizing.main(Long.parseLong(a[1]), Integer.parseInt(a[2]), a[3]); break;
      case "bench": Bench.main(Arrays.copyOfRange(a, 1, a.length)); break;
      default: throw new IllegalArgumentException(a[0]);
    }
    System.exit(0);
  }

  static final String[] PA = {"exec", "storage", "mixed", "unroll", "weird"};
  static final double[] WA = {25, 25, 25, 13, 12};
  static final String[] PB = {"spill", "cache", "barge", "weird"};
  static final double[] WB = {45, 25, 18, 12};

  /** forced: every trace gets this profile; null: profiles are drawn by weight. */
  static void gen(String kind, long seed, int traces, int ops, String file, String forced) throws Exception {
    PrintStream o = out(file);
    SplitMix64 root = new SplitMix64(seed);
    long tot = 0, blocked = 0, ev = 0;
    for (int k = 0; k < traces; k++) {
      long ts = root.next();
      SplitMix64 r = new SplitMix64(ts);
      String profile = kind.equals("A") ? PA[r.pick(WA)] : PB[r.pick(WB)];
      if (forced != null) profile = forced;
      ObjectNode cfg = Gen.config(r, kind, profile);
      Env env = new Env(cfg);
      o.println(header(kind, kind + "-" + (forced == null ? "" : forced + "-") + seed + "-" + k, Long.toUnsignedString(ts), profile, cfg, env));
      Gen.Base g = kind.equals("A") ? new Gen.A(env, r, profile) : new Gen.B(env, r, profile);
      int i = 0;
      boolean fin = false;
      while (true) {
        ObjectNode op;
        if (i >= ops && !fin && g.pending.isEmpty()) { fin = true; g.finish(); }
        if (fin) { if (g.pending.isEmpty()) break; op = g.pending.poll(); } else op = g.next();
        ObjectNode full = Env.F.objectNode();
        full.put("i", i++);
        full.setAll(op);
        env.exec(full);
        if (g instanceof Gen.A) ((Gen.A) g).after(full);
        o.println(full);
        tot++;
        if (full.get("r").asText().equals("blocked")) blocked++;
        if (full.has("e")) for (com.fasterxml.jackson.databind.JsonNode e : full.get("e")) if (e.get(0).asText().equals("ev")) ev++;
      }
      o.println(env.end());
      env.close();
    }
    o.close();
    System.err.println(kind + " seed " + seed + ": " + traces + " traces, " + tot + " ops, " + blocked + " blocked, " + ev + " evictions -> " + file);
  }
  static ObjectNode header(String kind, String id, String seed, String profile, ObjectNode cfg, Env env) {
    ObjectNode h = Env.F.objectNode();
    h.put("h", kind).put("id", id).put("seed", seed).put("profile", profile).put("spark", org.apache.spark.package$.MODULE$.SPARK_VERSION());
    h.set("cfg", cfg);
    h.put("offHeapStorageRegion", env.mm.offHeapStorageMemory());
    h.set("s0", env.state());
    return h;
  }

  static void run(String inf, String outf, boolean check) throws Exception {
    PrintStream o = out(outf);
    BufferedReader in = in(inf);
    String line; Env env = null; String id = null;
    int n = 0, diffOps = 0, diffTraces = 0, traces = 0; boolean bad = false;
    while ((line = in.readLine()) != null) {
      ObjectNode x = (ObjectNode) Env.J.readTree(line);
      if (x.has("h")) {
        if (env != null) env.close();
        env = new Env((ObjectNode) x.get("cfg"));
        id = x.get("id").asText(); bad = false; traces++;
        o.println(header(x.get("h").asText(), id, x.get("seed").asText(), x.get("profile").asText(), (ObjectNode) x.get("cfg"), env));
      } else if (x.has("end")) {
        String y = env.end().toString();
        o.println(y);
        if (check && !y.equals(line)) { if (!bad) { diffTraces++; bad = true; } diffOps++; System.err.println(id + " end differs"); }
      } else {
        ObjectNode was = x.deepCopy();
        x.remove(Arrays.asList("r", "x", "e", "s", "u"));
        env.exec(x);
        n++;
        String y = x.toString();
        o.println(y);
        was.remove("x");
        if (check && !x.deepCopy().without("x").toString().equals(was.toString())) {   // error texts may differ between versions
          diffOps++;
          if (!bad) { diffTraces++; bad = true; System.err.println(id + " first difference:\n  was " + line + "\n  now " + y); }
        }
      }
    }
    if (env != null) env.close();
    o.close();
    System.err.println("run " + inf + ": " + traces + " traces, " + n + " ops" + (check ? ", " + diffTraces + " traces differ (" + diffOps + " lines)" : ""));
  }
}

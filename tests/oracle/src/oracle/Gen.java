package oracle;

import com.fasterxml.jackson.databind.node.*;
import java.util.*;

/** Seeded random op streams. Adaptive: looks at the live state so that ops make sense. */
final class Gen {
  static final String[] MODES = {"on", "off"};

  static ObjectNode config(SplitMix64 r, String kind, String profile) {
    ObjectNode c = Env.F.objectNode();
    long[] heaps = {1000, 65536, 1L << 20, 64L << 20, 455501414L, 1L << 30, 10L << 30, 107374182401L};
    double[] hw = {1, 1, 1, 2, 2, 2, 1, 1};
    long M = heaps[r.pick(hw)];
    if (r.chance(0.2)) M += r.below(Math.max(2, M / 7));
    double[] fr = {0.0, 0.1, 0.3, 0.5, 0.5, 0.5, 0.7, 0.9, 0.99};
    double f = fr[r.below(fr.length)];
    long region = (long) (M * f);
    if (region >= M) region = M - 1;
    c.put("maxHeap", M);
    c.put("storageRegion", region);
    c.put("cores", 1 + r.below(8));
    long off = r.chance(0.45) ? 0 : (long) (M * (0.1 + 0.9 * r.unit()));
    c.put("offHeap", off);
    c.put("storageFraction", Double.toString(f));
    c.put("tungstenOffHeap", kind.equals("B") && off > 0 && r.chance(0.5));
    c.put("unrollThreshold", Math.max(1, Math.min(1L << 20, M / (8L << r.below(6)))));
    c.put("unrollCheckPeriod", r.chance(0.8) ? 16 : 1 + r.below(40));
    c.put("unrollGrowthFactor", r.chance(0.8) ? "1.5" : Double.toString(1.0 + r.below(8) / 4.0));
    c.put("barge", kind.equals("B") && (profile.equals("barge") || profile.equals("oom") && r.chance(0.3)));
    return c;
  }

  static abstract class Base {
    final Env env; final SplitMix64 r; final String profile; final long M, OFF; final int slots;
    final ArrayDeque<ObjectNode> pending = new ArrayDeque<>();
    final int sizeStyle;
    long nextTask = 1;
    final long[] slot;
    int steps = 0;
    Base(Env env, SplitMix64 r, String profile) {
      this.env = env; this.r = r; this.profile = profile;
      M = env.cfg.get("maxHeap").asLong(); OFF = env.cfg.get("offHeap").asLong();
      slots = kind().equals("B") || profile.equals("exec") ? 1 + r.below(2) + r.below(r.chance(0.15) ? 12 : 5) : 1 + r.below(r.chance(0.15) ? 16 : 6);
      slot = new long[slots];
      sizeStyle = r.below(4);
    }
    ObjectNode op(String k) { ObjectNode o = Env.F.objectNode(); o.put("op", k); return o; }
    String mode() { return OFF > 0 && r.chance(0.35) ? "off" : "on"; }
    long max(String m) { return m.equals("off") ? OFF : M; }
    long size(String m, double div) {
      long max = Math.max(1, max(m));
      long cap = Math.max(1, (long) (max / div));
      if (r.chance(0.02)) return special(m, max);
      switch (sizeStyle) {
        case 0: return r.logUniform(r.chance(0.2) ? 1 : Math.max(1, cap / 300), cap);
        case 1: return Math.max(1, cap / 8 + r.below(Math.max(1, cap / 2)));
        case 2: { long[] f = {Math.max(1, cap / 10), Math.max(1, cap / 5), Math.max(1, cap / 2)}; return f[r.below(3)]; }
        default: { long pg = Math.max(1, cap / 16); return pg * (1 + r.below(12)); }
      }
    }
    long special(String m, long max) {
      synchronized (env.mm) {
        boolean on = m.equals("on");
        long ep = on ? env.mm.onHeapExecutionMemoryPool().poolSize() : env.mm.offHeapExecutionMemoryPool().poolSize();
        long ef = on ? env.mm.onHeapExecutionMemoryPool().memoryFree() : env.mm.offHeapExecutionMemoryPool().memoryFree();
        long sf = on ? env.mm.onHeapStorageMemoryPool().memoryFree() : env.mm.offHeapStorageMemoryPool().memoryFree();
        long[] v = {max, max + 1, max - 1, ep, ep + 1, ef, ef + 1, sf, sf + 1, ef + sf, ef + sf + 1, 1, max / slots};
        return Math.max(1, v[r.below(v.length)]);
      }
    }
    boolean blocked(long t) { return env.blocked.containsKey(t); }
    /** a live, unblocked task; 0 if every slot is blocked */
    long task() {
      int a = r.below(slots);
      for (int i = 0; i < slots; i++) {
        int s = (a + i) % slots;
        if (slot[s] == 0) { slot[s] = nextTask++; fresh(slot[s]); }
        if (!blocked(slot[s])) return slot[s];
      }
      return 0;
    }
    void fresh(long t) {}
    abstract ObjectNode gen();
    abstract String kind();
    abstract void endTask(long t);
    void freeSlot(long t) { for (int i = 0; i < slots; i++) if (slot[i] == t) slot[i] = 0; }
    ObjectNode next() {
      if (!pending.isEmpty()) return pending.poll();
      long t = task();
      if (!pending.isEmpty()) return pending.poll();
      if (t == 0) {                                   // all blocked: kill one, as a scheduler would
        ArrayList<Long> bl = new ArrayList<>(env.blocked.keySet());
        long v = bl.get(r.below(bl.size()));
        ObjectNode o = op("kill").put("t", v);
        endTask(v);
        return o;
      }
      ObjectNode o;
      do { o = gen(); if (o == null && !pending.isEmpty()) o = pending.poll(); } while (o == null);
      return o;
    }
    void finish() {
      for (long v : new ArrayList<>(env.blocked.keySet())) { pending.add(op("kill").put("t", v)); }
      for (int i = 0; i < slots; i++) if (slot[i] != 0) endTask(slot[i]);
    }
    String anyBlock(boolean mem) {
      ArrayList<String> l = new ArrayList<>();
      for (Map.Entry<String, Env.Entry> e : env.meta.entrySet()) if (e.getValue().inMem == mem) l.add(e.getKey());
      if (l.isEmpty()) return null;
      Collections.sort(l);
      return l.get(r.below(l.size()));
    }
  }

  // ------------------------------------------------------------------------------------------------ A
  static final class A extends Base {
    @Override String kind() { return "A"; }
    final int rdds; int nextPart = 0; final int blockStyle; final double div;
    final HashMap<Long, List<String>> locks = new HashMap<>();
    final HashMap<String, Long> raw = new HashMap<>();
    static final String[] OPS = {"acqE", "relE", "end", "put", "get", "rm", "load", "putIter", "acqU", "relU", "lockR", "unlock",
        "unlockAll", "size", "has", "evict", "acqS", "relS", "clear", "kill", "notifyAll", "overRel", "zero", "aux", "lockW"};
    final double[] w;
    A(Env env, SplitMix64 r, String profile) {
      super(env, r, profile);
      rdds = 1 + r.below(6);
      blockStyle = r.below(3);
      div = new double[] {0.7, 1.5, 4, 10}[r.below(4)];
      switch (profile) {
        case "exec": w = new double[] {45, 16, 4, 8, 4, 2, 1, 2, 2, 2, 1, 1, .3, .2, .2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; break;
        case "storage": w = new double[] {10, 8, 1.5, 38, 15, 4, 4, 5, 3, 3, 4, 3, .5, 1, 1, .5, 0, 0, 0, 0, 0, 0, 0, 0, 0}; break;
        case "mixed": w = new double[] {25, 15, 3, 22, 8, 3, 3, 6, 3, 3, 3, 2, .4, .5, .5, .2, 0, 0, 0, 0, 0, 0, 0, 0, 0}; break;
        case "unroll": w = new double[] {12, 8, 2, 14, 6, 3, 2, 25, 14, 10, 2, 2, .4, .3, .3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; break;
        case "weird": w = new double[] {25, 13, 3, 18, 6, 3, 3, 6, 4, 4, 3, 2, .5, 1, 1, 3, 4, 3, .3, 2, 1, 2, 1, 3, 3}; break;
        default: throw new IllegalArgumentException(profile);
      }
    }
    String newBlock() {
      double u = r.unit();
      if (blockStyle == 1 || u < 0.85) {
        // sometimes name a block that exists already, or existed once
        int rdd = r.below(rdds);
        int part = r.chance(0.12) && nextPart > 0 ? r.below(nextPart) : nextPart++;
        return "rdd_" + rdd + "_" + part;
      }
      return u < 0.95 ? "broadcast_" + nextPart++ : "taskresult_" + nextPart++;
    }
    @Override ObjectNode gen() {
      String k = OPS[r.pick(w)];
      long t = task();
      if (t == 0) return null;
      switch (k) {
        case "acqE": { String m = mode(); return op(k).put("t", t).put("n", size(m, div * (r.chance(0.3) ? 1 : Math.sqrt(slots)))).put("m", m); }
        case "relE": {
          String m = mode();
          long held = held(t, m);
          if (held <= 0) { m = m.equals("on") ? "off" : "on"; held = held(t, m); }
          if (held <= 0) return null;
          long n = r.chance(0.3) ? held : 1 + r.below(held);
          return op(k).put("t", t).put("n", n).put("m", m);
        }
        case "end": endTask(t); return pending.poll();
        case "put": {
          String m = mode();
          ObjectNode o = op(k).put("t", t).put("b", newBlock()).put("n", r.chance(0.01) ? 0 : size(m, div * 4)).put("m", m).put("lvl", r.chance(0.5) ? "M" : "MD");
          if (r.chance(0.08)) { o.put("keep", true); locks.computeIfAbsent(t, x -> new ArrayList<>()).add(o.get("b").asText()); }
          return o;
        }
        case "get": case "size": case "has": case "rm": {
          String b = anyBlock(!r.chance(0.15)); if (b == null) return null;
          return op(k).put("t", t).put("b", b);
        }
        case "load": { String b = anyBlock(false); if (b == null) return null; return op(k).put("t", t).put("b", b); }
        case "putIter": {
          String m = mode();
          long target = size(m, div * 4);
          int cnt = r.below(200);
          long per = Math.max(1, target / Math.max(1, cnt));
          long base = r.chance(0.5) ? 0 : r.below(Math.max(1, per));
          long est = base + per * cnt;
          long precise = r.chance(0.5) ? est : Math.max(1, (long) (est * (0.3 + 1.2 * r.unit())));
          return op(k).put("t", t).put("b", newBlock()).put("m", m).put("lvl", r.chance(0.5) ? "M" : "MD")
              .put("cnt", cnt).put("base", base).put("per", per).put("precise", precise);
        }
        case "acqU": { String m = mode(); return op(k).put("t", t).put("b", newBlock()).put("n", size(m, div * 4)).put("m", m); }
        case "relU": return op(k).put("t", t).put("n", r.chance(0.4) ? -1 : size("on", div * 6)).put("m", mode());
        case "lockR": case "lockW": {
          String b = anyBlock(!r.chance(0.1)); if (b == null) return null;
          pendingLock = b; pendingTask = t;
          return op(k).put("t", t).put("b", b);
        }
        case "unlock": {
          List<String> l = locks.get(t); if (l == null || l.isEmpty()) return null;
          return op(k).put("t", t).put("b", l.remove(r.below(l.size())));
        }
        case "unlockAll": locks.remove(t); return op(k).put("t", t);
        case "evict": {
          String m = mode();
          ObjectNode o = op(k).put("n", size(m, div)).put("m", m);
          if (r.chance(0.5)) o.put("b", newBlock());
          return o;
        }
        case "acqS": { String m = mode(); long n = size(m, div * 8); lastRaw = m; return op(k).put("b", newBlock()).put("n", n).put("m", m); }
        case "relS": {
          String m = mode(); long have = raw.getOrDefault(m, 0L);
          if (have <= 0) return null;
          long n = 1 + r.below(have); raw.put(m, have - n);
          return op(k).put("n", n).put("m", m);
        }
        case "clear": raw.clear(); return op(k);
        case "kill": {
          if (env.blocked.isEmpty()) return null;
          ArrayList<Long> bl = new ArrayList<>(env.blocked.keySet()); long v = bl.get(r.below(bl.size()));
          endTask(v);
          return op(k).put("t", v);
        }
        case "notifyAll": return op(k);
        case "overRel": { String m = mode(); return op("relE").put("t", t).put("n", held(t, m) + 1 + r.below(1000)).put("m", m); }
        case "zero": { String m = mode(); return op(r.chance(0.7) ? "acqE" : "relE").put("t", t).put("n", 0).put("m", m); }
        case "aux": {                                  // another thread of a blocked task gives memory back
          if (env.blocked.isEmpty()) return null;
          ArrayList<Long> bl = new ArrayList<>(env.blocked.keySet()); long v = bl.get(r.below(bl.size()));
          String m = held(v, "on") > 0 ? "on" : "off"; long h = held(v, m);
          if (h <= 0) return null;
          return op("relE").put("t", v).put("n", r.chance(0.4) ? h : 1 + r.below(h)).put("m", m);
        }
      }
      throw new IllegalStateException(k);
    }
    String pendingLock; long pendingTask; String lastRaw;
    void after(ObjectNode o) {
      String k = o.get("op").asText();
      if ((k.equals("lockR") || k.equals("lockW")) && o.get("r").asBoolean(false))
        locks.computeIfAbsent(pendingTask, x -> new ArrayList<>()).add(pendingLock);
      if (k.equals("acqS") && o.get("r").asBoolean(false)) raw.merge(o.get("m").asText(), o.get("n").asLong(), Long::sum);
      if (k.equals("put") && o.has("keep") && !"stored".equals(o.get("r").asText()) && !"disk".equals(o.get("r").asText())) {
        List<String> l = locks.get(o.get("t").asLong()); if (l != null) l.remove(o.get("b").asText());
      }
    }
    long held(long t, String m) {
      try {
        Object p = m.equals("off") ? env.mm.offHeapExecutionMemoryPool() : env.mm.onHeapExecutionMemoryPool();
        synchronized (env.mm) { return ((org.apache.spark.memory.ExecutionMemoryPool) p).getMemoryUsageForTask(t); }
      } catch (RuntimeException e) { throw e; }
    }
    /** the order of Task.run()'s and Executor's finally blocks */
    @Override void endTask(long t) {
      pending.add(op("relU").put("t", t).put("n", -1).put("m", "on"));
      pending.add(op("relU").put("t", t).put("n", -1).put("m", "off"));
      pending.add(op("notifyAll"));
      pending.add(op("unlockAll").put("t", t));
      pending.add(op("relAllE").put("t", t));
      locks.remove(t);
      freeSlot(t);
    }
  }

  // ------------------------------------------------------------------------------------------------ B
  static final class B extends Base {
    int nextC = 1, nextBlock = 0;
    @Override String kind() { return "B"; }
    final HashMap<Long, Integer> made = new HashMap<>();
    final double div; final long pageSize; final double noSpill;
    static final String[] OPS = {"acq", "free", "page", "arr", "freePage", "newC", "spillC", "cleanUp", "put", "rm", "get", "aux", "kill", "oom", "zero"};
    final double[] w;
    B(Env env, SplitMix64 r, String profile) {
      super(env, r, profile);
      div = new double[] {0.6, 1, 2, 5}[r.below(4)];
      pageSize = Math.max(1, (tung() ? OFF : M) / (16L << r.below(5)));
      noSpill = r.chance(0.3) ? 0.4 : 0.1;
      boolean weird = profile.equals("weird"), oom = profile.equals("oom");
      w = new double[] {42, 9, 14, 2, 4, 7, 1, 3.5, profile.equals("cache") ? 14 : 5, 1.5, 1, weird ? 3 : 0, weird || oom ? 1 : 0, weird ? 2 : oom ? 25 : 0, weird ? 1 : 0};
    }
    boolean tung() { return env.cfg.get("tungstenOffHeap").asBoolean(); }
    String tm() { return tung() ? "off" : "on"; }
    @Override void fresh(long t) { pending.add(op("newT").put("t", t)); pending.add(newC(t)); }
    ObjectNode newC(long t) {
      made.merge(t, 1, Integer::sum);
      String[] p = {"full", "part", "half", "none", "self", "other", "io"};
      double[] pw = {35, 20, 10, 100 * noSpill, 8, 12, profile.equals("weird") || profile.equals("oom") ? 2 : 0};
      String m = r.chance(0.8) || OFF == 0 ? tm() : (tung() ? "on" : "off");
      return op("newC").put("t", t).put("c", nextC++).put("m", m).put("pol", p[r.pick(pw)]).put("ps", pageSize);
    }
    Env.Cons cons(long t, boolean tungsten, boolean used) {
      ArrayList<Env.Cons> l = new ArrayList<>();
      for (Env.Cons c : env.cons.values())
        if (c.task == t && (!tungsten || c.md == Env.mode(tm())) && (!used || c.raw() > 0)) l.add(c);
      return l.isEmpty() ? null : l.get(r.below(l.size()));
    }
    @Override ObjectNode gen() {
      String k = OPS[r.pick(w)];
      long t = task();
      if (t == 0) return null;
      if (!pending.isEmpty()) return pending.poll();
      switch (k) {
        case "acq": { Env.Cons c = cons(t, false, false); if (c == null) return null; String m = c.md == Env.mode("on") ? "on" : "off";
          return op(k).put("c", c.id).put("n", size(m, div * (r.chance(0.4) ? 1 : slots))); }
        case "zero": { Env.Cons c = cons(t, false, false); return c == null ? null : op("acq").put("c", c.id).put("n", 0); }
        case "free": { Env.Cons c = cons(t, false, true); if (c == null) return null; long raw = c.raw();
          return op(k).put("c", c.id).put("n", r.chance(0.4) ? raw : 1 + r.below(raw)); }
        case "page": case "oom": { Env.Cons c = cons(t, true, false); if (c == null) return null;
          ObjectNode o = op("page").put("c", c.id).put("n", r.chance(0.7) ? 1 + r.below(pageSize) : size(tm(), div * slots));
          if (k.equals("oom")) o.put("oom", 1 + r.below(profile.equals("oom") ? 6 : 2));
          return o; }
        case "arr": { Env.Cons c = cons(t, true, false); if (c == null) return null;
          return op(k).put("c", c.id).put("n", Math.max(1, Math.min(1L << 27, size(tm(), div * slots) / 8))); }
        case "freePage": {
          ArrayList<Integer> ps = new ArrayList<>();
          for (Env.Cons c : env.cons.values()) if (c.task == t) ps.addAll(c.pages.keySet());
          if (ps.isEmpty()) return null;
          return op(k).put("t", t).put("p", ps.get(r.below(ps.size())));
        }
        case "newC": return made.getOrDefault(t, 0) >= 16 ? null : newC(t);
        case "spillC": { Env.Cons c = cons(t, false, false); return c == null || c.pol.equals("io") ? null : op(k).put("c", c.id); }
        case "cleanUp": endTask(t); return pending.poll();
        case "put": { String m = mode();
          return op(k).put("t", t).put("b", "rdd_" + r.below(3) + "_" + nextBlock++).put("n", size(m, 8)).put("m", m).put("lvl", r.chance(0.5) ? "M" : "MD"); }
        case "rm": case "get": { String b = anyBlock(!r.chance(0.1)); return b == null ? null : op(k).put("t", t).put("b", b); }
        case "aux": {
          if (env.blocked.isEmpty()) return null;
          ArrayList<Long> bl = new ArrayList<>(env.blocked.keySet()); long v = bl.get(r.below(bl.size()));
          Env.Cons c = cons(v, false, true); if (c == null) return null; long raw = c.raw();
          return op("free").put("c", c.id).put("n", r.chance(0.4) ? raw : 1 + r.below(raw));
        }
        case "kill": {
          if (env.blocked.isEmpty()) return null;
          ArrayList<Long> bl = new ArrayList<>(env.blocked.keySet()); long v = bl.get(r.below(bl.size()));
          endTask(v);
          return op(k).put("t", v);
        }
      }
      throw new IllegalStateException(k);
    }
    @Override void endTask(long t) { pending.add(op("cleanUp").put("t", t)); freeSlot(t); }
  }
}

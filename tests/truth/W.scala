import org.apache.spark.{SparkConf, SparkContext}
import org.apache.spark.rdd.RDD
import org.apache.spark.storage.StorageLevel

/** RDD (JVM object) workloads: `W WORKLOAD KEY=VALUE ...`. The last line of stdout is WL_OK SECONDS or WL_FAIL CLASS MESSAGE. */
object W {
  /** SplitMix64: every row is a hash of its number. */
  def mix(x: Long): Long = {
    var z = x + 0x9E3779B97F4A7C15L
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL
    z ^ (z >>> 31)
  }

  def hex(x: Long, n: Int): String = {
    val sb = new StringBuilder
    var i = 0
    while (i < n) { sb.append(f"${mix(x * 31 + i)}%016x"); i += 1 }
    sb.toString
  }

  def main(argv: Array[String]): Unit = {
    val wl = argv(0)
    val a = argv.drop(1).map { s => val i = s.indexOf('='); s.take(i) -> s.drop(i + 1) }.toMap
    def number(k: String, default: Int): Int = a.get(k).map(_.toInt).getOrElse(default)
    val sc = new SparkContext(new SparkConf().setAppName(a.getOrElse("app", wl)))
    val level = StorageLevel.fromString(a.getOrElse("level", "MEMORY_ONLY"))
    val n = number("n", 1000000)
    val p = number("p", 8)
    val sp = number("sp", 8)
    val w = number("w", 4)
    val groups = number("groups", 100000)
    def kv(seed: Int, n: Int = n): RDD[(Long, String)] =
      sc.range(0L, n.toLong, 1L, p).map(i => ((mix(i + seed) & Long.MaxValue) % groups, hex(i + seed, w)))
    val start = System.nanoTime
    val ok =
      try {
        wl match {
          case "groupbykey" => println(kv(1).groupByKey(sp).mapValues(_.size).values.sum())
          case "reducebykey" =>
            println(sc.range(0L, n.toLong, 1L, p).map(i => (mix(i) & Long.MaxValue) % groups -> 1L).reduceByKey(_ + _, sp).values.sum())
          case "cogroup" =>
            println(kv(1).cogroup(kv(777, number("m", n / 2)), sp).map { case (_, (x, y)) => x.size.toLong * y.size }.sum())
          case "sortbykey" => println(kv(1).sortByKey(numPartitions = sp).map(_._2.length.toLong).sum())
          case "cacherdd" =>
            val r = kv(1).persist(level)
            for (i <- 0 until number("iters", 5)) { sc.setJobDescription(s"scan $i"); println(r.map(_._2.length.toLong).sum()) }
          case "manytasks" => // events by the megabyte, for a log that rolls; then a last small job
            for (_ <- 0 until number("jobs", 1)) sc.range(0L, n.toLong, 1L, number("tasks", 1000)).map(_ % 3).sum()
            sc.setJobDescription("last")
            println(kv(1).groupByKey(sp).mapValues(_.size).values.sum())
        }
        println("WL_OK " + (System.nanoTime - start) / 1e9)
        true
      } catch {
        case e: Exception =>
          println("WL_FAIL " + e.getClass.getName + " " + String.valueOf(e.getMessage).take(600).replace("\n", " | "))
          false
      }
    if (a.contains("halt")) Runtime.getRuntime.halt(9) // die as a killed driver does: nobody ends the event log
    sc.stop()
    if (!ok) System.exit(3)
  }
}

import org.apache.spark.{SparkConf, SparkContext}
import org.apache.spark.rdd.RDD
import org.apache.spark.scheduler.{SparkListener, SparkListenerTaskEnd}
import org.apache.spark.sql.SparkSession

/** What a driver holds and what it stands: `Driver WHAT ARGUMENT...`. Lines of stdout that begin with `WL_` say what happened. */
object Driver {
  def live(): Long = {
    val runtime = Runtime.getRuntime
    (1 to 4).foreach { _ => System.gc(); Thread.sleep(150) }
    runtime.totalMemory - runtime.freeMemory
  }

  def say(what: String, value: Any): Unit = { println(s"WL_$what $value"); System.out.flush() }

  /** The cause that is told, and its own cause, one line. */
  def words(e: Throwable): String =
    Iterator.iterate(e)(_.getCause).takeWhile(_ != null).take(3)
      .map(x => s"${x.getClass.getName}: ${String.valueOf(x.getMessage).takeWhile(_ != '\n').take(400)}").mkString(" <- ")

  def context(): SparkContext = new SparkContext(new SparkConf().setAppName("driver"))

  /** n integers, parallelized as a range or as an array, and collected. */
  def integers(form: String, n: Int): Unit = {
    val sc = context()
    val data: Seq[Int] = if (form == "range") 1 to n else (1 to n).toArray.toSeq
    say("SLICES", sc.parallelize(data).getNumPartitions)
    say("COLLECTED", sc.parallelize(data).collect().length)
    sc.stop()
  }

  /** Live bytes of a context that has done nothing, of one that has run a job, of a session that has run a query. */
  def idle(): Unit = {
    val sc = context()
    say("CONTEXT", live())
    sc.parallelize(1 to 1000, 2).map(_ + 1).count()
    say("JOB", live())
    val spark = SparkSession.builder().config(sc.getConf).getOrCreate()
    spark.range(0, 1000, 1, 2).selectExpr("id % 7 as k", "id as v").groupBy("k").sum("v").collect()
    say("QUERY", live())
    say("MAX", Runtime.getRuntime.maxMemory)
    sc.stop()
  }

  /** Live bytes in the middle of a stage of n tasks, after it, and after a shuffle of n maps and r reducers. */
  def tasks(n: Int, reducers: Int): Unit = {
    val sc = context()
    sc.parallelize(1 to 1000, 2).map(_ + 1).count()
    val before = live()
    var seen, middle = 0L
    sc.addSparkListener(new SparkListener {
      override def onTaskEnd(end: SparkListenerTaskEnd): Unit = { seen += 1; if (seen == n / 2) middle = live() }
    })
    sc.range(0, n, 1, n).foreach(_ => ())
    say("MIDDLE", middle - before)
    val after = live()
    say("AFTER", after - before)
    val shuffled = sc.range(0, n, 1, n).map(x => (x, x)).groupByKey(reducers)
    shuffled.count()
    say("MAPOUTPUT", live() - after)
    say("KEEP", shuffled.getNumPartitions)
    sc.stop()
  }

  /** Bytes that n collected rows take: numbers and strings of a query, and an RDD's. */
  def rows(n: Int): Unit = {
    val spark = SparkSession.builder().appName("driver").getOrCreate()
    spark.range(10).collect()
    def measure(name: String)(collect: => AnyRef): Unit = {
      val before = live()
      val kept = collect
      say(name, (live() - before).toDouble / n)
      require(kept != null)
    }
    measure("ROW_LONG")(spark.range(0, n, 1, 4).collect())
    measure("ROW_DF_LONG")(spark.range(0, n, 1, 4).toDF.collect())
    measure("ROW_3LONG")(spark.range(0, n, 1, 4).selectExpr("id", "id * 2 as a", "id * 3 as b").collect())
    measure("ROW_STRING32")(spark.range(0, n, 1, 4).selectExpr("md5(cast(id as string)) as s").collect())
    measure("ROW_2LONG_STRING64")(spark.range(0, n, 1, 4).selectExpr("id", "id * 2 as a", "sha2(cast(id as string), 256) as s").collect())
    measure("RDD_INT")(spark.sparkContext.range(0, n, 1, 4).map(_.toInt).collect())
    measure("RDD_INTEGER")(spark.sparkContext.range(0, n, 1, 4).map(x => Int.box(x.toInt)).collect())
    measure("RDD_STRING32")(spark.sparkContext.range(0, n, 1, 4).map(x => f"$x%032d").collect())
    measure("RDD_PAIR")(spark.sparkContext.range(0, n, 1, 4).map(x => (x, x)).collect())
    spark.stop()
  }

  /** Lineages, or expressions, of more and more steps, up to the first that overflows a stack. */
  def deep(form: String, first: Int): Unit = {
    val spark = SparkSession.builder().appName("driver").getOrCreate()
    val sc = spark.sparkContext
    @volatile var started = System.nanoTime()
    @volatile var at = ""
    @volatile var thrown: Throwable = null
    Thread.setDefaultUncaughtExceptionHandler((thread, e) => { say("UNCAUGHT", s"${thread.getName} ${words(e)}"); thrown = e })
    val watchdog = new Thread(null, () => while (true) {
      Thread.sleep(1000)
      if (System.nanoTime() - started > 90e9) { say("DEEP", s"$at HANGS"); Runtime.getRuntime.halt(0) }
    }, "watchdog", 1 << 20)
    watchdog.setDaemon(true)
    watchdog.start()
    val base: RDD[Int] = sc.parallelize(1 to 100, 2)
    def run(n: Int): Any = form match {
      case "map" => (1 to n).foldLeft(base)((rdd, _) => rdd.map(_ + 1)).count()
      case "union" => (1 to n).foldLeft(base)((rdd, _) => rdd.union(sc.emptyRDD[Int])).count()
      case "column" =>
        import org.apache.spark.sql.functions.{col, lit}
        spark.range(10).select((1 to n).foldLeft(col("id"))((c, i) => c + lit(i))).collect()
      case "plan" => (1 to n).foldLeft(spark.range(10).toDF("id"))((df, i) => df.selectExpr(s"id + $i as id")).collect()
    }
    var n = first
    while (true) {
      at = s"$form $n"
      started = System.nanoTime()
      try { run(n); say("OK", at) } catch { case e: Throwable =>
        val top = e.getStackTrace.take(2).mkString(" ")
        say("DEEP", s"$at ${words(e)} @ $top")
        Runtime.getRuntime.halt(0)
      }
      n = math.max(n + 1, (n * 1.12).toInt)
    }
  }

  def main(args: Array[String]): Unit = {
    try args(0) match {
      case "integers" => integers(args(1), args(2).toInt)
      case "idle" => idle()
      case "tasks" => tasks(args(1).toInt, args(2).toInt)
      case "rows" => rows(args(1).toInt)
      case "deep" => deep(args(1), args(2).toInt)
    } catch { case e: Throwable => say("FAIL", words(e)); Runtime.getRuntime.halt(1) }
  }
}

package org.apache.spark.sql.execution.adaptive

import java.io.{FileOutputStream, PrintStream}
import java.util.zip.GZIPOutputStream

import scala.util.Random

import org.apache.spark.{MapOutputStatistics, MapOutputTrackerMaster, SparkEnv}
import org.apache.spark.scheduler.{HighlyCompressedMapStatus, MapStatus}
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.execution._
import org.apache.spark.sql.execution.joins._
import org.apache.spark.sql.functions._

/** What the real classes of adaptive execution decide: a line of JSON a case. Arguments: the file (.jsonl.gz), a seed. */
object Oracle {
  private var out: PrintStream = _

  def main(args: Array[String]): Unit = {
    out = new PrintStream(new GZIPOutputStream(new FileOutputStream(args(0))))
    val random = new Random(args(1).toLong)
    out.println(s"""{"kind":"sizes","reported":${list((0 to 255).map(c => MapStatus.decompressSize(c.toByte)))}}""")
    for (_ <- 1 to 400) {
      val size = math.exp(random.nextDouble() * math.log(4e10)).toLong
      out.println(s"""{"kind":"size","size":$size,"reported":${MapStatus.decompressSize(MapStatus.compressSize(size))}}""")
    }
    for (_ <- 1 to 1500) coalesce(random)
    for (_ <- 1 to 1500) split(random)
    for (_ <- 1 to 20) highlyCompressed(random)
    queries()
    out.close()
  }

  private def list(values: Iterable[_]): String = values.mkString("[", ",", "]")

  private def amount(random: Random): Long = random.nextInt(6) match {
    case 0 => 0
    case 1 => random.nextInt(3)
    case 2 => 50 + random.nextInt(400)
    case _ => random.nextInt(80)
  }

  private def coalesce(random: Random): Unit = {
    val reducers = 1 + random.nextInt(12)
    val shuffles = Seq.fill(1 + random.nextInt(3))(Array.fill(reducers)(amount(random)))
    val (target, num, size) = (1 + random.nextInt(200), 1 + random.nextInt(8), random.nextInt(60))
    val stats = shuffles.zipWithIndex.map { case (bytes, id) => Some(new MapOutputStatistics(id, bytes)) }
    val specs = ShufflePartitionsUtil.coalescePartitions(stats, Seq.fill(stats.length)(None), target, num, size)
    val found = specs.headOption.map(_.map(text)).getOrElse(Nil)
    out.println(s"""{"kind":"coalesce","sizes":${list(shuffles.map(list(_)))},"target":$target,"min_num":$num,"min_size":$size,"specs":${list(found)}}""")
  }

  private def split(random: Random): Unit = {
    val sizes = Seq.fill(1 + random.nextInt(15))(amount(random))
    val target = 1 + random.nextInt(200)
    val starts = ShufflePartitionsUtil.splitSizeListByTargetSize(sizes.toArray, target, 0.2)
    out.println(s"""{"kind":"split","sizes":${list(sizes)},"target":$target,"starts":${list(starts)}}""")
  }

  private def highlyCompressed(random: Random): Unit = {
    val sizes = Array.fill(60)(if (random.nextInt(4) == 0) 0L else math.exp(random.nextDouble() * math.log(4e8)).toLong)
    val status = HighlyCompressedMapStatus(null, sizes, 1)
    out.println(s"""{"kind":"highly_compressed","sizes":${list(sizes)},"reported":${list(sizes.indices.map(i => status.getSizeForBlock(i)))}}""")
  }

  private def text(spec: ShufflePartitionSpec): String = spec match {
    case CoalescedPartitionSpec(start, end, _) => s"""{"coalesced":[$start,$end]}"""
    case PartialReducerPartitionSpec(reducer, start, end, _) => s"""{"partial_reducer":[$reducer,$start,$end]}"""
    case PartialMapperPartitionSpec(map, start, end) => s"""{"partial_mapper":[$map,$start,$end]}"""
    case CoalescedMapperPartitionSpec(start, end, _) => s"""{"coalesced_mappers":[$start,$end]}"""
  }

  /** The shuffles that are read: sizes by reducer, those of each map task for it, and who reads what. */
  private def reads(plan: SparkPlan): Seq[String] = {
    def all(plan: SparkPlan): Seq[(ShuffleQueryStageExec, Option[Seq[ShufflePartitionSpec]])] = plan match {
      case AQEShuffleReadExec(stage: ShuffleQueryStageExec, specs) => Seq((stage, Some(specs)))
      case stage: ShuffleQueryStageExec => Seq((stage, None))
      case stage: QueryStageExec => all(stage.plan)
      case other => other.children.flatMap(all(_))
    }
    all(plan).map { case (stage, specs) =>
      val stats = stage.mapStats.get
      val tracker = SparkEnv.get.mapOutputTracker.asInstanceOf[MapOutputTrackerMaster]
      val maps = tracker.shuffleStatuses(stats.shuffleId).mapStatuses
      val blocks = maps.map(status => list(stats.bytesByPartitionId.indices.map(status.getSizeForBlock(_))))
      val found = specs.map(specs => list(specs.map(text))).getOrElse("null")
      s"""{"sizes":${list(stats.bytesByPartitionId)},"blocks":${list(blocks)},"data_size":${stage.getRuntimeStatistics.sizeInBytes},"specs":$found}"""
    }
  }

  private def run(spark: SparkSession, name: String, conf: Seq[(String, String)], joinType: String = "inner")(query: => DataFrame): Unit = {
    val keys = conf.map { case (key, value) => s"spark.sql.$key" -> value }
    keys.foreach { case (key, value) => spark.conf.set(key, value) }
    val executed = query.queryExecution
    executed.toRdd.foreach(_ => ())
    val plan = executed.executedPlan.asInstanceOf[AdaptiveSparkPlanExec].executedPlan
    def joins(plan: SparkPlan): Seq[SparkPlan] = plan match {
      case join @ (_: SortMergeJoinExec | _: ShuffledHashJoinExec | _: BroadcastHashJoinExec) => Seq(join)
      case stage: QueryStageExec => joins(stage.plan)
      case other => other.children.flatMap(joins(_))
    }
    val (strategy, inputs) = joins(plan).headOption match {
      case Some(join: SortMergeJoinExec) => ("sort_merge", join.children)
      case Some(join: ShuffledHashJoinExec) => ("shuffled_hash", join.children)
      case Some(join: BroadcastHashJoinExec) => ("broadcast", join.children)
      case _ => ("none", Seq(plan))
    }
    val settings = keys.map { case (key, value) => s""""$key":"$value"""" }.mkString("{", ",", "}")
    out.println(s"""{"kind":"query","name":"$name","conf":$settings,"join_type":"$joinType","strategy":"$strategy","reads":${list(inputs.flatMap(reads(_)))}}""")
    keys.foreach { case (key, _) => spark.conf.unset(key) }
  }

  private def queries(): Unit = {
    val spark = SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    def rows(n: Long, maps: Int, key: String) =
      spark.range(0, n, 1, maps).selectExpr(s"$key as k", "concat_ws('-', hex(hash(id)), hex(hash(id + 7)), id) as v")
    val even = "pmod(hash(id), 1000003)"
    val hot = "case when pmod(hash(id), 10) < 6 then 7 else pmod(hash(id + 1), 5003) end"
    val shuffled = Seq("autoBroadcastJoinThreshold" -> "-1")
    val skew = shuffled ++ Seq("shuffle.partitions" -> "12", "adaptive.skewJoin.skewedPartitionThresholdInBytes" -> "200k",
      "adaptive.advisoryPartitionSizeInBytes" -> "100k", "adaptive.coalescePartitions.minPartitionSize" -> "10k")
    def join(how: String)(left: DataFrame, right: DataFrame) = left.join(right.withColumnRenamed("v", "w"), Seq("k"), how)
    run(spark, "aggregate", Nil)(rows(300000, 5, even).groupBy("k").agg(max("v")))
    run(spark, "aggregate, the advisory size first", Seq("adaptive.coalescePartitions.parallelismFirst" -> "false",
      "adaptive.advisoryPartitionSizeInBytes" -> "1m"))(rows(300000, 5, even).groupBy("k").agg(max("v")))
    run(spark, "aggregate, five at least", Seq("adaptive.coalescePartitions.minPartitionNum" -> "5",
      "adaptive.coalescePartitions.initialPartitionNum" -> "37"))(rows(300000, 5, even).groupBy("k").agg(max("v")))
    run(spark, "few keys", Nil)(rows(50000, 3, "id % 3").groupBy("k").agg(max("v")))
    run(spark, "repartition by a number", Seq("shuffle.partitions" -> "9"))(rows(50000, 3, even).repartition(40, col("k")))
    run(spark, "repartition by key", Seq("shuffle.partitions" -> "90"))(rows(50000, 3, even).repartition(col("k")))
    run(spark, "sort", Nil)(rows(200000, 4, even).sortWithinPartitions("v").orderBy("k"))
    run(spark, "join", shuffled)(join("inner")(rows(200000, 4, even), rows(100000, 3, even)))
    for (how <- Seq("inner", "left_outer", "right_outer", "full_outer", "left_semi", "left_anti")) {
      run(spark, s"skewed left, $how", skew, how)(join(how)(rows(200000, 8, hot), rows(5000, 3, "id")))
      run(spark, s"skewed right, $how", skew, how)(join(how)(rows(5000, 3, "id"), rows(200000, 8, hot)))
    }
    run(spark, "both skewed", skew)(join("inner")(rows(40000, 6, hot), rows(25000, 9, hot)).limit(1000000).select("k"))
    run(spark, "skewed, hash join", skew)(rows(200000, 8, hot).join(rows(5000, 3, "id").withColumnRenamed("v", "w").hint("shuffle_hash"), Seq("k")))
    run(spark, "skew joins off", skew :+ ("adaptive.skewJoin.enabled" -> "false"))(join("inner")(rows(200000, 8, hot), rows(5000, 3, "id")))
    // No filter of the key: that would go to the other side as well.
    val filtered = rows(300000, 5, "id").where("pmod(hash(v), 3000) = 17")
    val estimate = Seq("autoBroadcastJoinThreshold" -> "1m")
    run(spark, "small at run time", estimate)(join("inner")(rows(200000, 4, even), filtered))
    run(spark, "small at run time, many partitions of many maps", estimate ++ Seq("shuffle.partitions" -> "6"))(join("inner")(rows(200000, 9, even), filtered))
    run(spark, "small at run time, read over the network", estimate ++ Seq("adaptive.localShuffleReader.enabled" -> "false"))(join("inner")(rows(200000, 4, even), filtered))
    run(spark, "small at run time, an adaptive limit below", estimate ++ Seq("adaptive.autoBroadcastJoinThreshold" -> "100"))(join("inner")(rows(200000, 4, even), filtered))
    run(spark, "small at run time, full", estimate, "full_outer")(join("full_outer")(rows(200000, 4, even), filtered))
    for (how <- Seq("inner", "left_outer", "left_anti"))
      run(spark, s"small and mostly empty, $how", estimate, how)(join(how)(rows(200000, 4, even), rows(300000, 5, "id").where("pmod(hash(v), 40000) = 17")))
    run(spark, "small partitions", shuffled ++ Seq("adaptive.maxShuffledHashJoinLocalMapThreshold" -> "64m"))(join("inner")(rows(200000, 4, even), rows(100000, 3, even)))
    run(spark, "small partitions, a large advisory size", shuffled ++ Seq("adaptive.maxShuffledHashJoinLocalMapThreshold" -> "32m"))(join("inner")(rows(200000, 4, even), rows(100000, 3, even)))
    run(spark, "union", Nil)(rows(200000, 4, even).groupBy("k").agg(max("v")).union(rows(60000, 3, even).groupBy("k").agg(min("v"))))
    spark.stop()
  }
}

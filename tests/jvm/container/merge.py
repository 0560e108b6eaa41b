import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate(); sc = spark.sparkContext
sc.parallelize(range(2_000_000), 4).map(lambda i: (i * 2654435761 % 50_000, "%016x" % i * 4)).groupByKey(4).mapValues(len).count()
spark.stop()

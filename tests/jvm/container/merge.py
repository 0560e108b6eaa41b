"""Two million texts grouped in Python: what the workers of a small spark.python.worker.memory spill."""

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
sc.parallelize(range(2_000_000), 4).map(lambda i: (i * 2654435761 % 50_000, "%016x" % i * 4)).groupByKey(4).mapValues(len).count()
spark.stop()

"""Print from where the executors have their pandas."""

from pyspark.sql import SparkSession


def where(_):
    import pandas

    return pandas.__file__


context = SparkSession.builder.getOrCreate().sparkContext
print(sorted(set(context.parallelize(range(8), 8).map(where).collect())))

"""Use pandas on the executors in every way that PySpark has, and print as JSON the results and who made them."""

import json
import os
import sys

import pandas
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf, udf

spark = SparkSession.builder.getOrCreate()
context = spark.sparkContext
numbers = spark.range(100).repartition(4)
told = {"arguments": sys.argv[1:], "driver": sys.executable}


def one(column):
    return numbers.select(column.alias("x")).agg({"x": "max"}).collect()[0][0]


def even(frames):
    for frame in frames:
        yield frame[frame.id % 2 == 0]


def count(frame):
    return pandas.DataFrame({"n": [len(frame)]})


told["udf"] = one(udf(lambda number: pandas.__version__)(numbers.id))
told["pandas_udf"] = one(pandas_udf(lambda numbers: numbers + 1, "long")(numbers.id))
told["mapInPandas"] = numbers.mapInPandas(even, "id long").count()
thirds = numbers.selectExpr("id % 3 as third").groupBy("third")
told["applyInPandas"] = sorted(row.n for row in thirds.applyInPandas(count, "n long").collect())

factor = context.broadcast(3)
seen = context.accumulator(0)


def multiply(number):
    seen.add(1)
    return number * factor.value


told["rdd"] = context.parallelize(range(10), 4).map(multiply).sum()
told["accumulator"] = seen.value


def who(_):
    return os.getuid(), sys.executable, pandas.__file__, pyspark.__file__


told["workers"] = sorted(set(context.parallelize(range(16), 8).map(who).collect()))

if pyspark.__version__ >= "4":
    from pyspark.sql.datasource import DataSource, DataSourceReader

    class Frames(DataSource):
        @classmethod
        def name(cls):
            return "frames"

        def schema(self):
            return "rows int"

        def reader(self, schema):
            return FramesReader()

    class FramesReader(DataSourceReader):
        def read(self, partition):
            yield (len(pandas.DataFrame({"a": [1, 2]})),)

    spark.dataSource.register(Frames)
    told["source"] = spark.read.format("frames").load().collect()[0][0]

print(json.dumps(told))

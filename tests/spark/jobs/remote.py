"""A client of Spark Connect that sends the file, and has a function run in it."""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf

server, file = sys.argv[1:]
spark = SparkSession.builder.remote(server).getOrCreate()
spark.addArtifact(file, file=True)
spark.conf.set("spark.sql.execution.pyspark.python", f"./{file}")


@pandas_udf("string")
def where(numbers):
    import pandas

    return numbers.map(lambda _: pandas.__file__)


rows = spark.range(8).repartition(8).select(where("id").alias("place")).collect()
print(json.dumps(sorted({row.place for row in rows})))

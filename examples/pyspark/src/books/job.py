import sys
from importlib.resources import files

import pandas as pd
from pyspark.sql import SparkSession, functions

from books.numbers import area


def main() -> None:
    spark = SparkSession.builder.appName("books").getOrCreate()
    if len(sys.argv) > 1:
        sales = spark.read.csv(sys.argv[1], header=True)
    else:
        with files("books").joinpath("sales.csv").open() as sample:
            sales = spark.createDataFrame(pd.read_csv(sample, dtype={"isbn": str}))
    # This function, and with it stdnum and pandas, runs on the executors.
    area_of = functions.pandas_udf(area, "string")
    areas = sales.groupBy(area_of("isbn").alias("area"))
    areas.agg(functions.sum(sales.copies.cast("long")).alias("copies")).orderBy("area").show()

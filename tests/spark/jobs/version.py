"""Print which version of `greeting` the executors have, and from where; each task takes a moment."""

import json

from pyspark.sql import SparkSession


def who(_):
    import sys
    import time

    import greeting

    time.sleep(0.2)
    return greeting.VERSION, sys.executable


context = SparkSession.builder.getOrCreate().sparkContext
print(json.dumps(sorted(set(context.parallelize(range(8), 8).map(who).collect()))))

"""Make a context for each of the settings in a JSON file, in turn, and print what the executors said."""

import json
import os
import sys
import time
from pathlib import Path

from pyspark import BarrierTaskContext, SparkConf, SparkContext


class Finder:
    """A class of `__main__`, which travels to the executors with the function."""

    def __init__(self, together):
        self.together = together

    def __call__(self, partition):
        import greeting
        import sent

        if self.together:
            BarrierTaskContext.get().barrier()
        time.sleep(0.1)
        yield greeting.VERSION, greeting.__file__, sent.__file__


cases = json.loads(Path(sys.argv[1]).read_text())
told = {}
for name, (python, settings) in cases.items():
    os.environ["PYSPARK_PYTHON"] = "./" + python
    configuration = SparkConf().set("spark.files", python)
    for key, value in settings.items():
        configuration.set(key, value)
    with SparkContext(conf=configuration) as context:
        for file in ("sent.py", "own_daemon.py"):
            context.addPyFile(file)
        found = set(context.parallelize(range(4), 4).mapPartitions(Finder(False)).collect())
        found.update(context.parallelize(range(2), 2).barrier().mapPartitions(Finder(True)).collect())
        told[name] = sorted(found)
print(json.dumps(told))

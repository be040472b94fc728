"""Has what bin/python runs find the package `job` in the bundle, where the file job.py lies in its first path."""

import marshal
import os
import sys

try:
    with open(sys.prefix + "/_pexlite_launch", "rb") as file:
        spark = {"__name__": "__pexlite__.app.spark"}
        exec(marshal.loads(marshal.loads(file.read()[4:])["spark"]), spark)
    spark["prefer_namesake"](os.path.dirname(os.path.abspath(__file__)))  # type: ignore[operator]
except Exception:
    pass  # the app has gone: its modules will tell

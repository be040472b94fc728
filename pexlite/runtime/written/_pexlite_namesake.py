"""Have bin/python find the bundle's package `job` where job.py, the file itself, lies first on sys.path."""

import marshal
import os
import sys

try:
    with open(sys.prefix + "/_pexlite_launch", "rb") as file:
        namesake = {"__name__": "__pexlite__.app.namesake"}
        exec(marshal.loads(marshal.loads(file.read()[4:])["namesake"]), namesake)
    namesake["prefer"](os.path.dirname(os.path.abspath(__file__)))  # type: ignore[operator]
except Exception:
    pass  # the app has gone: its modules will tell

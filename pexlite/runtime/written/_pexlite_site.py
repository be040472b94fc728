"""Do what a process on the app's own Python has to do before anything else.

Each of them runs the one line of `_pexlite.pth`, which is short, since Python compiles it anew every time. It
names this module where there may be something to do: not for a start by the sh header, as a rule.
"""

import os
import sys
import time

given = os.environ
ready = sys.prefix + "/READY"
if given.get("PYTHONPATH") or "__PEXLITE_PATH" in given:
    __import__("_pexlite_path")
    del sys.modules["_pexlite_path"]
if os.path.exists(ready) and abs(time.time() - os.path.getmtime(ready)) > 86400:
    __import__("_pexlite_mark")
    del sys.modules["_pexlite_mark"]
if given.get("PEX", "")[-3:] == ".py":
    __import__("_pexlite_namesake")
    del sys.modules["_pexlite_namesake"]
is_worker = "PYTHON_WORKER_FACTORY_SECRET" in given or "PYTHON_WORKER_FACTORY_SOCK_DIR" in given
if "PEX" in given and not is_worker:
    here = os.path.dirname(os.path.abspath(__file__))
    if "SPARK_HOME" in given or "spark" in given.get("PYTHONPATH", "") or os.path.exists(here + "/pyspark"):
        __import__("_pexlite_spark")


def leave() -> None:
    """Forget this module, which the app has not imported."""
    del sys.modules[__name__]

"""Puts what PYTHONPATH names behind the bundle's own modules, where it can add and not shadow.

Spark hands pyspark over by it, to what is started through the app's bin/python.
"""

import os
import sys

if not sys.flags.ignore_environment:
    library = os.path.dirname(os.__file__)
    # Nothing between two colons is the current directory.
    given = [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    given = [entry for entry in given if entry not in (library, library + "/lib-dynload")]
    kept = [entry for entry in sys.path if entry not in given]
    sys.path[:] = kept + [entry for entry in sys.path if entry in given]

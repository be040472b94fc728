"""Move the entries of PYTHONPATH behind the bundle's own modules, so that they can add modules but hide none.

Spark passes pyspark by PYTHONPATH to programs started through the app's bin/python.
"""

import os
import sys

if not sys.flags.ignore_environment:
    library = os.path.dirname(os.__file__)
    # An empty entry, as between two colons, is the current directory.
    given = [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    given = [entry for entry in given if entry not in (library, library + "/lib-dynload")]
    kept = [entry for entry in sys.path if entry not in given]
    sys.path[:] = kept + [entry for entry in sys.path if entry in given]

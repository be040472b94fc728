"""Give a child of the app the path of the app: with the host's packages where they are let in.

The entries of PYTHONPATH go behind the bundle's own modules, so that they can add modules but hide none: Spark
passes pyspark by PYTHONPATH to programs started through the app's bin/python.
"""

import os
import site
import sys

SEALED = "false"  # how the file lets the host's packages in

library = os.path.dirname(os.__file__)
standard = (library, library + "/lib-dynload", sys.base_exec_prefix + "\\DLLs")
# An empty entry, as between two colons, is the current directory.
named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
given = [os.path.abspath(entry) for entry in named.split(os.pathsep)] if named else []
# What a tool of the bundle names, as opentelemetry-instrument does, stays where it is.
given = [entry for entry in given if entry not in standard and not entry.startswith(sys.prefix + os.sep)]
place, mode, *told = os.environ.get("__PEXLITE_PATH", os.pathsep).split(os.pathsep)
if place != sys.prefix:
    mode, told = SEALED, []
    if mode != "false":
        users = [] if sys.flags.no_user_site else [site.getusersitepackages()]
        told = users + site.getsitepackages([sys.base_prefix, sys.base_exec_prefix])
kept = [entry for entry in sys.path if entry not in given]
for entry in told:
    # With the .pth files that are there; but another app's (PEX_PATH) would begin here anew.
    if entry.endswith("-packages") and os.path.isdir(entry) and not os.path.exists(entry + "/_pexlite.pth"):
        site.addsitedir(entry)
added = told + [entry for entry in sys.path if entry not in kept + given + told]
before = kept.index(os.path.dirname(os.path.abspath(__file__))) if mode == "prefer" else len(kept)
sys.path[:] = kept[:before] + [entry for entry in added if entry not in kept] + kept[before:]
sys.path.extend([entry for entry in given if entry not in sys.path])

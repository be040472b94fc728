"""Have the pruner see, on Windows, that a process uses the app: one that runs by the app's own Python."""

import marshal
import sys

try:
    with open(sys.prefix + "/_pexlite_launch", "rb") as file:
        windows = {"__name__": "__pexlite__.app.windows"}
        exec(marshal.loads(marshal.loads(file.read()[4:])["windows"]), windows)
    windows["hold"](sys.prefix)  # type: ignore[operator]
except Exception:
    pass  # the app has gone: its modules will tell

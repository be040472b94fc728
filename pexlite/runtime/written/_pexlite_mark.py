"""Note the app's use in READY's time, as every start of the file does, for starts through the app's bin/python."""

import marshal
import sys

try:
    # The program that the sh header starts notes it itself, and where it is due looks at the libraries.
    if getattr(sys, "argv", [""])[0][-16:] != "/_pexlite_run.py":
        with open(sys.prefix + "/_pexlite_launch", "rb") as file:
            parts = marshal.loads(file.read()[4:])
        launch = {"__name__": "__pexlite__.app.launch", "PARTS": parts}
        exec(marshal.loads(parts["launch"]), launch)
        launch["note_use"](sys.prefix)
except Exception:
    pass  # a cache that is only read, or the app has gone: its modules will tell

"""The words for a boot that failed before the app's own code ran.

Imported by `__main__` when anything goes wrong there, and stored uncompressed so that it can be.
"""

import os
import sys

from . import find_the_rest


def explain(failure, facts, file):
    """Say in two lines why the boot failed, and exit with 1; PEX_VERBOSE=1 shows the traceback too."""
    if isinstance(failure, KeyboardInterrupt):
        end_as_interrupted()
    try:
        find_the_rest()
        from . import cause
    except Exception:
        _try_zlib(os.path.basename(file))
        fail_damaged(file, "its own modules have changed")
    cause.say(failure, facts, file)


def fail_damaged(file, damage):
    """Exit with the two lines for a file that is not what was built."""
    fail("%s is damaged: %s" % (os.path.basename(file), damage), "copy it here again")


def fail(message, hint):
    """Exit with 1 after an error and what to do about it."""
    try:
        sys.stderr.write("error: %s\nhint: %s\n" % (message, hint))
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass  # a process without stderr still has its exit code
    sys.exit(1)


def end_as_interrupted():
    """End as a process that SIGINT ended, without the traceback of our own code."""
    import _signal  # `signal` takes long enough for another one to come

    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    os.kill(os.getpid(), _signal.SIGINT)


def _try_zlib(name):
    try:
        import zlib  # noqa: F401
    except ImportError:
        fail(
            "%s needs a Python with the module zlib; %s has none" % (name, sys.executable),
            "name another one with PEX_PYTHON=/path/to/python",
        )

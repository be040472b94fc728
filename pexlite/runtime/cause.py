"""Why a boot failed whose file can be read: the file has changed, was replaced, or the boot has a bug."""

import os
import sys

from . import unzip, whole
from .failed import fail, fail_damaged


def say(failure, facts, file):
    """Exit with two lines on the `failure`; PEX_VERBOSE=1 shows the traceback too."""
    name = os.path.basename(file)
    if _is_verbose():
        sys.excepthook(type(failure), failure, failure.__traceback__)
    try:
        with whole.opened(file) as found:
            build_id = found.manifest["pexlite"]["build_id"]
    except unzip.Damaged as damage:
        fail_damaged(file, damage)
    except OSError as problem:
        fail("%s cannot be read: %s" % (name, problem.strerror), "see whether it is still there")
    except Exception:
        fail_damaged(file, "its own modules have changed")
    if build_id != facts["build_id"]:
        whole.fail_replaced(file)
    last = failure.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    where = "%s:%d" % (os.path.basename(last.tb_frame.f_code.co_filename), last.tb_lineno)
    words = " ".join(str(failure).split())[:80]
    fail(
        "%s could not be started: %s: %s (%s)" % (name, type(failure).__name__, words, where),
        "a bug in pexlite: PEX_VERBOSE=1 shows the traceback; report it to pexlite's issue tracker with that",
    )


def _is_verbose():
    # The switches of this start may have been taken out of the environment already.
    switches = sys.modules.get("__pexlite__.switches")
    return os.environ.get("PEX_VERBOSE", "0") not in ("", "0") or bool(switches and switches.Switches.verbose)

"""Start coverage.py in a process of a built file, or of the room's tools: run by `tests.measured_room`.

Such a process has no site-packages with coverage.py in it, and soon forgets modules that its `sys.path` does not
know. So these are lent, and given back whenever the process ends or becomes another program.
"""

import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def begin() -> None:
    """Measure this process from here on, if coverage.py measures its parents."""
    if "COVERAGE_PROCESS_CONFIG" not in os.environ:
        return
    path, known = sys.path[:], set(sys.modules)
    lent = {}  # type: dict[str, Any]

    def give_back() -> None:
        for name, module in lent.items():
            sys.modules.setdefault(name, module)

    # Before that of coverage.py, which imports.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=give_back)
    library = os.path.dirname(os.__file__)  # noqa: PTH120 - before anything else is imported
    sys.path[:] = [library, library + "/lib-dynload", os.environ["COVERAGE_OF_THE_ROOM_SITE"]]
    try:
        import coverage
        import coverage.data
        import coverage.sqldata
    finally:
        sys.path[:] = path
    if getattr(coverage.process_startup, "coverage", None):
        return
    coverage.process_startup(slug="room")
    lent.update({name: module for name, module in sys.modules.items() if name not in known})
    atexit.register(give_back)
    for name in ("_exit", "execv", "execve"):
        setattr(os, name, _after(give_back, getattr(os, name)))


def _after(first: "Callable[[], None]", second: "Callable[..., Any]") -> "Callable[..., Any]":
    def both(*arguments: object) -> "Any":
        first()
        return second(*arguments)

    return both


begin()
